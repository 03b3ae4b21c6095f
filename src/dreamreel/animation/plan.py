"""AnimationInput + seed + canvas -> AnimationPlan: everything that a frame needs, worked out beforehand.

Whatever can only fail is refused here, before a model is loaded or a second is spent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.canvas import Canvas, check_canvas
from dreamreel.animation.checks import check_motion, check_sampler, clipped_keys, undrawn_frames
from dreamreel.animation.fields import FIELDS, LARGEST_SEED
from dreamreel.animation.input import AnimationInput, refuse_ignored
from dreamreel.diffusion.counts import steps_of_strength
from dreamreel.diffusion.sampling import SAMPLERS, Sampler
from dreamreel.imaging.warp2d import Matrix, build_matrix
from dreamreel.schedule.bounds import first_notes
from dreamreel.schedule.notes import Note
from dreamreel.schedule.prompts import parse_prompts, prompt_of_each_frame, shorten
from dreamreel.schedule.schedules import Grammar, parse_schedule
from dreamreel.schedule.series import Floats, KeysPastEnd

PLMS_LINE = "Init images aren't supported with PLMS yet, switching to KLMS"


@dataclass(frozen=True)
class FramePlan:
    """One frame's row of the plan; units as in fields.FIELDS, steps: of the sampler, on this frame."""

    idx: int
    seed: int
    prompt: str
    angle: float
    zoom: float
    translation_x: float
    translation_y: float
    strength: float
    noise: float
    contrast: float
    steps: int


@dataclass(frozen=True, eq=False)
class AnimationPlan:
    """An animation decided down to each frame; it knows no weights and can be written as JSON.

    seed: of frame 0, 0 .. 2**32 - 1. sampler: the one that runs.
    prompts: the distinct prompts; prompt_idx: (N,), the one each frame shows.
    series: schedule field -> (N,) float64. steps: (N,), sampler steps of each frame.
    notes: what was accepted but may surprise.
    """

    input: AnimationInput
    canvas: Canvas
    seed: int
    sampler: Sampler
    prompts: tuple[str, ...]
    prompt_idx: NDArray[np.int64]
    series: dict[str, Floats]
    steps: NDArray[np.int64]
    notes: tuple[Note, ...]

    @property
    def num_frames(self) -> int:
        return self.input.max_frames

    def frame(self, idx: int) -> FramePlan:
        """The row of frame idx, 0 .. num_frames - 1."""
        return FramePlan(
            idx=idx,
            seed=(self.seed + idx) % (LARGEST_SEED + 1),
            prompt=self.prompts[self.prompt_idx[idx]],
            angle=float(self.series["angle"][idx]),
            zoom=float(self.series["zoom"][idx]),
            translation_x=float(self.series["translation_x"][idx]),
            translation_y=float(self.series["translation_y"][idx]),
            strength=float(self.series["strength_schedule"][idx]),
            noise=float(self.series["noise_schedule"][idx]),
            contrast=float(self.series["contrast_schedule"][idx]),
            steps=int(self.steps[idx]),
        )

    def matrix(self, idx: int) -> Matrix:
        """(3, 3) float64: how the picture moves from frame idx - 1 to frame idx."""
        row = self.frame(idx)
        return build_matrix(
            self.canvas.width, self.canvas.height, row.angle, row.zoom, row.translation_x, row.translation_y
        )

    @property
    def evaluations(self) -> NDArray[np.int64]:
        """(N,), network evaluations of each frame; each is two rows, with and without the prompt."""
        return self.sampler.evaluations(self.steps)


