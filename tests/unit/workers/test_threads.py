"""The number of threads: timed once, kept, read again, and left alone where somebody chose it."""

import pytest
import torch
from tests import tiny

from dreamreel.animation.canvas import Canvas
from dreamreel.models.catalog import models_home
from dreamreel.models.remembered import recall
from dreamreel.workers import threads

CANVAS = Canvas(64, 64, 4, 7.0)


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.setenv("DREAMREEL_MODELS", str(tmp_path))
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def chosen(wanted=0, environment=None, canvas=CANVAS, weights="a" * 64):
    return threads.choose_threads(wanted, tiny.bundle(), canvas, weights, environment or {})


def test_powers_of_two_and_all_are_tried():
    assert [threads.counts(most) for most in (1, 2, 3, 8, 12)] == [
        [1],
        [1, 2],
        [1, 2, 3],
        [1, 2, 4, 8],
        [1, 2, 4, 8, 12],
    ]


@pytest.mark.parametrize(
    ("times", "count"),
    [({1: 1.0, 2: 0.6, 4: 0.4}, 4), ({1: 0.5, 2: 0.9}, 1), ({1: 1.0, 2: 0.99}, 1), ({1: 2.0, 2: 1.0, 4: 0.99}, 2)],
)
def test_the_fastest_is_taken_and_of_those_alike_the_smallest(times, count):
    assert threads.fastest(times) == count


def test_every_count_is_timed_however_short_the_time_and_torch_is_left_as_it_was():
    times = threads.timed(tiny.bundle(), CANVAS, [1, 2], seconds=0.0)
    assert times.keys() == {1, 2}
    assert all(seconds > 0 for seconds in times.values())
    assert torch.get_num_threads() == 2


def test_what_was_found_once_counts_at_every_later_start_and_for_that_model_and_size_alone(monkeypatch):
    found = iter([{1: 1.0, 2: 2.0}, {1: 2.0, 2: 1.0}, {1: 1.0, 2: 2.0}])
    monkeypatch.setattr(threads, "timed", lambda *_: next(found))
    assert chosen() == torch.get_num_threads() == 1
    torch.set_num_threads(2)
    assert chosen() == torch.get_num_threads() == 1  # a pass that is timed now would say 2
    torch.set_num_threads(2)
    assert chosen(weights="b" * 64) == 2
    assert chosen(canvas=Canvas(128, 64, 4, 7.0)) == 1
    (models_home() / "threads.json").write_text("[")
    torch.set_num_threads(2)
    with pytest.raises(StopIteration):
        chosen()


def test_workers_that_begin_at_the_same_time_draw_with_as_many_and_lose_nothing_that_others_found(monkeypatch):
    said = iter([{1: 2.0, 2: 1.0}, {1: 1.0, 2: 2.0}])

    def others_first(*_):
        monkeypatch.setattr(threads, "timed", lambda *_: next(said))
        assert (chosen(), chosen(weights="b" * 64)) == (2, 1)
        return {1: 1.0, 2: 2.0}

    monkeypatch.setattr(threads, "timed", others_first)
    assert chosen() == 2
    monkeypatch.setattr(threads, "timed", lambda *_: {1: 1.0, 2: 2.0})
    chosen(weights="c" * 64)
    assert sorted(recall(threads.KEPT).values()) == [1, 1, 2]


def test_what_somebody_chose_counts_and_nothing_is_timed(monkeypatch):
    monkeypatch.setattr(threads, "timed", lambda *_: pytest.fail("timed"))
    assert chosen(environment={"OMP_NUM_THREADS": "2"}) == 2
    assert chosen(wanted=1) == torch.get_num_threads() == 1
    assert chosen() == 1  # one core, or one thread: there is nothing to choose


def test_a_film_says_with_how_many_threads_it_was_drawn():
    torch.set_num_threads(1)
    assert tiny.animation(max_frames=1).provenance()["threads"] == 1
