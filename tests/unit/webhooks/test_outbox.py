import ipaddress
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from dreamreel.errors import InputError
from dreamreel.predictions.events import Event, Kind
from dreamreel.webhooks.addresses import AddressRules
from dreamreel.webhooks.outbox import LONGEST_PAUSE, next_message, pause_after
from dreamreel.webhooks.receivers import normal
from dreamreel.webhooks.special_addresses import IPV4_BLOCKS, IPV6_BLOCKS

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


# Every row of https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry, by hand
# and compared with others' copies, and what other registries and documents set apart.
_REGISTRIES = """
0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29
192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24
192.88.99.0/24 192.88.99.2/32 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
255.255.255.255/32
::1/128 ::/128 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128 2001:1::3/128
2001:2::/48 2001:3::/32 2001:4:112::/48 2001:5::/32 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16
2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10
"""
REGISTERED = _REGISTRIES.split()
SET_APART = ["224.0.0.0/4", "ff00::/8", "fec0::/10", "::/96", "::ffff:0:0:0/96", "4000::/3", "8000::/1", "1000::/4"]


# Two more rows of the registry, at which the address inside decides.
EMBEDDING = ("::ffff:0:0/96", "64:ff9b::/96")


def near_blocks():
    """Addresses in, before and behind each block, and some within."""
    networks = [ipaddress.ip_network(block) for block in (*REGISTERED, *SET_APART)]
    edges = [(type(each[0]), int(each[0]) + by) for each in networks for by in (-1, 0, each.num_addresses - 1)]
    edges += [(type(each[0]), int(each[0]) + each.num_addresses) for each in networks]
    known = [kind(number) for kind, number in edges if 0 <= number < 2 ** kind(0).max_prefixlen]
    within = st.sampled_from(networks).flatmap(
        lambda each: st.integers(0, each.num_addresses - 1).map(each.__getitem__)
    )
    return st.sampled_from(known) | within | st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)


@pytest.mark.parametrize("block", [*REGISTERED, *SET_APART])
def test_no_address_of_a_special_block_is_dialled_unless_all_may_be(block):
    network = ipaddress.ip_network(block)
    for address in (network[0], network[-1], network[network.num_addresses // 2]):
        assert not AddressRules().allow(str(address))
        assert AddressRules(private=True).allow(str(address))


def test_our_table_is_the_registries():
    ours = [ipaddress.ip_network(block) for block, _ in (*IPV4_BLOCKS, *IPV6_BLOCKS)]
    registered = [ipaddress.ip_network(block) for block in (*REGISTERED, *SET_APART)]
    for network in ours:
        assert network in registered, f"{network} is in no registry"


@given(st.one_of(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address), near_blocks()))
def test_what_pythons_own_table_does_not_call_global_is_not_dialled(ip):
    """Two tables of the same registries: where ours allows more, one of them is wrong."""
    if isinstance(ip, ipaddress.IPv6Address) and any(ip in ipaddress.ip_network(block) for block in EMBEDDING):
        return  # the address inside is asked
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        assert not AddressRules().allow(str(ip))


EMBEDDED = {
    "mapped": lambda ip: f"::ffff:{ip}",
    "translated (NAT64)": lambda ip: f"64:ff9b::{ip}",
    "compatible": lambda ip: f"::{ip}",
    "translated (SIIT)": lambda ip: f"::ffff:0:{ip}",
    "translated for local use": lambda ip: f"64:ff9b:1::{ip}",
    "6to4": lambda ip: str(ipaddress.IPv6Address((0x2002 << 112) | (int(ipaddress.IPv4Address(ip)) << 80) | 1)),
    "Teredo": lambda ip: str(ipaddress.IPv6Address((0x20010000 << 96) | (int(ipaddress.IPv4Address(ip)) ^ 0xFFFFFFFF))),
    "Teredo, as its server": lambda ip: str(
        ipaddress.IPv6Address((0x20010000 << 96) | (int(ipaddress.IPv4Address(ip)) << 64))
    ),
}


@pytest.mark.parametrize("form", EMBEDDED)
@pytest.mark.parametrize("block", [block for block in REGISTERED if ":" not in block])
def test_a_special_ipv4_address_is_not_reached_inside_any_ipv6_form(form, block):
    network = ipaddress.ip_network(block)
    for ip in (network[0], network[-1]):
        assert not AddressRules().allow(EMBEDDED[form](str(ip)))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8", "93.184.215.14", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
        "192.0.1.0",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2001:200::1",
        "2003::1", "2620:4f:8001::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2a00:1450:4001:80b::200e",
    ],
)  # fmt: skip
def test_public_addresses_are_allowed_up_to_the_edges_of_the_blocks(address):
    assert AddressRules().allow(address)


def test_on_request_this_machine_is_allowed_and_nothing_beside_it():
    here = AddressRules(loopback=True)
    assert all(here.allow(address, has_tls=False) for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"))
    assert not any(here.allow(address) for address in ("10.0.0.1", "0.0.0.0", "::", "169.254.169.254"))
    assert not here.allow("8.8.8.8", has_tls=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://localhost/x", "https://2130706433/x", "https://0x7f.1/x", "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data", "https://0/x", "https://10.1/x", "https://0x7f000001/x",
        "https://127.1/x", "https://localhost./x", "https://[::ffff:127.0.0.1]/x", "https://[::127.0.0.1]/x",
        "https://017700000001/x", "https://[fec0::1]/x", "https://192.88.99.1/x", "https://[3fff::1]/x",
        "https://１２７。１/x", "https://LOCALHOST/x", "https://user:pw@127.0.0.1/x", "https://[::ffff:7f00:1]/x",
    ],
)  # fmt: skip
def test_an_address_in_disguise_is_refused_when_the_prediction_is_created(url):
    with pytest.raises(InputError, match=r"webhook: .* is not a public address"):
        AddressRules().check_url(normal(url))


def test_a_name_that_leads_to_this_machine_is_refused_when_the_prediction_is_created():
    rules = AddressRules(look_up=lambda _host, _port: ["127.0.0.1", "::1"])
    with pytest.raises(InputError, match=r"webhook: inside\.example is not a public address"):
        rules.check_url("https://inside.example/x")


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
