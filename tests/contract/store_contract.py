"""What every store must do (predictions/store.py): one suite, run against each of them."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dreamreel.errors import PredictionError
from dreamreel.predictions.accounts import Token, Upload, digest_of, new_id
from dreamreel.predictions.events import Kind
from dreamreel.predictions.record import MAX_LOGS, Prediction, Status
from dreamreel.predictions.service import Order, OtherBodyError, PredictionService
from dreamreel.predictions.store import Ending, Figures, FrameDone, Progress, Query, WorkerRow
from dreamreel.storage.sql_lists import PAGE_BYTES

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=30)


def accepted(number=0, **changes):
    """A queued prediction; number orders them in time."""
    values = {
        "id": new_id(),
        "owner": "anna",
        "version": "v1",
        "input": {"max_frames": 100, "animation_prompts": "0: ü | 5: b"},
        "seed": 2**32 - 1,
        "num_frames": 100,
        "created_at": NOW + number * SECOND,
    }
    return Prediction(**{**values, **changes})


def unfinished(store, owner):
    """How many of the owner's predictions have not ended."""
    return sum(not prediction.status.is_terminal for prediction in store.page(owner, Query(1000)).results)


def ids(page):
    return [each.id for each in page.results]


def keyed(body):
    """An order whose request came with a key and this body."""
    return Order("v1", {}, 100, request_digest="key", body_digest=body)


