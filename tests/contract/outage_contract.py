"""What every store and its outbox must do while the database cannot be reached (predictions/store.py)."""

import inspect

import pytest
from tests.contract.store_contract import LEASE, NOW, accepted

from dreamreel.predictions.accounts import Token, Upload
from dreamreel.predictions.events import Kind
from dreamreel.predictions.record import Status
from dreamreel.predictions.store import Ending, FrameDone, Query, Store, StoreError, WorkerRow
from dreamreel.webhooks.outbox import Delivery, Outbox

# An argument for each parameter, by name.
VALUES = {
    "prediction": accepted(), "prediction_id": "p", "prediction_ids": ["p"], "owner": "anna", "query": Query(),
    "now": NOW, "until": NOW + LEASE, "time": NOW, "since": NOW, "worker": "w", "versions": ("v1",), "max_attempts": 3,
    "held": ["p"], "fence": 1, "text": "line\n", "frames": [FrameDone(0, 0.1, 1, "")], "ending": Ending(Status.FAILED),
    "labels": {"name": "x"}, "limit": 10, "seq": 1, "kind": Kind.START, "token_id": "t", "digest": "d", "name": "s",
    "token": Token("t", "me", "d", NOW), "upload_id": "u", "fresh": "f", "value": "v", "leased_until": NOW,
    "upload": Upload("u", "anna", "a", "text/plain", 1, "0" * 64, "0" * 32, NOW, NOW + LEASE), "per_host": 4,
    "row": WorkerRow("w", "ready", "m", "cpu", ("v1",), NOW), "delivery": Delivery("p", "anna", "https://h/", ()),
}  # fmt: skip
NEVER = ("changes", "close")


def methods(protocol):
    return [name for name in vars(protocol) if not name.startswith("_") and name not in NEVER]


def call(thing, protocol, name):
    """Calls a method with an argument for each of its parameters that needs one."""
    _, *parameters = inspect.signature(getattr(protocol, name)).parameters.values()
    return getattr(thing, name)(*(VALUES[each.name] for each in parameters if each.default is each.empty))


class OutageContract:
    """Mixed into a class with a fixture `unreachable`: a store whose database cannot be reached."""

    @pytest.mark.parametrize("name", methods(Store))
    def test_each_method_says_so_in_the_one_way(self, unreachable, name):
        with pytest.raises(StoreError):
            call(unreachable, Store, name)

    @pytest.mark.parametrize("name", methods(Outbox))
    def test_so_does_each_method_of_its_outbox(self, unreachable, name):
        with pytest.raises(StoreError):
            call(unreachable.outbox(), Outbox, name)

    def test_looking_for_changes_and_closing_never_fail(self, unreachable):
        assert unreachable.changes() is None
        unreachable.close()
