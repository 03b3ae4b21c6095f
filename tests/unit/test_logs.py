"""Lines of logs: for people as structlog writes them, and for machines as objects."""

import json
import logging
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from dreamreel.logs import FIELDS, Lines, for_terminals

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ABOUT = st.dictionaries(
    st.sampled_from([name for name in FIELDS if name != "worker"]), TEXTS | st.integers(), max_size=4
)
TIME = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z ")


def record_of(message, *args, level=logging.INFO, exc_info=None, **about):
    return logging.Logger("dreamreel.x").makeRecord(
        "dreamreel.x", level, "x.py", 1, message, args, exc_info, extra=about
    )


@pytest.mark.parametrize("worker", ["", "w1"])
@given(event=TEXTS, context=ABOUT, about=ABOUT, level=st.sampled_from([10, 20, 30, 40, 50]))
def test_a_line_is_what_structlog_would_write(worker, event, context, about, level):
    record = record_of("it says %s", event, level=level, **about)
    with bound_contextvars(**context):
        ours, theirs = Lines("text", worker).format(record), for_terminals(worker, colors=False).format(record)
        made = json.loads(Lines("json", worker).format(record))
    assert TIME.match(ours)
    assert TIME.match(theirs)
    assert TIME.sub("", ours) == TIME.sub("", theirs)
    assert made.pop("timestamp")
    whose = {"worker": worker} if worker else {}
    what = {"event": f"it says {event}", "level": record.levelname.lower(), "logger": "dreamreel.x"}
    assert made == {**context, **about, **whose, **what}


def test_an_error_comes_with_its_traceback():
    try:
        raise ValueError("a mistake")
    except ValueError:
        record = record_of("failed at 100%", level=logging.ERROR, exc_info=sys.exc_info())
    ours, theirs = (TIME.sub("", form.format(record)) for form in (Lines("text"), for_terminals(colors=False)))
    assert ours == theirs
    assert ours.endswith("ValueError: a mistake")
    assert json.loads(Lines("json").format(record))["exception"].endswith("ValueError: a mistake")


def test_what_json_cannot_hold_is_shown():
    assert json.loads(Lines("json").format(record_of("x", path=b"/")))["path"] == "b'/'"


def test_who_works_for_another_says_so():
    with bound_contextvars(worker="another"):
        assert "worker=another" in Lines("text", "w1").format(record_of("x"))
