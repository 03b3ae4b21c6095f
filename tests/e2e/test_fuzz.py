"""Generated requests: no server error, no answer that the documents do not name. `./run fuzz` makes thousands."""

import pytest
from tests.e2e.fuzz import SOUND, fuzz, original, ours, victim

# What the documents name, in all forms of them together.
DOCUMENTED = {200, 201, 204, 400, 401, 404, 405, 413, 416, 422, 429}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    pytest.importorskip("schemathesis")
    with victim(tmp_path_factory.mktemp("fuzz") / "data") as running:
        yield running


def test_our_own_document_is_kept(server):
    result = fuzz(server, ours(server), SOUND, examples=4, phases="fuzzing")
    assert result.passed, result.report
    assert result.cases > 50
    assert result.statuses.keys() <= DOCUMENTED


@pytest.mark.parametrize(
    ("name", "checks"), [("seed_openapi_served.json", SOUND), ("seed_openapi.json", "not_a_server_error")]
)
def test_the_originals_document_is_kept(server, name, checks):
    result = fuzz(server, original(name), checks, examples=10, phases="fuzzing")
    assert result.passed, result.report
    assert result.cases > 15
    assert result.statuses.keys() <= DOCUMENTED
