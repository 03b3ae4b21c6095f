"""ControlNets compute what those of diffusers do, within a few last bits, from any of their files; others are named."""

import json

import pytest
import torch
from safetensors.torch import save_file
from tests import controlnets, families
from tests.unit.models.test_networks import UNETS

from dreamreel.errors import ModelError
from dreamreel.models.adapters.controlnet_library import controlnets_in, misfit, unet_config
from dreamreel.models.adapters.controlnets import load_controlnet
from dreamreel.models.networks.controlnet import ControlNetModel

CPU = torch.device("cpu")
POOLED = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 64}
KINDS = {name: UNETS[name] for name in ("SD 1.x", "SD 2.x")} | {"SDXL": {**UNETS["SDXL"], **POOLED}}


def made(config):
    from diffusers import UNet2DConditionModel

    torch.manual_seed(0)
    return controlnets.of_unet(UNet2DConditionModel(**config))


def assert_close(found, wanted):
    """Float32, whose sums may be in another order."""
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def residuals(network, whole, hint, **sizes):
    """What diffusers' gives, in one list. Latents are 12 x 20: their halves are not doubled back exactly."""
    more = {"text_embeds": whole, "time_ids": sizes["sizes"]} if whole is not None else None
    down, mid = network(*sizes["inputs"], hint, added_cond_kwargs=more, return_dict=False)
    return [*down, mid]


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_a_controlnet_adds_what_that_of_diffusers_does_and_the_unet_takes_it_so(kind):
    from diffusers import UNet2DConditionModel as TheirUNet

    from dreamreel.models.networks.unet import UNet2DConditionModel

    theirs = made(KINDS[kind])
    ours = ControlNetModel.from_config(theirs.config).eval()
    ours.load_state_dict(theirs.state_dict())
    xl = "addition_time_embed_dim" in KINDS[kind]
    inputs = torch.randn(2, 4, 12, 20), torch.tensor([981.0, 41.0]), torch.randn(2, 77, 24)
    whole, sizes = (torch.randn(2, 16), torch.tensor([[96.0, 160, 0, 0, 96, 160]] * 2)) if xl else (None, None)
    hint = torch.rand(2, 3, 96, 160)
    found = ours(*inputs, whole, sizes, hint)
    wanted = residuals(theirs, whole, hint, sizes=sizes, inputs=inputs)
    assert_close(found, wanted)
    assert all(float(each.abs().max()) > 0 for each in found)
    torch.manual_seed(1)
    unet = TheirUNet(**KINDS[kind]).eval()
    mine = UNet2DConditionModel.from_config(unet.config).eval()
    mine.load_state_dict(unet.state_dict())
    more = {"text_embeds": whole, "time_ids": sizes} if xl else None
    led = unet(
        inputs[0],
        inputs[1],
        inputs[2],
        added_cond_kwargs=more,
        down_block_additional_residuals=wanted[:-1],
        mid_block_additional_residual=wanted[-1],
    ).sample
    assert torch.equal(mine(*inputs, whole, sizes, added=wanted), led)
    assert not torch.equal(mine(*inputs, whole, sizes), led)


@pytest.fixture(scope="module", params=["sd1", "sd2", "sdxl"])
def family(request, tmp_path_factory):
    """(a model's folder, diffusers' ControlNet for it)."""
    folder = families.configuration(request.param, tmp_path_factory.mktemp(request.param))
    pipe = families.pipeline(request.param, folder)
    return folder, controlnets.of_unet(pipe.unet)


@pytest.mark.parametrize("layout", controlnets.LAYOUTS)
def test_from_every_layout_come_the_same_weights(family, tmp_path, layout):
    model, theirs = family
    controlnets.write(tmp_path / "canny", theirs, layout)
    (found,) = controlnets_in(str(tmp_path)).files.values()
    assert found.name == "canny"
    assert misfit(found, unet_config(model), "m") is None
    base = json.loads((model / "unet" / "config.json").read_text())
    ours = load_controlnet(found, [base], CPU, torch.float32).network
    wanted = theirs.state_dict()
    assert set(ours.state_dict()) == set(wanted)
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in ours.state_dict().items())
    torch.manual_seed(0)
    xl = "text_encoder_2" in json.loads((model / "model_index.json").read_text())
    inputs = torch.randn(1, 4, 8, 8), torch.tensor([500.0]), torch.randn(1, 77, base["cross_attention_dim"])
    whole, sizes = (torch.randn(1, 24), torch.tensor([[64.0, 64, 0, 0, 64, 64]])) if xl else (None, None)
    hint = torch.rand(1, 3, 64, 64)
    given = residuals(theirs, whole, hint, sizes=sizes, inputs=inputs)
    assert_close(ours(*inputs, whole, sizes, hint), given)


