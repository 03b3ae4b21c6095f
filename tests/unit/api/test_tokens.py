"""Tokens that end, tokens that only read, and several tokens of one account."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient
from tests.contract.store_contract import accepted

from dreamreel.api.app import MODULES, create_app
from dreamreel.api.context import CHANGES_NOTHING, READING
from dreamreel.predictions.accounts import Token, digest_of

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
END = NOW + timedelta(days=30)
READ_ONLY = {"Authorization": "Bearer r8_read"}
CHANGING = sorted(
    (method, route.path)
    for module in MODULES
    for route in module.router.routes
    for method in route.methods
    if method not in READING and (method, route.path) not in CHANGES_NOTHING
)


class Clock:
    """A clock that a test sets."""

    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(context, clock):
    context.service.clock, context.needs_token = clock, True
    full = Token("t1", "anna", digest_of("r8_full"), NOW)
    store = context.service.store
    store.add_token(full)
    store.add_token(replace(full, id="t2", name="ends", digest=digest_of("r8_ends"), expires_at=END, account="t1"))
    store.add_token(replace(full, id="t3", name="reads", digest=digest_of("r8_read"), read_only=True, account="t1"))
    store.add(accepted(id="a" * 26, owner="t1"))
    return TestClient(create_app(context), base_url="http://127.0.0.1", raise_server_exceptions=False)


def ask(client, token, path="/v1/account", method="GET", **options):
    return client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **options)


def test_a_token_that_has_expired_is_refused_and_says_since_when(client, clock):
    clock.now = END - timedelta(microseconds=1)
    assert ask(client, "r8_ends").status_code == 200
    clock.now = END
    answer = ask(client, "r8_ends")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    sentence = "Your authentication token expired at 2026-02-01 03:04 UTC. "
    assert answer.json()["detail"].startswith(sentence)
    assert ask(client, "r8_full").status_code == 200


@pytest.mark.parametrize(
    "path", ["/predictions", f"/predictions/{'a' * 26}", f"/predictions/{'a' * 26}/events", "/metrics"]
)
def test_an_expired_token_reads_nothing(client, clock, path):
    clock.now = END
    assert ask(client, "r8_ends", path).status_code == 401


def test_an_answer_that_is_kept_for_those_who_poll_ends_with_the_token(client, clock):
    path = f"/predictions/{'a' * 26}"
    assert [ask(client, "r8_ends", path).status_code for _ in range(2)] == [200, 200]
    clock.now = END
    assert ask(client, "r8_ends", path).status_code == 401


def test_an_expired_token_does_not_become_the_local_account_where_none_is_needed(client, context, clock):
    context.needs_token, clock.now = False, END
    assert ask(client, "r8_ends").status_code == 401
    assert client.get("/account").json()["username"] == "local"


@pytest.mark.parametrize("needs_token", [True, False])
@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_a_token_that_only_reads_changes_nothing(client, context, method, path, needs_token):
    context.needs_token = needs_token
    address = re.sub(r"{\w+}", "a" * 26, path)
    answer = ask(client, "r8_read", f"/v1{address}", method)
    assert answer.status_code == 403
    assert answer.json() == {
        "title": "Forbidden",
        "detail": f"This token is read-only, so it cannot {method} here. Use one made without --read-only.",
        "status": 403,
    }
    assert int(answer.headers["ratelimit-remaining"]) > 0


def test_there_is_something_that_changes():
    assert ("POST", "/predictions") in CHANGING
    assert ("POST", "/files") in CHANGING
    assert ("POST", "/predictions/{prediction_id}/cancel") in CHANGING


@pytest.mark.parametrize(
    "path", ["/predictions", f"/predictions/{'a' * 26}", "/files", "/models", "/account", "/metrics"]
)
def test_a_token_that_only_reads_reads(client, path):
    assert ask(client, "r8_read", path).status_code == 200


def test_a_token_that_only_reads_may_ask_what_an_input_would_do(client):
    answer = ask(client, "r8_read", "/validate", "POST", json={"input": {}})
    assert answer.status_code == 200


def test_tokens_of_one_account_see_the_same_under_one_name(client):
    for token in ("r8_full", "r8_ends", "r8_read"):
        assert [each["id"] for each in ask(client, token, "/predictions").json()["results"]] == ["a" * 26]
        assert ask(client, token).json()["username"] == "anna"
    keys = {ask(client, token, "/webhooks/default/secret").json()["key"] for token in ("r8_full", "r8_ends")}
    assert len(keys) == 1


def test_the_document_of_the_api_names_the_refusal(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert "403" in paths["/predictions"]["post"]["responses"]
    assert "403" not in paths["/predictions"]["get"]["responses"]