def build(animation_input: AnimationInput, canvas: Canvas, seed: int) -> AnimationPlan:
    """The plan of animation_input, drawn on canvas from seed (0 .. 2**32 - 1).

    Raises InputError (ScheduleError for texts) naming the field and where in it.
    """
    check_canvas(canvas)
    prompts, notes = parse_prompts(
        animation_input.animation_prompts,
        animation_input.max_frames,
        "animation_prompts",
        animation_input.strip_single_prefix,
        as_json=reads_json(animation_input),
    )
    grammar = grammar_of(animation_input, seed)
    series, schedule_notes = _parse_schedules(animation_input, grammar)
    clipped = clipped_keys(animation_input.strength_schedule, series["strength_schedule"], grammar)
    series["strength_schedule"] = _strength(series["strength_schedule"])
    notes = [*notes, *schedule_notes, *first_notes(clipped, "strength_schedule")]
    if animation_input.strict:
        refuse_ignored(notes)
    distinct = {prompt: idx for idx, prompt in enumerate(dict.fromkeys(prompts.values()))}
    prompt_of_key = np.array([distinct[prompt] for prompt in prompts.values()])
    shown = prompt_of_each_frame(list(prompts), animation_input.max_frames)
    sampler = _sampler(animation_input)
    steps = _steps(series["strength_schedule"], sampler, canvas.steps)
    plan = AnimationPlan(
        input=animation_input,
        canvas=canvas,
        seed=seed,
        sampler=sampler,
        prompts=tuple(distinct),
        prompt_idx=prompt_of_key[shown],
        series=series,
        steps=steps,
        notes=(*notes, *undrawn_frames(series["strength_schedule"], steps, canvas.steps)),
    )
    check_motion(series)
    check_sampler(sampler, canvas.steps, plan.steps)
    return plan


def _strength(values: Floats) -> Floats:
    """Clipped to 0 .. 1, as the original does; frame 0 keeps nothing."""
    strength = np.clip(values, 0, 1)
    strength[0] = 0.0
    return strength


def _steps(strength: Floats, sampler: Sampler, num_steps: int) -> NDArray[np.int64]:
    steps = steps_of_strength(strength, num_steps)
    steps[0] = sampler.clock.all_steps(num_steps)
    return steps


def _sampler(animation_input: AnimationInput) -> Sampler:
    return SAMPLERS["klms" if animation_input.profile == "replicate-source" else animation_input.sampler]


def reads_json(animation_input: AnimationInput) -> bool:
    """Whether prompts written as JSON are read as such: the original's code took them for one prompt."""
    return animation_input.profile != "replicate-source"


def grammar_of(animation_input: AnimationInput, seed: int) -> Grammar:
    """What the schedules of an input may say."""
    return Grammar(
        animation_input.max_frames,
        seed,
        animation_input.math,
        cast(KeysPastEnd, animation_input.keys_past_end),
    )


def _parse_schedules(animation_input: AnimationInput, grammar: Grammar) -> tuple[dict[str, Floats], list[Note]]:
    series: dict[str, Floats] = {}
    notes: list[Note] = []
    for name, field in FIELDS.items():
        if field.syntax == "schedule":
            text = getattr(animation_input, name)
            # Most requests leave most schedules as they are: those are read once.
            parsed = _default_schedule(name, replace(grammar, seed=0)) if text == field.default else None
            series[name], found = parsed or parse_schedule(text, name, grammar)
            notes += found
    return series, notes


@lru_cache(256)
def _default_schedule(name: str, grammar: Grammar) -> tuple[Floats, list[Note]]:
    """A schedule's default, which holds no formula, and so knows no seed. Shared: it cannot be written to."""
    series, notes = parse_schedule(str(FIELDS[name].default), name, grammar)
    series.setflags(write=False)
    return series, notes


def table(plan: AnimationPlan) -> Iterator[dict[str, Any]]:
    """The per-frame table of a plan, one row a frame, for people and for `validate`."""
    for idx, count in enumerate(plan.evaluations.tolist()):
        row = plan.frame(idx)
        yield {
            "frame": row.idx,
            "seed": row.seed,
            "prompt": shorten(row.prompt),
            "angle": row.angle,
            "zoom": row.zoom,
            "translation_x": row.translation_x,
            "translation_y": row.translation_y,
            "strength": row.strength,
            "noise": row.noise,
            "contrast": row.contrast,
            "evaluations": count,
        }
