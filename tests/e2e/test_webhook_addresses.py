"""Whatever stands in the field of a webhook's address: it is refused at create, or its delivery ends."""

import asyncio
import contextlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.unit.webhooks.test_delivery import Receiver

from dreamreel.api.app import create_app
from dreamreel.cli.server import build_context
from dreamreel.cli.store import open_store
from dreamreel.rendering.setup import Setup
from dreamreel.settings import Settings
from dreamreel.webhooks.addresses import AddressRules
from dreamreel.webhooks.delivery import Deliverer, Terms

MODEL = "deforum/deforum_stable_diffusion"
NOBODY = 1  # a port on which nothing listens


async def hang_up(_writer):
    """Closes without an answer."""


async def babble(writer):
    writer.write(b"this is no HTTP\r\n\r\n")
    await writer.drain()


ANSWERS = (200, 204, 302, 404, 500, hang_up, babble)
TEXTS = st.text(max_size=8)
HOSTS = st.sampled_from(
    [
        *("127.0.0.1", "localhost", "LOCALHOST.", "[::1]", "127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"),
        *("10.0.0.1", "169.254.169.254", "[fec0::1]", "0", "nowhere.example", "two.example", "inside.example"),
        *("münchen.example", "１２７.0.0.1", "a..b", "-a.example", "xn--ü", "a b", "", "[::1", "256.1.1.1"),
    ]
)
ADDRESSES = st.tuples(
    st.sampled_from(["http://", "http://", "HTTP://", "https://", "ftp://", "//", "", "http:/"]),
    st.sampled_from(["", "", "", "me@", "me:p%20w@", "ü:ß@", "@"]) | TEXTS.map("{}@".format),
    HOSTS | TEXTS,
    st.integers(0, len(ANSWERS)) | st.sampled_from(["", "0", "99999", "x"]),
    st.sampled_from(["", "/", "/käse?ö=ß", "/%zz", "/a b", "?", "#part", "/\n", "\\"]) | TEXTS.map("/{}".format),
)


def look_up(host, _port):
    """Names as somebody's server may give them; no network is asked."""
    if host in ("localhost", "two.example", "xn--mnchen-3ya.example"):
        return ["127.0.0.1"] if host != "two.example" else ["10.0.0.1", "127.0.0.1"]
    if host == "inside.example":
        return ["10.0.0.1"]
    if host.replace(".", "").isdecimal() or ":" in host:
        return [host]
    raise OSError("Name or service not known")


class Clock:
    """Real time, and as much more as it was told to skip."""

    def __init__(self):
        self.skipped = timedelta()

    def now(self):
        return datetime.now(UTC) + self.skipped

    def skip_to(self, time):
        self.skipped += max(time - self.now(), timedelta())


@contextlib.contextmanager
def service():
    with TemporaryDirectory() as folder:
        options = Settings(data=Path(folder), model="tiny-sd", max_unfinished=0, creates_per_minute=0)
        store = open_store(options)
        context = build_context(options, Setup("tiny-sd", 64, 64, 4), store)
        context.webhook_rules = AddressRules(loopback=True, look_up=look_up)
        yield context, TestClient(create_app(context), base_url="http://127.0.0.1", raise_server_exceptions=False)
        store.close()


def create(client, address):
    """The id of an ended prediction with that webhook; None if it was refused by name."""
    body = {"version": MODEL, "input": {}, "webhook": address, "webhook_events_filter": ["completed"]}
    answer = client.post("/v1/predictions", json=body)
    if answer.status_code == 422:
        assert {each["field"] for each in answer.json()["invalid_fields"]} == {"webhook"}
        return None
    assert answer.status_code == 201, answer.text
    assert client.post(f"/v1/predictions/{answer.json()['id']}/cancel").status_code == 200
    return answer.json()["id"]


async def deliver(context, clock):
    """Runs deliveries until none is left to make, skipping the time in which none is due."""
    deliverer = Deliverer(
        context.service.store,
        context.outbox,
        lambda prediction, kind: context.wire.webhook_body(prediction, kind, "http://127.0.0.1"),
        context.service.webhook_secrets,
        context.webhook_rules,
        clock.now,
        asyncio.Event(),
        Terms(timeout_s=0.5, patience=timedelta(minutes=2), at_once=16),
        random.Random(1),
    )
    task = asyncio.create_task(deliverer.run())
    try:
        async with asyncio.timeout(240):
            while active := await asyncio.to_thread(context.outbox.deliveries, "active"):
                # A row that is tried is due until it is written back, so nothing is under way here.
                if all(row.due_at is not None and row.due_at > clock.now() for row in active):
                    clock.skip_to(min(row.due_at for row in active))
                    deliverer._wake.set()
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        await deliverer.close()


@settings(max_examples=10, deadline=None, derandomize=True)
@example([("http://", "", "127.0.0.1", number, "/") for number in range(len(ANSWERS) + 1)])
@example([("HTTP://", "ü:p@", host, 0, "/käse?ö#x") for host in ("münchen.example", "127.1", "two.example", "[::1]")])
@given(st.lists(ADDRESSES, min_size=6, max_size=12))
def test_each_address_is_refused_at_create_or_ends_in_delivered_or_given_up(addresses):
    async def scenario(context, client):
        async with contextlib.AsyncExitStack() as stack:
            receivers = [await stack.enter_async_context(Receiver(answer)) for answer in ANSWERS]
            ports = [*(receiver.port for receiver in receivers), NOBODY]
            made = []
            for scheme, user, host, port, rest in addresses:
                place = f":{ports[port] if isinstance(port, int) else port}"
                address = f"{scheme}{user}{host}{place if place != ':' else ''}{rest}"
                made.append(await asyncio.to_thread(create, client, address))
            await deliver(context, Clock())
            taken = sum(len(receiver.got) for receiver in receivers[:2])
        return [each for each in made if each is not None], taken

    with service() as (context, client):
        made, taken = asyncio.run(scenario(context, client))
        seen = [client.get(f"/v1/predictions/{each}").json()["webhook_deliveries"] for each in made]
    assert sum(each["delivered"] for each in seen) == taken
    for each in seen:
        arrived = each["state"] == "done"
        assert each["state"] in ("done", "given up")
        assert (each["delivered"], each["dropped"], each["next_try_at"]) == (int(arrived), int(not arrived), None)
        assert (each["last_error"] is None) == arrived
        assert (each["last_delivered_at"] is not None) == arrived
