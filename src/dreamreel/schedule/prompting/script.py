"""The boxes of an animation -> what each of its frames is drawn towards, and what away from."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np

from dreamreel.errors import ScheduleError
from dreamreel.schedule.expressions import evaluate
from dreamreel.schedule.notes import Note, quote
from dreamreel.schedule.prompting.box import Placed, read_box
from dreamreel.schedule.prompting.formulas import formulas, letters_replaced, substituted, written
from dreamreel.schedule.prompting.interpolation import joined
from dreamreel.schedule.prompting.loras import TAG, Strengths, Tag, add_tags, tags_in, without_tags
from dreamreel.schedule.prompting.negatives import NEG, boxed, split_negative, split_once
from dreamreel.schedule.prompting.rules import PromptRules

# A weight of the notebook that is a formula.
_WEIGHT = re.compile(r"((?<![\\:]):+)`([^`]+)`")
Crossing = Literal["conditions", "text"]


@dataclass(frozen=True)
class Boxes:
    """What somebody wrote: field -> text, of prompts and of what stands before and behind each."""

    prompts: tuple[str, str]
    positive: tuple[str, str]
    negative: tuple[str, str]


@dataclass(frozen=True)
class Scene:
    """What is said from frame on, up to the next scene. away: where it is not part of the text."""

    frame: int
    towards: str
    away: str = ""


@dataclass(frozen=True)
class Said:
    """The words of one frame, formulas worked out. loras: those that its tags name, which are no words."""

    towards: str
    away: str
    loras: tuple[Tag, ...] = ()


@dataclass(frozen=True, eq=False)
class Script:
    """All words of an animation. width: over how many frames before its own each scene comes in; crossing: by what."""

    field: str
    scenes: tuple[Scene, ...]
    num_frames: int
    seed: int
    rules: PromptRules
    width: int = 0
    crossing: Crossing = "conditions"

    @cached_property
    def frames(self) -> list[int]:
        """The first frame of each scene."""
        return [scene.frame for scene in self.scenes]

    def around(self, frame: int) -> tuple[int, int, float]:
        """(scene, the next one or the same, how much of the next there is, 0 to 1) at a frame."""
        one = max(bisect_right(self.frames, frame) - 1, 0)
        if one + 1 == len(self.scenes) or frame < self.frames[one] or not self.width:
            return one, one, 0.0
        end = self.frames[one + 1]
        begin = max(self.frames[one], end - self.width)
        return (one, one + 1, 1 / (end - begin) * (frame - begin)) if frame > begin else (one, one, 0.0)

    def said(self, frame: int) -> tuple[tuple[Said, float], ...]:
        """What is said at a frame, and how much each counts, summing to 1: one, or two that cross."""
        one, other, share = self.around(frame)
        if one == other:
            return ((self._of(self.scenes[one], frame), 1.0),)
        if self.crossing == "text":
            text = joined(self.scenes[one].towards, self.scenes[other].towards, share, self.field)
            return ((self._tagged(self._split(text, frame)), 1.0),)
        pair = ((one, 1 - share), (other, share))
        return tuple((self._of(self.scenes[idx], frame), weight) for idx, weight in pair)

    def _of(self, scene: Scene, frame: int) -> Said:
        if self.rules.grammar == "notebook":
            return self._tagged(Said(self._weighed(scene.towards, frame), self._weighed(scene.away, frame)))
        return self._tagged(self._split(scene.towards, frame))

    def _tagged(self, said: Said) -> Said:
        """said with its tags apart; those of what pictures are drawn away from count for nothing."""
        if "<" not in said.towards and "<" not in said.away:
            return said
        tags = tuple(tags_in(said.towards, self.field))
        return Said(without_tags(said.towards), without_tags(said.away), tags)

    @cached_property
    def has_tags(self) -> bool:
        """Whether any scene names LoRAs."""
        return any(TAG.search(text) for scene in self.scenes for text in (scene.towards, scene.away))

    def strengths(self) -> Strengths:
        """Those of the LoRAs in tags.

        Where two prompts cross, each tag counts by the share of its prompt. Raises ScheduleError.
        """
        found: Strengths = {}
        for begin, stop in self._runs() if self.has_tags else ():
            for said, share in self.said(begin):
                add_tags(found, said.loras, slice(begin, stop), self.num_frames, self.field, share)
        return found

    def _runs(self) -> Iterator[tuple[int, int]]:
        """[from, to) of frames that say the same: single ones where prompts cross or have formulas."""
        starts = [0, *(frame for frame in self.frames if 0 < frame < self.num_frames)]
        for begin, stop in pairwise([*starts, self.num_frames]):
            scene = self.scenes[self.around(begin)[0]]
            if self.width or "`" in scene.towards:
                yield from ((frame, frame + 1) for frame in range(begin, stop))
            else:
                yield begin, stop

    def alone(self, scene: int) -> Said:
        """What a scene says at its first frame, without its neighbours."""
        return self._of(self.scenes[scene], max(self.frames[scene], 0))

    def _weighed(self, text: str, frame: int) -> str:
        """The notebook's text with the value of each weight that is a formula."""
        return _WEIGHT.sub(lambda found: found[1] + written(self.value_of(found[2], found.start(2) + 1, frame)), text)

    def _split(self, text: str, frame: int) -> Said:
        text = text.strip() if self.crossing == "text" and self.rules.letters else text
        try:
            text = substituted(text, self.field, lambda formula, column: self.text_of(formula, column, frame))
        except ScheduleError as error:
            raise self.placed(error, frame, text) from None
        if not self.rules.letters:
            return Said(*split_negative(text))
        if self.crossing == "text":
            return Said(*split_once(text, self.field))
        towards, away = split_negative(text)
        return Said(towards, f" {away}" if away else "")

    def text_of(self, formula: str, column: int, frame: int) -> str:
        """What stands in a text for its formula."""
        if self.rules.letters:
            last = self.num_frames if self.crossing == "text" and self.width else self.num_frames - 1
            return letters_replaced(formula, column, frame, last, self.field)
        return written(self.value_of(formula, column, frame))

    def value_of(self, formula: str, column: int, frame: int) -> float:
        """A formula's value at a frame, as schedules have it."""
        t = np.array([float(frame)])
        return float(evaluate(formula, t, self.num_frames - 1, self.seed, self.field, column)[0])

    def placed(self, error: ScheduleError, frame: int, text: str) -> ScheduleError:
        """error, whose column is one of the text of a frame, in which boxes and numbers stand, too."""
        return ScheduleError(error.field, f"the prompt of frame {frame}, {quote(text.strip(), 80)}: {error.message}")

    def check(self) -> None:
        """Raises ScheduleError for a formula that fails at a frame that shows it."""
        for idx, scene in enumerate(self.scenes):
            begin = self.frames[idx - 1] if self.width and idx else scene.frame if idx else 0
            stop = self.frames[idx + 1] if idx + 1 < len(self.scenes) else self.num_frames
            frames = range(min(begin, self.num_frames), min(stop, self.num_frames))
            if len(frames):
                self._check_scene(scene, frames)

    def _formulas(self, text: str) -> Iterator[tuple[str, int]]:
        if self.rules.grammar != "notebook":
            return formulas(text, self.field)
        return ((found[2], found.start(2) + 1) for found in _WEIGHT.finditer(text))

    def _check_scene(self, scene: Scene, frames: range) -> None:
        found = list(self._formulas(scene.towards)) + list(self._formulas(scene.away))
        t = np.arange(frames.start, frames.stop, dtype=np.float64)
        for formula, column in found:
            try:
                if self.rules.letters:
                    for frame in frames:
                        self.text_of(formula, column, frame)
                else:
                    evaluate(formula, t, self.num_frames - 1, self.seed, self.field, column)
            except ScheduleError as error:
                raise self.placed(error, frames.start, scene.towards) from None


