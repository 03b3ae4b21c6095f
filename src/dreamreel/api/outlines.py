"""What a create keeps of its plan, and a memory of it: clients send the same input again and again, for other seeds.

The bar that needs the memory: a create takes 2.7 ms of processor time at most, a third of which was planning.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dreamreel.animation.plan import AnimationPlan
from dreamreel.schedule.schedules import may_say_seed

MOST = 256
# The digest of a body, and the version that it is for.
Key = tuple[str, str]


@dataclass(frozen=True)
class Outline:
    """num_frames: of the film. seed: that it is drawn from; None where any will do.

    scheduled: names of the models that draw, where the input says which. loras, controlnets: the inputs that name
    them, by their names. lasts: whether every plan of this input on this server has the same outline.
    """

    num_frames: int
    seed: int | None
    scheduled: tuple[str, ...]
    loras: Mapping[str, str]
    controlnets: Mapping[str, str]
    lasts: bool


def outline_of(plan: AnimationPlan) -> Outline:
    """What a create keeps of a plan whose input was found fit to be drawn from the plan's seed."""
    loras, controlnets = plan.words.loras, plan.controlnets.names
    texts = (value for value in plan.input.values.values() if isinstance(value, str))
    # Where no seed is named one is drawn by lot, which a formula may say: it is drawn from the one that was tried.
    is_any = plan.input.seed is None and not any(may_say_seed(text) for text in texts)
    # Files of the operator's come and go.
    lasts = not loras and not controlnets and (is_any or plan.input.seed is not None)
    seed = None if is_any else plan.seed
    return Outline(plan.num_frames, seed, tuple(plan.checkpoints.distinct), dict(loras), dict(controlnets), lasts)


@dataclass(eq=False)
class Outlines:
    """The last MOST of those that last, one server's memory: what decides them beside the key stays as it is."""

    _kept: OrderedDict[Key, Outline] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Key, make: Callable[[], AnimationPlan]) -> Outline:
        """The outline of that key; make: plans it where it is not known. Raises what make raises, and keeps nothing."""
        with self._lock:
            if (known := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return known
        made = outline_of(make())
        if made.lasts:
            with self._lock:
                self._kept[key] = made
                if len(self._kept) > MOST:
                    self._kept.popitem(last=False)
        return made
