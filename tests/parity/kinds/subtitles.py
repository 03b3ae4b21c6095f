"""Subtitles as the extension writes them."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.parity.case import Case, read_json

from dreamreel.rendering.subtitles import NAMES, cue, number_text

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]{3})?")


def outputs(path: Path) -> Iterator[Case]:
    """Times at every rate, names in their order, and how numbers are written."""
    document = read_json(path)
    for case in document["time_to_srt_format"]:
        yield Case(f"times at {case['fps']}", partial(_check_times, case))
    for case in document["params"]:
        yield Case(f"params {', '.join(case['params'][:4])}", partial(_check_params, case))


def _check_times(case: dict[str, Any]) -> None:
    for written in re.findall(r"(\d+\n.*\nF#: \d+\n\n)", case["srt"]):
        frame = int(written.split("\n")[0]) - 1
        assert cue(frame + 1, case["fps"], frame, frame + 1, f"F#: {frame}") == written


def _check_params(case: dict[str, Any]) -> None:
    chosen = {short: label for label, short in NAMES.values()}
    for line in case["frames"]:
        pairs = [part.partition(": ")[::2] for part in line.split("; ") if ": " in part]
        known = [name for name, _ in pairs if name in chosen]
        assert known == [short for short, label in chosen.items() if label in case["params"] and short in known]
        for name, value in pairs:
            if name in chosen:
                assert _NUMBER.fullmatch(value)
                assert number_text(float(value)) == value
