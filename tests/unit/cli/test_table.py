"""Texts of other people on a terminal."""

import json

import pytest

from dreamreel.cli.exits import say
from dreamreel.cli.table import print_row, visible, visible_json, visible_lines

HOSTILE = "a\x1b]0;title\x07\x1b[2Jb\nsecond\trow\r\x9b31m\u202egnp.exe\u2028\ud800"
SHOWN = r"a\x1b]0;title\x07\x1b[2Jb\nsecond\trow\r\x9b31m\u202egnp.exe\u2028\ud800"


def test_what_a_terminal_would_obey_is_shown_as_an_escape():
    assert visible(HOSTILE) == SHOWN


def test_a_row_is_one_line_whatever_its_cells_hold(capsys):
    print_row("id", HOSTILE, 3)
    assert capsys.readouterr().out == f"id\t{SHOWN}\t3\n"


@pytest.mark.parametrize("text", ["Größe, лес, 森, שלום", "👩\u200d🚀", "می\u200cخواهم", "100 % \\ 'quoted'"])
def test_what_people_write_is_shown_as_it_is(text):
    assert visible(text) == text


def test_chatter_keeps_its_lines_and_nothing_else(capsys):
    say("one\ntwo\x1b[1m")
    assert capsys.readouterr().err == "one\ntwo\\x1b[1m\n"
    assert visible_lines("a\r\nb") == "a\\r\nb"


def test_json_for_people_stays_json_and_obeys_nobody():
    shown = visible_json({"prompt": HOSTILE})
    assert json.loads(shown) == {"prompt": HOSTILE}
    assert shown.isprintable() or all(line.isprintable() for line in shown.split("\n"))
