import pytest

from dreamreel.api.http.slow_clients import _peer_of


@pytest.mark.parametrize(
    ("host", "peer"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv4_address_and_a_64_of_ipv6_are_one_client(host, peer):
    assert _peer_of(host, proxied=False) == peer
    assert _peer_of(host, proxied=True) == peer


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_proxy_on_this_machine_is_not_counted(host):
    assert _peer_of(host, proxied=True) == ""
    assert _peer_of(host, proxied=False) != ""
