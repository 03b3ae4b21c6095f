"""When two frames are the same drawing: one chained key for each frame says it, for resuming, verifying and comparing.

Nobody lists what a key is made of. Fields say it by their scope, features by their rows and by the pictures that they
need, whose keys go into those of the frames drawn from them: so equal keys up to frame k mean equal frames up to k.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dreamreel.animation import core
from dreamreel.animation.checked import AnimationInput
from dreamreel.animation.field import Field, Value
from dreamreel.animation.input import parse
from dreamreel.animation.plan import AnimationPlan, build

# Goes up where the same input is drawn otherwise than before.
DRAWING = 2


def frame_keys(
    plan: AnimationPlan,
    weights: str,
    count: int | None = None,
    beside: Callable[[int], Mapping[str, str]] = lambda _: {},
) -> list[str]:
    """(N,), SHA-256 of each of the first count frames (of all without it).

    weights: a digest of the model's. beside: digests of what else a frame is drawn with, by name, such as LoRAs.
    Precision, device, threads and rows decide last bits alone and are in no key.
    """
    keys: list[str] = []
    for idx in range(plan.num_frames if count is None else min(count, plan.num_frames)):
        features = sorted(type(feature).__name__ for feature in {*plan.acting(idx), plan.noise})
        earlier = {number for _, number in plan.needs(idx)} | ({idx - 1} if plan.start.goes_on(idx) else set())
        before = [keys[number] for number in sorted(earlier)]
        files = beside(idx)
        content = [DRAWING, weights, features, decisive(plan, idx), before]
        keys.append(_digest([*content, files] if files else content))
    return keys


def decisive(plan: AnimationPlan, idx: int) -> dict[str, Value]:
    """What decides frame idx beside the frames before it, by names that people know."""
    canvas = plan.canvas
    sizes = ("width", "height", "steps", "cfg_scale")
    found: dict[str, Value] = {name: getattr(canvas, name) for name in sizes}
    found |= _choices(plan.input, core.FIELDS) | {f"seed of frame {idx}": plan.seed_of(idx)}
    for feature in plan.acting(idx):
        found |= _choices(plan.input, feature.FIELDS)
        found |= {f"{name} of frame {idx}": value for name, value in feature.row(idx).items()}
    return found


def keys_in(manifest: Mapping[str, Any], plan: AnimationPlan, weights: str, count: int) -> Sequence[str]:
    """The keys of the first count frames that manifest is of; made anew for one of before there were any.

    plan, weights: of the drawing that it is compared with. Raises InputError if its input cannot be read any more.
    """
    if isinstance(keys := manifest.get("keys"), list):
        return keys[:count]
    return frame_keys(_planned(manifest, plan), manifest.get("weights", weights), count)


def first_difference(keys: Sequence[str], others: Sequence[str]) -> int:
    """The first frame of which two lists of keys differ, or the length of the shorter."""
    pairs = enumerate(zip(keys, others, strict=False))
    return next((idx for idx, (one, other) in pairs if one != other), min(len(keys), len(others)))


def changes(manifest: Mapping[str, Any], plan: AnimationPlan, idx: int) -> Iterator[tuple[str, object, object]]:
    """(name, what manifest says, what plan says) of what decides frame idx otherwise.

    Raises InputError if the manifest's input cannot be read any more.
    """
    was, now = decisive(_planned(manifest, plan), idx), decisive(plan, idx)
    for name in dict.fromkeys((*was, *now)):
        if was.get(name) != now.get(name):
            yield name, was.get(name), now.get(name)


def _planned(manifest: Mapping[str, Any], plan: AnimationPlan) -> AnimationPlan:
    sizes = {name: manifest.get(name, getattr(plan.canvas, name)) for name in ("width", "height", "steps", "cfg_scale")}
    return build(parse(manifest["input"])[0], replace(plan.canvas, **sizes), manifest["input"]["seed"])


def _choices(given: AnimationInput, fields: Sequence[Field]) -> dict[str, Value]:
    return {field.name: given.values[field.name] for field in fields if field.scope == "whole"}


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
