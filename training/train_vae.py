"""`python -m training.train_vae`: the decoder that makes pictures of small pictures; goes on where it was stopped.

A start is at first a plain upsampler. A third of what it sees are its own pictures, several rounds old, with the real
one as the target: what a Deforum loop encodes and decodes a hundred times must not drift. With `--phase finish`, after
the UNet, it learns to make clean pictures of what the UNet predicts, and a small critic of patches makes them crisp.
"""

import argparse
import math
import random
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from dreamreel.models.anchored_vae import AnchoredVAE
from training import poster
from training.bfloat import bfloat, has_bfloat
from training.camera import USUAL
from training.grammar import Scene, caption, random_scene
from training.runs import Clock, append_csv, default_run, load, prepare, save, set_rate
from training.sheets import save_sheet

HEADER = "step,processor_s,loss,psnr,detail,psnr_after_10_rounds"
CROP, BATCH = 160, 4
CRITIC_FROM = 0.3  # of the time of finishing
MOST_ROUNDS = 12
RATE, FINISH_RATE, CRITIC_RATE = 1.2e-3, 4e-4, 1e-3
CRITIC_WEIGHT = 0.006
REAL_SHARE = 0.5  # of the steps of finishing: the decoder stays one of real pictures


class Critic(nn.Module):
    """Pictures -> how real each patch of them looks."""

    def __init__(self, widths: tuple[int, ...] = (24, 48, 96)) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.GroupNorm(8, after), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, pictures: Tensor) -> Tensor:
        answer: Tensor = self.layers(pictures)
        return answer


@dataclass(eq=False)
class Stock:
    """Real pictures (3, 256, 256) in bytes with their scenes, one of them replaced at each renewal."""

    random: random.Random
    size: int = 320
    moved: float = 0.6
    variety: poster.Variety = poster.FULL
    pictures: list[Tensor] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)

    def renew(self) -> None:
        r = self.random
        world = poster.draw(random_scene(r), r, self.variety)
        camera = poster.view(world, r, 64) if r.random() < self.moved else USUAL
        picture = torch.from_numpy(world.drawing.picture(camera)).permute(2, 0, 1).contiguous()
        if len(self.pictures) < self.size:
            self.pictures.append(picture)
            self.scenes.append(world.seen_from(camera))
        else:
            i = r.randrange(self.size)
            self.pictures[i], self.scenes[i] = picture, world.seen_from(camera)

    def crop(self) -> Tensor:
        """(3, CROP, CROP) in [-1, 1]; any corner, so that cells of the latents lie anywhere."""
        picture = self.random.choice(self.pictures)
        y, x = self.random.randrange(257 - CROP), self.random.randrange(257 - CROP)
        return picture[:, y : y + CROP, x : x + CROP].float() / 127.5 - 1

    def whole(self, num: int) -> tuple[Tensor, list[Scene]]:
        rows = [self.random.randrange(len(self.pictures)) for _ in range(num)]
        return torch.stack([self.pictures[i] for i in rows]).float() / 127.5 - 1, [self.scenes[i] for i in rows]


@dataclass(eq=False)
class Rounds:
    """The decoder's own pictures with the real ones, and how often they went through it."""

    random: random.Random
    rows: list[tuple[Tensor, Tensor, int]] = field(default_factory=list)

    def keep(self, own: Tensor, real: Tensor, ages: list[int], most: int) -> None:
        own = own.detach().clamp(-1, 1)
        self.rows += [(o, t, age + 1) for o, t, age in zip(own, real.detach(), ages, strict=True) if age + 1 < most]
        del self.rows[:-60]

    def take(self) -> tuple[Tensor, Tensor, int]:
        return self.rows.pop(self.random.randrange(len(self.rows)))


def slopes(difference: Tensor) -> Tensor:
    across, down = difference[..., 1:] - difference[..., :-1], difference[:, :, 1:] - difference[:, :, :-1]
    return across.abs().mean() + down.abs().mean()


