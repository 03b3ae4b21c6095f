"""A server with two models, each asked for by the version that it is: what tests hold, wherever its workers run."""

import shutil

from safetensors.torch import load_file, save_file
from tests.e2e.server import serving, wait_for

from dreamreel.models import catalog


def each_version_is_drawn_by_its_own_model(folder, *options):
    """options: of `dreamreel serve`, beside the models."""
    other = folder / "other"
    shutil.copytree(catalog.locate("tiny-sd").path, other)
    (weights,) = (other / "unet").glob("*.safetensors")
    tensors = load_file(weights)
    save_file({**tensors, "conv_out.bias": tensors["conv_out.bias"] + 0.2}, weights)
    (other / "dreamreel.json").unlink()
    with serving(folder / "data", *options, "--model", "tiny-sd", "--model", str(other)) as server:
        wait_for(server.is_ready, f"a ready worker\n{server.said()}", 600)
        listed = server.http.get("/v1/models/dreamreel/animate/versions").json()["results"]
        ids = {each["checkpoint"]: each["id"] for each in listed if "checkpoint" in each}
        assert ids.keys() == {"tiny-sd", "other"}
        raw = {"animation_prompts": "a red circle", "sampler": "euler", "max_frames": 2, "seed": 7}
        made = {
            name: server.http.post("/v1/predictions", json={"version": version, "input": raw}).json()["id"]
            for name, version in ids.items()
        }
        for name, prediction_id in made.items():
            ended = server.wait(prediction_id)
            assert (ended["status"], ended["version"]) == ("succeeded", ids[name]), server.said()
        frames = [server.http.get(f"/v1/predictions/{each}/manifest").json()["frames"] for each in made.values()]
        assert frames[0] != frames[1]
        facts = server.http.get("/v1/models/dreamreel/animate").json()["served_by"]["models"]
        assert {each["name"]: each["version"] for each in facts} == ids
