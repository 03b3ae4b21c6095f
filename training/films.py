"""Films that an evaluation draws, and what is measured on them: the camera, the heroes, changes of prompt, a long zoom.

Films are drawn as dreamreel draws any other, by its own render, at the default strength.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dreamreel import render
from training import following, poster
from training.camera import USUAL
from training.grammar import NAMES, Scene, plain_caption
from training.judge import HEADS, Judge, verdicts
from training.sheets import save_sheet
from training.text import labels

# What the films of the camera are drawn with; the camera is of following.MOTIONS.
INPUTS = {"sampler": "euler", "border": "replicate"}

LOOPS = (
    Scene("castle", "sea", "sunset", "plain"), Scene("penguin", "snow", "aurora", "plain"),
    Scene("car", "city", "night", "plain"), Scene("fox", "meadow", "sunset", "plain"),
    Scene("lighthouse", "sea", "night", "plain"), Scene("robot", "desert", "day", "plain"),
)  # fmt: skip
NUM_LOOP_FRAMES, LOOP_ZOOM, LOOP_TURN = 31, 1.02, 0.5

# Pairs of scenes between which a film's prompt changes.
CHANGES = (
    (Scene("fox", "meadow", "sunset", "plain"), Scene("fox", "snow", "night", "plain")),
    (Scene("fox", "snow", "night", "plain"), Scene("castle", "mountains", "aurora", "plain")),
    (Scene("sailboat", "sea", "sunset", "plain"), Scene("lighthouse", "sea", "night", "plain")),
    (Scene("car", "city", "night", "plain"), Scene("robot", "desert", "day", "plain")),
)
CHANGED = HEADS[:3]  # what of it counts
CHANGE_AT = 8  # a frame
CHANGE_FRAMES = 12  # within which the change has to be seen

NUM_ZOOM_FRAMES, LONG_ZOOM = 100, 1.03


@dataclass(frozen=True)
class Drawing:
    """The model that draws, where, and the folder of the sheets."""

    model: str
    device: str
    out: Path

    def frames(self, prompts: str, num: int, **inputs: Any) -> Iterator[following.Picture]:
        """The first num frames (H, W, 3) of a film."""
        film = render(prompts, model=self.model, device=self.device, max_frames=max(num, 100), **inputs)
        for frame in islice(film, num):
            yield np.asarray(frame.image)

    def save(self, name: str, pictures: list[Tensor], captions: list[str], columns: int, side: int = 160) -> None:
        save_sheet(self.out / f"{name}.png", torch.stack(pictures), captions, columns, side)


def camera(drawing: Drawing, num: int, real_sharpness: float) -> dict[str, Any]:
    """How far num films follow their camera; how sharp first frames are beside real ones, and what is kept of it."""
    parts: dict[str, list[float]] = {name: [] for name in following.MOTIONS}
    sharp, kept, shown, names = list[float](), list[float](), list[Tensor](), list[str]()
    pairs = [(k, m) for k in range(len(following.PROMPTS)) for m in following.MOTIONS]
    pairs = [(k, m) for k, m in pairs if (k + list(following.MOTIONS).index(m)) % 2 == 0][:num]
    for k, motion in pairs:
        inputs = {**INPUTS, **following.MOTIONS[motion], "seed": 11 + k}
        frames = list(drawing.frames(following.PROMPTS[k], following.NUM_FRAMES, **inputs))
        parts[motion].append(following.followed(frames, motion))
        sharp.append(following.sharpness(frames[0]))
        kept.append(following.sharpness(frames[-1]) / max(following.sharpness(frames[1]), 1e-6))
        shown += [picture(frames[i]) for i in (0, 8, 16, 23)]
        names += [f"{following.PROMPTS[k]}, {motion}, {i}" for i in (0, 8, 16, 23)]
    drawing.save("films", shown, names, 8)
    by_motion = {name: round(float(np.mean(values)), 2) for name, values in parts.items() if values}
    mean = round(float(np.mean(list(by_motion.values()))), 2)
    return {
        "camera": {"mean": mean, "worst": min(by_motion.values()), **by_motion},
        "sharpness": round(float(np.mean(sharp)) / real_sharpness, 2),
        "kept": round(float(np.mean(kept)), 2),
    }


def loops(drawing: Drawing, judge: Judge) -> dict[str, Any]:
    """Deforum loops with zoom and rotation: in which share of their frames the judge finds the hero, and their pace.

    Only frames count in which it finds the hero of a real picture that is moved as far: near ones show a part of it.
    """
    shown, names, seconds, drifts, by_hero = (
        list[Tensor](),
        list[str](),
        list[float](),
        list[float](),
        dict[str, float](),
    )
    inputs = {"zoom": f"0: ({LOOP_ZOOM})", "angle": f"0: ({LOOP_TURN})", "sampler": "euler", "seed": 5}
    for scene in LOOPS:
        times, film = [time.perf_counter()], list[Tensor]()
        for frame in drawing.frames(plain_caption(scene), NUM_LOOP_FRAMES, **inputs):
            film.append(picture(frame))
            times.append(time.perf_counter())
        frames = torch.stack(film)
        seconds += np.diff(times)[2:].tolist()
        by_hero[str(scene.subject)] = round(hero_kept(judge, scene, frames), 2)
        drifts.append(float((frames[-1].mean((1, 2)) - frames[1].mean((1, 2))).abs().max()))
        shown += film[::10]
        names += [f"{plain_caption(scene)}, frame {i}" for i in (0, 10, 20, 30)]
    drawing.save("loops", shown, names, 4, 256)
    return {
        "seconds_per_frame": round(float(np.median(seconds)), 3),
        "subject_kept": round(float(np.mean(list(by_hero.values()))), 2),
        "subject_kept_by_hero": by_hero,
        "colour_drift": round(max(drifts), 3),
    }


def hero_kept(judge: Judge, scene: Scene, frames: Tensor) -> float:
    """The share of frames (N, 3, H, W) of a loop in which the judge finds the scene's hero, of those that count."""
    wanted = NAMES.index(scene.subject or "")
    real = verdicts(judge, moved(scene, len(frames)))[:, 0] == wanted
    return float((verdicts(judge, frames)[:, 0] == wanted)[real].float().mean())


