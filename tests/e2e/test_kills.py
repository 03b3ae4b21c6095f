"""Workers that are killed with SIGKILL: whatever the frame, the video ends as if nothing had happened."""

import contextlib
import os
import random
import signal
import sqlite3

import pytest
from tests import forked
from tests.workbench import Bench, wait_for

from dreamreel.predictions.record import Status

FRAMES = 20
# Any seed will do; this one is written down so that a failure can be seen again.
DICE = random.Random(20260102)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    bench = Bench(tmp_path_factory.mktemp("undisturbed"))
    prediction_id = bench.add(FRAMES)
    assert bench.run_to_end(prediction_id).status is Status.SUCCEEDED
    yield bench.frames(prediction_id), bench.video(prediction_id)
    bench.store.close()


def kill_at(bench, prediction_id, frames, worker):
    """A worker that is killed once so many frames are done, wherever it then is."""
    process = forked.start(bench.data, worker)
    bench.wait_for_frames(prediction_id, frames)
    os.kill(process.pid, signal.SIGKILL)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    bench.store.expire_leases(worker)  # as the server does when it sees its worker dead


def test_killed_at_random_frames_the_frames_and_the_video_are_the_same_to_the_last_byte(bench, undisturbed):
    prediction_id = bench.add(FRAMES)
    for number, frames in enumerate(sorted(DICE.sample(range(1, FRAMES - 1), 4))):
        kill_at(bench, prediction_id, frames, f"w{number}")
    done = bench.get(prediction_id).frames_done
    forked.start(bench.data, "last")
    assert bench.wait(prediction_id).status is Status.SUCCEEDED
    assert (bench.frames(prediction_id), bench.video(prediction_id)) == undisturbed
    assert 1 < done < FRAMES
    assert bench.get(prediction_id).logs.count("Resuming at frame") >= 4


def stop_between_writes(bench, pid):
    """SIGSTOP, but not inside a transaction: nobody could write then."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        with contextlib.closing(sqlite3.connect(bench.data / "dreamreel.db", 0.2, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
            else:
                return


def test_a_lease_that_runs_out_is_taken_over_while_the_old_worker_still_lives(bench, undisturbed):
    prediction_id = bench.add(FRAMES)
    stopped = forked.start(bench.data, "stopped", lease_s=2.0)
    bench.wait_for_frames(prediction_id, 3)
    stop_between_writes(bench, stopped.pid)
    forked.start(bench.data, "other", lease_s=2.0)
    wait_for(lambda: (lease := bench.get(prediction_id).lease) is None or lease.worker == "other", "the takeover")
    os.kill(stopped.pid, signal.SIGCONT)
    assert bench.wait(prediction_id).status is Status.SUCCEEDED
    assert (bench.frames(prediction_id), bench.video(prediction_id)) == undisturbed
    stopped.terminate()
    stopped.join(60)
    assert stopped.exitcode == 0


def test_sigterm_lets_the_frame_in_hand_be_finished_and_gives_the_prediction_back(bench, undisturbed):
    prediction_id = bench.add(FRAMES)
    process = forked.start(bench.data, "first")
    bench.wait_for_frames(prediction_id, 3)
    process.terminate()
    process.join(60)
    assert process.exitcode == 0
    left = bench.get(prediction_id)
    assert (left.lease, left.attempts) == (None, 0)
    assert len(bench.frames(prediction_id)) == left.frames_done
    forked.start(bench.data, "second")
    bench.wait(prediction_id)
    assert (bench.frames(prediction_id), bench.video(prediction_id)) == undisturbed
