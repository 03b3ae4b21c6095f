"""A worker with two models: who is drawn with which, what is loaded when, and that no byte depends on it."""

import json
import shutil

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from tests.workbench import FRAMES, INPUT, SETUP, Bench, wait_for

from dreamreel.animation.views import ANIMATE, OTHER, VERSIONS
from dreamreel.models import catalog
from dreamreel.models.digest import weights_digest
from dreamreel.models.sizes import num_bytes
from dreamreel.predictions.record import Status
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.checkpoints import GIGABYTE, Checkpoints
from dreamreel.rendering.setup import Setup
from dreamreel.rendering.versions import Versions, version_id
from dreamreel.workers.loop import Loop, Terms


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A second model: the tiny one, drawn a little otherwise."""
    folder = tmp_path_factory.mktemp("models") / "other"
    shutil.copytree(catalog.locate("tiny-sd").path, folder)
    (weights,) = (folder / "unet").glob("*.safetensors")
    tensors = load_file(weights)
    tensors["conv_out.bias"] = tensors["conv_out.bias"] + 0.2
    save_file(tensors, weights)
    card = json.loads((folder / "dreamreel.json").read_text())
    (folder / "dreamreel.json").write_text(json.dumps({**card, "title": "Other", "sha256": {}}))
    return folder


@pytest.fixture(scope="module")
def alone(other):
    """The frames of INPUT drawn with each model in this process, without a worker."""

    def drawn(model):
        animation = prepare({**INPUT, "max_frames": FRAMES}, Setup(model, steps=SETUP.steps, device="cpu"), 7)
        return [frame.image for frame in animation]

    return {"tiny-sd": drawn("tiny-sd"), "other": drawn(str(other))}


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def room_for(models):
    """A budget in GB that so many tiny models fit."""
    return (models + 0.5) * num_bytes(catalog.locate("tiny-sd"), 4) / GIGABYTE


def loop_of(bench, *models, memory_gb=0.0, worker="w1", slots=4):
    first, *others = map(str, models)
    setup = Setup(first, steps=SETUP.steps, device="cpu", others=tuple(others), memory_gb=memory_gb)
    return Loop(
        worker, bench.store, Checkpoints(setup), bench.data / "predictions", Terms(("v1", *VERSIONS), slots=slots)
    )


def asked_for(bench, name):
    """A prediction as the API accepts it where its input names a model, or none."""
    if name is None:
        return bench.add()
    return bench.add(needs=(name,), input={**INPUT, "max_frames": FRAMES, "model": name}, version=ANIMATE.version)


def pictures(bench, prediction_id):
    import cv2

    for picture in bench.frames(prediction_id).values():
        yield cv2.cvtColor(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def assert_as_alone(bench, prediction_id, images):
    assert bench.get(prediction_id).status is Status.SUCCEEDED, bench.get(prediction_id).error
    found = list(pictures(bench, prediction_id))
    assert len(found) == len(images)
    for ours, theirs in zip(found, images, strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("room", [1, 2])
def test_frames_of_each_model_are_those_it_draws_alone_whether_both_fit_or_one(bench, other, alone, room, caplog):
    caplog.set_level("INFO")
    wanted = [asked_for(bench, name) for name in (None, "other", "tiny-sd", "other")]
    loop = loop_of(bench, "tiny-sd", other, memory_gb=room_for(room))
    with bench.working(loop):
        for prediction_id in wanted:
            bench.wait(prediction_id)
    for prediction_id, model in zip(wanted, ("tiny-sd", "other", "tiny-sd", "other"), strict=True):
        assert_as_alone(bench, prediction_id, alone[model])
        assert bench.get(prediction_id).metrics["model"] == loop.models.facts(model).title
    assert len(loop.models.shelf.loaded()) == room
    assert ("is unloaded: there is no memory for another network beside it" in caplog.text) == (room == 1)


def test_weights_that_an_input_calls_otherwise_are_those_that_its_prediction_needs(bench, other):
    asked = {"max_frames": 2, "width": 128, "height": 128, "num_inference_steps": 2, "model_checkpoint": "sd-v1-4.ckpt"}
    mapped = bench.add(2, needs=("other",), input=asked, version=OTHER.version)
    unknown = bench.add(2, input={**asked, "model": "other"}, version=OTHER.version)
    loop = loop_of(bench, "tiny-sd", other)
    with bench.working(loop):
        titles = [bench.wait(each).metrics["model"] for each in (mapped, unknown)]
    assert '"sd-v1-4.ckpt" is not here; tiny-sd draws in its place' in bench.get(unknown).logs
    assert "is not here" not in bench.get(mapped).logs
    assert titles == [loop.models.facts("other").title, loop.models.facts("tiny-sd").title]


def test_a_worker_without_the_model_never_claims_it_and_one_with_it_does(bench, other, alone):
    needy, plain = asked_for(bench, "other"), bench.add()
    with bench.working(loop_of(bench, "tiny-sd", worker="poor")):
        bench.wait(plain)
        wait_for(lambda: bench.store.workers(bench.get(plain).created_at), "the worker's row")
        (row,) = bench.store.workers(bench.get(plain).created_at)
        assert (row.networks, row.loaded) == (("tiny-sd",), ("tiny-sd",))
    assert bench.get(needy).status is Status.STARTING
    assert bench.get(needy).attempts == 0
    with bench.working(loop_of(bench, "tiny-sd", other, worker="rich")):
        bench.wait(needy)
    assert_as_alone(bench, needy, alone["other"])


def with_versions(loop):
    """The loop as a worker's process makes it: it serves the versions of its models, too."""
    versions = Versions(loop.models.setups, found=loop.wake.set)
    loop.own_versions = lambda: versions.ids.values()
    assert versions.wait(60)
    return loop


def test_a_prediction_of_a_checkpoints_version_is_drawn_by_a_worker_with_those_weights_under_that_name(
    bench, other, alone, tmp_path
):
    version = version_id("other", weights_digest(catalog.locate(str(other))))
    (tmp_path / "other").symlink_to(catalog.locate("tiny-sd").path)  # of that name, with other weights
    raw = {**INPUT, "max_frames": FRAMES}
    needy, plain = bench.add(needs=("other",), version=version, input=raw), bench.add()
    with bench.working(with_versions(loop_of(bench, "tiny-sd", tmp_path / "other", worker="poor"))):
        bench.wait(plain)
    assert (bench.get(needy).status, bench.get(needy).attempts) == (Status.STARTING, 0)
    rich = with_versions(loop_of(bench, "tiny-sd", other, worker="rich"))
    with bench.working(rich):
        bench.wait(needy)
        (row,) = [row for row in bench.store.workers(bench.get(needy).created_at) if row.id == "rich"]
        assert version in row.versions
    assert_as_alone(bench, needy, alone["other"])
    assert bench.get(needy).metrics["model"] == rich.models.facts("other").title


def test_a_prediction_of_another_model_goes_on_elsewhere_from_its_pictures(bench, other, alone):
    prediction_id = asked_for(bench, "other")
    with bench.working(loop_of(bench, "tiny-sd", other, worker="first")):
        bench.wait_for_frames(prediction_id, 2)
    assert bench.get(prediction_id).frames_done >= 2
    with bench.working(loop_of(bench, other, "tiny-sd", worker="second")):
        bench.wait(prediction_id)
    assert_as_alone(bench, prediction_id, alone["other"])
