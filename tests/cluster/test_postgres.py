"""The store's promises on a real Postgres, and what only a database of many processes has."""

import queue
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from tests.cluster.servers import digests, environment, postgres
from tests.contract.needs_contract import NeedsContract
from tests.contract.outage_contract import OutageContract
from tests.contract.store_contract import LEASE, StoreContract, accepted
from tests.e2e.server import serving, wait_for

from dreamreel.predictions.record import Status
from dreamreel.predictions.store import Ending
from dreamreel.storage.database import DatabaseError, check_schema, migrate, open_engine, open_store_engine
from dreamreel.storage.notifications import CHANGED, WORK
from dreamreel.storage.sql import SqlStore
from dreamreel.storage.tables import metadata

PATIENCE_S = 60


@pytest.fixture
def store(database_url, tmp_path):
    store = SqlStore(open_store_engine(database_url, tmp_path))
    yield store
    store.close()


class TestPostgres(StoreContract, NeedsContract):
    @pytest.fixture
    def store(self, store):
        return store


class TestUnreachablePostgres(OutageContract):
    @pytest.fixture
    def unreachable(self):
        return SqlStore(open_engine("postgresql://nobody@127.0.0.1:1/none"))


def test_the_migrations_make_the_schema_of_the_code(postgres_url):
    with open_engine(postgres_url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_predictions_of_a_version_are_counted_from_an_index(postgres_url):
    with open_engine(postgres_url).connect() as connection:
        connection.execute(text("SET enable_seqscan TO off"))  # a table of few rows is read whole
        rows = connection.execute(text("EXPLAIN SELECT count(*) FROM predictions WHERE version = 'v'")).scalars()
        assert "predictions_by_version" in "\n".join(rows)


def test_commits_wait_for_the_disk(postgres_url):
    engine = open_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_a_new_database_is_not_used_before_it_is_migrated_and_only_migrate_does_that(tmp_path, postgres_url):
    admin = open_engine(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS fresh"))
        connection.execute(text("CREATE DATABASE fresh"))
    url = postgres_url.replace("/postgres?", "/fresh?")
    with pytest.raises(DatabaseError, match=r"has no schema yet.*run `dreamreel migrate`"):
        open_store_engine(url, tmp_path)
    ran = dreamreel("migrate", url=url)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip().isalnum()
    check_schema(open_engine(url))
    with open_engine(url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for command in ("migrate", "serve"):
        ran = dreamreel(command, url=url)
        assert (ran.returncode, "has schema 9999, which this version" in ran.stderr) == (1, True), ran.stderr


def dreamreel(*arguments, url):
    command = [sys.executable, "-m", "dreamreel", *map(str, arguments)]
    clean = environment(DREAMREEL_DATABASE_URL=url, DREAMREEL_MODEL="tiny-sd")
    return subprocess.run(command, env=clean, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_two_migrations_at_the_same_time_take_turns(postgres_url):
    threads = [threading.Thread(target=migrate, args=(open_engine(postgres_url),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    check_schema(open_engine(postgres_url))


def test_a_hint_reaches_every_process_that_listens_and_only_on_its_channel(store, database_url):
    other = SqlStore(open_engine(database_url))
    mine, theirs, heard, work = store.notices(), other.notices(), queue.SimpleQueue(), queue.SimpleQueue()
    try:
        theirs.listen(CHANGED, heard.put)
        mine.listen(WORK, work.put)
        assert (heard.get(timeout=PATIENCE_S), work.get(timeout=PATIENCE_S)) == ("", "")
        mine.send(CHANGED, "one")
        assert heard.get(timeout=PATIENCE_S) == "one"
        theirs.send(WORK, "two")
        assert work.get(timeout=PATIENCE_S) == "two"
        assert heard.empty()
    finally:
        mine.close()
        theirs.close()
        other.close()


def test_hints_go_on_after_the_connections_broke_and_say_that_some_may_be_missing(store, database_url):
    notices, heard = store.notices(), queue.SimpleQueue()
    try:
        notices.listen(CHANGED, heard.put)
        assert heard.get(timeout=PATIENCE_S) == ""
        with open_engine(database_url).connect() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            connection.execute(text(f"{others} AND backend_type = 'client backend'"))
        assert heard.get(timeout=PATIENCE_S) == ""

        def sent():
            notices.send(CHANGED, "again")
            return not heard.empty()

        wait_for(sent, "a hint after the connections broke")
        assert heard.get() == "again"
    finally:
        notices.close()


def test_a_webhook_row_is_never_put_to_sleep_over_an_event_that_comes_at_the_same_moment(store):
    """What wakes a row waits for who puts it to sleep, and the other way round."""
    outbox, now = store.outbox(), datetime.now(UTC)
    for number in range(20):
        prediction = accepted(number, webhook="https://example.com/hook", webhook_events=("start", "completed"))
        store.add(prediction)
        store.claim("w", ("v1",), now, now + LEASE, 3)
        (row,) = outbox.due_deliveries(now, now + timedelta(seconds=60), 10, 10)
        events = store.events(prediction.id)
        barrier = threading.Barrier(2)

        def finish(barrier=barrier, prediction=prediction):
            barrier.wait()
            store.finish(prediction.id, 1, Ending(Status.SUCCEEDED, output="out.mp4"), now)

        thread = threading.Thread(target=finish)
        thread.start()
        barrier.wait()
        outbox.save_delivery(replace(row, done_seq=events[-1].seq, due_at=None))
        thread.join()
        kept = next(each for each in outbox.deliveries() if each.prediction_id == prediction.id)
        assert kept.due_at is not None
        outbox.save_delivery(replace(kept, state="done", due_at=None))


def test_a_database_that_goes_away_makes_503_and_the_server_goes_on_when_it_is_back(tmp_path):
    with postgres() as database:
        environment = {"DREAMREEL_DATABASE_URL": database.url}
        with serving(tmp_path / "data", "--executor", "none", **environment) as server:
            prediction = server.create()
            database.stop()
            answer = server.http.get(f"/v1/predictions/{prediction['id']}")
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            assert "database" in answer.json()["detail"]
            database.start()
            wait_for(lambda: server.http.get("/v1/predictions").status_code == 200, "an answer with the database back")
            assert server.get(prediction["id"])["status"] == "starting"


def test_a_database_that_goes_away_while_a_worker_draws_costs_nothing_once_it_is_back(tmp_path):
    with (
        postgres() as database,
        serving(tmp_path / "data", "--lease-s", "5", DREAMREEL_DATABASE_URL=database.url) as server,
    ):
        prediction_id = server.create(seed=7)["id"]
        server.wait_for_frames(prediction_id, 3)
        database.stop()
        assert server.http.get(f"/v1/predictions/{prediction_id}").status_code == 503
        database.start()
        wait_for(lambda: server.http.get("/v1/predictions").status_code == 200, "an answer with the database back")
        ended = server.wait(prediction_id)
        assert ended["status"] == "succeeded", server.said()
        manifest = server.http.get(f"/v1/predictions/{prediction_id}/manifest").json()
        assert manifest["frames"] == digests(7)
