"""Schedules as the A1111 extension and the notebook 0.7 read them."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.parity.case import Case, number, read_json, same_numbers

from dreamreel.errors import ScheduleError
from dreamreel.schedule.readings import READINGS
from dreamreel.schedule.schedules import Grammar, parse_schedule, parse_texts

PROFILES = {"A": "a1111", "7": "notebook"}


def cases(path: Path) -> Iterator[Case]:
    """Each text in each engine."""
    for case in read_json(path):
        for engine, profile in PROFILES.items():
            if engine in case:
                yield Case(f"{case['id']} {profile}", partial(_check, case, case[engine], profile))


def grammar(profile: str, num_frames: int, seed: int = 0, interp: Any = "linear") -> Grammar:
    """What a schedule of that profile may say."""
    reading = READINGS[profile]
    return Grammar(num_frames, seed, True, reading.past_end, reading, interp)


def _check(case: dict[str, Any], golden: dict[str, Any], profile: str) -> None:
    parse = parse_schedule if case["kind"] == "number" else parse_texts
    found, sentence = None, ""
    try:
        found, _ = parse(case["string"], case["kind"], grammar(profile, case["max_frames"], case["seed"]))
    except ScheduleError as error:
        sentence = str(error)
    if found is None:
        assert "error" in golden or _is_refused_by_choice(golden["values"], sentence), f"refused: {sentence}"
        return
    assert "error" not in golden, f"accepted, where the original failed: {golden.get('error')}"
    if case["kind"] == "number":
        same_numbers(found, golden["values"])
    else:
        assert found == golden["values"]


def _is_refused_by_choice(values: list[object], sentence: str) -> bool:
    """What the original accepts and then draws garbage from: values that are infinite, and names that are missing."""
    if "is not a finite number" in sentence:
        return any(number(value) in (float("inf"), float("-inf")) for value in values)
    return "nan" in values and "is a number, where a name is meant" in sentence


def interp_cases(path: Path) -> Iterator[Case]:
    """The splines of the extension's helper, which no setting reaches there; here `interp` does."""
    for case in read_json(path):
        yield Case(f"{case['interp_method']} {case['string']}", partial(_check_interp, case))


def _check_interp(case: dict[str, Any]) -> None:
    made = grammar("a1111", case["max_frames"], interp=case["interp_method"].lower())
    found, _ = parse_schedule(case["string"], "number", made)
    same_numbers(found, case["A"]["ok"])
