import shutil

import pytest
import torch
from safetensors.torch import save_file
from tests import checkpoints

from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.digest import weights_digest
from dreamreel.models.single_file import load_single_file
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup

CPU, FLOAT = torch.device("cpu"), torch.float32
PREFIX = "first_stage_model."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The configuration of a small SD 1.x."""
    return checkpoints.configuration(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def model(folder, tmp_path_factory):
    """A checkpoint file of it."""
    path = tmp_path_factory.mktemp("models") / "small.safetensors"
    save_file(checkpoints.ldm_tensors(*checkpoints.networks(folder)), path)
    return path


@pytest.fixture(scope="module")
def other(folder):
    """(weights of another VAE under diffusers' names, and under CompVis')."""
    networks = checkpoints.networks(folder, seed=1)
    tensors = checkpoints.ldm_tensors(*networks)
    return networks[1].state_dict(), {key: value for key, value in tensors.items() if key.startswith(PREFIX)}


def written(layout, path, other, folder, model):
    """Where the other VAE lies in that layout."""
    theirs, ldm = other
    if layout == "a checkpoint":
        from safetensors.torch import load_file

        save_file({**load_file(model), **ldm}, path)
    elif layout == "CompVis":
        save_file(ldm, path)
    elif layout == "CompVis, bare":
        save_file({key.removeprefix(PREFIX): value for key, value in ldm.items()}, path)
    elif layout == "a pickle":
        path = path.with_suffix(".vae.pt")
        bare = {key.removeprefix(PREFIX): value for key, value in ldm.items()}
        torch.save({"epoch": 3, "state_dict": {**bare, "loss.logvar": torch.zeros(())}}, path)
    elif layout == "diffusers":
        save_file({key: value.contiguous() for key, value in theirs.items()}, path)
    else:
        path = path.with_suffix("")
        shutil.copytree(folder / "vae", path)
        save_file({key: value.contiguous() for key, value in theirs.items()}, path / "model.safetensors")
    return path


@pytest.mark.parametrize("layout", ["a checkpoint", "CompVis", "CompVis, bare", "a pickle", "diffusers", "a folder"])
def test_another_vae_draws_and_the_other_parts_stay(layout, tmp_path, other, folder, model):
    path = written(layout, tmp_path / "vae.safetensors", other, folder, model)
    plain = load_single_file(model, "m", CPU, FLOAT, folder)
    found = load_single_file(model, "m", CPU, FLOAT, folder, vae=path)
    for key, value in found.modules.vae.state_dict().items():
        assert torch.equal(value, other[0][key].float()), key
    assert torch.equal(found.modules.unet.conv_in.weight, plain.modules.unet.conv_in.weight)
    latents = torch.ones(1, 4, 8, 8)
    with torch.inference_mode():
        assert not torch.equal(found.decode(latents), plain.decode(latents))


def test_it_is_part_of_the_weights(tmp_path, other, folder, model):
    path = written("CompVis", tmp_path / "vae.safetensors", other, folder, model)
    plain = catalog.locate(str(model))
    assert weights_digest(catalog.with_vae(plain, str(path))) != weights_digest(plain)
    assert catalog.with_vae(plain, "") == plain


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"lora_unet_x.lora_up.weight": (4, 4)}, "is a LoRA.*, not a VAE"),
        ({"encoder.down.0.block.0.norm1.weight": (4,)}, "vae.safetensors has no weights for first_stage_model"),
        ({"first_stage_model.encoder.conv_in.weight": (9, 3, 3, 3), "encoder.down.0.x": (1,)}, "the model's VAE wants"),
    ],
)
def test_what_is_no_vae_or_does_not_fit_is_named(tmp_path, folder, model, content, sentence):
    save_file({key: torch.ones(shape) for key, shape in content.items()}, tmp_path / "vae.safetensors")
    with pytest.raises(ModelError, match=sentence):
        load_single_file(model, "m", CPU, FLOAT, folder, vae=tmp_path / "vae.safetensors")


def test_a_path_without_a_vae_and_a_model_that_takes_none_are_refused_before_anything_is_loaded(model):
    raw = {"max_frames": 1}
    with pytest.raises(ModelError, match=r'VAE "nowhere\.pt": there is no such file or folder'):
        prepare(raw, Setup("tiny-sd", vae="nowhere.pt"))
    with pytest.raises(ModelError, match=r"model builtin has a \w+VAE, which no VAE can replace"):
        prepare(raw, Setup("builtin", vae=str(model)))