def pixel_loss(found: Tensor, real: Tensor) -> Tensor:
    difference = found - real
    coarse = functional.avg_pool2d(difference, 4).abs().mean()
    return difference.abs().mean() + 0.5 * slopes(difference) + 0.5 * coarse + difference.pow(2).mean()


def detail(pictures: Tensor) -> float:
    """The energy of what a mean over 5 x 5 pixels takes away."""
    grey = pictures.mean(1, keepdim=True)
    smooth = functional.avg_pool2d(functional.pad(grey, (2, 2, 2, 2), mode="reflect"), 5, 1)
    return float((grey - smooth).pow(2).mean())


def psnr(found: Tensor, real: Tensor) -> float:
    """In dB, of pictures in [0, 1]."""
    return float((-10 * (found - real).pow(2).mean((1, 2, 3)).log10()).mean())


@torch.inference_mode()
def rounds(vae: AnchoredVAE, pictures: Tensor, num: int) -> Tensor:
    """Pictures in [0, 1] after num rounds through the autoencoder."""
    for _ in range(num):
        pictures = (vae.decode(vae.encode(pictures * 2 - 1).latent_dist.mean).sample.clamp(-1, 1) + 1) / 2
    return pictures


class Training:
    """The autoencoder, the critic and their optimizers, as kept in run/vae.pt (or run/finish.pt)."""

    def __init__(self, run: Path, phase: str, minutes: float, seed: int) -> None:
        self.run, self.phase, self.path = run, phase, run / ("vae.pt" if phase == "decode" else "finish.pt")
        self.vae, self.critic, self.is_half = AnchoredVAE(), Critic(), has_bfloat("cpu")
        state = load(self.path)
        if not state and phase == "finish":
            self.vae.load_state_dict(load(run / "vae.pt")["model"])
        self.rate = RATE if phase == "decode" else FINISH_RATE
        parameters = list(self.vae.parameters())
        self.optimizer = torch.optim.Adam(parameters, self.rate, betas=(0.9, 0.99), fused=True)
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), CRITIC_RATE, betas=(0.5, 0.9), fused=True)
        if state:
            self.vae.load_state_dict(state["model"])
            self.critic.load_state_dict(state["critic"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.critic_optimizer.load_state_dict(state["critic_optimizer"])
        self.vae.to(memory_format=torch.channels_last)
        self.critic.to(memory_format=torch.channels_last)
        self.step = int(state.get("step", 0))
        self.clock = Clock(minutes, float(state.get("spent_s", 0.0)))
        self.random = random.Random(seed + self.step)
        variety = poster.FULL if phase == "decode" else poster.CALM  # what the UNet knows best
        self.stock, self.own = Stock(self.random, variety=variety), Rounds(self.random)
        for _ in range(96):
            self.stock.renew()

    @property
    def critic_share(self) -> float:
        """0 before the critic has its say, 1 when it has all of it."""
        return 0.0 if self.phase == "decode" else min(1.0, max(0.0, (self.clock.share - CRITIC_FROM) * 8))

    def save(self) -> None:
        networks = {"model": self.vae.state_dict(), "critic": self.critic.state_dict()}
        optimizers = {"optimizer": self.optimizer.state_dict(), "critic_optimizer": self.critic_optimizer.state_dict()}
        save(self.path, {**networks, **optimizers, "step": self.step, "spent_s": self.clock.spent_s})

    def learn(self) -> float:
        """One step on crops, a quarter or half of them the decoder's own pictures; the loss."""
        real, ages = [self.stock.crop() for _ in range(BATCH)], [0] * BATCH
        given = list(real)
        for k in range(self.random.choice((BATCH // 4, BATCH // 2))):
            if self.own.rows:
                given[k], real[k], ages[k] = self.own.take()
        target = torch.stack(real).contiguous(memory_format=torch.channels_last)
        latents = self.vae.encode(torch.stack(given).contiguous(memory_format=torch.channels_last)).latent_dist.mean
        spread = latents.std((0, 2, 3), keepdim=True) * 0.25
        latents = latents + torch.randn_like(latents) * spread * torch.rand(BATCH, 1, 1, 1) ** 2
        with bfloat("cpu", self.is_half):
            found = self.vae.decode(latents).sample.float()
        loss = self._improve(found, target)
        self.own.keep(found, target, ages, MOST_ROUNDS)
        return loss

    def _improve(self, found: Tensor, target: Tensor) -> float:
        rate = self.rate * min(1.0, (self.step + 1) / 60)
        set_rate(self.optimizer, rate * (0.03 + 0.485 * (1 + math.cos(math.pi * self.clock.share))))
        loss = pixel_loss(found, target)
        if self.critic_share:
            self.critic.requires_grad_(False)
            loss = loss - CRITIC_WEIGHT * self.critic_share * self.critic(found).mean()
            self.critic.requires_grad_(True)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.vae.parameters(), 1.0)
        self.optimizer.step()
        if self.phase == "finish" and self.clock.share > CRITIC_FROM - 0.04:
            wrong = (
                functional.relu(1 - self.critic(target)).mean()
                + functional.relu(1 + self.critic(found.detach())).mean()
            )
            self.critic_optimizer.zero_grad(set_to_none=True)
            wrong.backward()
            self.critic_optimizer.step()
        self.step += 1
        return float(loss.detach())


class Finish(Training):
    """The decoder on what the UNet makes of noised pictures, mixed with real latents and loops."""

    def __init__(self, run: Path, minutes: float, seed: int) -> None:
        super().__init__(run, "finish", minutes, seed)
        from training.train import Training as UNetTraining

        unet = UNetTraining(run, 0.0, 0.0, "cpu")
        unet.average.copy_to(list(unet.unet.parameters()))
        self.unet, self.text = unet.unet.eval().requires_grad_(False), unet.text

    def learn(self) -> float:
        if self.random.random() < REAL_SHARE:
            return super().learn()
        from training.train import ALPHAS_CUMPROD

        real, scenes = self.stock.whole(3)
        cond = self.text.embed([caption(self.random, scene) for scene in scenes]).clone()
        times = (torch.rand(3) * 450).long()
        alpha = ALPHAS_CUMPROD[times].view(-1, 1, 1, 1)
        with torch.no_grad():
            latents = self.vae.encode(real).latent_dist.mean
            x = alpha.sqrt() * latents + (1 - alpha).sqrt() * torch.randn_like(latents)
            v = self.unet(x, times, cond)
        with bfloat("cpu", self.is_half):
            found = self.vae.decode(alpha.sqrt() * x - (1 - alpha).sqrt() * v).sample.float()
        return self._improve(found, real.contiguous(memory_format=torch.channels_last))


def main() -> None:
    options = _options()
    prepare(options.threads, options.seed)
    training = (
        Training(options.run, "decode", options.minutes, options.seed)
        if options.phase == "decode"
        else Finish(options.run, options.minutes, options.seed)
    )
    torch.manual_seed(options.seed + training.step)
    shown = Stock(random.Random(4242))
    for _ in range(12):
        shown.renew()
    real, losses = shown.whole(12)[0] / 2 + 0.5, list[float]()
    while training.clock.goes_on:
        if training.step % 2 == 0:
            training.stock.renew()
        losses.append(training.learn())
        if training.clock.is_time_to_keep(180):
            training.save()
            out, later = rounds(training.vae, real, 1), rounds(training.vae, real, 10)
            values = (sum(losses) / len(losses), psnr(out, real), detail(out) / detail(real), psnr(later, real))
            append_csv(options.run / f"vae_{options.phase}.csv", HEADER, training.step, training.clock.spent_s, *values)
            save_sheet(
                options.run / "vae.png",
                torch.cat([real[:6], out[:6], later[:6]]),
                ["real"] * 6 + ["once"] * 6 + ["10 times"] * 6,
                6,
            )
            losses.clear()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=default_run(), help="folder of the training")
    parser.add_argument("--phase", choices=("decode", "finish"), default="decode")
    parser.add_argument("--minutes", type=float, default=90, help="of processor time in all, over any number of starts")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
