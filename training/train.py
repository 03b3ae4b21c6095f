"""`python -m training.train`: the UNet, on pictures drawn meanwhile; goes on where it was stopped.

v prediction on Stable Diffusion's noise schedule. Which cameras the pictures have depends on the level of noise:
what is drawn from nothing is composed at high levels, and gets the usual camera there; a film goes on at low ones,
and sees the world from anywhere there. So first frames are well composed, and later ones follow the camera.
The first half of the time sees few lands and each hero at one spot, so that shapes are learned soon; then no two
pictures are alike. An error on a hero counts for more than one on the land.
"""

import argparse
import math
import tempfile
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.spawn import spawn

from dreamreel.models.networks.unet import UNet2DConditionModel
from training.bfloat import bfloat, has_bfloat
from training.grammar import Scene, caption
from training.loops import Film, Films
from training.pool import Pool
from training.poster import CALM, FULL, Variety
from training.runs import (
    Average,
    Clock,
    append_csv,
    default_run,
    load,
    prepare,
    save,
    set_rate,
    share_means,
    side_by_side,
)
from training.text import TextEncoder
from training.unseen import EVERY, unseen
from training.words import WIDTH

BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
ALPHAS_CUMPROD = (1 - BETAS).cumprod(0).float()
HEADER = "step,processor_s,scenes,loss,loss_film,loss_composed,figures_composed,gradient_norm,rate"
UNSEEN_HEADER = "step,processor_s,error_film,error_composed"
CHANNELS = (64, 128, 256)
# Levels of noise (timesteps): below the first every camera is moved, above the second none.
FILM, COMPOSED = 360, 480
# Above this ratio of signal to noise there is nothing left to see; such levels are learned the more seldom.
CLEAN = 5.0
LEVELS = 1.0 / (1 + (ALPHAS_CUMPROD / (1 - ALPHAS_CUMPROD) - CLEAN).clamp(min=0) / (1 + CLEAN))
# How much more than the land an error on a hero counts: lands are learned long before.
FIGURES = 3.0
# Levels of noise of films (training.loops): those between which strength 0.65 draws; and those at which it begins, for
# the first frame of another prompt: at lower ones there is nothing left of the frame before.
LOOPED, LOOPED_CHANGE = (120, 400), (300, 400)
CHANGE_WEIGHT = 0.4  # of a frame that is the first of another prompt: its error is ten times as large
WARM_UP = 150  # steps of every start
TOGETHER = 8  # steps after which processes side by side take the mean of their weights
# How often a caption is left out: often where a film goes on, so that there the picture decides.
UNSAID_FILM, UNSAID = 0.25, 0.1


def build_unet(channels: tuple[int, ...] = CHANNELS) -> UNet2DConditionModel:
    """A new UNet. The captions reach it by cross-attention and, summed up, beside the time."""
    lower = len(channels) - 1
    return UNet2DConditionModel(
        sample_size=16, in_channels=12, out_channels=12, layers_per_block=1, block_out_channels=channels,
        cross_attention_dim=WIDTH, attention_head_dim=4, norm_num_groups=8,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * lower,
        up_block_types=("CrossAttnUpBlock2D",) * lower + ("UpBlock2D",),
        resnet_time_scale_shift="scale_shift", addition_embed_type="text", addition_embed_type_num_heads=4,
    )  # fmt: skip


def layout(device: str) -> torch.memory_format:
    """What trains faster there: with channels last, oneDNN takes up to 1.7 times as long for weights' gradients."""
    return torch.contiguous_format if device == "cpu" else torch.channels_last


def moved_share(time: float) -> float:
    """How likely a picture of that level of noise has a moved camera."""
    return min(1.0, max(0.0, (COMPOSED - time) / (COMPOSED - FILM)))


def times_of(shares: Tensor, films: float) -> Tensor:
    """Timesteps (B,) that cut the levels' weights at shares of them (0 to 1); films: more weight on those of films."""
    sums = torch.cat([LEVELS[:FILM] * films, LEVELS[FILM:]]).cumsum(0)
    return torch.searchsorted(sums / sums[-1], shares).clamp(max=len(LEVELS) - 1)


def unsaid_share(time: float) -> float:
    return UNSAID_FILM if time < FILM else UNSAID


def rate_at(rate: float, step: int, share: float) -> float:
    """Warm-up over a start's first steps, then level for most of the time, then half a cosine down to a thirtieth."""
    warmth = min(1.0, (step + 1) / WARM_UP)
    if share < 0.7:
        return rate * warmth
    return rate * warmth * (0.03 + 0.485 * (1 + math.cos(math.pi * (share - 0.7) / 0.3)))


