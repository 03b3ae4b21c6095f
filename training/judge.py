"""`python -m training.judge`: a classifier of scenes that sees only the generator's own pictures.

It looks at 64x64 pixels, from all cameras. In training the pictures are blurred, shifted and dimmed at random, never
drawn by the model; a picture counts as right only if subject, place, time and style are. Its weights lie beside this
file, so that an evaluation needs no training.
"""

import argparse
import random
from itertools import pairwise
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from training import poster
from training.grammar import Scene, random_scene
from training.runs import append_csv, default_run, prepare, set_rate
from training.text import NUM_CLASSES, labels

SIDE = 64
HEADS = ("subject", "place", "time", "style", "portrait")
WEIGHTS = Path(__file__).with_name("judge.fp16.safetensors")


class Judge(nn.Module):
    """Pictures (B, 3, SIDE, SIDE) in [0, 1] -> the logits of each of HEADS."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        widths, layers = (3, width, 2 * width, 4 * width, 4 * width), list[nn.Module]()
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.GroupNorm(8, after), nn.SiLU()]
            layers += [nn.Conv2d(after, after, 3, 1, 1), nn.GroupNorm(8, after), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.heads = nn.ModuleList(nn.Linear(16 * widths[-1], num) for num in NUM_CLASSES)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        features = self.body(pictures * 2 - 1).flatten(1)
        features = functional.dropout(features, 0.2, self.training)
        return [head(features) for head in self.heads]

    def features(self, pictures: Tensor) -> Tensor:
        """(B, 96): what it sees, wherever in the picture."""
        seen: Tensor = self.body(pictures * 2 - 1).mean((2, 3))
        return seen


def shrunk(pictures: Tensor) -> Tensor:
    return functional.interpolate(pictures, size=(SIDE, SIDE), mode="area")


def load_judge(path: Path = WEIGHTS) -> Judge:
    judge = Judge()
    judge.load_state_dict({key: value.float() for key, value in load_file(path).items()})
    return judge.eval()


@torch.inference_mode()
def verdicts(judge: Judge, pictures: Tensor) -> Tensor:
    """(N, 5) classes of pictures (N, 3, H, W) in [0, 1]."""
    rows = [torch.stack([logits.argmax(1) for logits in judge(part)], 1) for part in shrunk(pictures).split(64)]
    return torch.cat(rows)


@torch.inference_mode()
def distance(judge: Judge, found: Tensor, real: Tensor) -> float:
    """The Frechet distance of the judge's features of two sets of pictures: 0 where they are alike.

    A tie-breaker between models; only between evaluations with as many pictures.
    """
    sides = [torch.cat([judge.features(part) for part in shrunk(each).split(64)]).double() for each in (found, real)]
    means, covariances = [side.mean(0) for side in sides], [torch.cov(side.T) for side in sides]
    values = torch.linalg.eigvals(covariances[0] @ covariances[1]).real.clamp(min=0)
    spread = covariances[0].trace() + covariances[1].trace() - 2 * values.sqrt().sum()
    return float((means[0] - means[1]).pow(2).sum() + spread)


def disturbed(pictures: Tensor) -> Tensor:
    """Blurred in half of the cases, shifted by up to 3 pixels, dimmed or lit a little, with some noise."""
    if torch.rand(()) < 0.5:
        pictures = functional.avg_pool2d(functional.pad(pictures, (1,) * 4, mode="replicate"), 3, 1)
    down, right = torch.randint(-3, 4, (2,)).tolist()
    padded = functional.pad(pictures, (3,) * 4, mode="replicate")
    pictures = padded[:, :, 3 + down : 3 + down + SIDE, 3 + right : 3 + right + SIDE]
    gain = 1 + 0.1 * torch.randn(len(pictures), 1, 1, 1)
    return (pictures * gain + 0.04 * torch.randn_like(pictures)).clamp(0, 1)


def examples(seed: int, num: int, moved: float = 0.0, side: int = 2 * SIDE) -> tuple[Tensor, list[Scene]]:
    """num pictures (num, 3, side, side) in [0, 1] with what they show, held-out pairs among them."""
    r = random.Random(seed)
    scenes = (random_scene(r, held_out=False) for _ in range(num))
    rows = list(poster.pictures(scenes, r, moved, side))
    return torch.stack([torch.from_numpy(picture).permute(2, 0, 1) for picture, _ in rows]) / 255, [s for _, s in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=default_run(), help="folder of the training, for judge.csv")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--pictures", type=int, default=20000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=501, help="never one of the training's own")
    options = parser.parse_args()
    prepare(1, options.seed)
    pictures, scenes = examples(options.seed, options.pictures, moved=0.4, side=SIDE)
    classes = torch.tensor([labels(scene) for scene in scenes])
    unseen, scenes = examples(options.seed + 1, 512)
    truth, judge = torch.tensor([labels(scene) for scene in scenes]), Judge()
    optimizer = torch.optim.AdamW(judge.parameters(), 2e-3, weight_decay=0.02)
    for epoch in range(options.epochs):
        judge.train()
        set_rate(optimizer, 2e-3 * (1 - epoch / options.epochs))
        for rows in torch.randperm(len(pictures)).split(48):
            logits = judge(disturbed(pictures[rows]))
            losses = [functional.cross_entropy(part, classes[rows, i]) for i, part in enumerate(logits)]
            optimizer.zero_grad()
            sum(losses, torch.zeros(())).backward()
            optimizer.step()
        right = (verdicts(judge.eval(), unseen) == truth).float()
        append_csv(options.run / "judge.csv", "epoch," + ",".join(HEADS), epoch + 1, *right.mean(0).tolist())
        save_file({key: value.half().contiguous() for key, value in judge.state_dict().items()}, options.out)


if __name__ == "__main__":
    main()
