"""How many requests a token may make: a bucket that fills at a steady rate."""

import threading
import time
from dataclasses import dataclass, field

# What is said to be left where there is no limit.
UNLIMITED = 1_000_000


@dataclass
class _Bucket:
    tokens: float
    at: float


@dataclass(eq=False)
class RateLimit:
    """At most per_minute requests in a minute for each key, with bursts of as many; 0 for no limit."""

    per_minute: int
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    # The event loop and its threads ask at the same time.
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def uncounted(self) -> tuple[int, int]:
        """(requests left, seconds) as told to those who are not counted, such as a client without a token."""
        return self.per_minute or UNLIMITED, 0

    def take(self, key: str, now: float | None = None) -> tuple[bool, int, int]:
        """(whether one more is allowed, how many are left, seconds until there is one again)."""
        if self.per_minute <= 0:
            return True, UNLIMITED, 0
        with self._lock:
            return self._take(key, time.monotonic() if now is None else now)

    def _take(self, key: str, now: float) -> tuple[bool, int, int]:
        rate = self.per_minute / 60
        bucket = self._buckets.setdefault(key, _Bucket(self.per_minute, now))
        bucket.tokens = min(self.per_minute, bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.tokens < 1:
            return False, 0, int((1 - bucket.tokens) / rate) + 1
        bucket.tokens -= 1
        self._forget_idle(now)
        return True, int(bucket.tokens), 0 if bucket.tokens >= 1 else int((1 - bucket.tokens) / rate) + 1

    def _forget_idle(self, now: float) -> None:
        if len(self._buckets) > 10_000:
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket.at < 60}