def moved(scene: Scene, num: int) -> Tensor:
    """num real pictures (num, 3, 256, 256) of a loop: a scene as the camera sees it that followed every motion."""
    world, view, pictures = poster.draw(scene, random.Random(3), poster.CALM), USUAL, list[Tensor]()
    for _ in range(num):
        pictures.append(picture(world.drawing.picture(view)))
        view = view.moved(LOOP_ZOOM, LOOP_TURN)
    return torch.stack(pictures)


def changes(drawing: Drawing, judge: Judge) -> dict[str, Any]:
    """Which share of what a change of prompt changes (hero, place, time) the judge sees CHANGE_FRAMES later."""
    shares, shown, names = list[float](), list[Tensor](), list[str]()
    inputs = {"zoom": "0: (1.015)", "angle": f"0: ({LOOP_TURN})", "color_coherence": "None", "sampler": "euler"}
    last = CHANGE_AT + CHANGE_FRAMES - 1
    for before, after in CHANGES:
        prompts = f"0: {plain_caption(before)} | {CHANGE_AT}: {plain_caption(after)}"
        film = [picture(frame) for frame in drawing.frames(prompts, last + 1, seed=7, **inputs)]
        found = verdicts(judge, film[last][None])[0].tolist()
        classes = list(zip(found, labels(before), labels(after), strict=True))[: len(CHANGED)]
        shares += [float(seen == new) for seen, old, new in classes if new != old]
        shown += [film[i] for i in (CHANGE_AT - 1, CHANGE_AT + 3, CHANGE_AT + 7, last)]
        names += [f"{prompts}, frame {i}" for i in (CHANGE_AT - 1, CHANGE_AT + 3, CHANGE_AT + 7, last)]
    drawing.save("changes", shown, names, 4, 256)
    return {"prompt_change": round(float(np.mean(shares)), 2)}


def long_zoom(drawing: Drawing) -> dict[str, Any]:
    """The least that there is to see (poster.detail) in a film that goes nearer for NUM_ZOOM_FRAMES frames."""
    prompt = plain_caption(LOOPS[0])
    frames = list(drawing.frames(prompt, NUM_ZOOM_FRAMES, zoom=f"0: ({LONG_ZOOM})", sampler="euler", seed=6))
    shown = range(0, NUM_ZOOM_FRAMES, 9)
    drawing.save("zoom", [picture(frames[i]) for i in shown], [f"{prompt}, frame {i}" for i in shown], 4, 256)
    return {"zoom_detail": round(min(poster.detail(frame) for frame in frames), 3)}


def picture(frame: following.Picture) -> Tensor:
    """(3, H, W) in [0, 1] of a frame."""
    return torch.from_numpy(frame.copy()).permute(2, 0, 1).float() / 255
