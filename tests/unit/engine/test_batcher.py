import numpy as np
import pytest
from tests import tiny

from dreamreel.animation.frame import next_frame
from dreamreel.animation.state import FIRST
from dreamreel.diffusion.calls import Host
from dreamreel.engine.backend import Backend
from dreamreel.engine.batcher import Batcher
from dreamreel.engine.drive import drive


class Echo:
    """A backend without a model: runs Host calls."""

    def answer(self, call):
        return call.function(*call.arguments)


def counting(name, length, log):
    """Asks length times and returns its name; log keeps the order of the answers."""
    for number in range(length):
        yield Host("count", log.append, ((name, number),))
    return name


def run(batcher):
    outcomes = []
    while len(batcher):
        outcomes += batcher.step()
    return outcomes


def test_slots_take_turns_and_none_waits_longer_than_a_round_for_each_other():
    batcher, log = Batcher(Echo()), []
    for name in "abc":
        batcher.add(name, counting(name, 4, log))
    assert [outcome.result for outcome in run(batcher)] == ["a", "b", "c"]
    assert [name for name, _ in log] == list("abc" * 4)


def test_generators_of_equal_length_that_start_together_end_together():
    batcher, log = Batcher(Echo()), []
    for name in range(8):
        batcher.add(str(name), counting(name, 100, log))
    run(batcher)
    ends = [index for index, (_, number) in enumerate(log) if number == 99]
    assert (max(ends) - min(ends)) / len(log) < 0.05


def test_one_that_joins_later_is_served_in_the_next_turn():
    batcher, log = Batcher(Echo()), []
    batcher.add("a", counting("a", 9, log))
    batcher.step()
    batcher.add("b", counting("b", 1, log))
    batcher.step()
    batcher.step()
    assert [name for name, _ in log] == ["a", "a", "b"]


def test_a_canceled_one_is_closed_and_frees_its_slot_at_once():
    batcher, log, closed = Batcher(Echo()), [], []

    def watched():
        try:
            yield from counting("a", 9, log)
        finally:
            closed.append("a")

    batcher.add("a", watched())
    batcher.step()
    assert batcher.cancel("a")
    assert (len(batcher), closed, len(log)) == (0, ["a"], 1)
    assert not batcher.cancel("a")


def test_an_error_ends_its_own_slot_only():
    batcher, log = Batcher(Echo()), []

    def broken():
        yield Host("fail", int, ("x",))

    batcher.add("bad", broken())
    batcher.add("good", counting("good", 2, log))
    outcomes = run(batcher)
    assert isinstance(outcomes[0].error, ValueError)
    assert [outcome.key for outcome in outcomes] == ["bad", "good"]


def test_a_generator_that_asks_nothing_is_not_for_a_batcher():
    with pytest.raises(StopIteration):
        Batcher(Echo()).add("a", counting("a", 0, []))


def test_frames_drawn_in_company_are_those_drawn_alone():
    animations = {name: tiny.animation(sampler=name, max_frames=1) for name in ("euler", "heun", "ddim")}
    batcher = Batcher(Backend(tiny.bundle()))
    for name, animation in animations.items():
        batcher.add(name, next_frame(animation.plan, animation.space, FIRST))
    together = {outcome.key: outcome.result.image for outcome in run(batcher)}
    for name, animation in animations.items():
        alone = drive(next_frame(animation.plan, animation.space, FIRST), Backend(tiny.bundle()))
        assert np.array_equal(together[name], alone.image)
