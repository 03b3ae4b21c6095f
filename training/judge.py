"""`python -m training.judge`: a classifier of scenes that sees only the generator's own pictures.

It looks at 64x64 pixels. In training the pictures are blurred, shifted and dimmed at random, never drawn by
the model; a picture counts as right only if subject, place, time and style are.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.runs import append_csv, load, prepare, save, set_rate
from training.scenes import SceneMaker
from training.text import NUM_CLASSES, labels

SIDE = 64
HEADS = ("subject", "place", "time", "style", "portrait")


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


def shrunk(pictures: Tensor) -> Tensor:
    return functional.interpolate(pictures, size=(SIDE, SIDE), mode="area")


def load_judge(run: Path) -> Judge:
    judge = Judge()
    judge.load_state_dict(load(run / "judge.pt")["model"])
    return judge.eval()


@torch.inference_mode()
def verdicts(judge: Judge, pictures: Tensor) -> Tensor:
    """(N, 5) classes of pictures (N, 3, H, W) in [0, 1]."""
    rows = [torch.stack([logits.argmax(1) for logits in judge(part)], 1) for part in shrunk(pictures).split(64)]
    return torch.cat(rows)


def disturbed(pictures: Tensor) -> Tensor:
    """Blurred in half of the cases, shifted by up to 3 pixels, dimmed or lit a little, with some noise."""
    if torch.rand(()) < 0.5:
        pictures = functional.avg_pool2d(functional.pad(pictures, (1,) * 4, mode="replicate"), 3, 1)
    down, right = torch.randint(-3, 4, (2,)).tolist()
    padded = functional.pad(pictures, (3,) * 4, mode="replicate")
    pictures = padded[:, :, 3 + down : 3 + down + SIDE, 3 + right : 3 + right + SIDE]
    gain = 1 + 0.1 * torch.randn(len(pictures), 1, 1, 1)
    return (pictures * gain + 0.04 * torch.randn_like(pictures)).clamp(0, 1)


def examples(data: Path, seed: int, num: int) -> tuple[Tensor, Tensor]:
    """num pictures (num, 3, SIDE, SIDE) and their classes (num, 5), held-out pairs among them."""
    rows = SceneMaker(data, seed, 128).batches(num, 32, held_out=False)
    pairs = [(shrunk(pictures), torch.tensor([labels(s) for s in scenes])) for pictures, _, scenes in rows]
    pictures, classes = (torch.cat(part) for part in zip(*pairs, strict=True))
    return pictures, classes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=501, help="never one of the training's own")
    options = parser.parse_args()
    prepare(1, options.seed)
    pictures, classes = examples(options.data, options.seed, options.pictures)
    unseen, truth = examples(options.data, options.seed + 1, 512)
    judge = Judge()
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
        save(options.run / "judge.pt", {"model": judge.state_dict()})


if __name__ == "__main__":
    main()
