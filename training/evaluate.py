"""`python -m training.evaluate --json`: how often the model draws what it is asked for, how well, and at what cost.

Needs nothing but the model and this folder: real pictures are drawn by training.poster, and the judge's weights lie
beside training.judge, which has seen pictures of the generator only. Beside its verdicts on the model stand those on
real pictures (`ceiling`) and on the model's pictures against shuffled prompts (`floor`).
"""

import argparse
import json
import random
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dreamreel.models import catalog
from dreamreel.models.bundle import ModelBundle
from training import films, following, gates
from training.grammar import HELD_OUT, TIMES, Scene, plain_caption, random_scene
from training.judge import HEADS, Judge, distance, examples, load_judge, verdicts
from training.runs import prepare
from training.sampling import sample
from training.sheets import save_sheet
from training.text import labels

ROUNDS = 30
SCORED = HEADS[:4]


@dataclass(frozen=True)
class Score:
    """shares: of right answers by head and for `all` four. captions, pictures: what was judged."""

    shares: dict[str, float]
    captions: list[str]
    pictures: Tensor
    right: Tensor


def main() -> None:
    options = _options()
    prepare(options.threads, options.seed)
    bundle, judge = catalog.load(catalog.locate(options.model), options.device), load_judge()
    seen = score(bundle, judge, _scenes(options.seed, options.samples, held_out=False), options.seed)
    apart = score(bundle, judge, _scenes(options.seed + 1, options.samples // 2, held_out=True), options.seed + 1)
    out = options.out or Path(tempfile.mkdtemp(prefix="evaluation-"))
    out.mkdir(parents=True, exist_ok=True)
    marks = ["" if right else "X " for right in seen.right.tolist()]
    captions = [mark + caption for mark, caption in zip(marks, seen.captions, strict=True)]
    save_sheet(out / "samples.png", seen.pictures[:64], captions[:64], 8)
    real, scenes = examples(options.seed + 2, max(96, len(seen.pictures)), side=256)
    truth = torch.tensor([labels(scene) for scene in scenes])
    drawing = films.Drawing(options.model, options.device, out)
    found = {
        "accuracy": seen.shares,
        "accuracy_heldout": apart.shares["all"],
        "accuracy_heldout_parts": apart.shares,
        "ceiling": _shares(verdicts(judge, real), truth),
        "floor": floor(judge, seen, options.seed),
        "distance": round(distance(judge, seen.pictures, real), 3),
        **autoencoder(bundle, real[:32]),
        **films.camera(drawing, options.films, sharpness(real)),
        **films.loops(drawing, judge),
        **films.changes(drawing, judge),
        **films.long_zoom(drawing),
        "size_mb": round(sum(p.stat().st_size for p in bundle_files(options.model)) / 1e6, 1),
    }
    found["gates"] = gates.passed(found)
    (out / "evaluation.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found) if options.json else f"{_table(found)}\n{gates.report(found)}\nsheets: {out}")


def score(bundle: ModelBundle, judge: Judge, scenes: list[Scene], seed: int) -> Score:
    """Draws each scene with the model's own steps and guidance, and has it judged."""
    captions, defaults = [plain_caption(scene) for scene in scenes], bundle.facts.defaults
    pictures = sample(bundle, captions, defaults.steps, defaults.cfg_scale, seed)
    truth, found = torch.tensor([labels(scene) for scene in scenes]), verdicts(judge, pictures)
    return Score(_shares(found, truth), captions, pictures, (found == truth)[:, :4].all(1))


def floor(judge: Judge, score: Score, seed: int) -> float:
    """The share of right pictures if each is held against another one's prompt."""
    found = verdicts(judge, score.pictures)
    return _shares(found, found[torch.randperm(len(found), generator=torch.Generator().manual_seed(seed))])["all"]


@torch.inference_mode()
def autoencoder(bundle: ModelBundle, real: Tensor) -> dict[str, float]:
    """PSNR in dB after one round and after ROUNDS, and how sharp one leaves real pictures, 1 being as they were."""
    found, values = real, list[float]()
    sharp = 0.0
    for i in range(ROUNDS):
        parts = [bundle.decode(bundle.encode(part * 2 - 1, torch.zeros(()))) for part in found.split(8)]
        found = (torch.cat(parts).clamp(-1, 1) + 1) / 2
        values.append(float((-10 * (found - real).pow(2).mean((1, 2, 3)).log10()).mean()))
        sharp = sharpness(found) / sharpness(real) if i == 0 else sharp
    return {
        "reconstruction_psnr": round(values[0], 2),
        "reconstruction_sharpness": round(sharp, 2),
        "ae_rounds_30": round(values[-1], 2),
    }


def sharpness(pictures: Tensor) -> float:
    """The mean slope of pictures (N, 3, H, W) in [0, 1]."""
    values = [np.ascontiguousarray((p.permute(1, 2, 0).numpy() * 255 + 0.5).astype(np.uint8)) for p in pictures]
    return float(np.mean([following.sharpness(picture) for picture in values]))


def bundle_files(model: str) -> list[Path]:
    return [path for path in catalog.locate(model).path.rglob("*") if path.is_file()]


def _scenes(seed: int, num: int, held_out: bool) -> list[Scene]:
    r = random.Random(seed)
    if not held_out:
        return [random_scene(r) for _ in range(num)]
    pairs = sorted(HELD_OUT)
    scenes = [Scene(*pairs[i % len(pairs)], r.choice(TIMES), "plain") for i in range(num)]
    return [replace(s, time="day") if s.place == "space" else s for s in scenes]


def _shares(found: Tensor, truth: Tensor) -> dict[str, float]:
    right = (found == truth)[:, :4].float()
    shares = {name: round(float(right[:, i].mean()), 3) for i, name in enumerate(SCORED)}
    return {"all": round(float(right.min(1).values.mean()), 3), **shares}


def _table(found: dict[str, Any]) -> str:
    return "\n".join(f"{key:24}{value}" for key, value in found.items())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, help="folder for evaluation.json and the sheets; a new temporary one unless given"
    )
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--samples", type=int, default=160, help="prompts; half as many of held-out pairs")
    parser.add_argument("--films", type=int, default=12, help="of 24 frames each, for the camera")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=9001)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    return parser.parse_args()


if __name__ == "__main__":
    main()
