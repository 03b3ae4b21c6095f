"""The first and the last row of an imported film have the original programs' own numbers (golden2/a/schedules)."""

import json
from pathlib import Path

import pytest
from tests.unit.importers.corpus import extension, notebook

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build
from dreamreel.animation.views import ANIMATE
from dreamreel.importers.recognise import import_document

CASES = json.loads((Path(__file__).parents[2] / "parity/golden2/a/schedules/cases.json").read_text("utf-8"))
# Keys between bars are taken for keys on purpose; moves end at a million pixels.
OTHERWISE = {"0:(1) | 3:(2)", "0:(s+t)"}


@pytest.mark.parametrize(("program", "settings"), [("A", extension), ("7", notebook)])
def test_first_and_last_rows_are_the_programs_own(program, settings):
    compared = 0
    for case in CASES:
        values = case.get(program, {}).get("values")
        if case["kind"] != "number" or not values or case["string"] in OTHERWISE:
            continue
        if isinstance(values[0], str) or isinstance(values[-1], str):  # not a number, which is refused here
            continue
        named = {"translation_x": case["string"], "max_frames": case["max_frames"], "seed": case["seed"]}
        inputs = import_document(settings(**named), ANIMATE.view).input
        found = build(parse(inputs)[0], Canvas(64, 64, 25, 7.0), case["seed"]).series["translation_x"]
        ends = (values[0], values[-1])
        assert (found[0], found[-1]) == pytest.approx(ends, rel=1e-12, abs=1e-12), case["string"]
        compared += 1
    assert compared > 100
