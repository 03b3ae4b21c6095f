"""`python -m training.evaluate --json`: how often the model draws what it is asked for, and what that costs.

The judge (training.judge) has seen pictures of the generator only. Beside its verdicts on the model stand
those on real pictures (`ceiling`) and on the model's pictures against shuffled prompts (`floor`).
"""

import argparse
import json
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dreamreel import render
from dreamreel.models import catalog
from dreamreel.models.bundle import ModelBundle
from training.export import EXAMPLES
from training.grammar import HELD_OUT, NAMES, TIMES, Scene, plain_caption, random_scene
from training.judge import HEADS, Judge, examples, load_judge, verdicts
from training.runs import prepare
from training.sampling import sample
from training.scenes import SceneMaker
from training.sheets import save_sheet
from training.text import labels

LOOP = (EXAMPLES[1], EXAMPLES[3], EXAMPLES[6])  # what the three animations show
NUM_LOOP_FRAMES = 31
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
    bundle, judge = catalog.load(catalog.locate(options.model), options.device), load_judge(options.run)
    seen = score(bundle, judge, _scenes(options.seed, options.samples, held_out=False), options.seed)
    apart = score(bundle, judge, _scenes(options.seed + 1, options.samples // 2, held_out=True), options.seed + 1)
    options.out.mkdir(parents=True, exist_ok=True)
    marks = ["" if right else "X " for right in seen.right.tolist()]
    captions = [mark + caption for mark, caption in zip(marks, seen.captions, strict=True)]
    save_sheet(options.out / "samples.png", seen.pictures[:64], captions[:64], 8)
    pictures, truth = examples(options.data, options.seed + 2, 400)
    found = {
        "accuracy": seen.shares,
        "accuracy_heldout": apart.shares["all"],
        "accuracy_heldout_parts": apart.shares,
        "ceiling": _shares(verdicts(judge, pictures), truth),
        "floor": floor(judge, seen, options.seed),
        "reconstruction_psnr": reconstruction(bundle, options.data),
        **loops(judge, options.model, options.device, options.out),
        "size_mb": round(sum(p.stat().st_size for p in bundle_files(options.model)) / 1e6, 1),
    }
    (options.out / "evaluation.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found) if options.json else _table(found))


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
def reconstruction(bundle: ModelBundle, data: Path, num: int = 64) -> float:
    """The mean PSNR in dB of pictures that the training did not see."""
    values = []
    for pictures, _, _ in SceneMaker(data, 4242).batches(num, 8):
        latents = bundle.encode(pictures * 2 - 1, torch.zeros(()))
        out = (bundle.decode(latents).clamp(-1, 1) + 1) / 2
        values.append(-10 * (out - pictures).pow(2).mean((1, 2, 3)).log10())
    return round(float(torch.cat(values).mean()), 2)


def loops(judge: Judge, model: str, device: str, out: Path) -> dict[str, Any]:
    """Three Deforum loops with zoom and rotation; saves frames 0, 10, 20, 30 and times the frames."""
    shown, kept, seconds = [], [], []
    for prompt in LOOP:
        frames, times = [], [time.perf_counter()]
        motion = {"zoom": "0: (1.02)", "angle": "0: (0.5)", "sampler": "euler"}
        for frame in render(prompt, model=model, device=device, max_frames=100, seed=5, **motion):
            frames.append(torch.from_numpy(np.asarray(frame.image)).permute(2, 0, 1).float() / 255)
            times.append(time.perf_counter())
            if len(frames) == NUM_LOOP_FRAMES:
                break
        seconds += np.diff(times)[2:].tolist()
        subjects = verdicts(judge, torch.stack(frames))[:, 0].tolist()
        wanted = next(i for i, name in enumerate(NAMES) if name in prompt)
        kept.append(sum(subject == wanted for subject in subjects) / len(subjects))
        shown += frames[::10]
    names = [f"{prompt}, frame {i}" for prompt in LOOP for i in (0, 10, 20, 30)]
    save_sheet(out / "loops.png", torch.stack(shown), names, 4, 256)
    return {"seconds_per_frame": round(float(np.median(seconds)), 3), "subject_kept": [round(k, 2) for k in kept]}


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
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="the folder with judge.pt")
    parser.add_argument("--out", type=Path, required=True, help="folder for evaluation.json and the sheets")
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--samples", type=int, default=256, help="prompts; half as many of held-out pairs")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=9001)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    return parser.parse_args()


if __name__ == "__main__":
    main()
