"""Who may use the service: tokens, of which only hashes are kept, and the files people upload."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TOKEN_PREFIX = "r8_"
# Owner of everything that is done without a token on a loopback server.
LOCAL_OWNER = "local"
# Any byte -> one of the 32 characters, each as often as any other.
_CROCKFORD = b"0123456789abcdefghjkmnpqrstvwxyz" * 8


@dataclass(frozen=True)
class Token:
    """A key to the service. id: names it. name: for people. digest: SHA-256 of the secret text.

    expires_at: when it ends; None for never. read_only: it looks, and changes nothing.
    account: the owner whose predictions and files it opens; empty for one of its own.
    """

    id: str
    name: str
    digest: str
    created_at: datetime
    expires_at: datetime | None = None
    read_only: bool = False
    account: str = ""

    @property
    def owner(self) -> str:
        """Whom what it makes belongs to, and whose things it sees."""
        return self.account or self.id

    def is_valid(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True)
class Upload:
    """A file that a client sent. size: bytes. sha256, md5: of its content, hexadecimal."""

    id: str
    owner: str
    name: str
    content_type: str
    size: int
    sha256: str
    md5: str
    created_at: datetime
    expires_at: datetime
    metadata: dict[str, Any] = field(default_factory=dict)


def new_token_text() -> str:
    """A fresh secret in the shape of Replicate's: `r8_` and 37 characters."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
    return TOKEN_PREFIX + "".join(secrets.choice(alphabet) for _ in range(37))


def digest_of(text: str) -> str:
    """What is kept of a token: it has 200 bits of chance, so one round of SHA-256 is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_id() -> str:
    """26 characters of Crockford's base 32 in lower case: 130 random bits, safe in a path."""
    return secrets.token_bytes(26).translate(_CROCKFORD).decode()
