"""LoRAs for SDXL's UNet and both of its text encoders, under each writer's names; held to formulas in float64."""

import re

import pytest
import torch
from tests import checkpoints, loras
from tests.unit.models.test_sdxl import bundle, configuration, folder, pipeline  # noqa: F401 - fixtures

from dreamreel.models.adapters.loaded import Alongside, Counted


def ldm(path):
    """CompVis' name of a layer, as Stability AI's and kohya's files for SDXL have it."""
    named = f"{path}.weight"
    names = [*checkpoints.UNET_NAMES, *([] if "transformer_blocks" in named else checkpoints.UNET_RESNET_NAMES)]
    found = checkpoints.rename(named, names).removesuffix(".weight")
    found = re.sub(r"add_embedding\.linear_(\d)", lambda each: f"label_emb.0.{2 * int(each[1]) - 2}", found)
    return found.replace("output_blocks.2.1.conv", "output_blocks.2.2.conv")


@pytest.mark.parametrize("names", ["kohya", "kohya, ldm names", "diffusers"])
def test_each_writers_names_mean_the_layers_of_the_network_and_of_both_text_encoders(tmp_path, bundle, names):  # noqa: F811
    networks = bundle.modules.adaptable
    assert set(networks) == {"unet", "text_encoder", "text_encoder_2"}
    path = tmp_path / "some.safetensors"
    added = loras.write(path, networks, "kohya", names, only=r"(?<!text_projection)$", ldm=ldm, first="te1")
    merged = bundle.merged([Counted(bundle.read_lora(path), 0.7, -0.4)])
    for part, strength in (("unet", 0.7), ("text_encoder", -0.4), ("text_encoder_2", -0.4)):
        before, after = loras.layers_of(networks[part]), loras.layers_of(merged.modules.adaptable[part])
        assert added[part]
        for layer, difference in added[part].items():
            expected = before[layer].weight.double() + strength * difference
            assert torch.allclose(after[layer].weight.double(), expected, atol=1e-6), layer


def test_beside_the_weights_sdxl_draws_and_reads_as_with_them_in_it(tmp_path, bundle):  # noqa: F811
    path = tmp_path / "some.safetensors"
    loras.write(path, bundle.modules.adaptable, "LoKr", only="attn|mlp|conv", ldm=ldm, first="te1")
    counted = [Counted(bundle.read_lora(path), 0.7, -0.4)]
    merged = bundle.merged(counted)
    with torch.inference_mode():
        read, expected = bundle.embed(["a fox"], counted), merged.embed(["a fox"])
        assert float((read - expected).abs().max()) < 2e-5 * float(expected.abs().max())
        assert float((read - bundle.embed(["a fox"])).abs().max()) > 0.01
        phrase = (("a fox", 1.2),)
        assert torch.allclose(bundle.read(phrase, 1, 1, counted)[0], merged.read(phrase, 1, 1)[0], atol=1e-4)
        x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
        inputs = x, torch.tensor([[1.0, 0.7, -1.3, 5.0, 400.0]]), torch.cat([read, expected])
        drawn = bundle.denoise(*inputs, Alongside([counted[0].lora], torch.tensor([[0.7]])))
        expected = merged.denoise(*inputs)
        assert float((drawn - expected).abs().max()) < 2e-5 * float(expected.abs().max())
