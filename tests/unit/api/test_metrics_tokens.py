from datetime import UTC, datetime, timedelta

from starlette.testclient import TestClient
from tests.contract.store_contract import accepted

from dreamreel.api.app import create_app
from dreamreel.cli.server import build_context
from dreamreel.cli.store import open_store
from dreamreel.predictions.accounts import Token, digest_of
from dreamreel.rendering.setup import Setup
from dreamreel.settings import Settings


def test_where_tokens_are_needed_metrics_need_one(tmp_path):
    settings = Settings(host="0.0.0.0", data=tmp_path, model="tiny-sd")
    store = open_store(settings)
    store.add_token(Token("t1", "prometheus", digest_of("r8_secret"), datetime.now(UTC)))
    store.add(accepted(created_at=datetime.now(UTC) - timedelta(hours=1)))
    client = TestClient(create_app(build_context(settings, Setup("tiny-sd"), store)))
    assert client.get("/metrics").status_code == 401
    answer = client.get("/metrics", headers={"Authorization": "Bearer r8_secret"})
    assert answer.status_code == 200
    assert "\ndreamreel_queue_depth 1.0\n" in answer.text
    (age,) = (line for line in answer.text.split("\n") if line.startswith("dreamreel_queue_oldest_age_seconds "))
    assert float(age.split()[1]) >= 3600
    store.close()
