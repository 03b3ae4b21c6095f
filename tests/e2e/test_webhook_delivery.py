"""Webhooks from a real server to real receivers: order, signatures, and nothing lost when the server is killed."""

import contextlib
import os
import signal
import subprocess
import sys
from itertools import groupby, pairwise

import pytest
from standardwebhooks import Webhook
from tests.e2e.receivers import receiving
from tests.e2e.server import PATIENCE_S, serving, wait_for

# A server that is started again soon takes over what its killed workers held, and what it was sending itself.
OPTIONS = ("--steps", "2", "--lease-s", "5", "--webhook-timeout-s", "1")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("webhooks") / "data", *OPTIONS) as running:
        yield running


@pytest.fixture(scope="module")
def told(server):
    """(a prediction that succeeded, what its receiver was told)."""
    with receiving() as receiver:
        created = create(server, receiver.url)
        wait_for(lambda: created["id"] in receiver.completed(), "the end of the prediction, by webhook")
        yield server.get(created["id"]), receiver.accepted()


def create(server, url, **members):
    body = {"version": "deforum/deforum_stable_diffusion", "input": {"sampler": "euler", "seed": 1}, "webhook": url}
    answer = server.http.post("/v1/predictions", json={**body, **members})
    assert answer.status_code == 201, answer.text
    return answer.json()


def secret_of(server):
    return server.http.get("/v1/webhooks/default/secret").json()["key"]


def webhooks(server, *arguments):
    command = [sys.executable, "-m", "dreamreel", "webhooks", *arguments, "--data", str(server.data)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_start_comes_first_and_the_end_last_each_once_with_the_prediction_as_it_was(told):
    prediction, messages = told
    bodies = [message.prediction for message in messages]
    assert {body["id"] for body in bodies} == {prediction["id"]}
    first, *between, output, last = bodies
    assert (first["status"], first["output"], first["logs"], first["started_at"]) == ("starting", None, "", None)
    assert {body["status"] for body in between} == {"processing"}
    assert between, "logs came while it was drawn"
    assert all(prediction["logs"].startswith(body["logs"]) for body in between)
    assert (output["status"], output["completed_at"]) == ("processing", None)
    assert output["output"] == prediction["output"]
    # What became of the messages cannot be in one.
    ended = {name: value for name, value in prediction.items() if name != "webhook_deliveries"}
    assert last == {**ended, "urls": last["urls"]}
    assert [message.seq for message in messages] == sorted({message.seq for message in messages})


def test_every_message_verifies_with_the_standard_library_and_no_other_bytes_do(server, told):
    _, messages = told
    webhook = Webhook(secret_of(server))
    for message in messages:
        assert webhook.verify(message.body, message.headers)["id"] == message.prediction["id"]
    with pytest.raises(Exception, match=r"[Ss]ignature"):
        webhook.verify(messages[-1].body.replace(b"succeeded", b"succeedeD"), messages[-1].headers)


@pytest.mark.parametrize("asked", [["completed"], "completed", "start, completed", ["start"]])
def test_a_filter_is_a_list_or_a_text(server, asked):
    with receiving() as receiver:
        created = create(server, receiver.url, webhook_events_filter=asked)
        server.cancel(created["id"])
        server.wait(created["id"])
        wanted = {"starting"} if "start" in asked else set()
        wanted |= {"canceled"} if "completed" in asked else set()
        wait_for(lambda: {each.prediction["status"] for each in receiver.accepted()} == wanted, f"only {wanted}")


def test_a_replaced_key_signs_beside_the_old_one_for_a_day(server):
    old = secret_of(server)
    new = webhooks(server, "rotate").strip()
    assert new == secret_of(server) != old
    with receiving() as receiver:
        server.cancel(create(server, receiver.url, webhook_events_filter=["start"])["id"])
        message = wait_for(receiver.accepted, "the start")[0]
    assert len(message.headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Webhook(secret).verify(message.body, message.headers)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/x", "https://169.254.169.254/latest/meta-data", "https://[fd00::1]/x", "ftp://x.test/"]
)
def test_a_receiver_inside_the_operators_network_is_refused_when_the_prediction_is_created(server, url):
    body = {"version": "deforum/deforum_stable_diffusion", "input": {}, "webhook": url}
    answer = server.http.post("/v1/predictions", json=body)
    assert answer.status_code == 422
    assert answer.json()["invalid_fields"][0]["field"] == "webhook"


def test_a_delivery_that_fails_is_listed_and_tried_again_on_request(server):
    with receiving() as receiver:
        receiver.status = 503
        created = create(server, receiver.url, webhook_events_filter=["completed"])
        server.cancel(created["id"])
        wait_for(lambda: len(receiver.got) >= 3, "three tries")  # the next one is seconds away
        line = next(
            line for line in webhooks(server, "list", "--state", "active").splitlines() if created["id"] in line
        )
        assert "the receiver answered 503" in line
        assert receiver.url in line
        # Before the receiver is well again: then it might be reached without being asked to.
        webhooks(server, "retry", created["id"])
        receiver.status = 200
        wait_for(lambda: receiver.completed() == {created["id"]}, "the message")
        assert len({(message.id, message.body) for message in receiver.got}) == 1
        wait_for(lambda: f"{created['id']}\tdone" in webhooks(server, "list", "--state", "done"), "a row that is done")


def test_killed_in_a_burst_the_server_loses_no_end_and_mixes_no_order(server):
    """3 receivers, one of which fails now and then, 60 predictions, 120 events; SIGKILL after the first third."""
    with contextlib.ExitStack() as stack:
        receivers = [stack.enter_context(receiving()) for _ in range(3)]
        receivers[0].status = failing_at_first(set())
        created = [create(server, receivers[number % 3].url) for number in range(60)]
        for prediction in created[::-1]:
            server.cancel(prediction["id"])
        wait_for(lambda: sum(len(each.got) for each in receivers) >= 40, "the first third")
        kill_all(server)
        with serving(server.data, *OPTIONS):
            for number, receiver in enumerate(receivers):
                wanted = {prediction["id"] for prediction in created[number::3]}
                wait_for(lambda r=receiver, w=wanted: r.completed() == w, f"the ends at receiver {number}")
    for receiver in receivers:
        check_order(receiver)


def failing_at_first(tried):
    """The first try of every third message fails. A second would, too: then the pauses are longer than all the rest."""

    def status(message):
        is_first = message.id not in tried
        tried.add(message.id)
        return 500 if is_first and len(tried) % 3 == 0 else 200

    return status


def kill_all(server):
    """SIGKILL: the server first, so that it cannot tidy up, then its workers."""
    workers = server.worker_pids()
    server.stop(signal.SIGKILL)
    for pid in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def check_order(receiver):
    """Of each prediction: messages in the order of their events, repeats only of the newest, nothing after the end."""
    ordered = sorted(receiver.got, key=lambda message: message.prediction["id"])
    for _, messages in groupby(ordered, key=lambda message: message.prediction["id"]):
        told = list(messages)
        assert all(earlier.seq <= later.seq for earlier, later in pairwise(told))
        bodies = {}
        for message in told:
            kind = message.prediction["status"]
            assert bodies.setdefault(message.id, kind) == kind, "an id is one event's"
        assert told[-1].prediction["status"] == "canceled"
