"""Each checkpoint is a version of dreamreel/animate: listed, described, asked for, and kept apart from the others."""

import shutil
import threading
from dataclasses import replace

import pytest
from safetensors.torch import load_file, save_file
from tests.workbench import INPUT

from dreamreel.animation.views import ANIMATE, SEED, VERSIONS, served
from dreamreel.api import served_versions
from dreamreel.api.http.problems import Problem
from dreamreel.models import catalog
from dreamreel.models.digest import weights_digest
from dreamreel.rendering.setup import Setup
from dreamreel.rendering.versions import Versions, version_id

ADDRESS = "/v1/models/dreamreel/animate/versions"
ASKED = {**INPUT, "animation_prompts": "a red circle", "max_frames": 2}


@pytest.fixture
def context(context, tmp_path):
    (tmp_path / "fox").symlink_to(catalog.locate("tiny-sd").path)
    context.setup = replace(context.setup, others=(str(tmp_path / "fox"),))
    return context


@pytest.fixture
def ids(client):
    return {each["checkpoint"]: each["id"] for each in client.get(ADDRESS).json()["results"] if "checkpoint" in each}


def test_every_checkpoint_is_a_version_with_a_hash_of_its_own_even_if_two_have_the_same_weights(client, ids):
    weights = weights_digest(catalog.locate("tiny-sd"))
    assert ids == {name: version_id(name, weights) for name in ("tiny-sd", "fox")}
    assert len({*ids.values(), *VERSIONS}) == 2 + len(VERSIONS)
    assert client.get(ADDRESS).json()["results"][0]["id"] == ANIMATE.version
    listed = client.get(f"/v1/models/{SEED.name}").json()["served_by"]["models"]
    assert {each["name"]: each["version"] for each in listed} == ids


def test_the_first_model_keeps_its_one_version(client):
    address = f"/v1/models/{SEED.name}/versions"
    assert [each["id"] for each in client.get(address).json()["results"]] == [SEED.version]


def test_a_version_describes_its_input_with_its_checkpoint_and_no_other(client, ids):
    document = client.get(f"{ADDRESS}/{ids['fox']}").json()
    own = document["openapi_schema"]["components"]["schemas"]["Input"]["properties"]
    every = client.get(f"{ADDRESS}/{ANIMATE.version}").json()
    general = every["openapi_schema"]["components"]["schemas"]["Input"]["properties"]
    assert (own["model"]["enum"], own["model"]["default"]) == (["fox"], "fox")
    assert "enum" not in general["model"]
    assert {**own, "model": None} == {**general, "model": None}
    assert document["checkpoint"] == "fox"
    assert document["created_at"].endswith("Z")


@pytest.mark.parametrize("written", ["{id}", "dreamreel/animate:{id}", "dreamreel/animate:fox"])
def test_a_prediction_of_a_version_needs_its_checkpoint_and_keeps_its_id(client, context, ids, written):
    made = client.post("/v1/predictions", json={"version": written.format(id=ids["fox"]), "input": ASKED}).json()
    assert (made["version"], made["model"]) == (ids["fox"], ANIMATE.name)
    assert context.service.store.get(made["id"]).needs == ("fox",)
    assert client.get(f"/v1/predictions/{made['id']}").json()["version"] == ids["fox"]
    assert client.get(f"/v1/models/{ANIMATE.name}").json()["run_count"] == 1


@pytest.mark.parametrize("path", ["predictions", "validate"])
def test_another_model_than_the_versions_is_refused_and_its_own_is_taken(client, ids, path):
    def answer(model):
        return client.post(f"/v1/{path}", json={"version": ids["fox"], "input": {**ASKED, "model": model}})

    assert answer("fox").status_code in (200, 201)
    assert answer("tiny-sd").status_code == 422
    (problem,) = answer("tiny-sd").json()["invalid_fields"]
    assert problem["field"] == "input.model"
    assert '"fox"' in problem["description"]


