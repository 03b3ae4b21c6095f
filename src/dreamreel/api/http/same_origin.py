"""A server that needs no token answers its own machine, not every web page that is open on it.

A browser sends requests for any page. Two headers that no page can write tell whose request it is: `Host` is the
name that the browser looked up (a page that had its own name point here is unmasked by it), and `Origin` or
`Sec-Fetch-Site` names the page. Programs other than browsers send neither of the latter and are not touched.
"""

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from dreamreel.api.context import READING, Context, forwarded_host, is_host, is_loopback_host
from dreamreel.api.http.problems import Problem

# What it answers is a secret, also where the page that asks for it cannot read the answer.
SECRETS = ("/webhooks/default/secret",)
_WILDCARDS = ("0.0.0.0", "::")


class OwnOrigin:
    """Stands before the application; see the module. Servers that ask for tokens are passed through."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._context.needs_token:
            problem = self._problem(scope)
            if problem is not None:
                await problem.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _problem(self, scope: Scope) -> Problem | None:
        host = Headers(scope=scope).get("host", "")
        if not is_host(host):
            return Problem(400, "The Host header is malformed.", title="Bad Request")
        settings, reached = self._context.settings, (scope.get("server") or ("",))[0]
        if not _is_own(host, reached, settings.host, settings.public_url):
            detail = (
                f"This server is not known as {host}: it asks for no token, so it answers under its own address only. "
                "Start it with --public-url for that name, or with --require-auth."
            )
            return Problem(421, detail, title="Misdirected Request")
        is_harmless = scope["method"] in READING and scope["path"] not in SECRETS
        if is_harmless or not is_from_elsewhere(scope, self._context.settings.public_url):
            return None
        detail = (
            "This server asks for no token, so pages of other sites may not use it. "
            "Start it with --require-auth and send a token."
        )
        return Problem(403, detail, title="Forbidden")


@lru_cache(256)
def _is_own(host: str, reached: str, listening: str, public_url: str) -> bool:
    """Whether host is a name of this server that no stranger can have point here.

    reached: the address that the connection came to. listening: the one that the operator chose.
    """
    name = _name(host)
    own = (listening.lower(), "localhost", _name(_netloc(public_url)))
    if name in own or name.endswith(".localhost") or is_loopback_host(name):
        return True
    # A number is looked up nowhere, so it leads to this machine only where this machine has it.
    return _is_address(name) and (listening in _WILDCARDS or name == reached)


def is_from_elsewhere(scope: Scope, public_url: str) -> bool:
    """Whether a browser sends this request for a page of another origin."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none").lower() not in ("none", "same-origin")
    own = (headers.get("host", "").lower(), _netloc(public_url), forwarded_host(HTTPConnection(scope)).lower())
    return _netloc(origin) not in {each for each in own if each}


def is_own_page(scope: Scope, public_url: str) -> bool:
    """Whether a browser says that a page of this server sends the request."""
    headers = Headers(scope=scope)
    is_browser = "origin" in headers or headers.get("sec-fetch-site") == "same-origin"
    return is_browser and not is_from_elsewhere(scope, public_url)


def _netloc(url: str) -> str:
    """Host and port of an address, small; empty for `null` and what is no address."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    """A Host header without its port and the brackets of IPv6."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
