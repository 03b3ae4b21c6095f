"""Which parked calls share one forward pass.

The policy: the call that has waited longest leads, and takes along those of its group that have
waited longest after it, as many as one pass may have. Whatever arrives, a call leads the next pass as soon
as those that were parked before it are answered: with n slots it waits n - 1 passes at most.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from dreamreel.diffusion.calls import Call

Key = TypeVar("Key")


def pick(
    parked: Iterable[tuple[Key, Call[object]]],
    group: Callable[[Call[object]], Hashable],
    most: Callable[[Call[object]], int],
) -> list[tuple[Key, Call[object]]]:
    """The calls to answer next of those parked, oldest first.

    group: equal for calls that one pass can answer. most: how many like this one a pass may have.
    """
    chosen: list[tuple[Key, Call[object]]] = []
    leading: Hashable = None
    for key, call in parked:
        if not chosen:
            leading = group(call)
        elif group(call) != leading:
            continue
        chosen.append((key, call))
        if len(chosen) == most(chosen[0][1]):
            break
    return chosen
