"""Prompts as the A1111 extension, its webui and the notebook 0.7 read them."""

import json
import math
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.parity.case import Case, read_arrays, read_json, same_numbers

from dreamreel.diffusion.blends import BLENDS
from dreamreel.errors import ScheduleError
from dreamreel.schedule.expressions import evaluate
from dreamreel.schedule.prompting.attention import parse_attention
from dreamreel.schedule.prompting.box import read_box
from dreamreel.schedule.prompting.combining import parse_combined
from dreamreel.schedule.prompting.editing import Nodes, Swap, Turns, parse_edits, schedule_of
from dreamreel.schedule.prompting.formulas import letters_replaced, substituted
from dreamreel.schedule.prompting.interpolation import joined
from dreamreel.schedule.prompting.negatives import NEG, split_negative, split_once
from dreamreel.schedule.prompting.rules import RULES, PromptRules
from dreamreel.schedule.prompting.script import Boxes, read_script
from dreamreel.schedule.prompting.weights import normalised, split_weights

FIELD = "animation_prompts"
_NUMBER = re.compile(r"[0-9]+\.[0-9]+")


def _same(golden: dict[str, Any], work: Callable[[], Any]) -> None:
    """work() gives what the original gave, or is refused where that failed."""
    found, refused = None, ""
    try:
        found = work()
    except ScheduleError as error:
        refused = str(error)
    if refused:
        assert "error" in golden, f"refused: {refused}"
        return
    assert "error" not in golden, f"accepted, where the original failed: {golden['error']}"
    assert found == golden["ok"] or _nearly(found, golden["ok"]), f"{found!r}, not {golden['ok']!r}"


def _nearly(found: Any, golden: Any) -> bool:
    """Whether texts differ in the last bits of a function alone: NumPy 1.26 rounds exp otherwise than NumPy 2."""
    if not (isinstance(found, str) and isinstance(golden, str)) or _NUMBER.split(found) != _NUMBER.split(golden):
        return False
    pairs = zip(_NUMBER.findall(found), _NUMBER.findall(golden), strict=True)
    return all(math.isclose(float(one), float(other), rel_tol=1e-15) for one, other in pairs)


def attention(path: Path) -> Iterator[Case]:
    """Brackets and weights."""
    for case in read_json(path):
        work = partial(lambda text: [list(part) for part in parse_attention(text, FIELD)], case["prompt"])
        yield Case(repr(case["prompt"]), partial(_same, case["A1111"], work))


def schedules(path: Path) -> Iterator[Case]:
    """Prompt editing and alternation, by the rules of webui 1.6 and by those before."""
    for case in read_json(path):
        for engine, old in (("new", False), ("old_scheduling", True)):
            work = partial(_scheduled, case["prompt"], case["steps"], old)
            yield Case(f"{case['prompt']!r} {case['steps']} {engine}", partial(_same, case[engine], work))


def _scheduled(text: str, steps: int, old: bool) -> list[list[Any]]:
    nodes = parse_edits(text, FIELD)
    return [list(entry) for entry in schedule_of(_as_before(nodes) if old else nodes, steps, FIELD)]


def _as_before(nodes: Nodes) -> Nodes:
    """nodes that mean by today's rule what these meant before webui 1.6: a share of the steps is what is below 1."""
    found: list[Any] = []
    for node in nodes:
        if isinstance(node, Swap):
            value = float(node.when)
            when = f"{value:.17f}" if value < 1 else str(int(value))
            node = Swap(_as_before(node.before), _as_before(node.after), when)
        elif isinstance(node, Turns):
            node = Turns(tuple(map(_as_before, node.options)))
        found.append(node)
    return tuple(found)


def combined(path: Path) -> Iterator[Case]:
    """AND."""
    for case in read_json(path):
        yield Case(repr(case["prompt"]), partial(_same, case["A1111"], partial(_combined, case["prompt"])))


