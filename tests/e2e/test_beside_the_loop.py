"""What takes long for one prediction of a worker goes on beside its loop: frames of the others are drawn meanwhile."""

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests import forked, tiny
from tests.workbench import FRAMES, SETUP, Switched, nan, num_pictures, sound_frames, wait_for

from dreamreel.models import catalog
from dreamreel.predictions.record import Status
from dreamreel.storage.local_files import LocalFiles
from dreamreel.workers.runner import RESTORING_NICENESS

MANY = 1000
LARGE = replace(SETUP, width=128, height=128)
TRIES = 3  # of what is measured: others may be using the machine


def neighbours_pace(times, seconds):
    """Seconds from frame to frame of what is drawn, in the middle of those that come within so many."""
    began = len(times)
    wait_for(lambda: len(times) > began + 5 and times[-1] - times[began] > seconds, "the neighbour's frames")
    pieces = [after - before for before, after in zip(times[began:], times[began + 1 :], strict=False)]
    return statistics.median(pieces)


@contextlib.contextmanager
def a_core_in_use():
    """Another program computes while the block runs, and yields to drawing as the threads do that take frames back."""
    busy = f"import os; os.setpriority(os.PRIO_PROCESS, 0, {RESTORING_NICENESS})\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", busy]) as program:
        try:
            yield
        finally:
            program.kill()


def pace_beside_another_program(times):
    """So that a machine on which cores are short is short of them in both measurements."""
    with a_core_in_use():
        return neighbours_pace(times, 1.0)


def is_restoring(bench, prediction_id):
    path = bench.folder(prediction_id) / "growing.mp4"
    return path.exists() and path.stat().st_size > 0 and "Resuming" not in bench.get(prediction_id).logs


def test_a_neighbour_keeps_its_pace_while_a_thousand_frames_are_taken_back(bench):
    bundle, times, found = Switched(), [], []

    def decoded(sample):
        times.append(time.perf_counter())
        return sample

    bundle.decoded = decoded
    with bench.working(bundle=bundle, setup=LARGE, slots=2):
        neighbour = bench.add(MANY)
        bench.wait_for_frames(neighbour, 5)
        for _ in range(TRIES):
            usual = pace_beside_another_program(times)
            prediction_id = bench.left_behind(MANY, setup=LARGE)
            wait_for(lambda each=prediction_id: is_restoring(bench, each), "the worker restoring")
            began, at = time.perf_counter(), len(times)
            bench.wait(prediction_id)
            during = (time.perf_counter() - began) / max(len(times) - at, 1)
            found.append((during, max(usual, pace_beside_another_program(times))))
            if during <= 1.5 * found[-1][1] + 0.02:
                break
        assert bench.get(neighbour).status is Status.PROCESSING
        bench.store.request_cancel(neighbour, datetime.now(UTC))
        bench.wait(neighbour)
    during, usual = found[-1]
    assert during <= 1.5 * usual + 0.02, found


def test_a_cancel_while_frames_are_taken_back_acts_within_a_second_with_a_video_of_those_that_are(bench):
    with bench.working(setup=LARGE) as loop:
        for _ in range(TRIES):
            prediction_id = bench.left_behind(MANY, setup=LARGE)
            wait_for(lambda each=prediction_id: is_restoring(bench, each), "the worker restoring")
            asked = time.perf_counter()
            bench.store.request_cancel(prediction_id, datetime.now(UTC))
            loop.wake.set()
            ended = bench.wait(prediction_id)
            if (seconds := time.perf_counter() - asked) < 1.0:
                break
    assert (ended.status, ended.frames_done) == (Status.CANCELED, MANY)
    assert seconds < 1.0
    assert 0 < num_pictures(bench.folder(prediction_id) / "partial.mp4") < MANY
    assert sound_frames(bench.folder(prediction_id) / "frames") == MANY


def test_a_worker_that_is_stopped_while_it_takes_frames_back_gives_the_prediction_back(bench):
    prediction_id = bench.left_behind(MANY, setup=LARGE)
    with bench.working(setup=LARGE):
        wait_for(lambda: is_restoring(bench, prediction_id), "the worker restoring")
        asked = time.perf_counter()
    assert time.perf_counter() - asked < 5.0
    left = bench.get(prediction_id)
    assert (left.status, left.lease, left.attempts) == (Status.PROCESSING, None, 0)
    assert not list(bench.folder(prediction_id).glob("work-*"))
    assert bench.claim("next").id == prediction_id


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_ends_while_it_takes_frames_back_costs_nothing(bench, number):
    prediction_id = bench.left_behind(MANY - 1)
    process = forked.start(bench.data, "w1")
    wait_for(lambda: is_restoring(bench, prediction_id), "the worker restoring")
    os.kill(process.pid, number)
    process.join(60)
    assert process.exitcode == (0 if number == signal.SIGTERM else -number)
    bench.store.expire_leases("w1")
    assert bench.run_to_end(prediction_id).status is Status.SUCCEEDED
    assert bench.get(prediction_id).logs.count("Resuming at frame 999\n") == 1
    assert num_pictures(bench.folder(prediction_id) / "out.mp4") == MANY


