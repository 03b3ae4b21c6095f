"""Prompts as Deforum's family writes them: weights, negatives, boxes, formulas, and what changes within a picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation.feature import Context, Row
from dreamreel.animation.field import Field
from dreamreel.animation.given import Given
from dreamreel.animation.words.fields import BLEND, BLEND_MODE, CLIPSKIP, GRAMMAR, NEGATIVE, POSITIVE, words_grammar
from dreamreel.animation.words.guidance import CFG, guidance_of
from dreamreel.animation.words.loras import LORAS, WordsWithLoras, strengths_of
from dreamreel.animation.words.original import PROMPTS
from dreamreel.diffusion.calls import Calls, Embed, Phrase, ask
from dreamreel.diffusion.denoiser import Guidance
from dreamreel.errors import InputError, ScheduleError
from dreamreel.schedule.bounds import first_notes
from dreamreel.schedule.notes import Note, quote
from dreamreel.schedule.prompt_notes import notes_on_words
from dreamreel.schedule.prompting.loras import TAG, without_tags
from dreamreel.schedule.prompting.negatives import split_negative
from dreamreel.schedule.prompting.rules import RULES
from dreamreel.schedule.prompting.script import Boxes, Crossing, Said, Script, read_script, shown
from dreamreel.schedule.prompting.stages import Mixture, Stage, crossed, is_weightless, stages
from dreamreel.schedule.prompting.telling import told
from dreamreel.schedule.series import Floats

CROSSINGS: dict[str, Crossing] = {"linear": "conditions", "slerp": "conditions", "text": "text"}


@dataclass(frozen=True, eq=False)
class FamilyPrompts(WordsWithLoras):
    """script: what each frame says. layers: (N,), clip skip. blend: how conditions cross (diffusion/blends.py).

    num_steps: of a frame drawn from nothing, as the canvas has them. scales: (N,), guidance.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (
        PROMPTS,
        POSITIVE,
        NEGATIVE,
        GRAMMAR,
        BLEND,
        BLEND_MODE,
        CLIPSKIP,
        CFG,
        LORAS,
    )
    script: Script
    layers: NDArray[np.int64]
    blend: str
    num_steps: int
    scales: Floats

    @classmethod
    def plan(cls, given: Given) -> Self | None:
        grammar = words_grammar(given.text(GRAMMAR.name), given.profile.prompts)
        if grammar is None:
            given.notes.extend(_without_effect(given))
            return None
        rules, mode = RULES[grammar], given.text(BLEND_MODE.name)
        is_notebook = rules.grammar == "notebook"
        if mode == "text" and is_notebook:
            raise InputError(
                BLEND_MODE.name, "text joins prompts by AND, which the notebook does not have; use linear or slerp"
            )
        boxes = Boxes(*((name, given.text(name)) for name in (PROMPTS.name, POSITIVE.name, NEGATIVE.name)))
        width, crossing = int(given.number(BLEND.name)), CROSSINGS[mode]
        script, notes = read_script(boxes, given.num_frames, given.grammar.seed, rules, width, crossing)
        layers = given.series(CLIPSKIP.name)
        blend = "notebook" if mode == "slerp" and is_notebook else mode
        scales, series = guidance_of(given)
        series = {CLIPSKIP.name: layers, **series}
        strengths = strengths_of(given, script.strengths(), PROMPTS.name)
        made = cls(series, strengths, script, np.maximum(layers.astype(np.int64), 1), blend, given.canvas.steps, scales)
        given.notes.extend(_idle_tags(script))
        texts = [(0, without_tags(scene.towards)) for scene in script.scenes]
        read_as_words = notes_on_words(texts, PROMPTS.name, rules.grammar)
        weightless = first_notes(made.weightless(), PROMPTS.name)
        given.notes.extend([*notes, *first_notes(read_as_words, PROMPTS.name), *made.tell(), *weightless])
        return made

    def tell(self) -> list[Note]:
        """How each scene is read, where it says more than words. Raises ScheduleError for one that cannot be."""
        found = (told(self.of_scene(idx), self.num_steps) for idx in range(len(self.script.scenes)))
        frames = self.script.frames
        notes = (
            Note(PROMPTS.name, f"from frame {max(frame, 0)} on: {sentence}")
            for frame, sentence in zip(frames, found, strict=True)
            if sentence
        )
        return first_notes(notes, PROMPTS.name)

    def weightless(self) -> Iterator[Note]:
        """A note on each scene whose words have no weight above 0, by the notebook's rules."""
        for scene, frame in enumerate(self.script.frames if self.script.rules.grammar == "notebook" else ()):
            if is_weightless(self.script.alone(scene), PROMPTS.name):
                message = (
                    f"no weight at frame {max(frame, 0)} is above 0: the text is drawn as it is written, numbers and "
                    "all, as in the notebook; write at least one weight above 0"
                )
                yield Note(PROMPTS.name, message, ignored=True)

    def of_scene(self, scene: int) -> tuple[Stage, ...]:
        """The stages of a scene where it stands alone."""
        said = self.script.alone(scene)
        return self._read(said, self.num_steps, self.script.frames[scene])

    def stages(self, idx: int, steps: int) -> tuple[Stage, ...]:
        """What leads frame idx, of so many steps."""
        sides = self.script.said(idx)
        one = self._read(sides[0][0], steps, idx)
        if len(sides) == 1:
            return one
        return crossed(one, self._read(sides[1][0], steps, idx), sides[1][1], self.blend)

    def _read(self, said: Said, steps: int, idx: int) -> tuple[Stage, ...]:
        try:
            return stages(replace(said, loras=()), steps, PROMPTS.name, self.script.rules)
        except ScheduleError as error:
            raise self.script.placed(error, idx, shown(said)) from None

    @property
    def prompts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(shown(self.script.alone(idx)) for idx in range(len(self.script.scenes))))

    @property
    def phrases(self) -> Iterator[tuple[str | Phrase, int]]:
        found: dict[Phrase, None] = {}
        for scene in range(len(self.script.scenes)):
            for stage in self.of_scene(scene):
                for mixture in (*(each for each, _ in stage.towards), stage.away):
                    found |= dict.fromkeys(phrase for phrase, _ in mixture.parts)
        return ((phrase, self.script.rules.chunks) for phrase in found)

    def prompt(self, idx: int) -> str:
        return _in_words(self.script.said(idx))

    @cached_property
    def begins(self) -> tuple[int, ...]:
        return tuple(frame for frame in self.script.frames if 0 <= frame < self.script.num_frames)

    def row(self, idx: int) -> Row:
        sides = self.script.said(idx)
        said: Row = {"prompt": _in_words(sides)}
        if len(sides) > 1:
            said["blend"] = sides[1][1]
        return {**said, **super().row(idx), "clipskip": int(self.layers[idx])}

    def run(self, ctx: Context) -> Calls[Guidance]:
        sampling, idx = ctx.plan.sampling, ctx.idx
        steps = int(sampling.steps[idx]) if self.script.rules.run_steps else sampling.all_steps(idx)
        guidance: Guidance | None = None
        for stage in reversed(self.stages(ctx.idx, max(steps, 1))):
            conds = [(yield from ask(self._embed(stage.away, ctx.idx)))]
            for mixture, _ in stage.towards:
                conds.append((yield from ask(self._embed(mixture, ctx.idx))))
            weights = tuple(float(self.scales[ctx.idx]) * weight for _, weight in stage.towards)
            guidance = Guidance(tuple(conds), weights, stage.until if guidance else None, guidance)
        assert guidance is not None
        return guidance

    def _embed(self, mixture: Mixture, idx: int) -> Embed:
        return Embed(mixture.parts, self.script.rules.chunks, int(self.layers[idx]) - 1, mixture.blend)


