"""What a model was made for: its family's size, steps and guidance, what its files say instead, and its card's word."""

from dataclasses import replace
from pathlib import Path

from dreamreel.models.few_steps import folder_names, with_few_steps
from dreamreel.models.headers import Tensors
from dreamreel.models.layout import XL, Defaults, is_xl, latent_factor, read_card, read_json
from dreamreel.models.parameterization import scheduler_changes
from dreamreel.models.recognise import of_contents

# SD 2.x that predicts v was trained on larger pictures than the base.
SD2_V = replace(Defaults(), width=768, height=768)
_TOLD = ("model.diffusion_model.time_embed.cond_proj.weight",)


def of_folder(folder: Path) -> Defaults:
    """Of a diffusers folder; its card's word where it has one. Raises ModelError."""
    card, index = read_card(folder), read_json(folder / "model_index.json")
    unet, vae = (read_json(folder / part / "config.json") for part in ("unet", "vae"))
    plain = XL if is_xl(index) else Defaults()
    if unet.get("cross_attention_dim") == 1024 and unet.get("sample_size") == 96:
        plain = SD2_V
    plain = with_few_steps(plain, folder_names(folder.name, index, card), unet.get("time_cond_proj_dim") is not None)
    width, height = card.get("size", (plain.width, plain.height))
    return replace(
        plain,
        width=width,
        height=height,
        steps=card.get("steps", plain.steps),
        cfg_scale=card.get("cfg_scale", plain.cfg_scale),
        multiple=latent_factor(vae.get("_class_name", ""), vae),
        prompt=card.get("default_prompt", plain.prompt),
        examples=tuple(card.get("examples", ())),
    )


def of_file(path: Path, found: Tensors) -> Defaults:
    """Of a single checkpoint file with these tensors. Raises ModelError."""
    identity = of_contents(found)
    kind = identity.with_vae or identity.kind
    plain = XL if kind == "sdxl" else Defaults()
    if kind == "sd2" and scheduler_changes(path, found.shapes, found.metadata).get("prediction_type") == "v_prediction":
        plain = SD2_V
    names = f"{path.stem} {found.metadata.get('modelspec.title', '')}"
    return with_few_steps(plain, names, any(name in found.shapes for name in _TOLD))
