"""Lines of logs: what they are about stands in fields, for people and for machines."""

import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from dreamreel.logs import FIELDS, formatter

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ABOUT = st.dictionaries(
    st.sampled_from([name for name in FIELDS if name != "worker"]), TEXTS | st.integers(), max_size=4
)


def record_of(message, *args, level=logging.INFO, exc_info=None, **about):
    return logging.Logger("dreamreel.x").makeRecord(
        "dreamreel.x", level, "x.py", 1, message, args, exc_info, extra=about
    )


@pytest.mark.parametrize("worker", ["", "w1"])
@given(event=TEXTS, context=ABOUT, about=ABOUT, level=st.sampled_from([10, 20, 30, 40, 50]))
def test_a_line_has_what_it_is_about_in_fields(worker, event, context, about, level):
    with bound_contextvars(**context):
        made = json.loads(formatter("json", worker).format(record_of("it says %s", event, level=level, **about)))
    assert made.pop("timestamp")
    whose = {"worker": worker} if worker else {}
    what = {"event": f"it says {event}", "level": logging.getLevelName(level).lower(), "logger": "dreamreel.x"}
    assert made == {**context, **about, **whose, **what}


def test_an_error_comes_with_its_traceback():
    try:
        raise ValueError("a mistake")
    except ValueError:
        record = record_of("failed at 100%", level=logging.ERROR, exc_info=sys.exc_info())
    assert formatter("text").format(record).endswith("ValueError: a mistake")
    assert json.loads(formatter("json").format(record))["exception"].endswith("ValueError: a mistake")


def test_what_json_cannot_hold_is_shown():
    assert json.loads(formatter("json").format(record_of("x", path=b"/")))["path"] == "b'/'"


def test_who_works_for_another_says_so():
    with bound_contextvars(worker="another"):
        assert "worker=another" in formatter("text", "w1").format(record_of("x"))