def read_script(
    boxes: Boxes, num_frames: int, seed: int, rules: PromptRules, width: int = 0, crossing: Crossing = "conditions"
) -> tuple[Script, list[Note]]:
    """The script of boxes, and notes on what is never shown. Raises ScheduleError."""
    names = rules.names(num_frames, seed)
    notes: list[Note] = []
    read: list[list[Placed]] = []
    for name, text in (boxes.prompts, boxes.positive, boxes.negative):
        placed, found = read_box(text, num_frames, name, names)
        read.append(placed)
        notes += found
    prompts, positive, negative = read
    keys = sorted({each.frame for placed in read for each in placed})
    made = [_scene(key, _at(prompts, key), _at(positive, key), _at(negative, key), rules) for key in keys]
    scenes = [made[0], *(scene for before, scene in pairwise(made) if replace(before, frame=scene.frame) != scene)]
    script = Script(boxes.prompts[0], tuple(scenes), num_frames, seed, rules, width, crossing)
    script.check()
    return script, notes


def _at(placed: Sequence[Placed], frame: int) -> str:
    """What a box says at a frame: the first of it before that begins."""
    return placed[max(bisect_right(placed, frame, key=lambda each: each.frame) - 1, 0)].text


def _scene(frame: int, prompt: str, positive: str, negative: str, rules: PromptRules) -> Scene:
    if rules.grammar == "notebook":
        return Scene(frame, f"{positive} {prompt}" if positive else prompt, negative)
    return Scene(frame, boxed(prompt, positive, negative))


def shown(said: Said) -> str:
    """The words of a frame in one line, for people."""
    return f"{said.towards} {NEG} {said.away.strip()}" if said.away.strip() else said.towards
