"""Addresses that are keys: they end with their time and with the tokens of their owner, and any page may read them."""

from datetime import timedelta

import pytest
from tests.unit.api.test_labels import MODEL, finish

from dreamreel.api.app import MODULES
from dreamreel.api.http.signing import DAY_S
from dreamreel.predictions.accounts import Token, digest_of

PAGE = "https://page.example"


@pytest.fixture
def made(client, context):
    """The addresses that anna's finished prediction and her upload have."""
    context.needs_token = True
    now = context.service.clock()
    context.service.store.add_token(Token("anna", "anna", digest_of("anna"), now))
    headers = {"Authorization": "Bearer anna"}
    prediction = client.post("/v1/predictions", json={"version": MODEL, "input": {}}, headers=headers).json()
    finish(context, prediction["id"])
    prediction = client.get(f"/v1/predictions/{prediction['id']}", headers=headers).json()
    upload = client.post("/v1/files", files={"content": b"abc"}, headers=headers).json()
    urls = {name: prediction["urls"][name] for name in ("events", "stream", "video")}
    return {**urls, "output": prediction["output"], "upload": upload["urls"]["get"]}


def statuses(client, made):
    return {name: client.get(address).status_code for name, address in made.items()}


def test_they_open_without_a_token_for_whoever_has_them(client, made):
    assert set(statuses(client, made).values()) == {200}


def test_none_of_them_outlives_the_last_token_of_its_owner(client, context, made):
    store = context.service.store
    store.add_token(Token("second", "of the same account", digest_of("b"), context.service.clock(), account="anna"))
    store.delete_token("anna")
    assert set(statuses(client, made).values()) == {200}
    store.delete_token("second")
    assert statuses(client, made) == {"events": 401, "stream": 404, "video": 404, "output": 404, "upload": 404}


def test_none_of_them_outlives_a_token_that_expires(client, context, made):
    store, now = context.service.store, context.service.clock()
    store.add_token(Token("b", "b", digest_of("b"), now, expires_at=now + timedelta(days=1), account="anna"))
    store.delete_token("anna")
    assert set(statuses(client, made).values()) == {200}
    context.service.clock = lambda: now + timedelta(days=1)
    assert set(statuses(client, made).values()) == {404, 401}


def test_each_ends_with_its_time(client, context, made, monkeypatch):
    until = int(made["stream"].split("-")[1])
    now = context.service.clock().timestamp()
    hours = context.settings.output_url_hours
    assert hours * 3600 < until - now <= hours * 3600 + DAY_S
    monkeypatch.setattr("dreamreel.api.http.signing.time.time", lambda: until)
    late = context.service.clock() + timedelta(hours=context.settings.upload_hours)
    context.service.clock = lambda: late
    assert statuses(client, made) == {"events": 401, "stream": 404, "video": 404, "output": 404, "upload": 404}


@pytest.mark.parametrize("name", ["events", "stream", "video", "output", "upload"])
def test_a_page_of_any_origin_may_read_what_they_give(client, made, name):
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    before = client.options(made[name], headers=asked)
    assert (before.status_code, before.headers["access-control-allow-origin"]) == (204, "*")
    assert "Range" in before.headers["access-control-allow-headers"]
    assert client.get(made[name], headers={"Origin": PAGE}).headers["access-control-allow-origin"] == "*"
    end = {"Origin": PAGE, "Last-Event-ID": "1:3"}
    assert client.get(made[name], headers=end).headers["access-control-allow-origin"] == "*"


def test_it_may_read_nothing_else(client, made):
    headers = {"Authorization": "Bearer anna", "Origin": PAGE}
    every = [route for module in MODULES for route in module.router.routes]
    routes = {(method, route.path) for route in every for method in route.methods}
    assert len(routes) > 40
    events = made["events"].partition("?")[0]
    prediction_id = events.rsplit("/", 2)[1]
    for method, path in sorted({*routes, ("GET", events), ("GET", "/v1/nothing"), ("OPTIONS", "/v1/predictions")}):
        address = path.replace("{prediction_id}", prediction_id)
        if method == "OPTIONS" and address != "/v1/predictions":
            continue
        answer = client.request(method, address, headers=headers)
        assert "access-control-allow-origin" not in answer.headers, (method, path)


def test_nobody_without_a_token_is_told_where_the_model_lies_or_what_hosts_are_called(client, context):
    from dataclasses import replace

    from dreamreel.predictions.store import WorkerRow

    context.setup = replace(context.setup, model="/srv/secret/models/mine.safetensors")
    assert client.get("/").json()["model"] == "mine.safetensors"
    row = WorkerRow("host.internal-1", "ready", "Mine", "cpu", ("v",), context.service.clock(), weights="sha256:abc")
    context.service.store.save_worker(row)
    index, ready = client.get("/"), client.get("/health/ready")
    assert (index.json()["model"], index.json()["weights"]) == ("Mine", "sha256:abc")
    assert ready.json()["workers"] == [{"state": "ready", "model": "Mine", "device": "cpu", "proofs": []}]
    for answer in (index, ready):
        assert "host.internal" not in answer.text
        assert "/srv" not in answer.text