def _combined(text: str) -> dict[str, Any]:
    parts = parse_combined(text, FIELD)
    flat = list(dict.fromkeys(words for words, _ in parts))
    return {"indexes": [[flat.index(words), weight] for words, weight in parts], "flat": flat}


def weighted(path: Path) -> Iterator[Case]:
    """The notebook's weights."""
    for case in read_json(path):
        for kind, after in (("normalised", normalised), ("raw", list)):
            work = partial(_weighted, case["text"], case["frame"], after)
            yield Case(f"{case['text']!r} {case['frame']} {kind}", partial(_same, case[kind], work))


def _weighted(text: str, frame: int, after: Callable[[list[Any]], list[Any]]) -> list[Any]:
    away, towards = split_weights(text, FIELD, lambda formula, column: value_at(formula, column, frame))
    return [[list(part) for part in after(parts)] for parts in (away, towards)]


def value_at(formula: str, column: int, frame: int, max_f: int = 0) -> float:
    """A formula of t, at one frame."""
    return float(evaluate(formula, np.array([float(frame)]), max_f, 0, FIELD, column)[0])


def split(path: Path) -> Iterator[Case]:
    """The extension's split into what a picture is drawn towards and away from; there max_f is always 0."""
    for case in read_json(path):
        work = partial(_split, case["text"], case["frame"])
        yield Case(f"{case['text']!r} {case['frame']}", partial(_same, case["A"], work))


def _split(text: str, frame: int) -> list[str]:
    def text_of(formula: str, column: int) -> str:
        return str(value_at(formula, column, frame)) if formula else "1"

    return list(split_once(substituted(text, FIELD, text_of), FIELD))


def _with_letters(text: str, frame: int, max_f: int) -> str:
    return substituted(text, FIELD, lambda formula, column: letters_replaced(formula, column, frame, max_f, FIELD))


def prepare(path: Path) -> Iterator[Case]:
    """What the extension's loop makes of a prompt at a frame."""
    for case in read_json(path):
        frame, max_f = case["frame_idx"], case["max_frames"] - 1
        work = partial(_prepared, case["text"], frame, max_f)
        yield Case(f"{case['text']!r} {frame}", partial(_same, case["A"], work))


def _prepared(text: str, frame: int, max_f: int) -> str:
    towards, away = split_negative(_with_letters(text, frame, max_f))
    return f"{towards}{NEG} {away}" if away else towards


def interpolation_math(path: Path) -> Iterator[Case]:
    """Formulas in Interpolation mode."""
    for case in read_json(path):
        work = partial(_with_letters, case["text"], case["frame_idx"], case["max_f"])
        yield Case(f"{case['text']!r} {case['frame_idx']}", partial(_same, case["A"], work))


def interpolate(path: Path) -> Iterator[Case]:
    """The text that leads from one prompt to the next."""
    for case in read_json(path):
        work = partial(_interpolated, case["prompts"], case["max_frames"])
        yield Case(f"{case['prompts']!r} {case['max_frames']}", partial(_same, case["A"], work))


def _interpolated(prompts: dict[str, str], num_frames: int) -> list[str]:
    if not all(key.isdecimal() for key in prompts):
        raise ScheduleError(FIELD, "a key is no frame number")
    placed = {int(key): text for key, text in sorted(prompts.items(), key=lambda item: int(item[0]))}
    texts: dict[int, str] = {}
    for (begin, one), (end, other) in pairwise(placed.items()):
        joined(one, other, 0.0, FIELD)  # refused also where no frame lies between
        for frame in range(begin + 1, min(end, num_frames)):
            texts[frame] = joined(one, other, 1 / (end - begin) * (frame - begin), FIELD)
    first = next(iter(placed.values()))
    held = list(accumulate(range(num_frames), lambda shown, frame: placed.get(frame, shown), initial=first))[1:]
    return [texts.get(frame, shown) for frame, shown in enumerate(held)]


def loop(path: Path) -> Iterator[Case]:
    """The extension's whole loop: what each frame is drawn towards and away from."""
    for case in read_json(path):
        name = f"{case['prompts']!r} {case['positive_box']!r} {case['negative_box']!r}"
        yield Case(name, partial(_loop, case, RULES["a1111"], 0))


