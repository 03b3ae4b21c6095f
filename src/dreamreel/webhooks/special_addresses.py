"""Addresses that nobody's public server has: IANA's special-purpose registries, and what stands for such a one.

https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry (as of 2025-10), with
multicast and the blocks that were given up. Blocks that the registries call globally reachable are here too: relays,
anycast services and sinks for queries live there, and receivers of webhooks do not.
"""

import ipaddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

IPV4_BLOCKS = (
    ("0.0.0.0/8", "this network, RFC 791"),
    ("10.0.0.0/8", "private use, RFC 1918"),
    ("100.64.0.0/10", "shared address space, RFC 6598"),
    ("127.0.0.0/8", "loopback, RFC 1122"),
    ("169.254.0.0/16", "link local, RFC 3927"),
    ("172.16.0.0/12", "private use, RFC 1918"),
    ("192.0.0.0/24", "IETF protocol assignments, RFC 6890; in it .0/29, .8, .9, .10, .170 and .171"),
    ("192.0.2.0/24", "documentation, RFC 5737"),
    ("192.31.196.0/24", "AS112, RFC 7535"),
    ("192.52.193.0/24", "AMT, RFC 7450"),
    ("192.88.99.0/24", "6to4 relay anycast, given up, RFC 7526; in it .2, 6a44 relay anycast, RFC 6751"),
    ("192.168.0.0/16", "private use, RFC 1918"),
    ("192.175.48.0/24", "direct delegation AS112, RFC 7534"),
    ("198.18.0.0/15", "benchmarking, RFC 2544"),
    ("198.51.100.0/24", "documentation, RFC 5737"),
    ("203.0.113.0/24", "documentation, RFC 5737"),
    ("224.0.0.0/4", "multicast, RFC 1112"),
    ("240.0.0.0/4", "reserved, RFC 1112; in it 255.255.255.255, limited broadcast"),
)
IPV6_BLOCKS = (
    ("::1/128", "loopback, RFC 4291"),
    ("::/128", "unspecified, RFC 4291"),
    ("::/96", "IPv4-compatible, given up, RFC 4291"),
    ("::ffff:0:0:0/96", "IPv4-translated, RFC 2765"),
    ("64:ff9b:1::/48", "IPv4/IPv6 translation for local use, RFC 8215"),
    ("100::/64", "discard only, RFC 6666"),
    ("100:0:0:1::/64", "dummy prefix, RFC 9780"),
    ("2001::/23", "IETF protocol assignments, RFC 2928; in it Teredo, anycast, benchmarking, AMT, AS112, ORCHID, DRIP"),
    ("2001:db8::/32", "documentation, RFC 3849"),
    ("2002::/16", "6to4, RFC 3056"),
    ("2620:4f:8000::/48", "direct delegation AS112, RFC 7534"),
    ("3fff::/20", "documentation, RFC 9637"),
    ("5f00::/16", "segment routing identifiers, RFC 9602"),
    ("fc00::/7", "unique local, RFC 4193"),
    ("fe80::/10", "link local, RFC 4291"),
    ("fec0::/10", "site local, given up, RFC 3879"),
    ("ff00::/8", "multicast, RFC 4291"),
)
_IPV4 = tuple(ipaddress.IPv4Network(block) for block, _ in IPV4_BLOCKS)
_IPV6 = tuple(ipaddress.IPv6Network(block) for block, _ in IPV6_BLOCKS)
# Where a packet ends at the IPv4 address inside: the system takes mapped ones for that, translators the others.
_EMBEDDING = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
_UNICAST = ipaddress.IPv6Network("2000::/3")


def meant(address: str) -> IPAddress:
    """The address that is reached in the end: the IPv4 one inside a mapped or translated one, else itself.

    Raises ValueError for a text that is no address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and any(ip in block for block in _EMBEDDING):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def is_public(ip: IPAddress) -> bool:
    """Whether anybody's server may have it. What is not handed out yet (beyond 2000::/3) has none."""
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in block for block in _IPV4)
    return ip in _UNICAST and not any(ip in block for block in _IPV6)
