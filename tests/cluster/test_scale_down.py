"""Fewer workers on Ray than before: who holds nothing is let go first, and what another holds is lost by nobody."""

import json

import pytest
from tests.cluster.servers import RayCluster, digests
from tests.contract.store_contract import accepted
from tests.e2e.server import MODEL_NAME, SIDE, wait_for

from dreamreel.predictions.record import Status
from dreamreel.predictions.service import utc_now
from dreamreel.rendering.setup import Setup
from dreamreel.storage.database import open_store_engine
from dreamreel.storage.sql import SqlStore

ray = pytest.importorskip("ray", reason="there is no Ray: pip install ray")
SEED = 7
# Many more steps than elsewhere: the long film is drawn still when the worker beside it has been let go.
STEPS = 24


@pytest.fixture
def cluster(tmp_path):
    cluster = RayCluster(tmp_path, {})
    yield cluster
    cluster.stop()


@pytest.fixture
def store(tmp_path):
    (tmp_path / "data").mkdir()
    store = SqlStore(open_store_engine("", tmp_path / "data"))
    yield store
    store.close()


@pytest.fixture
def workers(cluster, store, tmp_path):
    """Two at most, of one slot each; one too many is let go after a second."""
    from dreamreel.processes.ray_workers import Assignment, RayWorkers, Scale

    terms = {"versions": ("v1",), "slots": 1}
    setup = Setup(MODEL_NAME, SIDE, SIDE, STEPS, device="cpu")
    scale = Scale(least=1, most=2, gpus=0.0, patience_s=1.0)
    workers = RayWorkers(cluster.address, Assignment({"data": tmp_path / "data"}, setup, terms), scale, store)
    workers.start()
    yield workers
    workers.stop()


def ask(store, num_frames):
    """The id of a new prediction of so many frames."""
    inputs = {"animation_prompts": "a red circle", "sampler": "euler", "max_frames": num_frames}
    prediction = accepted(input=inputs, seed=SEED, num_frames=num_frames, created_at=utc_now())
    store.add(prediction)
    return prediction.id


def names():
    return ray.util.list_named_actors()


@pytest.mark.usefixtures("workers")
def test_the_idle_worker_is_let_go_and_what_the_other_draws_outlives_even_its_own_being_let_go(
    cluster, store, tmp_path
):
    slow, quick = ask(store, 100), ask(store, 2)
    wait_for(lambda: store.get(slow).frames_done and store.get(quick).status is Status.SUCCEEDED, "work for both")
    wait_for(lambda: len(cluster.workers()) == 1, "one worker too many to be let go")
    drawn = store.get(slow)
    assert drawn.status is Status.PROCESSING
    assert drawn.lease.fence == 1  # nobody else has had it
    assert "Resuming" not in drawn.logs
    (holder,) = names()
    assert drawn.lease.worker.startswith(f"ray-{holder}-")
    # What scaling down does where every worker holds something.
    ray.get_actor(holder).drain.remote()
    wait_for(lambda: store.get(slow).status.is_terminal, "the end of what was given back")
    ended = store.get(slow)
    assert ended.status is Status.SUCCEEDED, ended.error
    assert ended.logs.count("Resuming at frame") == 1
    manifest = json.loads((tmp_path / "data" / "predictions" / slow / "manifest.json").read_text())
    assert manifest["frames"] == digests(SEED, steps=STEPS)