def interpolation_loop(path: Path) -> Iterator[Case]:
    """Interpolation mode end to end: every prompt leads into the next over all frames between."""
    for case in read_json(path):
        yield Case(repr(case["prompts"]), partial(_loop, case, RULES["a1111"], case["max_frames"]))


def _loop(case: dict[str, Any], rules: PromptRules, width: int) -> None:
    golden, script, refused = case["A"], None, ""
    boxes = Boxes(
        (FIELD, json.dumps(case["prompts"])),
        ("positive_prompts", case["positive_box"]),
        ("negative_prompts", case["negative_box"]),
    )
    try:
        script, _ = read_script(boxes, case["max_frames"], 0, rules, width, "text" if width else "conditions")
    except ScheduleError as error:
        refused = str(error)
    if script is None:
        assert golden["error"], f"refused: {refused}"
        return
    assert not golden["error"], f"accepted, where the original failed: {golden['error']}"
    said = [script.said(frame)[0][0] for frame in range(case["max_frames"])]
    found = [[frame, each.towards, each.away] for frame, each in enumerate(said)]
    assert found == [row[:3] for row in golden["per_frame"]], f"{found}"


def boxes(path: Path) -> Iterator[Case]:
    """Prompts and negatives of the notebook: a text, a list or a dictionary; only its as_dict decides a film."""
    for case in read_json(path):
        for name, golden in zip(("prompt", "neg_prompt"), case["as_dict"]["ok"], strict=True):
            yield Case(f"{name} {case[name]!r}", partial(_box, case[name], golden))


def _box(value: Any, golden: dict[str, str]) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    placed, _ = read_box(text, 100, FIELD, RULES["notebook"].names(100, 0))
    assert {str(each.frame): each.text for each in placed} == golden


def notebook_interpolation(path: Path) -> Iterator[Case]:
    """The notebook's Interpolation mode as crossing prompts: between key frames only its last pair is rendered."""
    for case in read_json(path):
        yield Case(f"{case['prompts']!r} {case['interpolate_key_frames']}", partial(_mixed, case))


def _mixed(case: dict[str, Any]) -> None:
    texts, gap = case["prompts"], case["interpolate_x_frames"] + 1
    if not case["interpolate_key_frames"]:
        texts = {str(number * gap): text for number, text in enumerate(texts.values())}
    given = Boxes((FIELD, json.dumps(texts)), ("positive_prompts", ""), ("negative_prompts", ""))
    script, refused = None, ""
    try:
        script, _ = read_script(given, 100, 0, RULES["notebook"], width=100)
    except ScheduleError as error:
        refused = str(error)
    if script is None:
        assert "error" in case, refused
        return
    keys = script.frames
    frames = range(keys[-2] if case["interpolate_key_frames"] else 0, keys[-1] + 1)
    values = {text: float(number) for number, text in enumerate(case["prompts"].values(), start=1)}
    found = [sum(values[said.towards] * share for said, share in script.said(frame)) for frame in frames]
    same_numbers(found, [call["init_c_first_value"] for call in case["calls"] if "frame" in call])


def blends(path: Path) -> Iterator[Case]:
    """How the notebook mixes two conditions, along the line and along its arc."""
    for name in read_arrays(path):
        if name.startswith(("slerp", "lerp")):
            yield Case(name, partial(_blended, path, name))


def _blended(path: Path, name: str) -> None:
    arrays = {key: torch.from_numpy(values) for key, values in read_arrays(path).items()}
    kind, *which, share = name.split("_")
    one = arrays["c1"]
    other = {"same": one, "parallel": 2 * one}[which[0]] if which else arrays["c2"]
    blend = torch.lerp if kind == "lerp" else BLENDS["notebook"]
    assert torch.allclose(blend(one, other, float(share)), arrays[name], rtol=1e-6, atol=1e-6)
