import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from dreamreel.errors import InputError
from dreamreel.predictions.addresses import AddressRules
from dreamreel.predictions.events import Event, Kind
from dreamreel.predictions.webhooks import LONGEST_PAUSE, next_message, pause_after

ALL = ("start", "output", "logs", "completed")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def events(*kinds):
    return [Event(number, "p", Kind(kind), NOW) for number, kind in enumerate(kinds, 1)]


@pytest.mark.parametrize(
    ("kinds", "wanted", "message"),
    [
        (["start", "status", "logs"], ALL, (1, "start")),
        (["status", "frame"], ALL, None),
        (["logs", "frame", "logs", "logs", "completed"], ALL, (4, "logs")),
        (["logs", "output", "completed"], ALL, (1, "logs")),
        (["output", "completed"], ALL, (1, "output")),
        (["logs", "logs", "completed"], ("completed",), (3, "completed")),
        (["start", "logs"], ("completed",), None),
        (["error", "completed"], ALL, (2, "completed")),
    ],
)
def test_the_next_message_is_the_first_that_is_wanted_and_logs_are_told_once(kinds, wanted, message):
    found = next_message(events(*kinds), wanted)
    assert (found and (found.seq, found.kind.value)) == message


def test_pauses_double_with_jitter_up_to_an_hour():
    chance = random.Random(1)
    pauses = [pause_after(tries, chance) for tries in range(1, 60)]
    assert all(timedelta(seconds=0.5) <= pauses[0] <= timedelta(seconds=1.5) for _ in pauses)
    assert timedelta(seconds=8) <= pauses[4] <= timedelta(seconds=24)
    assert max(pauses) <= LONGEST_PAUSE * 1.5


PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "240.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_unless_allowed(address):
    assert not AddressRules().allow(address)
    assert AddressRules(private=True).allow(address)


def test_public_addresses_and_on_request_this_machine_are_allowed():
    assert AddressRules().allow("93.184.215.14")
    assert AddressRules().allow("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    assert AddressRules(loopback=True).allow("127.0.0.1")
    assert not AddressRules(loopback=True).allow("10.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://localhost/x", "https://2130706433/x", "https://0x7f.1/x", "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data", "https://0/x", "https://10.1/x",
    ],
)  # fmt: skip
def test_an_address_in_disguise_is_refused_when_the_prediction_is_created(url):
    with pytest.raises(InputError, match=r"webhook: .* is not a public address"):
        AddressRules().check_url(url)


def test_plain_http_is_for_this_machine_or_on_request():
    with pytest.raises(InputError, match="must be an https address"):
        AddressRules().check_url("http://93.184.215.14/x")
    AddressRules(plain_http=True).check_url("http://93.184.215.14/x")
    AddressRules(loopback=True).check_url("http://127.0.0.1:8001/x")
    with pytest.raises(InputError):
        AddressRules().check_url("http://127.0.0.1:8001/x")


def test_the_receiver_of_the_documentation_takes_what_is_genuine_and_refuses_the_rest():
    page = (Path(__file__).parents[3] / "docs" / "live.md").read_text("utf-8")
    names = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], names)  # noqa: S102 - our own page
    key, body, now = "whsec_" + "A" * 43 + "=", b'{"id": "x"}', datetime.now(UTC)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
    headers["webhook-signature"] = Webhook(key).sign("msg_1", now, body.decode())
    assert names["verified"](headers, body, key)["id"] == "x"
    with pytest.raises(WebhookVerificationError):
        names["verified"](headers, body + b" ", key)
