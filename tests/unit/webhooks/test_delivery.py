"""Deliveries over real sockets on loopback, to receivers that behave well and badly."""

import asyncio
import contextlib
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook
from tests.contract.store_contract import LEASE, NOW, accepted

from dreamreel.predictions.record import Status
from dreamreel.predictions.store import Ending, FrameDone
from dreamreel.webhooks.addresses import AddressRules
from dreamreel.webhooks.delivery import Deliverer, Terms
from dreamreel.webhooks.receivers import normal

SECRETS = ["whsec_" + "A" * 43 + "=", "whsec_" + "B" * 43 + "="]


class Receiver:
    """An HTTP server on loopback. `answers`: what it does with each request, the last one again and again."""

    def __init__(self, *answers, tls=None):
        self.answers = list(answers) or [200]
        self.tls = tls
        self.got, self.lines = [], []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.handle, "127.0.0.1", 0, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"https://localhost:{self.port}/hook" if self.tls else f"http://127.0.0.1:{self.port}/hook"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def handle(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            # Values of signatures are case-sensitive: take them as they came.
            exact = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            body = await reader.readexactly(int(headers["content-length"]))
            self.got.append((exact, body.decode()))
            self.lines.append(head.split("\r\n")[0])
            answer = self.answers[min(len(self.got), len(self.answers)) - 1]
            await (answer(writer) if callable(answer) else self.answer(writer, answer))
        writer.close()

    async def answer(self, writer, status):
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nlocation: {self.url}/else\r\n\r\n".encode())
        await writer.drain()

    def kinds(self):
        return [json.loads(body)["kind"] for _, body in self.got]


async def hang(_writer):
    await asyncio.sleep(60)


async def dribble(writer):
    for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless(writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x" * 1_000_000)
        await writer.drain()


def add(store, url, wanted=("start", "output", "logs", "completed")):
    prediction = accepted(webhook=url, webhook_events=wanted, created_at=datetime.now(UTC))
    store.add(prediction)
    return prediction


def run_through(store, prediction, *, logs=0):
    """Plays the worker: claims, logs, finishes."""
    claimed = store.claim("w", ("v1",), datetime.now(UTC), datetime.now(UTC) + LEASE, 3)
    assert claimed.id == prediction.id
    for number in range(logs):
        store.add_frames(prediction.id, 1, [FrameDone(number, 0.1, 1, f"line {number}\n")], datetime.now(UTC))
    store.finish(prediction.id, 1, Ending(Status.SUCCEEDED, output="out.mp4"), datetime.now(UTC))


class Clock:
    """Goes on from begin, and jumps: over each pause that a deliverer makes, so that no test waits for one."""

    def __init__(self, begin=None, jumps=True):
        self.jumps, self.ahead = jumps, (begin or datetime.now(UTC)) - datetime.now(UTC)

    def now(self):
        return datetime.now(UTC) + self.ahead

    def jump(self, **time):
        self.ahead += timedelta(**time)

    def outbox(self, store):
        """The store's outbox; once a row is written down that is due later, it is later."""
        outbox = store.outbox()
        save = outbox.save_delivery

        def save_delivery(row):
            save(row)
            if self.jumps and row.due_at is not None:
                self.ahead = max(self.ahead, row.due_at - datetime.now(UTC))

        outbox.save_delivery = save_delivery
        return outbox

    async def refuse(self, writer):
        """What a receiver answers five hours later."""
        self.jump(hours=5)
        writer.write(b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()


@contextlib.asynccontextmanager
async def delivering(store, *, rules=None, clock=None, **terms):
    terms, clock = {"timeout_s": 0.5, **terms}, clock or Clock()
    deliverer = Deliverer(
        store,
        clock.outbox(store),
        lambda prediction, kind: json.dumps({"id": prediction.id, "kind": kind.value, "logs": prediction.logs}),
        lambda _owner: SECRETS,
        rules or AddressRules(loopback=True),
        clock.now,
        asyncio.Event(),
        Terms(**terms),
        random.Random(1),
    )
    task = asyncio.create_task(deliverer.run())
    try:
        yield deliverer
    finally:
        task.cancel()
        await deliverer.close()


async def until(condition, seconds=30):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def state(store, prediction):
    return next(row for row in store.outbox().deliveries() if row.prediction_id == prediction.id)


def test_every_wanted_event_arrives_once_and_in_order(store):
    async def scenario():
        async with Receiver() as receiver, delivering(store):
            prediction = add(store, receiver.url)
            await until(lambda: receiver.got)
            run_through(store, prediction, logs=3)
            await until(lambda: state(store, prediction).state == "done")
            return receiver.kinds()

    kinds = asyncio.run(scenario())
    assert kinds[0] == "start"
    assert kinds[-2:] == ["output", "completed"]
    assert kinds.count("logs") >= 1


def test_only_what_was_asked_for_is_sent(store):
    async def scenario():
        async with Receiver() as receiver, delivering(store):
            prediction = add(store, receiver.url, wanted=("completed",))
            run_through(store, prediction, logs=2)
            await until(lambda: state(store, prediction).state == "done")
            return receiver.kinds()

    assert asyncio.run(scenario()) == ["completed"]


def test_signatures_are_those_of_the_official_library_with_the_new_and_the_old_key(store):
    async def scenario():
        async with Receiver() as receiver, delivering(store):
            add(store, receiver.url)
            await until(lambda: receiver.got)
            return receiver.got[0]

    headers, body = asyncio.run(scenario())
    for secret in SECRETS:
        Webhook(secret).verify(body, headers)


def test_a_message_that_fails_comes_again_with_the_same_id_and_bytes(store):
    async def scenario():
        async with Receiver(503, 500, 200) as receiver, delivering(store):
            prediction = add(store, receiver.url, wanted=("completed",))
            run_through(store, prediction)
            await until(lambda: state(store, prediction).state == "done")
            return receiver.got

    got = asyncio.run(scenario())
    assert len(got) == 3
    assert len({(headers["webhook-id"], body) for headers, body in got}) == 1


@pytest.mark.parametrize("answer", [hang, dribble, 302, 404], ids=["hangs", "dribbles", "redirects", "refuses"])
def test_a_receiver_that_does_not_take_it_is_tried_again_and_never_followed(store, answer):
    async def scenario():
        async with Receiver(answer, 200) as receiver, delivering(store):
            prediction = add(store, receiver.url, wanted=("completed",))
            run_through(store, prediction)
            await until(lambda: state(store, prediction).state == "done")
            return receiver.got

    got = asyncio.run(scenario())
    assert len(got) == 2
    assert all("/else" not in headers for headers, _ in got)


def test_the_body_of_an_answer_is_never_read_however_long_it_is(store):
    async def scenario():
        async with Receiver(endless) as receiver, delivering(store):
            prediction = add(store, receiver.url, wanted=("completed",))
            run_through(store, prediction)
            await until(lambda: state(store, prediction).state == "done", seconds=10)

    asyncio.run(scenario())


def test_a_start_that_cannot_be_delivered_does_not_hold_back_the_end(store):
    async def scenario():
        async with Receiver(500, 500, 500, 200) as receiver, delivering(store):
            prediction = add(store, receiver.url, wanted=("start", "completed"))
            run_through(store, prediction)
            await until(lambda: state(store, prediction).state == "done")
            return receiver.kinds()

    assert asyncio.run(scenario()) == ["start", "start", "start", "completed"]


def test_a_dead_receiver_delays_nobody_else(store):
    async def scenario():
        async with Receiver(hang) as dead, Receiver() as alive, delivering(store, timeout_s=5):
            for _ in range(20):
                add(store, dead.url, wanted=("start",))
            prediction = add(store, alive.url, wanted=("start",))
            await until(lambda: alive.got, seconds=4)
            assert state(store, prediction).tries == 0

    asyncio.run(scenario())


def test_the_end_is_given_up_only_when_the_patience_is_over_and_can_be_tried_by_hand(store):
    clock = Clock(NOW)

    async def scenario():
        async with (
            Receiver(clock.refuse) as receiver,
            # A try holds its row for longer than the clock jumps while it is under way.
            delivering(store, clock=clock, patience=timedelta(hours=9), timeout_s=6 * 3600),
        ):
            prediction = accepted(webhook=receiver.url, webhook_events=("completed",))
            store.add(prediction)
            store.request_cancel(prediction.id, NOW)
            for tries in (2, 4):
                await until(lambda: state(store, prediction).state == "given up")
                assert len(receiver.got) == tries
                receiver.answers = [200] if tries == 4 else receiver.answers
                assert store.outbox().retry_delivery(prediction.id, NOW)
                await until(lambda tries=tries: len(receiver.got) > tries)
            await until(lambda: state(store, prediction).state == "done")
            return {headers["webhook-id"] for headers, _ in receiver.got}

    assert len(asyncio.run(scenario())) == 1


def test_what_was_not_sent_when_the_server_died_is_sent_by_the_next_one(store):
    async def scenario():
        async with Receiver(hang, 200) as receiver:
            prediction = add(store, receiver.url, wanted=("completed",))
            run_through(store, prediction)
            async with delivering(store, timeout_s=30):
                await until(lambda: receiver.got)
            async with delivering(store, clock=Clock(datetime.now(UTC) + timedelta(minutes=2))):
                await until(lambda: state(store, prediction).state == "done")
            return receiver.got

    got = asyncio.run(scenario())
    assert got[0][0]["webhook-id"] == got[1][0]["webhook-id"]


def test_a_name_that_turns_private_is_refused_when_it_is_dialled(store):
    async def scenario():
        async with Receiver() as receiver, delivering(store, rules=AddressRules()):
            prediction = add(store, receiver.url, wanted=("start",))
            await until(lambda: state(store, prediction).last_error)
            return receiver.got, state(store, prediction).last_error

    got, error = asyncio.run(scenario())
    assert got == []
    assert "is not a public address" in error


@pytest.mark.parametrize("broken", ["body", "keys", "address", "events"])
def test_whatever_goes_wrong_in_a_delivery_is_a_try_that_is_counted_and_given_up_in_the_end(store, monkeypatch, broken):
    clock = Clock(NOW)

    def fail(*_arguments):
        clock.jump(hours=5)
        raise TypeError("url strings\x00 may not" + "x" * 10_000)

    async def scenario():
        async with delivering(store, clock=clock, patience=timedelta(hours=9), timeout_s=6 * 3600) as deliverer:
            if broken == "body":
                deliverer._body_of = fail
            elif broken == "keys":
                deliverer._secrets_of = fail
            elif broken == "events":
                monkeypatch.setattr(store, "events", fail)
            else:
                monkeypatch.setattr("dreamreel.webhooks.delivery.split_user", fail)
            prediction = accepted(webhook="http://127.0.0.1:9/x", webhook_events=("completed",))
            store.add(prediction)
            store.request_cancel(prediction.id, NOW)
            await until(lambda: state(store, prediction).state == "given up")
            return state(store, prediction)

    row = asyncio.run(scenario())
    assert row.tries >= 2
    assert (row.dropped, row.delivered) == (1, 0)
    assert row.last_error.startswith("TypeError: url strings\ufffd may not")
    assert len(row.last_error) == 500


def test_a_message_that_was_dropped_and_those_that_came_are_counted(store):
    async def scenario():
        async with Receiver(500, 500, 500, 200) as receiver, delivering(store):
            prediction = add(store, receiver.url, wanted=("start", "completed"))
            run_through(store, prediction)
            await until(lambda: state(store, prediction).state == "done")
            return state(store, prediction)

    row = asyncio.run(scenario())
    assert (row.delivered, row.dropped) == (1, 1)


def test_a_user_in_the_address_is_sent_as_basic_authorization(store):
    async def scenario():
        async with Receiver() as receiver, delivering(store):
            url = receiver.url.replace("http://", "http://me:s%20ecret@").replace("/hook", "/hö?k")
            add(store, normal(url), wanted=("start",))
            await until(lambda: receiver.got)
            return receiver.got[0][0], receiver.lines[0]

    headers, line = asyncio.run(scenario())
    assert headers["authorization"] == "Basic bWU6cyBlY3JldA=="
    assert "@" not in headers["Host"]
    assert line == "POST /h%C3%B6?k HTTP/1.1"


@pytest.mark.parametrize("url", ["https://exämple.invalid/ü", "https://[x/", "nonsense", "https://\x00/"])
def test_an_address_that_an_older_release_took_as_it_came_ends_like_any_other(store, url):
    async def scenario():
        async with Receiver() as receiver, delivering(store):
            bad, good = add(store, url, wanted=("start",)), add(store, receiver.url, wanted=("start",))
            await until(lambda: state(store, good).delivered and state(store, bad).dropped)
            return state(store, bad)

    assert asyncio.run(scenario()).last_error


def test_a_name_that_leaves_this_machine_is_not_sent_to_without_tls(store):
    found = iter(["127.0.0.1"])
    rules = AddressRules(loopback=True, look_up=lambda _host, _port: [next(found, "93.184.215.14")])
    rules.check_url("http://rebound.example:9/x")

    async def scenario():
        async with delivering(store, rules=rules):
            prediction = add(store, "http://rebound.example:9/x", wanted=("start",))
            await until(lambda: state(store, prediction).last_error)
            return state(store, prediction).last_error

    assert asyncio.run(scenario()) == "rebound.example is not a public address"


def test_logs_come_at_most_twice_a_second(store):
    async def scenario():
        async with Receiver() as receiver, delivering(store, clock=Clock(jumps=False)):
            prediction = add(store, receiver.url, wanted=("logs",))
            store.claim("w", ("v1",), datetime.now(UTC), datetime.now(UTC) + LEASE, 3)
            times = []
            for number in range(40):
                store.add_logs(prediction.id, 1, f"line {number}\n", datetime.now(UTC))
                await asyncio.sleep(0.03)
                times.append(len(receiver.got))
            return times[-1]

    assert 1 <= asyncio.run(scenario()) <= 5
