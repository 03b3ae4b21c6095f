"""What those who follow a prediction are told, and when."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from tests.contract.store_contract import LEASE, accepted

from dreamreel.api.event_buffer import EventBuffers
from dreamreel.api.http import sse
from dreamreel.api.http.keys import still_known, still_opens
from dreamreel.api.routes import streams
from dreamreel.api.routes.events import BATCH, MOST_FRAMES, latest
from dreamreel.api.waiting import Wakeups
from dreamreel.predictions.accounts import Token, digest_of
from dreamreel.predictions.events import Event, Kind
from dreamreel.predictions.store import FrameDone


@dataclass
class Surroundings:
    """The part of a context that following needs."""

    event_buffers: EventBuffers
    wakeups: Wakeups


@pytest.fixture
def around(store, monkeypatch):
    monkeypatch.setattr(sse, "KEEP_ALIVE_S", 0.05)
    return Surroundings(EventBuffers(store), Wakeups())


def now():
    return datetime.now(UTC)


async def read(batches, count):
    return [await asyncio.wait_for(anext(batches), 30) for _ in range(count)]


def test_a_pause_is_said_also_while_things_happen_that_this_reader_did_not_ask_for(store, around):
    prediction = accepted()
    store.add(prediction)
    store.claim("w", ("v1",), now(), now() + LEASE, 3)

    async def draw():
        for idx in range(1000):
            store.add_frames(prediction.id, 1, [FrameDone(idx, 0.1, 1, "")], now())
            for listener in around.wakeups._topics[prediction.id].listeners:
                listener.topic.hint()
            await asyncio.sleep(0.01)

    async def scenario():
        drawing = asyncio.create_task(draw())
        batches = sse.follow(around, prediction.id, 0, (Kind.OUTPUT, Kind.COMPLETED))
        told = await read(batches, 3)
        drawing.cancel()
        return told

    assert asyncio.run(scenario()) == [[], [], []]


def test_a_pause_of_the_clients_stream_has_no_empty_line():
    """The Go client takes an empty line for the end of an event, and forgets its place."""
    assert streams.KEEP_ALIVE == ": hi\n"


def test_a_prediction_whose_data_was_removed_still_has_an_end(store, around):
    prediction = accepted()
    store.add(prediction)
    store.request_cancel(prediction.id, now())
    store.remove_data(prediction.id)

    async def scenario():
        return [[event.kind for event in batch] async for batch in sse.follow(around, prediction.id, 0)]

    assert asyncio.run(scenario()) == [[Kind.COMPLETED]]


def test_a_server_that_ends_lets_its_readers_go(store, around):
    prediction = accepted()
    store.add(prediction)

    async def scenario():
        around.wakeups.bind(asyncio.get_running_loop())
        batches = sse.follow(around, prediction.id, 0)
        await read(batches, 1)
        around.wakeups.close()
        return [batch async for batch in batches]

    assert all(not batch for batch in asyncio.run(scenario()))


def many_events(count):
    kinds = [(Kind.FRAME, {"idx": 1}), (Kind.LOGS, {"text": "x" * 1000})]
    return [Event(number, "p", *kinds[number % 2][:1], now(), kinds[number % 2][1]) for number in range(1, count + 1)]


def test_a_reader_that_fell_behind_is_told_the_newest_frames_and_logs_in_order():
    events = many_events(BATCH)
    told = latest(events)
    assert [event.seq for event in told] == sorted(event.seq for event in told)
    frames = [event for event in told if event.kind is Kind.FRAME]
    assert frames == [event for event in events if event.kind is Kind.FRAME][-MOST_FRAMES:]
    assert sum(len(event.data["text"]) for event in told if event.kind is Kind.LOGS) == 16_000


def test_a_reader_that_came_late_is_told_every_line():
    events = many_events(BATCH)
    told = latest(events, all_logs=True)
    assert sum(event.kind is Kind.LOGS for event in told) == BATCH // 2


@pytest.mark.parametrize("how", ["expires", "is deleted"])
def test_a_stream_ends_when_the_token_that_opened_it_does_though_its_account_has_another(context, monkeypatch, how):
    monkeypatch.setattr(sse, "KEEP_ALIVE_S", 0.05)
    store, began = context.service.store, now()
    opener = Token("a", "a", digest_of("a"), began, expires_at=began + timedelta(hours=1))
    for token in (opener, Token("b", "b", digest_of("b"), began, account="a")):
        store.add_token(token)
    prediction = accepted(owner="a")
    store.add(prediction)

    async def scenario():
        batches = sse.follow(context, prediction.id, 0, is_open=partial(still_known, context, opener))
        by_key = sse.follow(context, prediction.id, 0, is_open=partial(still_opens, context, "a"))
        await read(batches, 3)
        if how == "expires":
            context.service.clock = lambda: began + timedelta(hours=1)
        else:
            store.delete_token("a")
        async with asyncio.timeout(30):
            rest = [batch async for batch in batches]
        await read(by_key, 3)  # the address is still a key
        return rest

    assert not any(asyncio.run(scenario()))
