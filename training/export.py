"""`python -m training.export`: a run -> a folder that dreamreel loads, in half precision, with its hashes."""

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from dreamreel.models.patch_vae import PatchVAE
from training.latents import load_vae
from training.nearest import HARMLESS, NEAREST
from training.runs import load
from training.text import TextEncoder
from training.train import build_unet

TITLE = "builtin: small stylised scenes of 256x256, trained on a CPU; for trying dreamreel out"
EXAMPLES = (
    "a red fox in a snowy forest at night, watercolor", "a castle by the sea at sunset",
    "a sailboat on the ocean at sunset", "a penguin in the snow under the northern lights",
    "a red balloon above green hills by day", "a rocket in outer space", "a red car in a city at night",
    "a robot in the desert at sunset", "a sunflower in a meadow by day", "a beautiful portrait of a woman",
)  # fmt: skip
DEFAULT_PROMPT = f"0: {EXAMPLES[0]} | 24: {EXAMPLES[1]}"
LIMIT = 16 * 2**20  # bytes of one file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=20, help="default sampler steps of the model")
    parser.add_argument("--cfg-scale", type=float, default=3.0, help="default guidance of the model")
    options = parser.parse_args()
    export(options.run, options.out, options.steps, options.cfg_scale)


def export(run: Path, out: Path, steps: int, cfg_scale: float) -> None:
    """Writes the folder; what was in it goes."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(run / "tokenizer", out / "tokenizer")
    _write_network(out / "vae", folded(load_vae(run), load(run / "whitening.pt")), "diffusion_pytorch_model")
    unet, state = build_unet(), load(run / "unet.pt")
    for parameter, tensor in zip(unet.parameters(), state["average"], strict=True):
        parameter.data.copy_(tensor)
    _write_network(out / "unet", unet, "diffusion_pytorch_model")
    _write_network(out / "text_encoder", TextEncoder(run).model, "model")
    _write_index(out)
    card: dict[str, Any] = {
        "title": TITLE, "size": [256, 256], "steps": steps, "cfg_scale": cfg_scale,
        "default_prompt": DEFAULT_PROMPT, "examples": list(EXAMPLES), "vocabulary": _vocabulary(run),
    }  # fmt: skip
    weights = sorted(out.rglob("*.safetensors"))
    card["sha256"] = {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in weights}
    _write_json(out / "dreamreel.json", card)


def folded(vae: PatchVAE, white: dict[str, Tensor]) -> PatchVAE:
    """vae with whitened latents: the whitening becomes part of the 1x1 convolutions at its latents."""
    last, first = vae.encoder[-1], vae.decoder[0]
    with torch.no_grad():
        weight, bias = last.weight.flatten(1), last.bias - white["mean"]
        last.weight.copy_((white["whiten"] @ weight)[..., None, None])
        last.bias.copy_(white["whiten"] @ bias)
        weight = first.weight.flatten(1)
        first.bias.copy_(first.bias + weight @ white["mean"])
        first.weight.copy_((weight @ white["unwhiten"])[..., None, None])
    return vae


def _write_network(folder: Path, network: nn.Module, name: str) -> None:
    folder.mkdir(parents=True)
    network.save_config(folder) if hasattr(network, "save_config") else network.config.save_pretrained(folder)
    tensors = {key: value.detach().half().contiguous() for key, value in network.state_dict().items()}
    path = folder / f"{name}.fp16.safetensors"
    save_file(tensors, path, metadata={"format": "pt"})
    path.chmod(0o644)
    if path.stat().st_size > LIMIT:
        raise SystemExit(f"{path} is larger than {LIMIT >> 20} MB; train a smaller network")


def _write_index(out: Path) -> None:
    index = {
        "_class_name": "StableDiffusionPipeline", "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["dreamreel", "PatchVAE"],
        "safety_checker": [None, None], "feature_extractor": [None, None],
    }  # fmt: skip
    scheduler = {
        "_class_name": "PNDMScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012,
        "num_train_timesteps": 1000, "prediction_type": "epsilon", "set_alpha_to_one": False, "skip_prk_steps": True,
        "steps_offset": 1, "clip_sample": False,
    }  # fmt: skip
    (out / "scheduler").mkdir()
    _write_json(out / "scheduler" / "scheduler_config.json", scheduler)
    _write_json(out / "model_index.json", index)


def _vocabulary(run: Path) -> dict[str, Any]:
    said = {word for word in load(run / "words.pt")["said"] if not any(letter.isdigit() for letter in word)}
    nearest = {word: known for word, known in NEAREST.items() if word not in said}
    return {"words": sorted(said | HARMLESS), "nearest": nearest}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
