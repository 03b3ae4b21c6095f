"""The shelf with networks that are only their names; with real ones: tests/unit/rendering/test_checkpoints.py."""

import gc
import threading
import weakref

import pytest
import torch

from dreamreel.engine.shelf import Kind, Shelf
from dreamreel.errors import EngineError


class Named:
    def __init__(self, name):
        self.name = name


def shelf_of(budget, **sizes):
    """A shelf of networks of so many bytes, and the names of those that were loaded, in order."""
    loads = []
    kinds = {name: Kind(size, lambda name=name: loads.append(name) or Named(name)) for name, size in sizes.items()}
    return Shelf(kinds, lambda taken: budget - taken), loads


def test_a_network_is_loaded_when_it_is_first_asked_for_and_kept():
    shelf, loads = shelf_of(10, a=4, b=4)
    assert loads == []
    assert shelf.get("a") is shelf.get("a")
    assert loads == ["a"]
    assert shelf.loaded() == {"a"}


def test_it_says_whether_several_fit_together_beside_what_is_used():
    shelf, _ = shelf_of(10, a=4, b=4, c=4)
    assert shelf.fits({"a", "b", "c"})  # nothing is in use: it is tried
    with shelf.use("a"):
        assert shelf.fitting() == {"a", "b", "c"}
        assert shelf.fits({"a", "b"})
        assert shelf.fits({"c", "LoRAs take nothing"})
        assert not shelf.fits({"b", "c"})
        shelf.get("b")  # idle: it goes for another, but not where it is wanted itself
        assert shelf.fits({"c"})
        assert not shelf.fits({"b", "c"})
        shelf.hold("c")  # on its way
        assert not shelf.fits({"b"})
        shelf.release("c")
    assert shelf.fits({"a", "b", "c"})


def test_what_was_used_longest_ago_goes_first_where_another_does_not_fit():
    shelf, loads = shelf_of(10, a=4, b=4, c=4)
    for name in ("a", "b", "a"):
        with shelf.use(name):
            pass
    shelf.get("c")
    assert shelf.loaded() == {"a", "c"}
    assert loads == ["a", "b", "c"]


def test_what_is_used_stays_though_it_is_the_oldest_and_though_the_budget_is_passed():
    shelf, _ = shelf_of(10, a=4, b=4, c=8)
    shelf.hold("a")
    for name in ("a", "b", "c"):
        shelf.get(name)
    assert shelf.loaded() == {"a", "c"}
    shelf.release("a")
    shelf.get("b")
    assert shelf.loaded() == {"a", "b"}


def test_it_says_what_fits_beside_what_is_used():
    shelf, _ = shelf_of(10, a=4, b=4, c=8)
    assert shelf.fitting() == {"a", "b", "c"}
    with shelf.use("a"):
        assert shelf.fitting() == {"a", "b"}
        shelf.get("b")
        assert shelf.fitting() == {"a", "b"}
    assert shelf.fitting() == {"a", "b", "c"}


def test_there_is_room_for_what_somebody_will_use_when_it_is_loaded():
    shelf, loads = shelf_of(10, a=4, b=4, c=8)
    shelf.hold("c")
    assert shelf.fitting() == {"c"}
    assert loads == []


def test_a_network_larger_than_the_budget_fits_alone():
    shelf, _ = shelf_of(10, giant=100)
    assert shelf.fitting() == {"giant"}
    assert shelf.get("giant").name == "giant"


def test_nobody_holds_a_network_that_was_let_go_of():
    shelf, _ = shelf_of(4, a=4, b=4)
    gone = weakref.ref(shelf.get("a"))
    shelf.get("b")
    gc.collect()
    assert gone() is None


def test_a_network_that_cannot_be_loaded_is_used_by_nobody():
    tries = []

    def load():
        tries.append(1)
        if len(tries) == 1:
            raise OSError("gone")
        return Named("a")

    shelf = Shelf({"a": Kind(4, load), "b": Kind(10, lambda: Named("b"))}, lambda taken: 10 - taken)
    with pytest.raises(OSError, match="gone"), shelf.use("a"):
        pass
    assert shelf.fitting() == {"a", "b"}


def test_where_memory_runs_out_while_loading_others_make_room_or_the_network_is_named():
    room = [0]

    def load():
        if "b" in shelf.loaded() or not room[0]:
            raise torch.OutOfMemoryError("CUDA out of memory.\nmore")
        return Named("a")

    shelf = Shelf({"a": Kind(1, load), "b": Kind(1, lambda: Named("b"))}, lambda _: 100)
    shelf.get("b")
    with pytest.raises(EngineError, match=r"^no memory for a: CUDA out of memory\.$"):
        shelf.get("a")
    room[0] = 1
    shelf.get("b")
    assert shelf.get("a").name == "a"
    assert shelf.loaded() == {"a"}


def test_one_thread_draws_while_another_loads():
    begun, may_end = threading.Event(), threading.Event()

    def slowly():
        begun.set()
        assert may_end.wait(60)
        return Named("slow")

    shelf = Shelf({"quick": Kind(1, lambda: Named("quick")), "slow": Kind(1, slowly)}, lambda _: 100)
    shelf.get("quick")
    thread = threading.Thread(target=shelf.get, args=("slow",))
    thread.start()
    assert begun.wait(60)
    assert shelf.get("quick").name == "quick"
    assert shelf.loaded() == {"quick"}
    may_end.set()
    thread.join(60)
    assert shelf.loaded() == {"quick", "slow"}