@dataclass(frozen=True, eq=False)
class Rows:
    """What a step learns from: given, what is drawn over, and latents, what is right (B, 12, 16, 16); figures, scenes
    and times, one a row. taken: the films of the first rows."""

    latents: Tensor
    given: Tensor
    figures: Tensor
    scenes: list[Scene]
    times: Tensor
    taken: list[Film]

    @property
    def changed(self) -> list[int]:
        """The rows that are the first frame of another prompt."""
        return [i for i, film in enumerate(self.taken) if film.changed]

    def weights(self, alpha: Tensor) -> Tensor:
        """How much each row counts; alpha (B, 1, 1, 1): of its level of noise."""
        weights = torch.ones_like(alpha)
        # A film differs from what is right, and v counts that the more, the less noise there is.
        weights[: len(self.taken)] = (2 * (1 - alpha[: len(self.taken)])).clamp(max=1)
        weights[self.changed] *= CHANGE_WEIGHT
        return weights


def rows_of(pool: Pool, num: int, films: float, loops: Films | None) -> Rows:
    """num rows, a third of them of films of loops, in the place of rows of little noise."""
    times = times_of((torch.arange(num) + torch.rand(num)) / num, films)
    if loops:
        times[: num // 3] = torch.randint(*LOOPED, (num // 3,))
    latents, figures, scenes = pool.batch([moved_share(level) for level in times.tolist()])
    if loops is None:
        return Rows(latents, latents, figures, scenes, times, [])
    given, taken = loops.fill(latents, figures, scenes, num // 3)
    rows = Rows(latents, given, figures, scenes, times, taken)
    times[rows.changed] = torch.randint(*LOOPED_CHANGE, (len(rows.changed),))
    return rows


class Training:
    """The UNet, its optimizer and its average, as kept in run/unet.pt."""

    def __init__(self, run: Path, rate: float, keep: float, device: str, channels: tuple[int, ...] = CHANNELS) -> None:
        self.run, self.device = run, device
        self.is_half = has_bfloat(device)
        self.text = TextEncoder(run)
        state = load(run / "unet.pt")
        self.channels = tuple(state.get("channels", CHANNELS if state else channels))
        self.unet = build_unet(self.channels).to(device, memory_format=layout(device))
        parameters = list(self.unet.parameters())
        self.optimizer = torch.optim.AdamW(parameters, rate, betas=(0.9, 0.99), weight_decay=1e-3, fused=True)
        self.average = Average(parameters, keep)
        if state:
            self.unet.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.average.tensors = [tensor.to(device) for tensor in state["average"]]
            self.average.num_steps = state["step"]
        self.step, self.spent_s = int(state.get("step", 0)), float(state.get("spent_s", 0.0))

    def save(self, spent_s: float) -> None:
        content: dict[str, Any] = {"model": self.unet.state_dict(), "optimizer": self.optimizer.state_dict()}
        content["channels"] = self.channels
        save(self.run / "unet.pt", {**content, "average": self.average.tensors, "step": self.step, "spent_s": spent_s})

    def conditions(self, pool: Pool, scenes: list[Scene], times: list[float], said: Container[int]) -> Tensor:
        """Of each row's caption, left out now and then but for the rows of said."""
        captions = [
            "" if i not in said and pool.random.random() < unsaid_share(time) else caption(pool.random, scene)
            for i, (scene, time) in enumerate(zip(scenes, times, strict=True))
        ]
        return self.text.embed(captions).clone().to(self.device)

    def goes_on(self, clock: Clock, is_shared: bool) -> bool:
        """Whether another step comes; processes side by side agree on it where they share what they have learned."""
        if not is_shared:
            return clock.goes_on
        return self.step % TOGETHER > 0 or share_means(list(self.unet.parameters()), clock.goes_on)

    def learn(self, pool: Pool, batch: int, films: float, loops: Films | None = None) -> list[float]:
        """One step. The loss; the mean errors of the rows of little noise, of much, of the heroes in these; and the
        gradient's norm. loops: a third of the rows are of films of these."""
        rows = rows_of(pool, batch, films, loops)
        times, taken = rows.times, rows.taken
        latents, given = (
            each.to(self.device).contiguous(memory_format=layout(self.device)) for each in (rows.latents, rows.given)
        )
        cond = self.conditions(pool, rows.scenes, times.tolist(), rows.changed)
        alpha = ALPHAS_CUMPROD[times].view(-1, 1, 1, 1).to(self.device)
        x = alpha.sqrt() * given + (1 - alpha).sqrt() * torch.randn_like(given)
        v = (alpha.sqrt() * x - latents) / (1 - alpha).sqrt()  # what makes the right latents of x
        with bfloat(self.device, self.is_half):
            found = self.unet(x, times.to(self.device), cond).float()
        if loops:
            loops.put(taken, (alpha.sqrt() * x - (1 - alpha).sqrt() * found)[: len(taken)].cpu())
        errors, figures = (found - v).pow(2).mean(1, keepdim=True), rows.figures.to(self.device)
        loss = (rows.weights(alpha) * errors * (1 + (FIGURES - 1) * figures)).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.unet.parameters(), 1.0)
        self.optimizer.step()
        self.average.update(list(self.unet.parameters()))
        self.step += 1
        errors, figures = errors.detach().cpu(), figures.cpu()
        going_on, composed = times < FILM, times > COMPOSED
        on_figures = (errors * figures)[composed].sum() / figures[composed].sum()
        means = (loss.detach(), errors[going_on].mean(), errors[composed].mean(), on_figures, norm)
        return [float(value) for value in means]


def main() -> None:
    options = _options()
    if options.processes == 1:
        work(0, options, "")
        return
    with tempfile.TemporaryDirectory() as folder:
        spawn(work, (options, f"file://{folder}/meeting"), options.processes)


def work(rank: int, options: argparse.Namespace, meeting: str) -> None:
    """Trains, as one of options.processes that meet at that address; the first one keeps what all have learned."""
    prepare(options.threads, options.seed)
    with side_by_side(meeting, rank, options.processes):
        _train(rank, options)


def _train(rank: int, options: argparse.Namespace) -> None:
    training = Training(options.run, options.rate, options.keep, options.device, tuple(options.channels))
    seed = options.seed + training.step + 1_000_003 * rank
    torch.manual_seed(seed)
    pool = Pool(seed)
    clock = Clock(options.minutes, training.spent_s, options.processes)
    log, start = Log(training, clock, FULL if options.calm < 1 else CALM), training.step
    pool.variety = CALM if clock.share < options.calm else FULL
    pool.grow(options.first)
    loops = Films(pool, options.loops) if options.loops else None
    while training.goes_on(clock, options.processes > 1):
        rate = rate_at(options.rate, training.step - start, clock.share)
        set_rate(training.optimizer, rate)
        pool.variety = CALM if clock.share < options.calm else FULL
        pool.grow(options.fresh)
        errors = training.learn(pool, options.batch, options.films, loops)
        if rank == 0:
            log.write(errors, pool.num, rate)
            if clock.is_time_to_keep():
                training.save(clock.spent_s)
    if rank == 0:
        training.save(clock.spent_s)


class Log:
    """What a training tells of itself: unet.csv, the means of 25 steps; unet_unseen.csv, errors on other pictures."""

    def __init__(self, training: Training, clock: Clock, variety: Variety) -> None:
        self._training, self._clock, self._rows = training, clock, list[list[float]]()
        kinds = ((1.0, (0, FILM)), (0.0, (COMPOSED, len(ALPHAS_CUMPROD))))
        self._others = [unseen(training.text, variety, *kind) for kind in kinds]

    def write(self, errors: list[float], num_scenes: int, rate: float) -> None:
        """After a step with these errors (Training.learn)."""
        step, run = self._training.step, self._training.run
        self._rows.append(errors)
        if step % 25 == 0:
            means = torch.tensor(self._rows).nanmean(0).tolist()
            append_csv(run / "unet.csv", HEADER, step, self._clock.spent_s, num_scenes, *means, rate)
            self._rows.clear()
        if step % EVERY == 0:
            others = (each.error(self._training.unet, ALPHAS_CUMPROD, self._training.device) for each in self._others)
            append_csv(run / "unet_unseen.csv", UNSEEN_HEADER, step, self._clock.spent_s, *others)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=default_run(), help="folder of the training")
    parser.add_argument(
        "--minutes", type=float, default=600, help="of processor time in all, over any number of starts"
    )
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--channels", type=int, nargs=3, default=CHANNELS, help="of a new UNet")
    parser.add_argument(
        "--calm", type=float, default=0.5, help="share of the time with few lands, heroes at one spot, mild cameras"
    )
    parser.add_argument(
        "--films",
        type=float,
        default=1.0,
        help="how much more often the levels of films come: 0.5 for shapes, then 1.7",
    )
    parser.add_argument(
        "--loops", type=int, default=0, help="films of the UNet's own frames to learn from (loops.py), such as 48"
    )
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--keep", type=float, default=0.998, help="of the average a step")
    parser.add_argument("--first", type=int, default=600, help="scenes drawn before the first step of a start")
    parser.add_argument("--fresh", type=int, default=3, help="scenes drawn before every step")
    parser.add_argument("--processes", type=int, default=1, help="side by side, one a core; each has its own batches")
    parser.add_argument("--threads", type=int, default=1, help="of a process")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


if __name__ == "__main__":
    main()
