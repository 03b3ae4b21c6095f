"""Who may draw what: predictions that need networks, and workers that offer some. Mixed into the store's contract."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dreamreel.predictions.accounts import new_id
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.store import NAMELESS, Offer, WorkerRow

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=30)


def queued(store, number, needs=(), owner="anna"):
    """The id of a prediction accepted so many seconds after NOW."""
    prediction = Prediction(new_id(), owner, "v1", {}, 1, 100, NOW + number * SECOND, needs=tuple(needs))
    store.add(prediction)
    return prediction.id


def claimed(store, offer=NAMELESS, now=NOW + 10 * SECOND):
    found = store.claim("w1", ("v1",), now, now + LEASE, 3, offer)
    return found and found.id


def offer(*fits, loaded=(), busy=(), default="a"):
    return Offer(frozenset(fits), frozenset(loaded), frozenset(busy), default)


class NeedsContract:
    """Of a `store` fixture."""

    def test_needs_come_back_as_they_were_accepted(self, store):
        assert store.get(queued(store, 0, ("fox", "depth"))).needs == ("fox", "depth")
        assert store.get(queued(store, 1)).needs == ()

    def test_what_there_is_no_room_for_together_waits_and_is_made_room_for(self, store):
        both, one = queued(store, 0, ("a", "controlnet")), queued(store, 1, ("a",))
        wanted = []
        full = replace(
            offer("a", busy=("a",)),
            beside=frozenset({"controlnet"}),
            together=lambda names: wanted.append(names) or names == {"a"},
        )
        late = NOW + timedelta(minutes=2)
        assert claimed(store, full, late) is None  # it has waited for a minute: nothing new is begun
        assert {"a", "controlnet"} in wanted
        assert claimed(store, full) == one
        assert claimed(store, replace(full, together=lambda _: True)) == both

    @pytest.mark.parametrize("fits", [(), ("a",), ("b",), ("a", "b")])
    def test_a_worker_never_claims_what_needs_a_network_that_it_lacks(self, store, fits):
        queued(store, 0, ("fox",))
        queued(store, 1, ("a", "fox"))
        assert claimed(store, offer(*fits)) is None
        assert claimed(store) is None

    def test_it_claims_what_needs_some_of_its_networks(self, store):
        wanted = [queued(store, number, needs) for number, needs in enumerate([("b",), ("a", "c"), ("c",), ("a",)])]
        found = [claimed(store, offer("a", "b", "c")) for _ in range(5)]
        assert found == [*wanted, None]

    def test_what_needs_nothing_by_name_is_drawn_with_the_first_model(self, store):
        one, two = queued(store, 0), queued(store, 1)
        assert claimed(store, offer("b", default="a")) is None
        assert claimed(store, offer("a", default="a")) == one
        assert claimed(store) == two

    def test_what_is_loaded_comes_before_what_is_not(self, store):
        first, second, third = queued(store, 0, ("a",)), queued(store, 1, ("b",)), queued(store, 2, ("b",), "ben")
        both = {"loaded": ("b",)}
        assert claimed(store, offer("a", "b", **both)) in (second, third)
        assert claimed(store, offer("a", "b", **both)) in (second, third)
        assert claimed(store, offer("a", "b", **both)) == first

    def test_but_nobody_waits_for_ever_because_others_need_nothing_loaded(self, store):
        first = queued(store, 0, ("a",))
        queued(store, 90, ("b",))
        assert claimed(store, offer("a", "b", loaded=("b",)), NOW + 100 * SECOND) == first

    def test_what_was_begun_and_lost_comes_before_what_is_loaded(self, store):
        begun = queued(store, 0, ("a",))
        assert claimed(store, offer("a")) == begun
        store.expire_leases("w1")
        queued(store, 1, ("b",))
        assert claimed(store, offer("a", "b", loaded=("b",))) == begun

    def test_a_worker_claims_nothing_while_one_that_has_waited_for_long_needs_the_room(self, store):
        queued(store, 0, ("a",))
        other = queued(store, 80, ("b",))
        late = NOW + 100 * SECOND
        assert claimed(store, offer("b", busy=("a",)), late) is None
        assert claimed(store, offer("b"), late) == other

    def test_it_goes_on_while_nobody_has_waited_for_long(self, store):
        queued(store, 0, ("a",))
        other = queued(store, 1, ("b",))
        assert claimed(store, offer("b", busy=("a",))) == other

    def test_a_worker_says_what_it_can_load_and_what_is_loaded(self, store):
        row = WorkerRow("w1", "ready", "A", "cpu", ("v1",), NOW, networks=("a", "b"), loaded=("b",))
        store.save_worker(row)
        assert store.workers(NOW) == [row]
