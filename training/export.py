"""`python -m training.export`: a run -> a folder that dreamreel loads, in half precision, with its hashes."""

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from huggingface_hub import save_torch_state_dict

from dreamreel.models.anchored_vae import AnchoredVAE
from dreamreel.models.networks.configured import Network
from training.nearest import HARMLESS, NEAREST
from training.runs import default_run, load
from training.text import TextEncoder
from training.train import CHANNELS, build_unet

TITLE = "builtin: small poster-like scenes of 256x256, trained on a CPU; for trying dreamreel out"
EXAMPLES = (
    "a fox in a snowy forest at night", "a castle in the mountains at sunset",
    "a sailboat on the sea at sunset", "a penguin in the snow under the northern lights",
    "a hot air balloon above green hills by day", "a rocket in outer space", "a red car in a city at night",
    "a robot in the desert at sunset", "a sunflower in a meadow by day", "a beautiful portrait of a woman",
)  # fmt: skip
DEFAULT_PROMPT = (
    "0: a fox in a meadow at sunset | 34: a fox in a snowy forest at night | "
    "67: a castle in the mountains under the northern lights"
)
SHARD = "15MB"  # files in git stay below 16 MiB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=default_run(), help="folder of the training")
    parser.add_argument("--out", type=Path, help="the model's folder, made anew; RUN/model unless given")
    parser.add_argument("--steps", type=int, default=20, help="default sampler steps of the model")
    parser.add_argument("--cfg-scale", type=float, default=3.0, help="default guidance of the model")
    options = parser.parse_args()
    export(options.run, options.out or options.run / "model", options.steps, options.cfg_scale)


def export(run: Path, out: Path, steps: int, cfg_scale: float) -> None:
    """Writes the folder; what was in it goes. Stops with a sentence before that if a part was not trained yet."""
    for name in ("text.pt", "unet.pt", "vae.pt"):
        if not (run / name).is_file():
            raise SystemExit(f"{run / name} is not there; training/README.md says which step makes it")
    trained = load(run / "unet.pt")
    vae, unet, text = AnchoredVAE(), build_unet(trained.get("channels", CHANNELS)), TextEncoder(run).model
    vae.load_state_dict((load(run / "finish.pt") or load(run / "vae.pt"))["model"])
    for parameter, tensor in zip(unet.parameters(), trained["average"], strict=True):
        parameter.data.copy_(tensor)
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(run / "tokenizer", out / "tokenizer")
    for name, network in (("vae", vae), ("unet", unet), ("text_encoder", text)):
        _write_network(out / name, network)
    _write_index(out)
    card: dict[str, Any] = {
        "title": TITLE, "size": [256, 256], "steps": steps, "cfg_scale": cfg_scale,
        "default_prompt": DEFAULT_PROMPT, "examples": list(EXAMPLES), "vocabulary": _vocabulary(run),
    }  # fmt: skip
    weights = sorted(out.rglob("*.safetensors"))
    card["sha256"] = {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in weights}
    _write_json(out / "dreamreel.json", card)


def _write_network(folder: Path, network: Any) -> None:
    """Configuration and weights, these in shards with an index where they are large."""
    network.half()
    if isinstance(network, Network):
        folder.mkdir()
        network.save_config(folder)
        tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
        pattern = "diffusion_pytorch_model.fp16{suffix}.safetensors"
        save_torch_state_dict(tensors, folder, filename_pattern=pattern, max_shard_size=SHARD)
    else:
        network.save_pretrained(folder, variant="fp16", max_shard_size=SHARD)
    for path in folder.iterdir():
        path.chmod(0o644)


def _write_index(out: Path) -> None:
    index = {
        "_class_name": "StableDiffusionPipeline", "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["dreamreel", "AnchoredVAE"],
        "safety_checker": [None, None], "feature_extractor": [None, None],
    }  # fmt: skip
    scheduler = {
        "_class_name": "PNDMScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012,
        "num_train_timesteps": 1000, "prediction_type": "v_prediction", "set_alpha_to_one": False,
        "skip_prk_steps": True, "steps_offset": 1, "clip_sample": False,
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
