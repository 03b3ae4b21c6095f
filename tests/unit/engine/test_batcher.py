import json
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
from tests import tiny

from dreamreel.animation.state import State
from dreamreel.animation.stretch import next_stretch
from dreamreel.diffusion.calls import Ahead, Host, embed
from dreamreel.engine.batcher import Batcher
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive
from dreamreel.engine.trace import Trace


class Echo:
    """A backend without a model: runs Host calls only, and these need none."""

    def group(self, call):
        return id(call)

    def most(self, call):  # noqa: ARG002
        return 1

    def known(self, call):  # noqa: ARG002
        return None


def counting(name, length, log):
    """Asks length times and returns its name; log keeps the order of the answers."""
    for number in range(length):
        yield Host("count", partial(log.append, (name, number)))
    return name


def run(batcher):
    outcomes = []
    while len(batcher):
        outcomes += batcher.step()
    return outcomes


def run_until(batcher, count):
    """Steps until count have ended."""
    outcomes = []
    while len(outcomes) < count:
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


def looking_ahead(function):
    """Begins function, does something else, and returns what function gave."""
    ahead = yield Ahead("count", function)
    yield Host("count", int)
    return ahead()


def test_work_begun_ahead_is_done_by_a_thread_while_rounds_go_on():
    may_end = threading.Event()
    with ThreadPoolExecutor(1) as hosts:
        batcher = Batcher(Echo(), hosts)
        batcher.add("a", looking_ahead(lambda: may_end.wait(60) and threading.current_thread().name))
        assert batcher.num_rounds == 0
        may_end.set()
        (outcome,) = run(batcher)
    assert outcome.result.startswith("ThreadPoolExecutor")
    assert batcher.num_rounds == 1


def test_an_error_of_work_begun_ahead_is_that_of_its_slot():
    with ThreadPoolExecutor(1) as hosts:
        batcher = Batcher(Echo(), hosts)
        batcher.add("a", looking_ahead(lambda: 1 // 0))
        (outcome,) = run(batcher)
    assert isinstance(outcome.error, ZeroDivisionError)


def test_without_threads_work_ahead_is_done_when_it_is_wanted():
    batcher = Batcher(backend_of(tiny.bundle()))
    batcher.add("a", looking_ahead(lambda: threading.current_thread().name))
    (outcome,) = run(batcher)
    assert outcome.result == threading.current_thread().name


def test_a_prompt_that_was_read_before_takes_no_round():
    def reading(*prompts):
        answers = []
        for prompt in prompts:
            answers.append((yield embed(prompt)))  # noqa: PERF401 - a comprehension cannot yield
        return answers

    batcher = Batcher(backend_of(tiny.bundle()))
    batcher.add("a", reading("a fox", "", "a fox", ""))
    (outcome,) = run(batcher)
    assert batcher.num_rounds == 2
    assert torch.equal(outcome.result[0].rows, outcome.result[2].rows)
    assert not torch.equal(outcome.result[0].rows, outcome.result[1].rows)


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
        yield Host("fail", partial(int, "x"))

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
    batcher = Batcher(backend_of(tiny.bundle()))
    for name, animation in animations.items():
        batcher.add(name, next_stretch(animation.plan, animation.space, State()))
    together = {outcome.key: outcome.result.frames[0].image for outcome in run(batcher)}
    for name, animation in animations.items():
        alone = drive(next_stretch(animation.plan, animation.space, State()), backend_of(tiny.bundle()))
        assert np.array_equal(together[name], alone.frames[0].image)


def test_predictions_of_equal_length_that_start_together_end_within_five_percent_of_the_rounds():
    batcher, ends = Batcher(backend_of(tiny.bundle())), []
    for name in "abcdefgh":
        animation = tiny.animation(max_frames=1, steps=30, seed=ord(name))
        batcher.add(name, next_stretch(animation.plan, animation.space, State()))
    while len(batcher):
        ends += [batcher.num_rounds for _ in batcher.step()]
    assert (ends[-1] - ends[0]) / ends[-1] <= 0.05


def test_work_of_the_cpu_goes_on_in_threads_while_others_are_answered():
    with ThreadPoolExecutor(2) as hosts:
        batcher, begun, may_end = Batcher(backend_of(tiny.bundle()), hosts), threading.Event(), threading.Event()

        def slow():
            begun.set()
            return may_end.wait(60)

        def waits():
            return (yield Host("warp", slow))

        animation = tiny.animation(max_frames=1, steps=2)
        batcher.add("slow", waits())
        batcher.add("drawn", next_stretch(animation.plan, animation.space, State()))
        first = run_until(batcher, 1)
        assert begun.wait(60)
        may_end.set()
        assert [outcome.key for outcome in first + run_until(batcher, 1)] == ["drawn", "slow"]


def test_frames_come_out_the_same_with_threads_and_without():
    animation = tiny.animation(max_frames=3, steps=4, color_coherence="Match Frame 0 LAB", zoom="0: (1.1)")
    alone = [frame.image for frame in animation.frames()]
    with ThreadPoolExecutor(3) as hosts:
        batcher, images = Batcher(backend_of(tiny.bundle()), hosts), {"a": [], "b": []}
        for key in images:
            batcher.add(key, next_stretch(animation.plan, animation.space, State()))
        while len(batcher):
            for outcome in batcher.step():
                images[outcome.key] += [frame.image for frame in outcome.result.frames]
                if outcome.result.state.next_idx < 3:
                    batcher.add(outcome.key, next_stretch(animation.plan, animation.space, outcome.result.state))
    for found in images.values():
        assert [image.tobytes() for image in found] == [image.tobytes() for image in alone]


def test_a_canceled_one_is_gone_at_once_though_a_thread_is_at_its_work():
    with ThreadPoolExecutor(1) as hosts:
        batcher, may_end, log = Batcher(Echo(), hosts), threading.Event(), []
        batcher.add("a", counting("a", 9, log))

        def waits():
            yield Host("warp", partial(may_end.wait, 60))

        batcher.add("b", waits())
        batcher.step()
        assert batcher.cancel("b")
        assert len(batcher) == 1
        may_end.set()
        assert [outcome.key for outcome in run(batcher)] == ["a"]


def test_a_trace_shows_what_ran_when(tmp_path):
    trace = Trace()
    batcher = Batcher(backend_of(tiny.bundle()), trace=trace)
    animation = tiny.animation(max_frames=1, steps=2)
    batcher.add("a", next_stretch(animation.plan, animation.space, State()))
    run(batcher)
    trace.write(tmp_path / "trace.json")
    spans = [event for event in json.loads((tmp_path / "trace.json").read_text())["traceEvents"] if event["ph"] == "X"]
    assert [span["name"] for span in spans] == ["noise", "text", "text", "denoise", "denoise", "decode"]
    assert all(span["dur"] > 0 and span["args"] == {"slots": ["a"]} for span in spans)
