"""What a worker makes of a prediction, whatever happens meanwhile."""

import json
import shutil
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests import tiny
from tests.workbench import (
    FRAMES,
    INPUT,
    SETUP,
    Bench,
    Switched,
    black,
    nan,
    num_pictures,
    sound_frames,
    wait_for,
)

from dreamreel.animation.views import ANIMATE
from dreamreel.errors import EngineError
from dreamreel.models import catalog
from dreamreel.predictions.events import Kind
from dreamreel.predictions.record import Status
from dreamreel.predictions.store import StoreError
from dreamreel.rendering.animation import prepare
from dreamreel.video.provenance import read_manifest
from dreamreel.workers import claimer


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The frames and the video of INPUT with seed 7 when nothing happens."""
    bench = Bench(tmp_path_factory.mktemp("undisturbed"))
    prediction_id = bench.add()
    assert bench.run_to_end(prediction_id).status is Status.SUCCEEDED
    yield bench.frames(prediction_id), bench.video(prediction_id)
    bench.store.close()


def assert_undisturbed(bench, prediction_id, undisturbed):
    assert bench.get(prediction_id).status is Status.SUCCEEDED
    assert (bench.frames(prediction_id), bench.video(prediction_id)) == undisturbed


def test_what_was_left_behind_goes_on_to_the_same_bytes(bench, undisturbed):
    prediction_id = bench.begun(3)
    bench.run_to_end(prediction_id)
    assert_undisturbed(bench, prediction_id, undisturbed)
    assert "Resuming at frame" in bench.get(prediction_id).logs
    assert not list(bench.folder(prediction_id).glob("work-*"))


@pytest.mark.parametrize(("profile", "frames"), [("dreamreel", 8), ("notebook", 6)])
def test_with_cadence_what_was_left_within_a_group_goes_on_to_the_same_bytes(bench, profile, frames):
    values = {**INPUT, "max_frames": FRAMES, "diffusion_cadence": 3, "profile": profile, "translation_x": "0: (3)"}
    added = {"num_frames": frames, "input": values, "version": ANIMATE.version}
    whole, loop = bench.add(**added), bench.loop()
    told = bench.run_to_end(whole, loop=loop).metrics
    assert loop.meter.stats(0)["frames"] == frames
    stopped = bench.add(**added)
    # As if the process had been killed after frame 4: the third and the last frame of its group are not there.
    shutil.copytree(bench.folder(whole) / "frames", bench.folder(stopped) / "frames")
    for idx in range(5, frames):
        (bench.folder(stopped) / "frames" / f"{idx:05}.png").unlink()
    ended = bench.run_to_end(stopped)
    assert (ended.status, ended.frames_done) == (Status.SUCCEEDED, frames)
    assert (bench.frames(stopped), bench.video(stopped)) == (bench.frames(whole), bench.video(whole))
    assert list(bench.frames(whole)) == [f"{idx:05}.png" for idx in range(frames)]
    left, bundle = bench.add(**added), Switched()
    bundle.decoded = lambda sample: bundle.gate.clear() or sample
    with bench.working(bundle=bundle):
        bench.wait_for_frames(left, 3)
        wait_for(lambda: bundle.waiting, "the worker at the second drawing")
        assert ("exact-00002-float32.png" in bench.frames(left)) is (profile == "notebook")
        bundle.decoded = None
    bench.run_to_end(left)
    assert (bench.frames(left), bench.video(left)) == (bench.frames(whole), bench.video(whole))
    assert ended.metrics["evaluations"] == told["evaluations"] == 4 + (frames - 1) // 3
    events = [event.data for event in bench.store.events(whole) if event.kind is Kind.FRAME]
    assert [event["idx"] for event in events] == list(range(frames))
    assert events[0]["drift"] == {"level": 0.0, "contrast": 1.0, "hue": 0.0}
    assert events[-1]["drift"] == told["drift"] == ended.metrics["drift"]


def test_a_database_that_is_out_of_order_for_a_while_ends_no_worker(bench, monkeypatch):
    monkeypatch.setattr(claimer, "REST_S", 0.01)
    prediction_id = bench.add()
    calls = {"claim": bench.store.claim, "save_worker": bench.store.save_worker}
    failures = dict.fromkeys(calls, 2)

    def failing(name):
        def call(*arguments):
            if failures[name]:
                failures[name] -= 1
                raise StoreError("the connection is closed")
            return calls[name](*arguments)

        return call

    for name in calls:
        monkeypatch.setattr(bench.store, name, failing(name))
    monkeypatch.setattr(claimer, "SAVE_S", 0.0)
    assert bench.run_to_end(prediction_id).status is Status.SUCCEEDED
    assert failures == {"claim": 0, "save_worker": 0}


@pytest.mark.parametrize("damage", ["flipped", "cut", "another size", "gone"])
def test_a_damaged_frame_costs_the_frames_behind_it_and_nothing_else(bench, undisturbed, damage):
    prediction_id = bench.begun(5)
    path = bench.folder(prediction_id) / "frames" / "00002.png"
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.unlink()
    if damage != "gone":
        path.write_bytes({"flipped": bytes(data), "cut": bytes(data[:-5]), "another size": SMALL_PNG}[damage])
    bench.run_to_end(prediction_id)
    assert_undisturbed(bench, prediction_id, undisturbed)
    assert "Resuming at frame 2\n" in bench.get(prediction_id).logs


SMALL_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c6360606000000004000160d4a5df0000000049454e44ae426082"
)


def test_frames_of_another_drawing_are_not_gone_on_from(bench):
    prediction_id = bench.begun(3)
    other = replace(SETUP, steps=5)
    assert bench.run_to_end(prediction_id, setup=other).status is Status.SUCCEEDED
    fresh = bench.add()
    bench.run_to_end(fresh, setup=other)
    assert bench.frames(prediction_id) == bench.frames(fresh)
    assert bench.video(prediction_id) == bench.video(fresh)
    assert "Warning: the service draws with another steps now" in bench.get(prediction_id).logs


def test_a_note_that_cannot_be_read_counts_as_another_drawing(bench, undisturbed):
    prediction_id = bench.begun(3)
    (bench.folder(prediction_id) / "frames" / "render.json").write_text("{")
    bench.run_to_end(prediction_id)
    assert_undisturbed(bench, prediction_id, undisturbed)


def test_frames_from_another_number_of_threads_are_kept_with_a_warning(bench):
    prediction_id = bench.begun(3)
    note = bench.folder(prediction_id) / "frames" / "render.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "threads": 99}))
    bench.run_to_end(prediction_id)
    assert "may differ in their last bits: threads was 99 and is" in bench.get(prediction_id).logs


def test_a_running_one_is_canceled_within_one_evaluation_and_leaves_a_video_of_its_frames(bench):
    prediction_id, bundle = bench.add(), Switched()
    with bench.working(bundle=bundle) as loop:
        bench.wait_for_frames(prediction_id, 3)
        bundle.gate.clear()
        wait_for(lambda: bundle.waiting, "the worker inside an evaluation")
        before = bundle.evaluations
        bench.store.request_cancel(prediction_id, datetime.now(UTC))
        bench.store.request_cancel(prediction_id, datetime.now(UTC))
        wait_for(lambda: prediction_id in loop._heart._news.canceled, "the cancel, found while the evaluation goes on")
        bundle.gate.set()
        ended = bench.wait(prediction_id)
    assert bundle.evaluations == before + 1
    assert (ended.status, ended.output, ended.error) == (Status.CANCELED, None, None)
    assert num_pictures(bench.folder(prediction_id) / "partial.mp4") == ended.frames_done >= 3
    assert not (bench.folder(prediction_id) / "out.mp4").exists()
    assert sound_frames(bench.folder(prediction_id) / "frames") == ended.frames_done
    assert bench.store.request_cancel(prediction_id, datetime.now(UTC)) == ended


def test_a_cancel_that_found_no_worker_ends_it_before_another_frame_is_drawn(bench):
    prediction_id = bench.begun(3)
    done = bench.get(prediction_id).frames_done
    bench.store.request_cancel(prediction_id, datetime.now(UTC))
    bundle = Switched()
    ended = bench.run_to_end(prediction_id, bundle=bundle)
    assert (ended.status, bundle.evaluations) == (Status.CANCELED, 0)
    assert num_pictures(bench.folder(prediction_id) / "partial.mp4") == done


def test_a_canceled_queued_one_is_never_begun(bench):
    canceled, other = bench.add(), bench.add()
    bench.store.request_cancel(canceled, datetime.now(UTC))
    bench.run_to_end(other)
    assert bench.get(canceled).started_at is None
    assert not bench.folder(canceled).exists()


def test_a_cancel_after_the_last_frame_makes_the_video_a_partial_one(bench, monkeypatch):
    prediction_id = bench.add()
    finish = bench.store.finish

    def cancel_first(*arguments):
        bench.store.request_cancel(prediction_id, datetime.now(UTC))
        return finish(*arguments)

    monkeypatch.setattr(bench.store, "finish", cancel_first)
    ended = bench.run_to_end(prediction_id)
    assert (ended.status, ended.output) == (Status.CANCELED, None)
    wait_for((bench.folder(prediction_id) / "partial.mp4").is_file, "the partial video")
    assert not (bench.folder(prediction_id) / "out.mp4").exists()


def test_after_all_attempts_it_fails_with_a_video_of_what_there_is(bench):
    prediction_id = bench.begun(3)
    done = bench.get(prediction_id).frames_done
    for _ in range(3):  # workers that die before they finish a frame
        assert bench.store.claim("dead", ("v1",), datetime.now(UTC), datetime.now(UTC), 3) is not None
        bench.store.expire_leases("dead")
    bundle = Switched()
    ended = bench.run_to_end(prediction_id, bundle=bundle)
    assert (ended.status, bundle.evaluations) == (Status.FAILED, 0)
    assert "given up after 3 attempts in a row that finished no frame" in ended.error
    assert num_pictures(bench.folder(prediction_id) / "partial.mp4") == done


def test_a_late_worker_can_neither_finish_nor_spoil_what_another_has_taken_over(bench, undisturbed):
    prediction_id, slow = bench.add(), Switched()
    with bench.working(worker="late", bundle=slow) as late:
        bench.wait_for_frames(prediction_id, 3)
        slow.gate.clear()
        wait_for(lambda: slow.waiting, "the late worker inside an evaluation")
        late._claimer.stop(60)  # else it may claim its own prediction again before the other does
        bench.store.expire_leases("late")
        quick = Switched()
        with bench.working(worker="quick", bundle=quick):
            wait_for(lambda: quick.evaluations > 3, "the other worker at work")
            slow.gate.set()
            bench.wait(prediction_id)
    assert_undisturbed(bench, prediction_id, undisturbed)
    assert not (bench.folder(prediction_id) / "partial.mp4").exists()


def test_a_worker_that_was_held_up_beyond_its_lease_claims_its_own_prediction_again(bench, undisturbed):
    prediction_id, bundle = bench.add(), Switched()
    with bench.working(bundle=bundle):
        bench.wait_for_frames(prediction_id, 3)
        bundle.gate.clear()
        wait_for(lambda: bundle.waiting, "the worker inside an evaluation")
        bench.store.expire_leases("w1")
        bundle.gate.set()
        bench.wait(prediction_id)
    assert_undisturbed(bench, prediction_id, undisturbed)


@pytest.mark.parametrize(("change", "words"), [(nan, "infinite or NaN"), (black, "black throughout")])
def test_a_bad_frame_is_drawn_again_in_full_precision_and_then_fails_with_what_to_change(bench, change, words):
    prediction_id, bundle = bench.add(), Switched()
    good, tries = bench.add(seed=8), []

    def decoded(sample):
        is_bad = bench.get(prediction_id).frames_done == 6 and not bench.get(prediction_id).status.is_terminal
        tries.append(is_bad)
        return change(sample) if is_bad else sample

    bundle.decoded = decoded
    ended = bench.run_to_end(good, prediction_id, bundle=bundle, slots=1)
    assert bench.get(good).status is Status.SUCCEEDED
    assert (ended.status, sum(tries)) == (Status.FAILED, 2)
    assert ended.error.startswith('frame 6 ("a blue square") failed twice, the second time in full precision')
    assert words in ended.error
    assert "change the prompt, the seed, or the noise and contrast at that frame" in ended.error
    assert num_pictures(bench.folder(prediction_id) / "partial.mp4") == 6


def test_a_frame_that_full_precision_mends_costs_nothing(bench, monkeypatch, undisturbed):
    loads = []

    def load(_location, device, precision):
        loads.append((device, precision))
        return tiny.bundle()

    monkeypatch.setattr(catalog, "load", load)
    half = Switched(facts=replace(tiny.bundle().facts, precision="float16"))
    prediction_id = bench.add()
    half.decoded = lambda sample: nan(sample) if bench.get(prediction_id).frames_done in (2, 5) else sample
    assert bench.run_to_end(prediction_id, bundle=half).status is Status.SUCCEEDED
    assert loads == [("cpu", "float32")]
    assert bench.frames(prediction_id) == undisturbed[0]


def test_a_bad_frame_in_a_script_is_named_too():
    bundle = Switched(decoded=nan)
    animation = prepare({**INPUT, "max_frames": FRAMES, "seed": 1}, SETUP)
    animation.bundle = bundle
    with pytest.raises(EngineError, match=r'frame 0 \("a red circle"\) failed twice'):
        next(iter(animation))


def test_a_worker_without_progress_ends_itself_and_others_go_on(bench, undisturbed):
    prediction_id, hung = bench.add(), Switched()
    loop = bench.loop(worker="hung", bundle=hung, stall_s=1.0, lease_s=3.0)
    ended = threading.Event()
    loop._heart.on_stall = ended.set  # in its own process: os._exit
    with bench.working(loop):
        bench.wait_for_frames(prediction_id, 2)
        hung.gate.clear()
        assert ended.wait(60)
        loop._claimer.stop(60)  # a process that has ended does not claim its prediction again before others do
        bench.store.expire_leases("hung")  # as the server does when the process is gone
        bench.run_to_end(prediction_id, worker="next")
    assert_undisturbed(bench, prediction_id, undisturbed)


def test_a_full_disk_gives_one_prediction_back_and_the_others_go_on(bench, undisturbed, caplog):
    unlucky, lucky = bench.add(seed=8), bench.add()
    work = bench.folder(unlucky) / "work-1"
    with bench.working():
        bench.wait_for_frames(unlucky, 2)
        (work / "00004.png.part").symlink_to("/dev/full")
        ended = bench.wait(unlucky)  # its next claim has another folder
        bench.wait(lucky)
    assert f"{unlucky}: given back: " in caplog.text
    assert "frames/00004.png cannot be written: No space left on device" in caplog.text
    assert (ended.status, ended.frames_done) == (Status.SUCCEEDED, FRAMES)
    assert not work.exists()
    assert_undisturbed(bench, lucky, undisturbed)


def test_a_folder_that_cannot_be_written_fails_one_prediction_and_the_others_go_on(bench, undisturbed):
    unlucky, lucky = bench.add(), bench.add()
    bench.folder(unlucky).parent.mkdir()
    bench.folder(unlucky).write_text("in the way")
    ended = bench.run_to_end(lucky, unlucky)
    assert ended.status is Status.FAILED
    assert "cannot be written" in ended.error
    assert_undisturbed(bench, lucky, undisturbed)


def test_an_end_that_cannot_be_recorded_is_recorded_later(bench, monkeypatch):
    prediction_id = bench.add()
    finish, failures = bench.store.finish, []

    def broken(*arguments):
        if len(failures) < 2:
            failures.append(arguments)
            raise OSError("the database is full")
        return finish(*arguments)

    monkeypatch.setattr(bench.store, "finish", broken)
    assert bench.run_to_end(prediction_id, lease_s=0.5).status is Status.SUCCEEDED
    assert len(failures) == 2


def test_an_error_that_nobody_expected_is_one_line_for_the_person_and_ends_one_prediction(bench, undisturbed):
    unlucky, lucky = bench.add(seed=8), bench.add()
    bundle = Switched()

    def decoded(sample):
        if bench.get(unlucky).frames_done == 2 and not bench.get(unlucky).status.is_terminal:
            raise RuntimeError("CUDA error\nline two")
        return sample

    bundle.decoded = decoded
    with bench.working(bundle=bundle, slots=1):
        ended = bench.wait(unlucky)
        bench.wait(lucky)
    assert ended.error == "the worker met an unexpected error: RuntimeError: CUDA error"
    assert_undisturbed(bench, lucky, undisturbed)


def test_a_clock_that_goes_back_holds_nothing_up(bench, undisturbed):
    prediction_id = bench.begun(3)
    loop = bench.loop()
    backwards = lambda: datetime.now(UTC) - timedelta(hours=3)  # noqa: E731
    loop.clock = loop._heart.clock = backwards
    with bench.working(loop):
        ended = bench.wait(prediction_id)
    assert ended.created_at <= ended.started_at <= ended.completed_at
    assert_undisturbed(bench, prediction_id, undisturbed)


def test_the_manifest_says_what_the_video_was_made_from_with_a_digest_of_each_frame(bench):
    prediction_id = bench.add()
    bench.run_to_end(prediction_id)
    inside = read_manifest(bench.folder(prediction_id) / "out.mp4")
    assert inside == json.loads((bench.folder(prediction_id) / "manifest.json").read_text())
    assert inside["input"] == {**inside["input"], **INPUT, "max_frames": FRAMES, "seed": 7}
    assert len(inside["frames"]) == FRAMES
    assert {len(digest) for digest in [inside["weights"], *inside["frames"]]} == {64}
    assert inside["rows"] == 2
    assert {"dreamreel", "torch", "av"} <= inside["versions"].keys()


def test_a_worker_gives_a_sign_of_life_also_when_it_has_nothing_to_do(bench):
    loop, signs = bench.loop(lease_s=0.3), []
    loop.pulse = lambda: signs.append("alive")
    with bench.working(loop):
        wait_for(lambda: len(signs) >= 3, "three signs of life")
