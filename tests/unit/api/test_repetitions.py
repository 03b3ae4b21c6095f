"""A create that is sent twice: one answer for two of a kind, and no wait that outlasts the client."""

import pytest

from dreamreel.api.repetitions import LONGEST_WAIT_S, WINDOW_S, UnansweredCreates, seconds_to_wait


@pytest.mark.parametrize(
    ("timeout", "asked", "seconds"),
    [
        (None, None, LONGEST_WAIT_S - 0.5),
        (None, "5", 4.5),
        ("10", None, 8.0),
        ("10.5", "5", 4.5),
        ("1", None, 0.0),
        ("inf", None, LONGEST_WAIT_S - 0.5),
    ],
)
def test_a_wait_ends_before_the_client_gives_up(timeout, asked, seconds):
    headers = {} if timeout is None else {"x-stainless-read-timeout": timeout}
    assert seconds_to_wait(headers, asked) == seconds


def test_a_create_that_was_never_answered_is_answered_once_when_it_comes_again():
    unanswered = UnansweredCreates()
    unanswered.add("me", "digest", "p1", now=0.0)
    assert unanswered.take("you", "digest", now=1.0) is None
    assert unanswered.take("me", "other", now=1.0) is None
    assert unanswered.take("me", "digest", now=1.0) == "p1"
    assert unanswered.take("me", "digest", now=1.0) is None


def test_what_comes_again_a_minute_later_is_meant_as_a_new_one():
    unanswered = UnansweredCreates()
    unanswered.add("me", "digest", "p1", now=0.0)
    assert unanswered.take("me", "digest", now=WINDOW_S) is None
