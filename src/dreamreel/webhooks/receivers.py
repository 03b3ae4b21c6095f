"""The address of a webhook's receiver: brought into one form when it is accepted, so that it can be dialled later."""

import base64
import ipaddress
import re
import socket
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

import idna

from dreamreel.errors import InputError

LONGEST = 2000
# What may stand in a path or a query as it is (RFC 3986); `%` only where two digits follow.
_KEPT_IN_USER = "%!$&'()*+,;=-._~"
_KEPT = _KEPT_IN_USER + ":@/?[]"
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


def normal(url: str) -> str:
    """An address in the one form that is kept and dialled: ASCII, its name as IDNA, the rest percent-encoded.

    IPv4 addresses become dotted ones, however they are written. What stands behind `#` is never sent, and goes.
    Raises InputError("webhook", ...) for what no receiver can be reached at.
    """
    if len(url) > LONGEST:
        raise _refused(f"must have at most {LONGEST} characters, got {len(url)}")
    if re.search(r"[\x00-\x20\x7f-\xa0\\]", url):
        raise _refused("must not hold blanks, control characters or backslashes; write %20 for a blank")
    try:
        url.encode()
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("must be an http or https address") from None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or port == 0:
        raise _refused("must be an http or https address")
    place = _host(parts.hostname, is_bracketed="[" in parts.netloc.rpartition("@")[2])
    place += "" if port is None else f":{port}"
    user = f"{_user(parts)}@" if "@" in parts.netloc else ""
    return urlunsplit((parts.scheme.lower(), user + place, _encoded(parts.path) or "/", _encoded(parts.query), ""))


def split_user(url: str) -> tuple[str, str | None]:
    """(the address without `user:password@`, the Basic authorization that this stands for, if it is there)."""
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    if not at:
        return url, None
    name, _, password = user.partition(":")
    pair = f"{unquote(name)}:{unquote(password)}".encode()
    return urlunsplit(parts._replace(netloc=place)), f"Basic {base64.b64encode(pair).decode()}"


def without_password(url: str) -> str:
    """The address as it may be shown."""
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return urlunsplit(parts._replace(netloc=f"{name}{colon and ':***'}{at}{place}")) if at else url


def _refused(sentence: str) -> InputError:
    return InputError("webhook", sentence)


def _encoded(text: str, kept: str = _KEPT) -> str:
    return quote(_BARE_PERCENT.sub("%25", text), safe=kept)


def _user(parts: SplitResult) -> str:
    name, colon, password = parts.netloc.rpartition("@")[0].partition(":")
    return _encoded(name, _KEPT_IN_USER) + colon + _encoded(password, _KEPT_IN_USER)


def _host(host: str, is_bracketed: bool) -> str:
    if is_bracketed:
        try:
            return f"[{ipaddress.IPv6Address(host)}]" if "%" not in host else _no_host(host)
        except ValueError:
            return _no_host(host)
    try:
        mapped = host if host.isascii() else idna.uts46_remap(host, std3_rules=False)
        labels = mapped.lower().removesuffix(".").split(".")
        labels = [label if label.isascii() else idna.alabel(label).decode() for label in labels]
    except (idna.IDNAError, UnicodeError):
        return _no_host(host)
    name = ".".join(labels)
    if _NUMBER.fullmatch(labels[-1]):
        return _dotted(name)
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return _no_host(host)
    return name


def _dotted(name: str) -> str:
    """An IPv4 address of up to four decimal, octal or hexadecimal numbers, as every resolver takes it."""
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except OSError:
        return _no_host(name)


def _no_host(host: str) -> str:
    raise _refused(f'must name a host; "{host[:80]}" is none')