def test_one_without_attention_anywhere_as_the_small_ones_of_sdxl_is_read_from_its_weights(tmp_path):
    plain = {**KINDS["SDXL"], "down_block_types": ["DownBlock2D"] * 3, "cross_attention_dim": 2048}
    del plain["up_block_types"], plain["transformer_layers_per_block"]
    from diffusers import ControlNetModel as Theirs

    theirs = Theirs(**plain, mid_block_type="UNetMidBlock2D", transformer_layers_per_block=1)
    controlnets.write(tmp_path / "small", theirs, "diffusers' names")
    found = controlnets_in(str(tmp_path)).find("small")
    assert found.base == "SDXL"
    base = {**plain, "down_block_types": ["DownBlock2D", *["CrossAttnDownBlock2D"] * 2]}
    ours = load_controlnet(found, [base], CPU, torch.float32).network
    assert set(ours.state_dict()) == set(theirs.state_dict())


def test_what_is_like_a_controlnet_is_named_and_what_is_none_is_left_out(family, tmp_path, caplog):
    model, theirs = family
    tensors = controlnets.ldm_tensors(theirs)
    save_file({**tensors, "difference": torch.zeros(1)}, tmp_path / "diff_canny.safetensors")
    save_file(tensors, tmp_path / "v11e_shuffle.safetensors")
    save_file({"lora_controlnet": torch.zeros(1), "input_blocks.0.0.up": torch.zeros(1)}, tmp_path / "rank.safetensors")
    save_file({"lllite_unet_input.conditioning1.0.weight": torch.zeros(1)}, tmp_path / "lite.safetensors")
    save_file({**tensors, "task_embedding": torch.zeros(6, 8)}, tmp_path / "union.safetensors")
    save_file({"encoder.down.0.block.0.conv1.weight": torch.zeros(1)}, tmp_path / "vae.safetensors")
    files = controlnets_in(str(tmp_path)).files
    said = {name: misfit(each, unet_config(model), "m") for name, each in files.items()}
    assert set(said) == {"diff_canny", "v11e_shuffle", "rank", "lite", "union"}
    words = {"diff_canny": "differences", "v11e_shuffle": "shuffle", "rank": "a Control-LoRA", "lite": "LLLite"}
    assert all(word in said[name] for name, word in {**words, "union": "a ControlNet Union"}.items())
    assert "vae.safetensors is a VAE (ldm names), not a ControlNet" in caplog.text


@pytest.mark.parametrize("takes_mean", [False, True])
def test_of_a_folder_its_configuration_says_whether_it_takes_the_mean_of_its_hint_and_not_its_name(
    family, tmp_path, takes_mean
):
    name = "plain" if takes_mean else "not-shuffle"
    path = controlnets.write(tmp_path / name, family[1], "folder") / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "global_pool_conditions": takes_mean}))
    (found,) = controlnets_in(str(tmp_path)).files.values()
    assert ("takes the mean of its hint" in found.refused) == takes_mean


def test_one_of_another_family_is_refused_by_name_and_a_damaged_one_by_its_weight(tmp_path):
    stem = "control_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
    layers = {f"control_model.zero_convs.{idx}.0.weight": torch.zeros(320, 320, 1, 1) for idx in range(3)}
    for name, width in (("one", 768), ("xl", 2048)):
        save_file({stem: torch.zeros(640, width), **layers}, tmp_path / f"{name}.safetensors")
    files = controlnets_in(str(tmp_path)).files
    model = families.configuration("sd1", tmp_path / "model", cross_attention_dim=768)
    wrong = misfit(files["xl"], unet_config(model), "m")
    assert wrong == 'the ControlNet "xl" is for SDXL, and the model m is SD 1.x'
    assert "is for SD 1.x of another width" in misfit(files["one"], unet_config(model), "m")
    with pytest.raises(ModelError, match=r"one\.safetensors has no weights for control_model\."):
        load_controlnet(files["one"], [], CPU, torch.float32)
