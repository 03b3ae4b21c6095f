"""Whole animations of the family, drawn by the real features around the goldens' stand-in for diffusion."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from tests.parity.case import Case, read_arrays, read_json, same_picture

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.feature import Sampling
from dreamreel.animation.input import parse
from dreamreel.animation.plan import AnimationPlan, build
from dreamreel.animation.sample.names import sampler_meant
from dreamreel.animation.state import State
from dreamreel.animation.stretch import next_stretch
from dreamreel.diffusion.calls import Ahead, Decode, Host
from dreamreel.diffusion.sampling import SAMPLERS
from dreamreel.diffusion.sigmas import NoiseSchedule
from dreamreel.diffusion.space import LatentSpace
from dreamreel.errors import InputError
from dreamreel.schedule.seeds import BEHAVIORS

SPACE = LatentSpace(4, 8, NoiseSchedule(np.linspace(0.999, 0.005, 1000, dtype=np.float32)))
# Settings of the goldens' own loop, and what they are called here.
NEUTRAL = {
    "seed": 5,
    "zoom": "0:(1)",
    "angle": "0:(0)",
    "noise_schedule": "0:(0)",
    "amount_schedule": "0:(0)",
    "color_coherence": "None",
    "border": "replicate",
}
COLORS = {name: f"Match Frame 0 {name}" for name in ("RGB", "HSV", "LAB")}
# Taken for granted, or said by a schedule alone.
IGNORED = {"W", "H", "pyseed", "neg", "fps", "enable_schedule_samplers"}
SWITCH = re.compile("enable_.*_scheduling")
RENAMED = {"frames": "max_frames", "prompts": "animation_prompts", "flip_2d_perspective": "enable_perspective_flip"}


def picture(seed: int, width: int, height: int) -> np.ndarray:
    """What the stand-in draws for a seed: (height, width, 3) uint8."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    number = seed % 997
    v = (17 * number + 60 * c + x * (5 - c) + y * (2 + c) + 40 * ((x // 8 + y // 8 + number) % 2)) % 512
    return np.where(v <= 255, v, 511 - v).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class StandIn(Sampling):
    """real: gives the strength. starts: takes the picture that each frame is drawn over."""

    real: Any
    of_notebook: bool
    starts: list[Any]

    def sampler(self, idx: int) -> Any:  # noqa: ARG002
        return SAMPLERS["klms"]

    def draws(self, idx: int) -> int:  # noqa: ARG002
        return 0 if self.of_notebook else 1

    @property
    def steps(self) -> Any:
        return self.real.steps

    def all_steps(self, idx: int) -> int:
        return self.real.all_steps(idx)

    def run(self, ctx: Any, guidance: Any, draws: Any, sample: Any) -> Any:  # noqa: ARG002
        yield from ()
        draws()
        strength = float(self.real.series["strength_schedule"][ctx.idx])
        canvas = ctx.plan.canvas
        drawn = picture(ctx.plan.seed_of(ctx.idx), canvas.width, canvas.height)
        if self.of_notebook:
            return self._floats(drawn, sample, strength)
        if sample is None:
            return drawn
        start = np.rint((sample[0].numpy().transpose(1, 2, 0) + 1) * 127.5).astype(np.int64)
        self.starts.append(start.astype(np.uint8))
        d = round(1000 * (1 - strength))
        return ((start * (1000 - d) + drawn.astype(np.int64) * d + 500) // 1000).astype(np.uint8)

    def _floats(self, drawn: np.ndarray, sample: Any, strength: float) -> np.ndarray:
        x = (drawn.astype(np.float32) / np.float32(127.5) - np.float32(1)).transpose(2, 0, 1)
        if sample is not None:
            start = sample[0].numpy().astype(np.float16)
            self.starts.append(start)
            kept = torch.tensor(start).float()
            x = (strength * kept + (1 - strength) * torch.from_numpy(x)).numpy()
        levels = np.float32(255) * np.clip((x + np.float32(1)) / np.float32(2), 0, 1)
        return levels.transpose(1, 2, 0)


def answered(call: Any) -> Any:
    """What the machine answers."""
    if isinstance(call, Host):
        return call.work()
    if isinstance(call, Ahead):
        return call.work
    if isinstance(call, Decode):
        return call.latents if call.exact else call.latents.astype(np.uint8)
    return getattr(call, "values", None)


def answered_stretch(stretch: Any) -> Any:
    """The end of a generator of calls."""
    answer = None
    try:
        while True:
            answer = answered(stretch.send(answer))
    except StopIteration as stop:
        return stop.value


def drawn_frames(plan: AnimationPlan, of_notebook: bool) -> tuple[list[np.ndarray], list[Any]]:
    """Every frame of a plan, and what each was drawn over."""
    starts: list[Any] = []
    plan = replace(plan, sampling=StandIn({}, plan.sampling, of_notebook, starts))
    state, frames = State(), []
    while state.next_idx < plan.num_frames:
        drawn = answered_stretch(next_stretch(plan, SPACE, state))
        frames += [frame.image for frame in drawn.frames]
        state = drawn.state
    return frames, starts


def planned(case: dict[str, Any], profile: str) -> AnimationPlan | None:
    """The plan of a case; None where it is about what dreamreel does not have."""
    given = case["input"]
    raw: dict[str, Any] = {**NEUTRAL, "profile": profile}
    for name, value in given.items():
        if name == "color_coherence":
            if value not in COLORS and value not in COLORS.values() and value != "None":
                return None
            raw[name] = COLORS.get(value, value)
        elif name not in IGNORED and not SWITCH.fullmatch(name):
            raw[RENAMED.get(name, name)] = value
    animation_input, notes = parse(raw)
    if any("there is no such input" in note.message for note in notes):
        return None
    plan = build(animation_input, Canvas(given.get("W", 64), given.get("H", 64), 25, 7.0), raw["seed"])
    if given.get("seed_behavior") not in ("random", "schedule"):
        return plan
    # Where a film's chance follows from its seed here, that of a golden follows from Python's.
    nth = np.arange(plan.input.max_frames) // int(given.get("diffusion_cadence", 1))
    by_chance = BEHAVIORS["random"](raw["seed"], len(nth), 1, Random(given.get("pyseed", 0)))[nth]
    numbers = by_chance if given["seed_behavior"] == "random" else plan.seeding.numbers
    return replace(plan, seeding=replace(plan.seeding, numbers=numbers, grains=by_chance))


def films(path: Path, profile: str) -> Iterator[Case]:
    """The films of a file that are about what dreamreel has, and what is refused as there."""
    arrays = read_arrays(path.with_suffix(".npz"))
    for case in read_json(path):
        try:
            plan = planned(case, profile)
        except InputError as error:
            is_made = f"{case['id']}/frames" in arrays
            yield Case(case["id"], partial(_check_refusal, case, is_made, str(error)))
            continue
        if plan is not None and case.get("error"):
            yield Case(case["id"], partial(_check_fails, case))
        elif plan is not None and f"{case['id']}/frames" in arrays:
            yield Case(case["id"], partial(_check_film, case["id"], plan, arrays, profile == "notebook"))
        elif plan is not None and "tween_log" in case:
            yield Case(case["id"], partial(_check_tweens, case, plan))


def _check_fails(case: dict[str, Any]) -> None:
    raise AssertionError(f"drawn, where the original fails: {case['error']}")


def _check_refusal(case: dict[str, Any], is_made: bool, sentence: str) -> None:
    assert case.get("error") or not is_made, f"refused: {sentence}"


def _check_film(name: str, plan: AnimationPlan, arrays: dict[str, np.ndarray], of_notebook: bool) -> None:
    frames, starts = drawn_frames(plan, of_notebook)
    inits = arrays.get(f"{name}/inits", starts)  # some files have the frames alone
    if plan.num_frames < plan.input.max_frames:
        inits = inits[: len(starts)]  # the original draws the last group's end too, and throws it away
    for idx, (found, golden) in enumerate(zip(starts, inits, strict=True), 1):
        if of_notebook:
            assert np.array_equal(found, golden), f"what frame {idx} is drawn over differs"
        else:
            same_picture(found, golden)
    for found, golden in zip(frames, arrays[f"{name}/frames"], strict=True):
        same_picture(found, golden)


def _check_tweens(case: dict[str, Any], plan: AnimationPlan) -> None:
    """How many frames there are, from which seeds they are drawn and, with cadence, how far each has crossed over."""
    for call in case["calls"]:
        assert plan.seed_of(call["frame_idx"]) == call["seed"]
    assert plan.num_frames == sum(file.endswith(".png") and "depth" not in file for file in case["files"])
    for idx, line in enumerate(case["tween_log"]):
        share = plan.row(idx)["tween"] if idx >= plan.spacing.following(0) else (idx + 1) / plan.spacing.following(0)
        told = re.search(r"frame:? (\d+);? tween:(\d\.\d\d)", line)
        assert told
        assert (int(told[1]), told[2]) == (idx, f"{share:0.2f}")


def calls(path: Path) -> Iterator[Case]:
    """What the model is asked for in each frame, where dreamreel has the sampler."""
    for case in read_json(path):
        yield Case(case["id"], partial(_check_calls, case))


def _check_calls(case: dict[str, Any]) -> None:
    given = case["input"]
    names = ("steps_schedule", "cfg_scale_schedule", "strength_schedule", "sampler_schedule", "diffusion_cadence")
    raw = {**NEUTRAL, "profile": "a1111", "max_frames": given["frames"]}
    switches = {"steps_schedule": "enable_steps_scheduling", "sampler_schedule": "enable_sampler_scheduling"}
    raw |= {name: given[name] for name in names if name in given and given.get(switches.get(name, name))}
    asked = [call for call in case["calls"] if "steps" in call]
    lacks_sampler = not all(sampler_meant(call["sampler_name"]) for call in asked)
    if lacks_sampler and not case["error"]:
        raw.pop("sampler_schedule", None)
    if case["error"]:
        with pytest.raises(InputError):
            build(parse(raw)[0], Canvas(64, 64, 25, 7.0), 5)
        return
    plan = build(parse(raw)[0], Canvas(64, 64, 25, 7.0), 5)
    for call in asked:
        idx, sampling = call["frame_idx"], plan.sampling
        assert plan.seed_of(idx) == call["seed"]
        assert int(sampling.totals[idx]) == call["steps"]
        assert abs(plan.words.scales[idx] - call["cfg_scale"]) < 1e-9
        assert abs((1 - sampling.series["strength_schedule"][idx] if idx else 0) - call["denoising_strength"]) < 1e-9
        if not lacks_sampler:
            meant, spacing = sampler_meant(call["sampler_name"])
            assert sampling.sampler(idx).name == meant
            assert sampling.sampler(idx).spacing == (spacing or SAMPLERS[meant].spacing)


def loop_seeds(path: Path) -> Iterator[Case]:
    """The seeds of the diffusions of whole runs, but for those that the original leaves to chance."""
    for case in read_json(path):
        names = ("behavior", "seed_iter_N", "cadence", "max_frames", "seed_schedule")
        name = " ".join(str(case[name]) for name in names if name in case)
        yield Case(name, partial(_check_loop_seeds, case))


def _check_loop_seeds(case: dict[str, Any]) -> None:
    names = ("seed_iter_N", "seed_schedule", "subseed_schedule", "subseed_strength_schedule")
    raw = {"profile": "a1111", "max_frames": case["max_frames"], "seed_behavior": case["behavior"]}
    raw |= {"diffusion_cadence": case["cadence"], **{name: case[name] for name in names if name in case}}
    if case["behavior"] not in (*BEHAVIORS, "schedule"):
        with pytest.raises(InputError):  # random there
            parse(raw)
        return
    plan = build(parse(raw)[0], Canvas(64, 64, 25, 7.0), case["seed"])
    by_chance = BEHAVIORS["random"](case["seed"], len(case["A"]), 1, Random(case["python_random_seed"]))
    for nth, (idx, seed, subseed, share) in enumerate(case["A"]):
        found = by_chance[nth] if case["behavior"] == "random" else plan.seed_of(idx)
        assert seed in (-1, found), f"frame {idx}: {found}, not {seed}"
        if share:
            assert subseed in (-1, int(plan.seeding.subseeds[idx])), f"frame {idx}: another subseed than {subseed}"
        assert abs(plan.seeding.shares[idx] - share) < 1e-12
