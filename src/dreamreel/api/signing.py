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


def expiry(hours: int, now: float | None = None) -> int:
    """A time (unix seconds) at least so many hours ahead, at the end of a day: the same all day long."""
    now = time.time() if now is None else now
    return (int(now + hours * 3600) // DAY_S + 1) * DAY_S
