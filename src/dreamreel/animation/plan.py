"""An input + seed + canvas -> AnimationPlan: everything that a frame needs, worked out beforehand.

Whatever can only fail is refused here, before a model is loaded or a second is spent.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.canvas import Canvas, chosen_canvas
from dreamreel.animation.checked import AnimationInput, refuse_ignored
from dreamreel.animation.checkpoints import CheckpointSchedule
from dreamreel.animation.core import CFG_SCALE, DRIFT, INTERP, INTERPS, KEYS_PAST_END, MATH, PAST_END, PROFILE, STRICT
from dreamreel.animation.feature import (
    Feature,
    ImageStep,
    Motion,
    Noise,
    PictureName,
    Row,
    Sampling,
    Scale,
    Spacing,
    Start,
    Words,
)
from dreamreel.animation.features import ORDERS
from dreamreel.animation.field import Field
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.given import Given
from dreamreel.animation.limits import unusual
from dreamreel.animation.profile import PROFILES
from dreamreel.animation.sample.controlnets import ControlNets
from dreamreel.animation.seeding import Seeding
from dreamreel.diffusion.calls import Lora
from dreamreel.schedule.bounds import first_notes
from dreamreel.schedule.notes import Note
from dreamreel.schedule.prompts import shorten
from dreamreel.schedule.schedules import Grammar
from dreamreel.schedule.series import Floats

Planned = TypeVar("Planned", bound=Feature)
# By kind: what a feature makes of its defaults, and its notes.
Untouched = dict[type[Feature], tuple[Feature | None, list[Note]]]


@dataclass(frozen=True, eq=False)
class AnimationPlan:
    """An animation decided down to each frame; it knows no weights and can be written as JSON.

    seed: of frame 0, 0 .. 2**32 - 1. unbiased: whether a decoded picture's levels are rounded, not cut.
    notes: what was accepted but may surprise. The rest are its features, by slot (features.Order).
    """

    input: AnimationInput
    canvas: Canvas
    seed: int
    unbiased: bool
    notes: tuple[Note, ...]
    words: Words
    start: Start
    before: tuple[ImageStep, ...]
    sampling: Sampling
    noise: Noise
    scale: Scale
    after: tuple[ImageStep, ...]
    spacing: Spacing
    seeding: Seeding
    checkpoints: CheckpointSchedule
    controlnets: ControlNets

    @property
    def features(self) -> tuple[Feature, ...]:
        """All of them, in the order in which their numbers are listed."""
        before = (self.seeding, self.checkpoints, self.words, self.start, *self.before)
        return (*before, self.controlnets, self.sampling, self.noise, self.scale, *self.after, self.spacing)

    @property
    def num_frames(self) -> int:
        """Of the film; fewer than are asked for where the spacing drops some."""
        return self.spacing.count(self.input.max_frames)

    @property
    def motion(self) -> tuple[Motion, ...]:
        """The steps by which a picture gets from one frame to the next."""
        return tuple(step for step in self.before if isinstance(step, Motion))

    @property
    def series(self) -> dict[str, Floats]:
        """Schedule field -> (N,) float64, its values as they are used."""
        return {name: values for feature in self.features for name, values in feature.series.items()}

    @cached_property
    def is_diffused(self) -> NDArray[np.bool_]:
        """(N,), whether each frame is; those between are made from their neighbours, without a network."""
        return self.spacing.are_diffused(self.num_frames)

    @cached_property
    def evaluations(self) -> NDArray[np.int64]:
        """(N,), network evaluations of each frame, at most if is_open; each has a row for each condition."""
        return self.sampling.evaluations[: self.num_frames] * self.is_diffused

    @cached_property
    def is_open(self) -> bool:
        """Whether a frame may take fewer evaluations than are planned for it."""
        return any(self.sampling.sampler(idx).is_open for idx in np.flatnonzero(self.is_diffused).tolist())

    @property
    def saved(self) -> int:
        """How many evaluations more the same frames would take if each were diffused."""
        return int(self.sampling.evaluations[: self.num_frames].sum() - self.evaluations.sum())

    def checkpoint_of(self, idx: int) -> str | None:
        """The scheduled model that draws frame idx; None: the one that draws where none is scheduled."""
        return self.checkpoints.at(self.spacing.diffused(idx))

    def loras_of(self, checkpoints: Collection[str]) -> tuple[Lora, ...]:
        """The LoRAs that count in frames which these scheduled models draw; all where none is scheduled."""
        if not (frames_of := self.checkpoints.frames_of):
            return self.words.all_loras()
        none = np.empty(0, np.int64)
        return self.words.all_loras(np.concatenate([none, *(frames_of.get(name, none) for name in checkpoints)]))

    def seed_of(self, idx: int) -> int:
        """The seed of frame idx."""
        return int(self.seeding.numbers[idx])

    @property
    def prompts(self) -> tuple[str, ...]:
        """Every prompt that a frame shows."""
        return self.words.prompts

    def prompt(self, idx: int) -> str:
        """The prompt that frame idx shows."""
        return self.words.prompt(self.spacing.diffused(idx))

    def needs(self, idx: int) -> frozenset[PictureName]:
        """The pictures that drawing frame idx takes, or that a later frame does; none past the end."""
        if idx >= self.num_frames:
            return frozenset()
        return frozenset().union(*(feature.needs(idx) for feature in self.features))

    def acting(self, idx: int) -> tuple[Feature, ...]:
        """The features that frame idx depends on, beside what the frames before it do."""
        if not self.is_diffused[idx]:
            return tuple(feature for feature in (*self.motion, self.spacing) if feature.acts(idx))
        over_picture = (*self.before, self.noise, self.scale, self.controlnets) if self.start.goes_on(idx) else ()
        found = (self.seeding, self.checkpoints, self.words, self.start, *over_picture, self.sampling, *self.after)
        return tuple(feature for feature in (*found, self.spacing) if feature.acts(idx))

    def row(self, idx: int) -> Row:
        """What decides frame idx, beside the frames before it and what all frames share."""
        decide: tuple[Feature, ...] = self.features if self.is_diffused[idx] else (*self.motion, self.spacing)
        row: Row = {"seed": self.seed_of(idx)}
        for feature in decide:
            row.update(feature.row(idx))
        return row


def build(animation_input: AnimationInput, canvas: Canvas, seed: int) -> AnimationPlan:
    """The plan of animation_input, drawn from seed (0 .. 2**32 - 1), on canvas unless it names another size.

    Raises InputError (ScheduleError for texts) naming the field and where in it.
    """
    canvas = chosen_canvas(canvas, animation_input)
    name = animation_input.text(PROFILE.name)
    order, grammar = ORDERS[name], grammar_of(animation_input, seed)
    given = Given(animation_input, canvas, grammar, {}, profile=PROFILES[name])
    planner = _Planner(given, _touched(animation_input), _untouched(canvas, grammar.seedless, name))
    seeding = Seeding.plan(given.only(Seeding.FIELDS))
    checkpoints = CheckpointSchedule.plan(given.only(CheckpointSchedule.FIELDS))
    controlnets = planner.planned(ControlNets)
    assert controlnets is not None
    words, start = planner.first(order.words), planner.first(order.start)
    before, after = planner.wanted(order.before), planner.wanted(order.after)
    sampling, noise = planner.first(order.sampling), planner.first(order.noise)
    scale, spacing = planner.first(order.scale), planner.first(order.spacing)
    given.notes.extend(_of_the_whole(animation_input, words, spacing))
    if animation_input.flag(STRICT.name):
        refuse_ignored(given.notes)
    unbiased = animation_input.text(DRIFT.name) == "unbiased"
    return AnimationPlan(
        animation_input,
        canvas,
        seed,
        unbiased,
        tuple(given.notes),
        words,
        start,
        before,
        sampling,
        noise,
        scale,
        after,
        spacing,
        seeding,
        checkpoints,
        controlnets,
    )


def _of_the_whole(animation_input: AnimationInput, words: Words, spacing: Spacing) -> Iterator[Note]:
    """Notes on what no single feature sees."""
    if animation_input.values[CFG_SCALE.name] is not None:
        yield from unusual(CFG_SCALE, animation_input.number(CFG_SCALE.name))
    yield from first_notes(_undrawn_prompts(words, spacing, animation_input.max_frames), "animation_prompts")


def _undrawn_prompts(words: Words, spacing: Spacing, num_frames: int) -> Iterator[Note]:
    """A note on each prompt that is over before the next frame is diffused."""
    if spacing.are_diffused(num_frames).all():
        return
    for begin, end in pairwise((*words.begins, num_frames)):
        before = spacing.diffused(begin)
        following = spacing.following(before)
        if before < begin and end <= following:
            message = f"the prompt at frame {begin} is never drawn: frames {before} and {following} are, by cadence"
            yield Note("animation_prompts", message, ignored=True)


@dataclass(frozen=True, eq=False)
class _Planner:
    """Plans features as given wants them. Most requests leave most of them as they are: those are planned once.

    touched: see _touched. untouched: see _untouched.
    """

    given: Given
    touched: frozenset[str]
    untouched: Untouched

    def first(self, kinds: tuple[type[Planned], ...]) -> Planned:
        """The first feature of a slot that is wanted."""
        return next(made for kind in kinds if (made := self.planned(kind)) is not None)

    def wanted(self, kinds: tuple[type[ImageStep], ...]) -> tuple[ImageStep, ...]:
        """The features of a slot that are wanted."""
        return tuple(step for kind in kinds if (step := self.planned(kind)) is not None)

    def planned(self, kind: type[Planned]) -> Planned | None:
        """The feature; None: not wanted."""
        given = self.given
        if not self.touched.isdisjoint(_names_of(kind.FIELDS)):
            return kind.plan(given.only(kind.FIELDS))
        if kind not in self.untouched:
            own = replace(given.only(kind.FIELDS), grammar=given.grammar.seedless, notes=[])
            self.untouched[kind] = _read_only(kind.plan(own)), own.notes
        made, notes = self.untouched[kind]
        given.notes.extend(notes)
        assert made is None or isinstance(made, kind)
        return made


def _touched(animation_input: AnimationInput) -> frozenset[str]:
    """The inputs that have other values than their defaults."""
    return frozenset(name for name, value in animation_input.values.items() if value != FIELDS[name].default)


@cache
def _names_of(fields: tuple[Field, ...]) -> frozenset[str]:
    return frozenset(field.name for field in fields)


def _read_only(made: Planned | None) -> Planned | None:
    for values in [] if made is None else [*vars(made).values(), *made.series.values()]:
        if isinstance(values, np.ndarray):
            values.setflags(write=False)
    return made


@lru_cache(64)
def _untouched(canvas: Canvas, grammar: Grammar, profile: str) -> Untouched:  # noqa: ARG001
    """Features of default values, as they are planned: what decides them beside their fields are the arguments."""
    return {}


def grammar_of(animation_input: AnimationInput, seed: int) -> Grammar:
    """What the schedules of an input may say."""
    reading = PROFILES[animation_input.text(PROFILE.name)].reading
    past_end = KEYS_PAST_END[animation_input.text(PAST_END.name)]
    interp = INTERPS[animation_input.text(INTERP.name)]
    math = animation_input.flag(MATH.name) or reading.always
    return Grammar(animation_input.max_frames, seed, math, past_end, reading, interp)


def table(plan: AnimationPlan) -> Iterator[Mapping[str, float | int | str | None]]:
    """The per-frame table of a plan, one row a frame, for people and for `validate`. None: a frame takes no such."""
    names = dict.fromkeys(plan.row(0))
    for idx, count in enumerate(plan.evaluations.tolist()):
        yield {"frame": idx, **names, **plan.row(idx), "prompt": shorten(plan.prompt(idx)), "evaluations": count}
