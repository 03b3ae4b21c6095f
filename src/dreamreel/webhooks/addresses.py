"""Which addresses a webhook may reach: public ones, unless the operator opens more (SSRF guard)."""

import contextlib
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpcore2

from dreamreel.errors import InputError
from dreamreel.webhooks.special_addresses import is_public, meant

LookUp = Callable[[str, int], list[str]]


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, the preferred first. Raises OSError and UnicodeError."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class AddressRules:
    """private: any address at all. loopback: this machine too. plain_http: public addresses without TLS.

    look_up: host and port -> addresses; asked when a prediction is created and again when one is dialled.
    """

    private: bool = False
    loopback: bool = False
    plain_http: bool = False
    look_up: LookUp = look_up

    def allow(self, address: str, has_tls: bool = True) -> bool:
        """Whether an IP address may be dialled."""
        ip = meant(address)
        if self.private or (self.loopback and ip.is_loopback):
            return True
        return (has_tls or self.plain_http) and is_public(ip)

    def check_url(self, url: str) -> None:
        """Refuses a webhook's address (receivers.normal) that could never be reached. Looks its name up.

        Raises InputError.
        """
        parts = urlsplit(url)
        host, has_tls = parts.hostname or "", parts.scheme == "https"
        addresses = self._known(host, parts.port or (443 if has_tls else 80))
        if any(self.allow(address, has_tls) for address in addresses):
            return
        if addresses and not any(self.allow(address) for address in addresses):
            raise InputError("webhook", f"{host} is not a public address; the operator can allow others")
        if not (has_tls or self.plain_http or self.private):
            raise InputError("webhook", "must be an https address; the operator can allow plain http")

    def _known(self, host: str, port: int) -> list[str]:
        """The addresses of a name; none if it cannot be looked up now, which may change."""
        try:
            return self.look_up(host, port)
        except (OSError, UnicodeError):
            return []


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Looks a name up once, and dials the very address that was checked: a name cannot change in between.

    has_tls: whether what is sent over its connections is encrypted; fewer addresses may be reached if not.
    """

    def __init__(self, rules: AddressRules, has_tls: bool = True) -> None:
        self._rules, self._has_tls = rules, has_tls
        self._backend = httpcore2.AnyIOBackend()
        # Names whose servers do not answer hold these threads, and none of those that the API needs.
        self._threads = anyio.CapacityLimiter(16)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises ConnectError for a name without an allowed address."""
        try:
            found = await anyio.to_thread.run_sync(
                self._rules.look_up, host, port, abandon_on_cancel=True, limiter=self._threads
            )
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"{host} has no address: {error}") from error
        allowed = [address for address in dict.fromkeys(found) if self._rules.allow(address, self._has_tls)]
        if not allowed:
            raise httpcore2.ConnectError(f"{host} is not a public address")
        for address in allowed[:-1]:
            with contextlib.suppress(httpcore2.ConnectError):
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
        return await self._backend.connect_tcp(allowed[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *_: object, **__: object) -> httpcore2.AsyncNetworkStream:
        """Never: webhooks go over the network."""
        raise httpcore2.ConnectError("not over a unix socket")

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
