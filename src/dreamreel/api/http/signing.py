"""Addresses that are keys: unguessable, expiring, made from a secret and checked without a look-up."""

import base64
import hmac
import time

DAY_S = 86_400


class Signer:
    """Signs with one secret. Tags are URL-safe text of 43 characters."""

    def __init__(self, secret: str) -> None:
        self._key = secret.encode()

    def tag(self, *parts: str) -> str:
        """HMAC-SHA256 of the parts."""
        digest = hmac.digest(self._key, "\n".join(parts).encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def fits(self, tag: str, *parts: str) -> bool:
        """Whether tag was made from the parts; takes the same time either way."""
        return hmac.compare_digest(tag.encode(), self.tag(*parts).encode())

    def key(self, hours: int, *parts: str) -> str:
        """A key that fits the parts for at least so many hours: the time of its end, `-`, a tag."""
        until = str(expiry(hours))
        return f"{until}-{self.tag(*parts, until)}"

    def opens(self, key: str, *parts: str, now: float | None = None) -> bool:
        """Whether key was made for the parts and its time is not over."""
        until, _, tag = key.partition("-")
        fits = until.isascii() and until.isdecimal() and self.fits(tag, *parts, until)
        return fits and int(until) > (time.time() if now is None else now)


def expiry(hours: int, now: float | None = None) -> int:
    """A time (unix seconds) at least so many hours ahead, at the end of a day: the same all day long."""
    now = time.time() if now is None else now
    return (int(now + hours * 3600) // DAY_S + 1) * DAY_S
