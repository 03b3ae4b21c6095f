"""Settings files of the family and Parseq manifests, as the importers read them."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.parity.case import Case, number, read_json, same_numbers
from tests.parity.kinds.schedules import grammar

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import AnimationPlan, build
from dreamreel.animation.views import HERE
from dreamreel.errors import InputError
from dreamreel.importers import parseq
from dreamreel.importers.a1111 import read_a1111
from dreamreel.importers.a1111_keys import A1111
from dreamreel.importers.fates import Fates
from dreamreel.importers.keys import Family
from dreamreel.importers.migration import migrated
from dreamreel.importers.notebook_keys import NOTEBOOK
from dreamreel.importers.reading import load
from dreamreel.importers.recognise import import_document
from dreamreel.schedule.schedules import parse_schedule, parse_texts

_TEXTS = ("sampler_schedule", "checkpoint_schedule", "mask_schedule", "noise_mask_schedule")


def a1111_keys(path: Path) -> Iterator[Case]:
    """Every key of the extension is known, and its shipped file is read to the last key."""
    document = read_json(path)
    sections = [row["key"] for name, rows in document.items() if name.endswith("Args") for row in rows]
    yield from _known(A1111, [*sections, *document["controlnet_keys"], *document["default_settings_txt"]])
    yield Case("the shipped file", partial(_read_whole, document["default_settings_txt"], {"animation_mode"}))


def notebook_keys(path: Path) -> Iterator[Case]:
    """The same of the notebook 0.7."""
    rows = [row for section in read_json(path).values() for row in section]
    yield from _known(NOTEBOOK, [row["key"] for row in rows])
    defaults = {row["key"]: row["default"] for row in rows}
    yield Case("all defaults", partial(_read_whole, {**defaults, "prompts": {"0": "a"}}, set()))


def _known(family: Family, keys: list[str]) -> Iterator[Case]:
    for key in dict.fromkeys(keys):
        yield Case(key, partial(_check_known, family, key))


def _check_known(family: Family, key: str) -> None:
    assert family.group(key) is not None, f"{key} is in no group"


def _read_whole(settings: dict[str, Any], unsupported: set[str]) -> None:
    fates = import_document(settings).fates
    assert set(fates.found) == set(settings)
    assert set(fates.of("unsupported")) == unsupported


def migration(path: Path) -> Iterator[Case]:
    """Old names and values."""
    for case in read_json(path)["cases"]:
        yield Case(json.dumps(case["input"]), partial(_check_migration, case))


def _check_migration(case: dict[str, Any]) -> None:
    found, _, _ = migrated(case["input"])
    assert found == case["output"]["ok"]


def process_args(path: Path) -> Iterator[Case]:
    """How boxes and seed become those of a run. What the original fails at is read here."""
    for case in read_json(path):
        yield Case(json.dumps(case["override"]), partial(_check_args, case["override"], case["A"]))


def _check_args(override: dict[str, Any], golden: dict[str, Any]) -> None:
    settings = {"animation_prompts": '{"0": "a cat"}', "seed": 5, "max_frames": 10, **override}
    plan = plan_of(read_a1111(settings, HERE, Fates()).input)
    if "ok" in golden:
        found = {str(scene.frame): scene.towards for scene in plan.words.script.scenes}  # type: ignore[attr-defined]
        assert found == golden["ok"]["animation_prompts"]
        assert plan.seed == golden["ok"]["seed"]


def plan_of(request: Any) -> AnimationPlan:
    animation_input, _ = parse(request)
    return build(animation_input, Canvas(64, 64, 25, 7.0), animation_input.seed or 0)


def adapter(path: Path) -> Iterator[Case]:
    """The series that manifests make; frames that are missing are empty there, and interpolated here."""
    for case in read_json(path):
        yield Case(case["id"], partial(_check_adapter, case))


def _check_adapter(case: dict[str, Any]) -> None:
    golden, written = case["A"], case["manifest"]
    if "error" in golden:
        if isinstance(written, str):
            with pytest.raises(InputError):
                load(written, "manifest", "it")
        return
    fates, overrides = Fates(), case["non_schedule_overrides"]
    found = parseq.overlay(parseq.manifest_of(written), fates, case["use_deltas"], overrides, {})
    for option, key in (("max_frames", "max_frames"), ("cadence", "diffusion_cadence"), ("fps", "fps")):
        given = {"max_frames": case["max_frames"], "cadence": 2, "fps": 15}[option]
        assert found.get(key, (given, ""))[0] == golden["ok"]["after"][option], option
    frames = golden["ok"]["after"]["max_frames"]
    listed = {**golden["ok"]["anim"], **golden["ok"]["looper"], **golden["ok"]["controlnet"]}
    for name, values in listed.items():
        if name != "image_strength_schedule_series":
            _check_series(name, values, found, frames)
    if golden["ok"]["manages"]["prompts"]:
        texts = {int(frame): text for frame, text in found["prompts"][0].items()}
        shown = [texts[max(key for key in texts if key <= frame)] for frame in range(frames)]
        assert shown == golden["ok"]["prompts"]


def _check_series(name: str, values: list[Any], found: dict[str, Any], frames: int) -> None:
    bare = name.removesuffix("_series")
    names = (f"{bare}_schedule", bare, bare.removesuffix("_schedule"))
    key = next(each for each in names if each in found or each in A1111.by_key)
    text = str(found.get(key, (A1111.defaults[key], ""))[0])
    if key in _TEXTS:
        assert [each.lower() for each in parse_texts(text, key, grammar("a1111", frames))[0]] == values
        return
    series, _ = parse_schedule(text, key, grammar("a1111", frames))
    known = [place for place, value in enumerate(values) if value != "nan"]
    same_numbers([series[place] for place in known], [values[place] for place in known])


def parseq_runs(path: Path) -> Iterator[Case]:
    """What whole runs with a manifest ask the model for, frame by frame."""
    manifests = {case["id"].partition("_")[0]: case["manifest"] for case in read_json(path.with_name("adapter.json"))}
    for case in read_json(path):
        yield Case(case["id"], partial(_check_run, case, manifests[case["id"].partition("_")[0]]))


def _check_run(case: dict[str, Any], manifest: dict[str, Any]) -> None:
    settings = {"prompts": {"0": "a"}, "seed": 5, "max_frames": case["max_frames"], "steps": 25, "W": 64, "H": 64}
    settings |= {"parseq_manifest": json.dumps(manifest), "parseq_use_deltas": case["use_deltas"]}
    settings |= {"parseq_non_schedule_overrides": case["non_schedule_overrides"], "diffusion_cadence": case["cadence"]}
    plan = plan_of(read_a1111(settings, HERE, Fates()).input)
    written = {entry["frame"] for entry in manifest["rendered_frames"]}
    for call in case["calls"]:
        frame = call["frame_idx"]
        said = plan.words.script.said(frame)[0][0]  # type: ignore[attr-defined]
        assert (said.towards, said.away) == (call["prompt"], call["negative_prompt"])
        if "seed" in manifest["rendered_frames"][0]:
            assert plan.seed_of(frame) == call["seed"]
        if frame and frame in written:
            same_numbers([1 - plan.series["strength_schedule"][frame]], [number(call["denoising_strength"])])
            same_numbers([plan.series["cfg_scale_schedule"][frame]], [call["cfg_scale"]])