class StoreContract:
    """Mixed into a class with a `store` fixture."""

    def add(self, store, number=0, **changes):
        prediction = accepted(number, **changes)
        store.add(prediction)
        return prediction

    def claim(self, store, worker="w1", now=NOW + 100 * SECOND, versions=("v1",), max_attempts=3):
        return store.claim(worker, versions, now, now + LEASE, max_attempts)

    def kinds(self, store, prediction):
        return [event.kind for event in store.events(prediction.id)]

    def test_a_prediction_comes_back_as_it_was_accepted(self, store):
        prediction = self.add(
            store,
            deadline=NOW + LEASE,
            webhook="https://example.com/hook",
            webhook_events=("start", "completed"),
            request_digest="key:abc",
            body_digest="def",
        )
        assert store.get(prediction.id) == prediction
        assert store.get("nothing") is None
        assert self.kinds(store, prediction) == [Kind.START]

    def test_predictions_are_counted_by_version_whoever_owns_them(self, store):
        for number, (owner, version) in enumerate([("anna", "v1"), ("ben", "v1"), ("ben", "v2"), ("ben", "v3")]):
            self.add(store, number, owner=owner, version=version)
        assert store.count_versions({"v1", "v2", "v4"}) == {"v1": 2, "v2": 1}
        assert store.count_versions(()) == {}
        assert store.count_all() == 4

    def test_claims_come_oldest_first_and_each_once(self, store):
        first, second = self.add(store, 1), self.add(store, 2)
        claimed = [self.claim(store), self.claim(store), self.claim(store)]
        assert [prediction and prediction.id for prediction in claimed] == [first.id, second.id, None]
        assert claimed[0].status is Status.PROCESSING
        assert claimed[0].started_at == NOW + 100 * SECOND
        assert (claimed[0].attempts, claimed[0].lease.fence, claimed[0].lease.worker) == (1, 1, "w1")
        assert store.get(first.id) == claimed[0]

    def test_claims_are_fair_between_owners(self, store):
        for number in range(3):
            self.add(store, number, owner="anna")
        late = self.add(store, 10, owner="bert")
        assert self.claim(store).owner == "anna"
        assert self.claim(store).id == late.id

    def test_owners_take_turns_also_where_one_is_drawn_at_a_time(self, store):
        for number in range(5):
            self.add(store, number, owner="anna")
        for number in range(2):
            self.add(store, 10 + number, owner="bert")
        self.add(store, 20, owner="carl")
        owners = []
        for second in range(100, 108):
            claimed = self.claim(store, now=NOW + second * SECOND)
            owners.append(claimed.owner)
            store.finish(claimed.id, 1, Ending(Status.SUCCEEDED, output="out.mp4"), NOW + second * SECOND)
        assert owners == ["anna", "bert", "carl", "anna", "bert", "anna", "anna", "anna"]

    def test_what_lost_its_worker_comes_before_what_was_never_begun(self, store):
        self.add(store, 1, owner="bert")
        begun = self.add(store, 0)
        assert self.claim(store, now=NOW + SECOND).id == begun.id
        self.add(store, 2, owner="carl")
        assert self.claim(store, "w2", now=NOW + 60 * SECOND).id == begun.id

    def test_five_hundred_can_wait_and_the_one_of_another_owner_is_next(self, store):
        for number in range(500):
            self.add(store, number)
        assert self.claim(store, now=NOW + 1000 * SECOND).owner == "anna"
        other = self.add(store, 900, owner="bert")
        assert unfinished(store, "anna") == 500
        assert self.claim(store, now=NOW + 1001 * SECOND).id == other.id

    def test_a_worker_claims_only_versions_it_can_serve(self, store):
        self.add(store, version="v2")
        assert self.claim(store) is None
        assert self.claim(store, versions=("v1", "v2")) is not None

    def test_many_claimants_never_get_the_same_prediction(self, store):
        ids = {self.add(store, number).id for number in range(40)}
        got, barrier = [], threading.Barrier(4)

        def take(worker):
            barrier.wait()
            while (prediction := self.claim(store, worker)) is not None:
                got.append(prediction.id)

        threads = [threading.Thread(target=take, args=(f"w{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 40
        assert set(got) == ids

    def test_an_ended_lease_is_claimed_again_with_a_new_fence(self, store):
        prediction = self.add(store)
        first = self.claim(store, "w1")
        assert self.claim(store, "w2", now=NOW + 110 * SECOND) is None
        again = self.claim(store, "w2", now=NOW + 131 * SECOND)
        assert (again.id, again.attempts, again.lease.fence, again.lease.worker) == (prediction.id, 2, 2, "w2")
        assert again.started_at == first.started_at

    def test_a_late_worker_can_change_nothing(self, store):
        prediction = self.add(store)
        self.claim(store, "w1")
        self.claim(store, "w2", now=NOW + 131 * SECOND)
        assert not store.add_logs(prediction.id, 1, "late\n", NOW)
        assert not store.add_frames(prediction.id, 1, [FrameDone(0, 1.0, 1, "late\n")], NOW)
        assert not store.release(prediction.id, 1)
        assert not store.finish(prediction.id, 1, Ending(Status.SUCCEEDED, output="out.mp4"), NOW)
        kept = store.get(prediction.id)
        assert (kept.status, kept.logs, kept.frames_done) == (Status.PROCESSING, "", 0)
        assert store.finish(prediction.id, 2, Ending(Status.SUCCEEDED, output="out.mp4"), NOW + 140 * SECOND)

    def lose(self, store, attempt):
        """A claim whose worker is never heard of again."""
        return self.claim(store, now=NOW + (100 + 31 * attempt) * SECOND)

    def test_after_the_last_attempt_it_fails_with_a_sentence(self, store):
        prediction = self.add(store)
        for attempt in range(3):
            assert self.lose(store, attempt).attempts == attempt + 1
        assert self.lose(store, 3) is None
        failed = store.get(prediction.id)
        assert failed.status is Status.FAILED
        assert "given up after 3 attempts in a row that finished no frame" in failed.error
        assert self.kinds(store, prediction) == [Kind.START, Kind.STATUS, Kind.ERROR, Kind.COMPLETED]

    def test_a_frame_that_gets_done_gives_all_attempts_back(self, store):
        prediction = self.add(store)
        for attempt in range(9):
            claimed = self.lose(store, attempt)
            assert claimed.attempts == 1
            assert store.add_frames(prediction.id, claimed.lease.fence, [FrameDone(attempt, 1.0, 1, "")], NOW)

    def test_what_has_frames_is_claimed_once_more_to_be_ended_with_a_video_of_them(self, store):
        prediction = self.add(store)
        self.lose(store, 0)
        store.add_frames(prediction.id, 1, [FrameDone(0, 1.0, 1, "")], NOW)
        assert [self.lose(store, attempt).attempts for attempt in range(1, 5)] == [1, 2, 3, 4]
        assert self.lose(store, 5) is None
        assert "the worker stopped answering at frame 1" in store.get(prediction.id).error

    def test_beats_prolong_the_leases_that_are_held(self, store):
        one, two, three = self.add(store, 1), self.add(store, 2), self.add(store, 3)
        for worker in ("w1", "w1", "w2"):
            self.claim(store, worker)
        held = [one.id, three.id, "nothing"]
        assert store.beat("w1", held, NOW + 500 * SECOND) == {one.id}
        assert store.beat("w1", [], NOW + 900 * SECOND) == set()
        # What a worker holds no longer runs out, though the worker lives.
        again = [self.claim(store, "w3", now=NOW + 400 * SECOND) for _ in range(3)]
        assert [claimed and claimed.id for claimed in again] == [two.id, three.id, None]

    def test_requested_cancels_can_be_asked_for(self, store):
        one, two = self.add(store, 1), self.add(store, 2)
        self.claim(store)
        self.claim(store)
        store.request_cancel(two.id, NOW)
        assert store.cancel_requested([one.id, two.id, "nothing"]) == {two.id}
        assert store.cancel_requested([]) == set()

    def test_only_the_newest_claim_holds(self, store):
        prediction = self.add(store)
        assert not store.holds(prediction.id, 0)
        self.claim(store, "w1")
        assert store.holds(prediction.id, 1)
        self.claim(store, "w2", now=NOW + 131 * SECOND)
        assert (store.holds(prediction.id, 1), store.holds(prediction.id, 2)) == (False, True)
        store.release(prediction.id, 2)
        assert not store.holds(prediction.id, 2)

    def test_a_lease_from_a_clock_that_went_back_is_not_waited_for(self, store):
        prediction = self.add(store)
        self.claim(store, "w1", now=NOW + 7200 * SECOND)
        assert self.claim(store, "w2", now=NOW + 7201 * SECOND) is None
        assert self.claim(store, "w2", now=NOW + 60 * SECOND).id == prediction.id

    def test_a_clock_that_went_back_begins_nothing_before_it_was_accepted(self, store):
        self.add(store, 500)
        assert self.claim(store, now=NOW).started_at == NOW + 500 * SECOND

    def test_the_leases_of_a_dead_worker_can_be_ended(self, store):
        prediction = self.add(store)
        self.claim(store, "w1")
        store.save_worker(WorkerRow("w1", "ready", "builtin", "cpu", ("v1",), NOW))
        store.expire_leases("w2")
        assert self.claim(store, "w2") is None
        store.expire_leases("w1")
        assert self.claim(store, "w2").id == prediction.id
        assert store.workers(NOW) == []

    def test_frames_and_logs_are_recorded_with_their_events(self, store):
        prediction = self.add(store)
        self.claim(store)
        assert store.add_logs(prediction.id, 1, "Using seed: 1\n", NOW)
        assert store.add_frames(prediction.id, 1, [FrameDone(0, 0.5, 50, "frame 0\n")], NOW)
        kept = store.get(prediction.id)
        assert (kept.logs, kept.frames_done) == ("Using seed: 1\nframe 0\n", 1)
        assert store.progress(prediction.id) == Progress(prediction.owner, 1, prediction.num_frames)
        assert store.progress("nothing") is None
        events = store.events(prediction.id)
        assert [event.kind for event in events] == [Kind.START, Kind.STATUS, Kind.LOGS, Kind.LOGS, Kind.FRAME]
        assert events[-1].data == {"idx": 0, "seconds": 0.5, "evaluations": 50}
        assert [event.seq for event in events] == sorted(event.seq for event in events)
        assert store.events(prediction.id, after=events[1].seq) == events[2:]
        assert store.last_event(prediction.id, Kind.LOGS) == events[3]
        assert store.has_event(prediction.id, events[0].seq)
        assert not store.has_event("nothing", events[0].seq)
        assert store.last_event(prediction.id, Kind.OUTPUT) is None

    def test_frames_that_were_finished_together_are_recorded_together_or_not_at_all(self, store):
        prediction = self.add(store)
        self.claim(store)
        done = [FrameDone(idx, 0.5, 10 * (idx + 1), f"frame {idx}\n") for idx in range(3)]
        assert not store.add_frames(prediction.id, 2, done, NOW)
        assert store.get(prediction.id).frames_done == 0
        assert store.add_frames(prediction.id, 1, done, NOW)
        kept = store.get(prediction.id)
        assert (kept.logs, kept.frames_done) == ("frame 0\nframe 1\nframe 2\n", 3)
        frames = [event.data["idx"] for event in store.events(prediction.id) if event.kind is Kind.FRAME]
        assert frames == [0, 1, 2]

    def test_logs_stay_bounded_and_keep_their_first_and_last_lines(self, store):
        prediction = self.add(store)
        self.claim(store)
        store.add_logs(prediction.id, 1, "first\n", NOW)
        for number in range(20):
            store.add_logs(prediction.id, 1, f"{number}" + "x" * 5000 + "\n", NOW)
        store.add_logs(prediction.id, 1, "last\n", NOW)
        logs = store.get(prediction.id).logs
        assert len(logs) <= MAX_LOGS
        assert logs.startswith("first\n")
        assert logs.endswith("last\n")
        assert logs.count("[...]\n") == 1

    def test_any_text_can_be_kept(self, store):
        prediction = self.add(store, input={"animation_prompts": "a\x00b \ud800 ü"})
        self.claim(store)
        assert store.add_logs(prediction.id, 1, "a\x00b \ud800 ü\n", NOW)
        assert store.finish(prediction.id, 1, Ending(Status.FAILED, error="no\x00 \udfff"), NOW)
        kept = store.get(prediction.id)
        assert kept.input == {"animation_prompts": "a\x00b \ud800 ü"}
        assert (kept.logs, kept.error) == ("a\ufffdb ? ü\n", "no\ufffd ?")

    def test_what_no_database_can_keep_is_not_found_in_it(self, store):
        assert store.get("a\x00b") is None
        assert store.upload("a\x00b") is None
        assert store.page("anna", Query(source="a\x00b")).results == []

    def test_success_has_output_times_metrics_and_events(self, store):
        prediction = self.add(store)
        self.claim(store)
        ending = Ending(Status.SUCCEEDED, output="out.mp4", metrics={"frames": 100}, text="done\n")
        assert store.finish(prediction.id, 1, ending, NOW + 160 * SECOND)
        kept = store.get(prediction.id)
        assert (kept.status, kept.output, kept.error) == (Status.SUCCEEDED, "out.mp4", None)
        assert kept.completed_at == NOW + 160 * SECOND
        assert kept.metrics == {"frames": 100, "total_time": 160.0, "predict_time": 60.0}
        assert kept.lease is None
        assert self.kinds(store, prediction) == [
            Kind.START,
            Kind.STATUS,
            Kind.LOGS,
            Kind.OUTPUT,
            Kind.COMPLETED,
        ]

    def test_a_finished_prediction_cannot_be_finished_again_or_canceled(self, store):
        prediction = self.add(store)
        self.claim(store)
        store.finish(prediction.id, 1, Ending(Status.FAILED, error="no"), NOW + 160 * SECOND)
        done = store.get(prediction.id)
        assert not store.finish(prediction.id, 1, Ending(Status.SUCCEEDED, output="x"), NOW + 170 * SECOND)
        assert store.request_cancel(prediction.id, NOW + 170 * SECOND) == done
        assert store.get(prediction.id) == done
        with pytest.raises(PredictionError, match="is failed, so it cannot become canceled"):
            done.moved(Status.CANCELED)

    def test_a_clock_that_goes_back_gives_no_negative_times(self, store):
        prediction = self.add(store)
        self.claim(store)
        store.finish(prediction.id, 1, Ending(Status.SUCCEEDED, output="out.mp4"), NOW - 900 * SECOND)
        kept = store.get(prediction.id)
        assert kept.created_at <= kept.started_at <= kept.completed_at
        assert kept.metrics["predict_time"] == 0

    def test_a_queued_prediction_is_canceled_at_once_and_never_starts(self, store):
        prediction = self.add(store)
        canceled = store.request_cancel(prediction.id, NOW + SECOND)
        assert (canceled.status, canceled.output, canceled.error) == (Status.CANCELED, None, None)
        assert canceled.metrics == {"total_time": 1.0}
        assert self.claim(store) is None
        assert store.request_cancel(prediction.id, NOW + 2 * SECOND) == canceled
        assert store.request_cancel("nothing", NOW) is None

    def test_a_cancel_wins_over_a_success_that_comes_after_it(self, store):
        prediction = self.add(store)
        self.claim(store)
        assert store.request_cancel(prediction.id, NOW).status is Status.PROCESSING
        assert store.finish(prediction.id, 1, Ending(Status.SUCCEEDED, output="out.mp4"), NOW + 160 * SECOND)
        kept = store.get(prediction.id)
        assert (kept.status, kept.output) == (Status.CANCELED, None)

    def test_a_released_prediction_goes_on_elsewhere_without_costing_an_attempt(self, store):
        prediction = self.add(store)
        self.claim(store, "w1")
        assert store.release(prediction.id, 1)
        again = self.claim(store, "w2")
        assert (again.id, again.attempts, again.lease.fence) == (prediction.id, 1, 2)
        assert not store.release(prediction.id, 1)

    def test_lists_are_paged_newest_first_and_do_not_shift(self, store):
        ids = [self.add(store, number).id for number in range(7)][::-1]
        self.add(store, 99, owner="bert")
        first = store.page("anna", Query(limit=3))
        assert ([p.id for p in first.results], first.newer) == (ids[:3], None)
        arrived = self.add(store, 50).id
        second = store.page("anna", Query(limit=3, cursor=first.older))
        third = store.page("anna", Query(limit=3, cursor=second.older))
        assert [p.id for p in second.results] == ids[3:6]
        assert ([p.id for p in third.results], third.older) == (ids[6:], None)
        back = store.page("anna", Query(limit=3, cursor=third.newer))
        assert [p.id for p in back.results] == ids[3:6]
        assert [p.id for p in store.page("anna", Query(limit=9, cursor=second.newer)).results] == [arrived, *ids[:3]]

    def test_predictions_of_the_same_moment_are_all_listed(self, store):
        ids = {self.add(store, 0).id for _ in range(5)}
        seen, cursor = [], None
        while True:
            page = store.page("anna", Query(limit=2, cursor=cursor))
            seen += [p.id for p in page.results]
            cursor = page.older
            if cursor is None:
                break
        assert len(seen) == 5
        assert set(seen) == ids

    def test_lists_can_be_filtered(self, store):
        api, web = self.add(store, 1), self.add(store, 2, source="web")
        assert [p.id for p in store.page("anna", Query(source="web")).results] == [web.id]
        assert [p.id for p in store.page("anna", Query(created_after=web.created_at)).results] == [web.id]
        assert [p.id for p in store.page("anna", Query(created_before=web.created_at)).results] == [api.id]

    def test_labels_are_kept_changed_one_by_one_and_taken_away(self, store):
        prediction = self.add(store)
        labeled = store.label(prediction.id, {"name": "Über \x00 1", "starred": True, "tags": ("Wip", "für uns")})
        assert (labeled.name, labeled.starred, labeled.tags) == ("Über \x00 1", True, ("Wip", "für uns"))
        assert store.get(prediction.id) == replace(labeled, name="Über \ufffd 1")
        assert store.label(prediction.id, {"name": None}).starred
        assert store.label(prediction.id, {"starred": False, "tags": ()}) == prediction
        assert store.label("a\x00b", {"name": "x"}) is None

    def test_labels_do_not_disturb_a_worker(self, store):
        prediction = self.add(store)
        self.claim(store)
        assert store.add_logs(prediction.id, 1, "line\n", NOW)
        store.label(prediction.id, {"name": "x"})
        assert store.add_frames(prediction.id, 1, [FrameDone(0, 0.5, 50, "")], NOW)
        assert store.finish(prediction.id, 1, Ending(Status.SUCCEEDED, output="out.mp4"), NOW + 160 * SECOND)
        kept = store.get(prediction.id)
        assert (kept.name, kept.logs, kept.status) == ("x", "line\n", Status.SUCCEEDED)

    def listed(self, store, **query):
        return [p.id for p in store.page("anna", Query(**query)).results]

    def test_lists_can_be_narrowed_to_statuses_stars_and_tags(self, store):
        one, two, three = (self.add(store, number) for number in range(3))
        store.request_cancel(one.id, NOW)
        self.claim(store)
        store.label(one.id, {"starred": True, "tags": ("Castle", "100%")})
        store.label(three.id, {"tags": ("castle", "a_b")})
        self.add(store, 9, owner="bert")
        assert self.listed(store, statuses=[Status.CANCELED]) == [one.id]
        assert self.listed(store, statuses=[Status.CANCELED, Status.STARTING]) == [three.id, one.id]
        assert (self.listed(store, starred=True), self.listed(store, starred=False)) == ([one.id], [three.id, two.id])
        assert self.listed(store, tags=["CASTLE"]) == [three.id, one.id]
        assert self.listed(store, tags=["castle", "100%"]) == [one.id]
        # What stands for other texts in the databases stands for itself here.
        assert [self.listed(store, tags=[tag]) for tag in ("a_b", "axb", "100", "%", "cast")] == [
            [three.id],
            [],
            [],
            [],
            [],
        ]

    def test_lists_can_be_searched_by_words_of_names_and_prompts_in_any_script(self, store):
        fox = self.add(store, 1, input={"animation_prompts": "0: ein FUCHS im\n Wald | 50: Größe 100%"})
        named = self.add(store, 2, input={"animation_prompts": 7, "zoom": "0: (fuchs)"})
        store.label(named.id, {"name": "Ночной лес"})
        self.add(store, 3, owner="bert", input={"animation_prompts": "fuchs"})
        found = {
            text: self.listed(store, text=text) for text in ("fuchs", "WALD fuchs", "GRÖSSE", "НОЧНОЙ", "00%", "1_0")
        }
        assert found == {
            "fuchs": [fox.id], "WALD fuchs": [fox.id], "GRÖSSE": [fox.id], "НОЧНОЙ": [named.id], "00%": [fox.id],
            "1_0": [],
        }  # fmt: skip
        assert self.listed(store, text=" ") == [named.id, fox.id]
        assert self.listed(store, text="a\x00b") == []

    def test_pages_end_where_the_inputs_on_them_get_large(self, store):
        made = [self.add(store, number, input={"x": "y" * (PAGE_BYTES * 2 // 5)}) for number in range(5)]
        huge = self.add(store, 9, input={"x": "y" * (PAGE_BYTES * 2)})
        ids = [each.id for each in [huge, *reversed(made)]]
        pages, cursor = [], None
        while True:
            page = store.page("anna", Query(100, cursor))
            pages.append([each.id for each in page.results])
            if page.older is None:
                break
            cursor = page.older
        assert pages == [ids[:1], ids[1:3], ids[3:5], ids[5:]]
        back = store.page("anna", Query(100, page.newer))
        assert [each.id for each in back.results] == ids[3:5]

    def test_pages_of_a_narrowed_list_stay_narrow(self, store):
        ids = [self.add(store, number).id for number in range(6)]
        for prediction_id in ids[::2]:
            store.label(prediction_id, {"starred": True})
        first = store.page("anna", Query(limit=2, starred=True))
        second = store.page("anna", Query(limit=2, starred=True, cursor=first.older))
        assert [p.id for p in [*first.results, *second.results]] == ids[::2][::-1]
        assert second.older is None

    def test_what_has_ended_can_be_deleted_with_all_that_is_kept_of_it(self, store):
        prediction, other = (
            self.add(store, webhook="https://example.com/x", webhook_events=("start",)),
            self.add(store, 1),
        )
        assert not store.delete(prediction.id)
        self.claim(store)
        assert not store.delete(prediction.id)
        assert store.get(prediction.id).status is Status.PROCESSING
        store.finish(prediction.id, 1, Ending(Status.SUCCEEDED, output="out.mp4"), NOW + 160 * SECOND)
        assert store.delete(prediction.id)
        assert store.get(prediction.id) is None
        assert (store.events(prediction.id), store.outbox().deliveries()) == ([], [])
        assert not store.delete(prediction.id)
        assert not store.delete("a\x00b")
        assert self.kinds(store, other) == [Kind.START]

    def test_what_lost_its_data_is_found_by_its_name_only(self, store):
        prediction = self.add(store, input={"animation_prompts": "fuchs"})
        store.label(prediction.id, {"name": "wald"})
        store.request_cancel(prediction.id, NOW)
        store.remove_data(prediction.id)
        assert (self.listed(store, text="fuchs"), self.listed(store, text="wald")) == ([], [prediction.id])

    @pytest.mark.parametrize("cursor", ["", "x", "!!", "b2xkZXI6MQ", "ü", "b2xkZXI6eDp5", "A" * 10_000])
    def test_a_cursor_that_is_none_is_refused(self, store, cursor):
        with pytest.raises(ValueError, match="is no cursor of a list"):
            store.page("anna", Query(cursor=cursor))

    def test_a_repeated_request_is_recognised(self, store):
        prediction = self.add(store, request_digest="abc")
        same, other = accepted(5, request_digest="abc"), accepted(5, request_digest="abd")
        foreign = replace(same, owner="bert")
        assert store.add(same, repeats_since=NOW) == prediction
        assert store.add(other, repeats_since=NOW) == other
        assert store.add(foreign, repeats_since=NOW) == foreign
        later = accepted(6, request_digest="abc")
        assert store.add(later, repeats_since=NOW + SECOND) == later
        assert store.add(accepted(7, request_digest="abc"), repeats_since=NOW) == later

    def add_at_once(self, store, number, **terms):
        """What so many threads are given that add the same request at the same time."""
        given, barrier = [], threading.Barrier(number)

        def add(prediction):
            barrier.wait()
            given.append(store.add(prediction, **terms))

        predictions = [accepted(each, request_digest="abc") for each in range(number)]
        threads = [threading.Thread(target=add, args=(prediction,)) for prediction in predictions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return given

    def test_a_key_that_comes_again_with_another_body_is_refused_and_names_the_first_prediction(self, store):
        service = PredictionService(store, clock=lambda: NOW)
        first = service.create("anna", keyed("a body"), is_repeatable=True)
        assert service.create("anna", keyed("a body"), is_repeatable=True) == first
        with pytest.raises(OtherBodyError) as raised:
            service.create("anna", keyed("another body"), is_repeatable=True)
        assert raised.value.prediction_id == first.id
        assert service.create("bert", keyed("another body"), is_repeatable=True).owner == "bert"
        assert unfinished(store, "anna") == 1

    def test_a_prediction_from_before_bodies_were_told_apart_is_its_keys_whatever_the_body(self, store):
        first = self.add(store, request_digest="key", body_digest="")
        service = PredictionService(store, clock=lambda: NOW)
        assert service.create("anna", keyed("a body"), is_repeatable=True) == first

    def test_the_same_request_many_times_at_once_makes_one_prediction(self, store):
        given = self.add_at_once(store, 8, repeats_since=NOW)
        assert len(given) == 8
        assert len({prediction.id for prediction in given}) == 1
        assert unfinished(store, "anna") == 1

    def test_many_at_once_do_not_pass_the_limit_of_unfinished_ones(self, store):
        self.add(store, owner="bert")
        given = self.add_at_once(store, 8, most=3)
        assert sorted(prediction is None for prediction in given) == [False] * 3 + [True] * 5
        assert unfinished(store, "anna") == 3

    def test_at_the_limit_a_repetition_still_finds_its_prediction_and_what_ends_makes_room(self, store):
        first = accepted(request_digest="abc")
        assert store.add(first, most=1) == first
        assert store.add(accepted(1, request_digest="abc"), most=1, repeats_since=NOW) == first
        assert store.add(accepted(2), most=1) is None
        store.request_cancel(first.id, NOW)
        assert store.add(accepted(3), most=1) is not None

    def test_counts(self, store):
        self.add(store, 1)
        self.add(store, 2, owner="bert")
        self.add(store, 3)
        self.claim(store)
        assert (unfinished(store, "anna"), unfinished(store, "bert"), store.count_queued()) == (2, 1, 2)

    def test_figures_say_how_busy_it_is(self, store):
        assert store.figures(NOW) == Figures(0, None, 0, 0)
        for number in range(3):
            self.add(store, number)
        lost, held = self.claim(store, "w1"), self.claim(store, "w2", now=NOW + 110 * SECOND)
        after = NOW + 135 * SECOND
        assert store.figures(after) == Figures(2, NOW + 2 * SECOND, 1, 0, frozenset({"w2"}))
        while (taken := self.claim(store, "w3", now=after)).id != lost.id:
            pass
        assert taken.id != held.id
        assert store.figures(after).leases_expired == 1

    def test_deadlines_come_due_until_they_are_acted_on(self, store):
        prediction = self.add(store, deadline=NOW + 5 * SECOND)
        assert store.due(NOW + 4 * SECOND) == []
        assert store.due(NOW + 5 * SECOND) == [prediction.id]
        store.request_cancel(prediction.id, NOW)
        assert store.due(NOW + 6 * SECOND) == []

    def test_workers_are_known_while_they_beat(self, store):
        row = WorkerRow("w1", "loading", "builtin", "cpu", ("v1",), NOW)
        store.save_worker(row)
        row = replace(row, state="ready", seconds_per_evaluation=0.25, stats={"frames": 7}, beat_at=NOW + SECOND)
        store.save_worker(row)
        assert store.workers(NOW) == [row]
        assert store.workers(NOW + 2 * SECOND) == []

    def test_tokens_are_found_by_digest(self, store):
        token = Token("t1", "anna's", digest_of("r8_secret"), NOW, NOW + SECOND, read_only=True, account="t0")
        store.add_token(token)
        assert store.token(digest_of("r8_secret")) == token
        assert store.token(digest_of("r8_other")) is None
        assert store.tokens() == [token]
        assert store.delete_token("t1")
        assert not store.delete_token("t1")
        assert store.tokens() == []

    def test_the_tokens_of_an_owner_are_its_own_and_those_made_for_its_account(self, store):
        made = [
            Token(name, name, digest_of(name), NOW + number * SECOND, account=account)
            for number, (name, account) in enumerate([("anna", ""), ("bert", ""), ("laptop", "anna"), ("x", "bert")])
        ]
        for token in made:
            store.add_token(token)
        assert store.tokens() == made
        assert [token.id for token in store.tokens("anna")] == ["anna", "laptop"]
        assert store.tokens("laptop") == []  # what it makes is anna's

    def test_uploads_come_back_newest_first(self, store):
        one = Upload("f1", "anna", "a.png", "image/png", 3, "0" * 64, "0" * 32, NOW, NOW + LEASE, {"k": [1]})
        two = replace(one, id="f2", created_at=NOW + SECOND)
        store.add_upload(one)
        store.add_upload(two)
        assert store.upload("f1") == one
        assert store.uploads("anna", NOW).results == [two, one]
        assert store.uploads("bert", NOW).results == []
        assert store.uploads("anna", NOW + LEASE).results == []
        assert store.delete_upload("f1")
        assert store.upload("f1") is None

    def test_pages_of_uploads_do_not_shift_and_lead_both_ways(self, store):
        first = Upload("f0", "anna", "a.png", "image/png", 3, "0" * 64, "0" * 32, NOW, NOW + LEASE)
        for number in range(5):
            store.add_upload(replace(first, id=f"f{number}", created_at=NOW + number // 2 * SECOND))
        page = store.uploads("anna", NOW, limit=2)
        assert (ids(page), page.newer) == (["f4", "f3"], None)
        store.add_upload(replace(first, id="new", created_at=NOW + LEASE / 2))
        page = store.uploads("anna", NOW, 2, page.older)
        assert ids(page) == ["f2", "f1"]
        last = store.uploads("anna", NOW, 2, page.older)
        assert (ids(last), last.older) == (["f0"], None)
        assert ids(store.uploads("anna", NOW, 2, last.newer)) == ["f2", "f1"]
        with pytest.raises(ValueError, match="no cursor"):
            store.uploads("anna", NOW, 2, "x")

    def test_a_page_of_uploads_is_bounded_in_bytes(self, store):
        big = {"text": "x" * (PAGE_BYTES // 3)}
        first = Upload("f0", "anna", "a.png", "image/png", 3, "0" * 64, "0" * 32, NOW, NOW + LEASE, big)
        for number in range(4):
            store.add_upload(replace(first, id=f"f{number}"))
        page = store.uploads("anna", NOW)
        assert ids(page) == ["f3", "f2"]
        assert ids(store.uploads("anna", NOW, 100, page.older)) == ["f1", "f0"]

    def test_an_owner_keeps_no_more_bytes_than_allowed_however_many_ask_at_once(self, store):
        first = Upload("f", "anna", "a.png", "image/png", 40, "0" * 64, "0" * 32, NOW, NOW + LEASE)
        store.add_upload(replace(first, id="berts", owner="bert"))
        store.add_upload(replace(first, id="old", created_at=NOW - LEASE, expires_at=NOW))
        kept, barrier = [], threading.Barrier(4)

        def add(number):
            barrier.wait()
            kept.append(store.add_upload(replace(first, id=f"f{number}"), most_bytes=100))

        threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(kept) == [False, False, True, True]
        assert (store.upload_bytes("anna", NOW), store.upload_bytes("anna", NOW + LEASE)) == (80, 0)
        assert store.add_upload(replace(first, id="small", size=20), most_bytes=100)
        assert not store.add_upload(replace(first, id="one more", size=1), most_bytes=100)

    def test_a_secret_is_made_once(self, store):
        assert store.secret("webhook", "first") == "first"
        assert store.secret("webhook", "second") == "first"
        store.set_secret("webhook", "third")
        store.set_secret("fresh", "other")
        assert (store.secret("webhook", "x"), store.secret("fresh", "x")) == ("third", "other")

    def test_many_processes_that_make_a_secret_agree_on_it(self, store):
        found, barrier = [], threading.Barrier(4)

        def make(number):
            barrier.wait()
            found.append(store.secret("outputs", f"secret {number}"))

        threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert len(set(found)) == 1