def _in_words(sides: Sequence[tuple[Said, float]]) -> str:
    """What a frame says, for people: where two prompts cross, with the share of each."""
    if len(sides) == 1:
        return shown(sides[0][0])
    return " / ".join(f"{share:.4g} of {shown(said)}" for said, share in sides)


def _idle_tags(script: Script) -> Iterator[Note]:
    """A note where a tag is among what pictures are drawn away from."""
    for scene in script.scenes if script.has_tags else ():
        _, away = (scene.towards, scene.away) if scene.away else split_negative(scene.towards)
        if (found := TAG.search(away)) is not None:
            message = f"{quote(found[0])} is in what pictures are drawn away from, where a LoRA counts for nothing"
            yield Note(NEGATIVE.name, message, ignored=True)
            return


def _without_effect(given: Given) -> Iterator[Note]:
    """A note on each input that the original's rules for prompts do not know."""
    values = {field: given.text(field.name) for field in (POSITIVE, NEGATIVE, BLEND_MODE, CLIPSKIP)}
    for field, value in {**values, BLEND: int(given.number(BLEND.name))}.items():
        if value != field.default:
            message = 'has no effect by the original\'s rules for prompts; "prompt_grammar": "dreamreel" has it'
            yield Note(field.name, message, ignored=True)
