"""X-Request-ID: in and out, and on every line that is logged for a request."""

import io
import json
import logging
import re

import pytest

from dreamreel.logs import set_up_logs

OURS = r"[0-9a-z]{26}"


@pytest.mark.parametrize("sent", ["a", "req_1.2", "01HF:7a/b=+@c-d", "x" * 128, "7b0a9a1e-6f0e-4b7e-9d0c-0e5b1f3f2a11"])
def test_an_id_that_a_client_or_a_proxy_gave_is_kept(client, sent):
    assert client.get("/health/live", headers={"X-Request-ID": sent}).headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "a b", 'a"b', "{}", "-a", "a\tb", "ü", "a;b", "<a>"])
def test_what_is_no_id_is_replaced_by_one_of_ours(client, sent):
    answer = client.get("/health/live", headers={"X-Request-ID": sent.encode()})
    assert re.fullmatch(OURS, answer.headers["x-request-id"])


def test_two_ids_are_replaced_by_one_of_ours(client):
    answer = client.get("/health/live", headers=[("X-Request-ID", "a"), ("X-Request-ID", "b")])
    assert re.fullmatch(OURS, answer.headers["x-request-id"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/predictions", 200),
        ("GET", "/nothing", 404),
        ("PUT", "/v1/predictions", 405),
        ("POST", "/validate", 422),
    ],
)
def test_every_answer_has_one_whatever_it_says_and_no_two_have_the_same(client, method, path, status):
    answers = [client.request(method, path) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status] * 2
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2


def test_a_refusal_before_the_application_has_one_too(client):
    answer = client.get("/health/live", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 421
    assert re.fullmatch(OURS, answer.headers["x-request-id"])


@pytest.fixture
def lines():
    """What was logged, as JSON objects."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    set_up_logs("json")
    (ours,) = root.handlers
    ours.setStream(io.StringIO())
    yield lambda: [json.loads(line) for line in ours.stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)


def test_the_line_of_an_unforeseen_error_names_its_request_and_its_prediction(client, context, lines, monkeypatch):
    def fail(_prediction_id):
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(context.service.store, "get", fail)
    prediction_id = "0" * 26
    answer = client.get(f"/v1/predictions/{prediction_id}", headers={"X-Request-ID": "mine"})
    assert answer.status_code == 500
    (line,) = [line for line in lines() if line["level"] == "error"]
    assert (line["request"], line["prediction"], line["status"]) == ("mine", prediction_id, 500)
    assert "a mistake of ours" in line["exception"]


def test_what_is_accepted_canceled_and_deleted_is_a_line_with_request_and_prediction(client, lines):
    made = client.post("/v1/models/deforum/deforum_stable_diffusion/predictions", json={"input": {}}).json()
    address = f"/v1/predictions/{made['id']}"
    for method, path in (("POST", f"{address}/cancel"), ("DELETE", address)):
        assert client.request(method, path, headers={"X-Request-ID": "mine"}).status_code in (200, 204)
    mine = [line for line in lines() if line.get("prediction") == made["id"]]
    told = [line["event"].removeprefix(f"prediction {made['id']}: ") for line in mine]
    assert told == ["accepted", "its owner cancels it", "its owner deleted it"]
    assert [line["request"] for line in mine[1:]] == ["mine", "mine"]
    assert re.fullmatch(OURS, mine[0]["request"])