@pytest.fixture
def stuck_frame(bench):
    """(a prediction one of whose frames cannot be read yet, what lets it be read)."""
    prediction_id = bench.begun(3)
    path = bench.folder(prediction_id) / "frames" / "00001.png"
    data = path.read_bytes()
    path.unlink()
    os.mkfifo(path)

    def let_go():
        path.write_bytes(data)  # returns when it is read
        path.unlink()
        path.write_bytes(data)

    return prediction_id, let_go


def test_others_are_drawn_to_their_end_while_a_frame_of_one_cannot_be_read(bench, stuck_frame):
    stuck, let_go = stuck_frame
    with bench.working():
        wait_for(lambda: bench.get(stuck).lease is not None, "the claim")
        assert bench.wait(bench.add()).status is Status.SUCCEEDED
        assert bench.get(stuck).status is Status.PROCESSING
        let_go()
        assert bench.wait(stuck).status is Status.SUCCEEDED


def test_a_worker_whose_files_hang_ends_itself_though_its_loop_goes_on(bench, stuck_frame):
    _, let_go = stuck_frame
    loop = bench.loop(stall_s=1.0, lease_s=3.0)
    ended = threading.Event()
    loop._heart.on_stall = ended.set  # in its own process: os._exit
    with bench.working(loop):
        assert ended.wait(60)
        let_go()


class SlowBucket(LocalFiles):
    """Files in a folder, as a bucket gives them: not by a path. What ends in `held` is kept when `free` is set."""

    def __init__(self, folder, held):
        super().__init__(folder)
        self.held, self.free, self.waits = held, threading.Event(), threading.Event()

    def path(self, key):  # noqa: ARG002 - nothing in a bucket has one
        return None

    def put(self, key, source, content_type=""):
        if key.endswith(self.held):
            self.waits.set()
            self.free.wait(60)
        super().put(key, source, content_type)


def test_others_are_drawn_to_their_end_while_a_video_is_sent_to_a_bucket(bench, tmp_path):
    slow = bench.add()
    loop = bench.loop()
    loop.bucket = bucket = SlowBucket(tmp_path / "bucket", f"{slow}/out.mp4")
    with bench.working(loop):
        assert bucket.waits.wait(60)
        assert bench.wait(bench.add()).status is Status.SUCCEEDED
        assert bench.get(slow).status is Status.PROCESSING
        bucket.free.set()
        assert bench.wait(slow).status is Status.SUCCEEDED


def test_a_bucket_that_hangs_holds_up_neither_the_end_of_a_worker_nor_the_prediction(bench, tmp_path):
    prediction_id = bench.add()
    loop = bench.loop()
    loop.bucket = bucket = SlowBucket(tmp_path / "bucket", "00003.png")
    stop = threading.Event()
    thread = threading.Thread(target=lambda: has_ended.append(loop.run(stop, patience_s=0.2)))
    has_ended = []
    thread.start()
    assert bucket.waits.wait(60)
    stop.set()
    thread.join(30)
    assert has_ended == [False]
    assert bench.get(prediction_id).lease is None
    again = bench.loop("w2")
    again.bucket = LocalFiles(tmp_path / "bucket")
    again.bucket.path = lambda _: None
    with bench.working(again):
        assert bench.wait(prediction_id).status is Status.SUCCEEDED
        bucket.free.set()
    assert len(list((tmp_path / "bucket/predictions" / prediction_id / "frames").glob("*.png"))) == FRAMES


def test_others_are_drawn_to_their_end_while_a_frame_is_tried_again_in_full_precision(bench, monkeypatch):
    full = Switched()
    full.gate.clear()
    monkeypatch.setattr(catalog, "load", lambda *_: full)
    half = Switched(facts=replace(tiny.bundle().facts, precision="float16"))
    unlucky = bench.add()
    half.decoded = lambda sample: sample if full.waiting else nan(sample)
    with bench.working(bundle=half):
        wait_for(lambda: full.waiting, "the second try")
        assert bench.wait(bench.add()).status is Status.SUCCEEDED
        assert bench.get(unlucky).status is Status.PROCESSING
        full.gate.set()
        half.decoded = None
        assert bench.wait(unlucky).status is Status.SUCCEEDED


def test_a_prediction_whose_input_no_longer_makes_a_plan_fails_alone(bench):
    unlucky = bench.add(input={"animation_prompts": "0: a", "zoom": "0: (1/0)", "max_frames": 2})
    lucky = bench.add()
    bench.run_to_end(unlucky, lucky)
    ended = bench.get(unlucky)
    assert (ended.status, ended.metrics["frames"]) == (Status.FAILED, 0)
    assert ended.error.startswith("zoom: ")
    assert bench.get(lucky).status is Status.SUCCEEDED
