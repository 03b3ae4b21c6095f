"""What every answer says in its headers, whatever its status and whoever made it."""

from dataclasses import replace

import pytest

from dreamreel.api.http.rate_limit import UNLIMITED, RateLimit
from dreamreel.predictions.accounts import Token, digest_of
from dreamreel.predictions.store import StoreError

LIMIT = 3000  # the default of --requests-per-minute
CREATES = 600


def left(answer):
    """What an answer says of the limit: each header once."""
    assert [answer.headers.get_list(name) for name in ("ratelimit-remaining", "ratelimit-reset")] == [
        [answer.headers["ratelimit-remaining"]],
        [answer.headers["ratelimit-reset"]],
    ]
    return int(answer.headers["ratelimit-remaining"]), int(answer.headers["ratelimit-reset"])


def fail(*_arguments, **_options):
    raise StoreError("the connection is closed")


@pytest.mark.parametrize(
    ("method", "path", "status", "remaining"),
    [
        ("GET", "/", 200, LIMIT),
        ("GET", "/docs", 200, LIMIT),
        ("GET", "/openapi.json", 200, LIMIT),
        ("GET", "/studio/main.js", 200, LIMIT),
        ("GET", "/health/live", 200, LIMIT),
        ("GET", "/metrics", 200, LIMIT),
        ("GET", "/v1/predictions", 200, LIMIT - 1),
        ("GET", "/health/ready", 503, LIMIT),
        ("GET", "/v1/nothing", 404, LIMIT),
        ("GET", "/studio/nothing.js", 404, LIMIT),
        ("GET", "/v1/outputs/x/1/y/out.mp4", 404, LIMIT),
        ("GET", "/v1/files/stream/x", 404, LIMIT),
        ("GET", "/v1/predictions/x", 404, LIMIT - 1),
        ("PUT", "/v1/predictions", 405, LIMIT),
        ("GET", "/v1/predictions?limit=0", 422, LIMIT - 1),
        ("POST", "/v1/predictions", 422, CREATES - 1),
        ("POST", "/v1/models/someone/else/predictions", 404, CREATES - 1),
    ],
)
def test_every_answer_says_how_many_requests_are_left(client, method, path, status, remaining):
    answer = client.request(method, path)
    assert (answer.status_code, *left(answer)) == (status, remaining, 0)


@pytest.mark.parametrize(
    ("body", "status"), [("{", 400), ('{"version": "x", "input": {}}', 422), ("x" * (1024 * 1024 + 1), 413)]
)
def test_so_does_the_answer_to_a_body_that_is_refused(client, context, body, status):
    context.settings = replace(context.settings, max_body_mb=1)
    answer = client.post("/v1/predictions", content=body)
    assert (answer.status_code, *left(answer)) == (status, CREATES - 1, 0)


def test_so_does_the_answer_to_a_create_an_upload_and_a_deleted_file(client):
    created = client.post("/v1/models/deforum/deforum_stable_diffusion/predictions", json={"input": {}})
    assert (created.status_code, *left(created)) == (201, CREATES - 1, 0)
    uploaded = client.post("/v1/files", files={"content": b"abc"})
    assert (uploaded.status_code, *left(uploaded)) == (201, LIMIT - 1, 0)
    deleted = client.delete(f"/v1/files/{uploaded.json()['id']}")
    assert deleted.status_code == 204
    assert left(deleted)[0] < LIMIT


def test_so_does_what_is_answered_to_who_shows_no_token(client, context):
    context.needs_token = True
    answer = client.get("/v1/predictions")
    assert (answer.status_code, *left(answer)) == (401, LIMIT, 0)


def test_so_does_what_is_answered_to_who_asked_too_often(client, context):
    context.others = RateLimit(1)
    assert client.get("/v1/predictions").status_code == 200
    answer = client.get("/v1/predictions")
    assert answer.status_code == 429
    assert left(answer) == (0, int(answer.headers["retry-after"]))


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/predictions/x"), ("POST", "/v1/predictions")])
@pytest.mark.parametrize(("error", "status"), [(fail, 503), (lambda *_: 1 / 0, 500)], ids=["503", "500"])
def test_so_do_the_answers_to_what_nobody_foresaw(client, context, monkeypatch, method, path, error, status):
    monkeypatch.setattr(context.service, "get" if method == "GET" else "create", error)
    document = {"version": "deforum/deforum_stable_diffusion", "input": {}}
    answer = client.request(method, path, json=document if method == "POST" else None)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, *left(answer)) == (status, (LIMIT if method == "GET" else CREATES) - 1, 0)


def test_a_token_that_cannot_be_looked_up_is_a_503_like_any_other(client, context, monkeypatch):
    monkeypatch.setattr(context.service.store, "token", fail)
    answer = client.post("/v1/predictions", json={}, headers={"Authorization": "Bearer x"})
    assert (answer.status_code, *left(answer)) == (503, LIMIT, 0)


def test_what_is_answered_from_memory_says_it_like_the_first_time(client, context):
    context.service.store.add_token(Token("t", "me", digest_of("x"), context.service.clock()))
    headers = {"Authorization": "Bearer x"}
    document = {"version": "deforum/deforum_stable_diffusion", "input": {}}
    path = f"/predictions/{client.post('/predictions', json=document, headers=headers).json()['id']}"
    first, second = (client.get(path, headers=headers) for _ in range(2))
    assert left(first) == (LIMIT - 1, 0)
    assert left(second)[0] < LIMIT
    assert first.content == second.content
    assert dict(first.headers).keys() == dict(second.headers).keys()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/v1/predictions", {"Host": "evil.example"}, 421),
        ("GET", "/health/live", {"Host": "evil.example"}, 421),
        ("GET", "/v1/predictions", {"Host": "a b"}, 400),
        ("POST", "/v1/predictions", {"Origin": "https://evil.example"}, 403),
        ("POST", "/v1/files", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("OPTIONS", "/v1/files/stream/x", {"Origin": "https://evil.example"}, 204),
    ],
)
def test_so_do_the_answers_that_come_before_any_route(client, method, path, headers, status):
    answer = client.request(method, path, headers=headers)
    assert (answer.status_code, *left(answer)) == (status, LIMIT, 0)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_where_there_is_no_limit_a_number_is_said_all_the_same(client, context):
    context.others = RateLimit(0)
    assert left(client.get("/v1/predictions")) == (UNLIMITED, 0)
