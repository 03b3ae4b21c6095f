"""Which parked calls share one forward pass.

The policy: the call that has waited longest leads, and takes along those of its kind and shape that have
waited longest after it, as many as one pass may have. Whatever arrives, a call leads the next pass as soon
as those that were parked before it are answered: with n slots it waits n - 1 passes at most.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from dreamreel.diffusion.calls import Call, Decode, Denoise, Encode

Key = TypeVar("Key")


def group_of(call: Call[object]) -> Hashable:
    """Equal for calls that one forward pass can answer. Samplers, steps, prompts and scales do not matter."""
    match call:
        case Denoise():
            return ("denoise", tuple(call.x.shape), len(call.conds), tuple(call.conds[0].rows.shape))
        case Encode():
            return ("encode", tuple(call.sample.shape))
        case Decode():
            return ("decode", tuple(call.latents.shape))
        case _:
            return id(call)


def pick(
    parked: Iterable[tuple[Key, Call[object]]], most: Callable[[Call[object]], int]
) -> list[tuple[Key, Call[object]]]:
    """The calls to answer next of those parked, oldest first. most: how many like this one a pass may have."""
    chosen: list[tuple[Key, Call[object]]] = []
    for key, call in parked:
        if not chosen or group_of(call) == group_of(chosen[0][1]):
            chosen.append((key, call))
            if len(chosen) == most(chosen[0][1]):
                break
    return chosen
