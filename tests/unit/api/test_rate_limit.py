"""Requests in a minute."""

import time
from concurrent.futures import ThreadPoolExecutor

from dreamreel.api.http import rate_limit
from dreamreel.api.http.rate_limit import RateLimit


def test_a_burst_is_allowed_and_then_one_at_a_time():
    limit = RateLimit(60)
    assert all(limit.take("a", now=0.0)[0] for _ in range(60))
    allowed, left, reset_s = limit.take("a", now=0.0)
    assert (allowed, left, reset_s) == (False, 0, 2)
    assert limit.take("a", now=1.0)[0]
    assert not limit.take("a", now=1.0)[0]


def test_one_client_does_not_use_up_another_ones():
    limit = RateLimit(1)
    assert limit.take("a", now=0.0)[0]
    assert not limit.take("a", now=0.0)[0]
    assert limit.take("b", now=0.0)[0]


def test_an_idle_hour_saves_up_no_more_than_a_minute():
    limit = RateLimit(10)
    limit.take("a", now=0.0)
    assert limit.take("a", now=3600.0) == (True, 9, 0)


def test_none_is_no_limit():
    limit = RateLimit(0)
    assert all(limit.take("a", now=0.0)[0] for _ in range(10_000))


def test_clients_that_stay_away_are_forgotten():
    limit = RateLimit(60)
    for number in range(10_001):
        limit.take(str(number), now=0.0)
    limit.take("late", now=100.0)
    assert len(limit._buckets) == 1


class Unhurried:
    """A bucket that lets other threads run between a look into it and what follows from that."""

    def __init__(self, tokens, at):
        self._tokens, self.at = tokens, at

    @property
    def tokens(self):
        found = self._tokens
        time.sleep(0)
        return found

    @tokens.setter
    def tokens(self, value):
        self._tokens = value


def test_threads_that_ask_at_the_same_time_get_as_many_as_there_are(monkeypatch):
    monkeypatch.setattr(rate_limit, "_Bucket", Unhurried)
    limit = RateLimit(100)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: limit.take("a", now=0.0)[0], range(200))) == 100
