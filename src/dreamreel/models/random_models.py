"""Models with random weights for measuring: their pictures are noise, their work is that of trained ones."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import torch

from dreamreel.errors import ModelError
from dreamreel.models.bundle import ModelFacts
from dreamreel.models.devices import choose_device, choose_precision
from dreamreel.models.diffusers_bundle import DiffusersBundle, Modules
from dreamreel.models.layout import XL, Defaults, read_json
from dreamreel.models.networks.autoencoder_kl import AutoencoderKL
from dreamreel.models.networks.clip_text import CLIPTextModel, CLIPTextModelWithProjection
from dreamreel.models.networks.configured import Network
from dreamreel.models.networks.unet import UNet2DConditionModel
from dreamreel.models.noising import alphas_cumprod
from dreamreel.models.tokenizer import load_tokenizer

Kind = TypeVar("Kind", bound=Network)
# small: about the built-in model (16 M parameters at 32x32 latents). sd15, sdxl: Stable Diffusion 1.x and XL in full.
SIZES = {
    "small": Defaults(width=256, height=256, steps=20, cfg_scale=5.0),
    "sd15": Defaults(width=512, height=512, steps=50, cfg_scale=7.0),
    "sdxl": XL,
}
_SMALL: dict[str, dict[str, Any]] = {
    "unet": {
        "block_out_channels": [64, 96, 192, 192],
        "layers_per_block": 1,
        "down_block_types": ["DownBlock2D", *["CrossAttnDownBlock2D"] * 3],
        "up_block_types": [*["CrossAttnUpBlock2D"] * 3, "UpBlock2D"],
        "cross_attention_dim": 192,
        "attention_head_dim": 4,
        "norm_num_groups": 8,
    },
    "vae": {"block_out_channels": [16, 32, 64, 96], "layers_per_block": 1, "norm_num_groups": 8},
    "text_encoder": {
        "hidden_size": 192,
        "intermediate_size": 768,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
    },
}


def random_bundle(kind: str, device: str = "auto", precision: str = "auto") -> DiffusersBundle:
    """kind: of SIZES. Seeded: the same weights every time. Raises ModelError for another kind."""
    if kind not in SIZES:
        raise ModelError(f"there is no random model {kind}; there are {', '.join(SIZES)}")
    shipped = Path(str(files("dreamreel.data")))
    folder, words = shipped / ("sdxl" if kind == "sdxl" else "sd1"), shipped / "sd1" / "tokenizer"
    changes = _SMALL if kind == "small" else {}

    def configuration(part: str) -> dict[str, Any]:
        return {**read_json(folder / part / "config.json"), **changes.get(part, {})}

    where = choose_device(device)
    dtype = choose_precision(where, precision)

    def made(network: type[Kind], part: str) -> Kind:
        """At once where it is to be: the whole model in float32 beside it would take twice the memory of half."""
        return network.from_config(configuration(part)).to(where, dtype)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        unet = made(UNet2DConditionModel, "unet")  # the largest first, while there is nothing beside it
        text_encoder, vae = made(CLIPTextModel, "text_encoder"), AutoencoderKL.from_config(configuration("vae"))
        modules = Modules(load_tokenizer(words), text_encoder, unet, vae)
        if kind == "sdxl":
            modules = replace(
                modules,
                second_tokenizer=load_tokenizer(words, pad_with="!"),
                second_text_encoder=made(CLIPTextModelWithProjection, "text_encoder_2"),
                vae_overflows=True,
            )
        modules = modules.to(where, dtype)
    alphas = alphas_cumprod(read_json(folder / "scheduler" / "scheduler_config.json"))
    name = f"random-{kind}"
    facts = ModelFacts(name, name, 4, 8, alphas, str(where), str(dtype).removeprefix("torch."), SIZES[kind])
    return DiffusersBundle(modules, facts)
