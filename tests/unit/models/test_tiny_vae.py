"""TAESD in the place of a model's own VAE, held to diffusers' AutoencoderTiny on random weights."""

import pytest
import torch
from safetensors.torch import save_file

from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.digest import weights_digest
from dreamreel.models.recognise import recognise
from dreamreel.models.vae_file import read_vae


@pytest.fixture(scope="module")
def theirs():
    from diffusers import AutoencoderTiny

    torch.manual_seed(0)
    return AutoencoderTiny().eval().requires_grad_(False)


def by_author(tensors, part):
    """A half under its author's names, whose decoder begins with a layer without weights."""
    shift = part == "decoder"
    for name, tensor in tensors.items():
        if name.startswith(f"{part}.layers."):
            number, _, rest = name.removeprefix(f"{part}.layers.").partition(".")
            yield f"{int(number) + shift}.{rest}", tensor


def written(theirs, layout, folder):
    tensors = {name: each.contiguous() for name, each in theirs.state_dict().items()}
    if layout == "diffusers folder":
        theirs.save_pretrained(folder / "tiny")
        return folder / "tiny"
    if layout == "diffusers file":
        save_file(tensors, folder / "tiny.safetensors")
        return folder / "tiny.safetensors"
    if layout == "ComfyUI":
        parts = {
            f"taesd_{part}.{name}": each for part in ("encoder", "decoder") for name, each in by_author(tensors, part)
        }
        save_file(parts, folder / "tiny.safetensors")
        return folder / "tiny.safetensors"
    name, save = ("taesd_{}.safetensors", save_file) if not layout.endswith(".pth") else ("taesd_{}.pth", torch.save)
    for part in ("encoder", "decoder"):
        save(dict(by_author(tensors, part)), folder / name.format(part))
    return folder / name.format(layout.removesuffix(".pth"))


@torch.inference_mode()
@pytest.mark.parametrize(
    "layout", ["diffusers folder", "diffusers file", "ComfyUI", "encoder", "decoder", "decoder.pth"]
)
def test_it_draws_and_encodes_as_diffusers_does_whatever_its_layout(theirs, model, tmp_path, layout):
    path = written(theirs, layout, tmp_path)
    assert recognise(path).kind == "taesd"
    bundle = catalog.load(catalog.with_vae(catalog.locate(str(model)), str(path)), "cpu")
    assert bundle.facts.latent_factor == 8
    latents, picture = torch.randn(1, 4, 8, 8), torch.rand(1, 3, 64, 64) * 2 - 1
    assert torch.equal(bundle.decode(latents), theirs.decode(latents).sample)
    assert torch.equal(bundle.encode(picture, torch.ones(1, 4, 8, 8)), theirs.encode(picture).latents)


def test_both_halves_are_in_the_digest_and_half_of_it_is_refused(theirs, model, tmp_path):
    path = written(theirs, "decoder", tmp_path)
    location = catalog.with_vae(catalog.locate(str(model)), str(path))
    before = weights_digest(location)
    other = tmp_path / "taesd_encoder.safetensors"
    content = other.read_bytes()
    other.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert weights_digest(location) != before
    other.unlink()
    own = catalog.load(catalog.locate(str(model)), "cpu").modules.vae
    with pytest.raises(ModelError, match="is half a TAESD; put taesd_encoder and taesd_decoder beside each other"):
        read_vae(path, own)


def test_one_for_other_latents_is_refused_with_the_families_of_both(model, tmp_path):
    from diffusers import AutoencoderTiny

    own = catalog.load(catalog.locate(str(model)), "cpu").modules.vae
    written(AutoencoderTiny(latent_channels=16), "decoder", tmp_path)
    wrong = (
        "a TAESD for latents of SD 3, Flux or the like .16 channels.; the model's are those of SD 1.x, SD 2.x or SDXL"
    )
    with pytest.raises(ModelError, match=wrong):
        read_vae(tmp_path / "taesd_decoder.safetensors", own)
    save_file({"decoder.conv_in.weight": torch.zeros(512, 16, 3, 3)}, tmp_path / "ae.safetensors")
    with pytest.raises(ModelError, match=wrong.replace("TAESD", "VAE")):
        read_vae(tmp_path / "ae.safetensors", own)
