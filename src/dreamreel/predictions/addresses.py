"""Which addresses a webhook may reach: public ones, unless the operator opens more (SSRF guard)."""

import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpcore2

from dreamreel.errors import InputError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
LookUp = Callable[[str, int], list[str]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, the preferred first. Raises OSError and UnicodeError."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class AddressRules:
    """private: any address at all. loopback: this machine too. plain_http: addresses without TLS.

    look_up: host and port -> addresses; asked when a prediction is created and again when one is dialled.
    """

    private: bool = False
    loopback: bool = False
    plain_http: bool = False
    look_up: LookUp = look_up

    def allow(self, address: str) -> bool:
        """Whether an IP address may be dialled."""
        ip = _innermost(ipaddress.ip_address(address.partition("%")[0]))
        if self.private or (self.loopback and ip.is_loopback):
            return True
        return ip.is_global and not ip.is_multicast

    def check_url(self, url: str) -> None:
        """Refuses a webhook's address that could never be reached. Looks its name up.

        Raises InputError.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        addresses = self._known(host, parts.port or (443 if parts.scheme == "https" else 80))
        if addresses and not any(self.allow(address) for address in addresses):
            raise InputError("webhook", f"{host} is not a public address; the operator can allow others")
        on_loopback = bool(addresses) and all(ipaddress.ip_address(a.partition("%")[0]).is_loopback for a in addresses)
        if parts.scheme != "https" and not (self.plain_http or self.private or (self.loopback and on_loopback)):
            raise InputError("webhook", "must be an https address; the operator can allow plain http")

    def _known(self, host: str, port: int) -> list[str]:
        """The addresses of a name; none if it cannot be looked up now, which may change."""
        try:
            return self.look_up(host, port)
        except (OSError, UnicodeError):
            return []


def _innermost(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, Teredo, NAT64), or itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Looks a name up once, and dials the very address that was checked: a name cannot change in between."""

    def __init__(self, rules: AddressRules) -> None:
        self._rules = rules
        self._backend = httpcore2.AnyIOBackend()
        # Names whose servers do not answer hold these threads, and none of those that the API needs.
        self._threads = anyio.CapacityLimiter(16)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises ConnectError for a name without an allowed address."""
        try:
            found = await anyio.to_thread.run_sync(
                self._rules.look_up, host, port, abandon_on_cancel=True, limiter=self._threads
            )
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"{host} has no address: {error}") from error
        allowed = [address for address in dict.fromkeys(found) if self._rules.allow(address)]
        if not allowed:
            raise httpcore2.ConnectError(f"{host} is not a public address")
        for address in allowed[:-1]:
            with contextlib.suppress(httpcore2.ConnectError):
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
        return await self._backend.connect_tcp(allowed[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore2.AsyncNetworkStream:
        """Never: webhooks go over the network."""
        raise httpcore2.ConnectError("not over a unix socket")

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