@pytest.mark.parametrize("wanted", ["a" * 64, "dreamreel/animate:wolf", "acme/films:fox", "fox"])
def test_a_version_that_is_not_here_is_refused(client, wanted):
    made = client.post("/v1/predictions", json={"version": wanted, "input": {"max_frames": 100}})
    assert (made.status_code, made.json()["title"]) == (422, "Invalid version or not permitted")


def test_an_unknown_version_is_404_and_those_that_are_served_are_named(client, ids):
    detail = client.get(f"{ADDRESS}/{'a' * 64}").json()["detail"]
    assert all(version in detail for version in (ANIMATE.version, *ids.values()))


def test_while_files_are_read_a_version_may_be_one_of_them_so_that_clients_are_told_to_come_again(client, monkeypatch):
    monkeypatch.setattr(served_versions, "PATIENCE_S", 0.0)
    monkeypatch.setattr(Versions, "wait", lambda *_: False)
    made = client.post("/v1/predictions", json={"version": "a" * 64, "input": ASKED})
    assert (made.status_code, made.headers["Retry-After"]) == (503, "5")
    assert client.post("/v1/predictions", json={"version": "abc", "input": ASKED}).status_code == 422
    assert client.post("/v1/predictions", json={"version": ANIMATE.version, "input": ASKED}).status_code == 201


def test_few_requests_wait_for_files_at_a_time_so_that_threads_are_left_for_all_others(monkeypatch):
    has_begun, is_read = threading.Semaphore(0), threading.Event()

    def wait(_versions, seconds):
        has_begun.release()
        return is_read.wait(20) if seconds else False

    monkeypatch.setattr(Versions, "wait", wait)
    versions = served_versions.ServedVersions({})
    patient = [threading.Thread(target=versions.find, args=("a" * 64,)) for _ in range(served_versions.PATIENT)]
    for thread in patient:
        thread.start()
        assert has_begun.acquire(timeout=20)
    with pytest.raises(Problem) as told:
        versions.find("a" * 64)
    assert told.value.status == 503
    is_read.set()
    for thread in patient:
        thread.join()
    assert versions.find("a" * 64) is None  # it waited: there are places again


def test_other_weights_under_the_same_name_are_another_version(tmp_path):
    shutil.copytree(catalog.locate("tiny-sd").path, tmp_path / "fox")
    before = weights_digest(catalog.locate(str(tmp_path / "fox")))
    (weights,) = (tmp_path / "fox" / "unet").glob("*.safetensors")
    tensors = load_file(weights)
    save_file({**tensors, "conv_out.bias": tensors["conv_out.bias"] + 1}, weights)
    assert version_id("fox", before) != version_id("fox", weights_digest(catalog.locate(str(tmp_path / "fox"))))


def test_a_model_that_is_replaced_is_another_version_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("dreamreel.rendering.versions.LOOK_S", 0.0)
    model = shutil.copytree(catalog.locate("tiny-sd").path, tmp_path / "fox")
    served_here = served_versions.ServedVersions({"fox": Setup(str(model))})
    (before,) = [each.version for each in served_here.of(ANIMATE)[1:]]
    path = next((model / "unet").glob("*.safetensors"))
    tensors = load_file(path)
    tensors["conv_in.bias"] = tensors["conv_in.bias"] + 1
    save_file(tensors, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)
    assert "fox" not in served_here.by_checkpoint() or served_here.by_checkpoint()["fox"].version != before
    (after,) = [each.version for each in served_here.of(ANIMATE)[1:]]
    assert after == version_id("fox", weights_digest(catalog.locate(str(model)))) != before
    assert served_here.find(f"dreamreel/animate:{before}") is None


def test_what_was_stored_under_a_checkpoints_version_is_read_as_its_models_even_when_the_checkpoint_is_gone():
    assert served("b" * 64) is ANIMATE
    assert served("v1") is SEED
