"""Worker processes of a server: started again when they die, killed when they hang. The processes are small scripts."""

import os
import signal

import pytest
from tests.workbench import wait_for

from dreamreel.processes import local
from dreamreel.processes.local import LocalWorker

# Says that it lives, forever; on SIGTERM it ends well.
SCRIPT = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("changed " + sys.argv[sys.argv.index("--id") + 1], flush=True)
while True:
    print("alive", flush=True)
    time.sleep(0.05)
"""


@pytest.fixture
def worker(bench, tmp_path, monkeypatch):
    """A worker whose process is SCRIPT; its ids in the order of their starts."""
    package = tmp_path / "dreamreel"
    package.mkdir()
    (package / "__main__.py").write_text(SCRIPT)
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(local, "LONGEST_PAUSE_S", 0.1)
    ids = []
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    worker = LocalWorker("vm-0", ["worker"], environment, bench.store, ids.append)
    worker.start()
    wait_for(lambda: worker.process is not None, "a process")
    yield worker, ids
    worker.stop(10)


def test_each_start_has_a_name_of_its_own_and_the_dead_lose_their_leases(bench, worker):
    local_worker, ids = worker
    wait_for(lambda: len(ids) == 1, "the first process")
    prediction_id = bench.add()
    bench.claim(ids[0])
    assert bench.get(prediction_id).lease.worker == ids[0]
    local_worker.process.kill()
    wait_for(lambda: len(ids) == 2, "the second process")
    assert ids[0] != ids[1]
    assert all(each.startswith("vm-0-") for each in ids)
    bench.claim(ids[1])
    assert bench.get(prediction_id).lease.worker == ids[1]


def test_one_that_lived_is_back_at_once_however_often_it_dies(worker):
    local_worker, ids = worker
    wait_for(lambda: len(ids) == 1, "the first process")
    local.LONGEST_PAUSE_S = 3600.0  # which doubling pauses would soon come near
    for number in range(2, 7):
        local_worker.process.kill()
        wait_for(lambda number=number: len(ids) == number, "the next process")


def test_one_that_hangs_as_a_whole_is_killed_and_started_again(worker):
    local_worker, ids = worker
    wait_for(lambda: len(ids) == 1, "the first process")
    local_worker.silence_s = 5.0  # of the next process on
    local_worker.process.kill()
    wait_for(lambda: len(ids) >= 2, "a process that is watched so closely")
    begun = len(ids)
    os.kill(local_worker.process.pid, signal.SIGSTOP)
    wait_for(lambda: len(ids) > begun, "the next process")


def test_told_to_stop_it_ends_well_and_is_not_started_again(worker):
    local_worker, ids = worker
    wait_for(lambda: len(ids) == 1, "the first process")
    local_worker.drain()
    local_worker.stop(30)
    assert local_worker.process.returncode == 0
    assert len(ids) == 1


def test_a_dead_process_that_cannot_be_recorded_is_started_again_all_the_same(bench, worker, monkeypatch):
    local_worker, ids = worker
    wait_for(lambda: len(ids) == 1, "the first process")

    def full(_worker):
        raise OSError("the disk is full")

    monkeypatch.setattr(bench.store, "expire_leases", full)
    local_worker.process.kill()
    wait_for(lambda: len(ids) == 2, "the second process")


def test_a_process_that_cannot_be_made_now_is_made_later(worker, monkeypatch):
    local_worker, ids = worker
    wait_for(lambda: len(ids) == 1, "the first process")
    popen, refused = local.subprocess.Popen, []

    def sometimes(*arguments, **options):
        if len(refused) < 2:
            refused.append(arguments)
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return popen(*arguments, **options)

    monkeypatch.setattr(local.subprocess, "Popen", sometimes)
    local_worker.process.kill()
    wait_for(lambda: len(ids) == 2, "the second process")
    assert len(refused) == 2


def test_a_gpu_that_is_not_nvidias_own_is_seen_too(tmp_path, monkeypatch):
    monkeypatch.setattr(local, "OTHER_GPUS", (str(tmp_path / "dxg"),))
    before = local.may_have_gpu()
    (tmp_path / "dxg").touch()
    assert local.may_have_gpu()
    assert before == (local.count_gpus() > 0)
