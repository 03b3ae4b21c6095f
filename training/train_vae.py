"""`python -m training.train_vae`: the autoencoder, in two phases.

`--phase both` trains encoder and decoder with a KL term. `--phase decoder` goes on with the decoder alone,
while the encoder, and so every latent that the UNet has seen, stays as it is; there the latents get noise
(a UNet's are never exact) and a second round trip must give the same latents (a Deforum loop makes hundreds).
"""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from dreamreel.models.patch_vae import PatchVAE
from training.runs import Average, Clock, append_csv, load, prepare, save, set_rate
from training.scenes import SceneMaker
from training.sheets import save_sheet

CROP, STEP = 128, 32  # pixels: crops of the training, and the grid they lie on
HEADER = "step,seconds,l1,gradient,extra,psnr"


@dataclass(frozen=True)
class Phase:
    """batch: crops a step. rate: the highest learning rate. keep: of the average a step."""

    batch: int
    rate: float
    keep: float


PHASES = {"both": Phase(16, 2e-3, 0.995), "decoder": Phase(12, 1.5e-3, 0.99)}


class Spread(nn.Module):
    """A PatchVAE whose encoder also says how sure it is of each latent; needed in training only."""

    def __init__(self) -> None:
        super().__init__()
        self.vae = PatchVAE()
        self.log_variance = nn.Conv2d(self.vae.config.encoder_width, self.vae.config.latent_channels, 1)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance."""
        halved = functional.avg_pool2d(x, 2)
        features = self.vae.encoder[:-1](functional.pixel_unshuffle(halved, 8))
        return self.vae.encoder[-1](features), self.log_variance(features).clamp(-12, 2)


class Crops:
    """A changing pool of pictures, and random crops of it; pictures cost more than steps."""

    def __init__(self, maker: SceneMaker, size: int) -> None:
        self._maker = maker
        self._pool = [self._pictures() for _ in range(size)]

    def renew(self) -> None:
        self._pool = [*self._pool[1:], self._pictures()]

    def take(self, num: int) -> Tensor:
        """(num, 3, CROP, CROP) in [-1, 1]."""
        r, found = self._maker.random, []
        for _ in range(num):
            picture = r.choice(r.choice(self._pool))
            y, x = (r.randrange(0, (length - CROP) // STEP + 1) * STEP for length in picture.shape[1:])
            found.append(picture[:, y : y + CROP, x : x + CROP])
        crops = torch.stack(found).float() / 127.5 - 1
        return crops.contiguous(memory_format=torch.channels_last)

    def _pictures(self) -> list[Tensor]:
        pictures = next(self._maker.batches(16))[0]
        return list((pictures * 255 + 0.5).to(torch.uint8))


def slopes(x: Tensor, y: Tensor) -> Tensor:
    """The mean difference of the slopes of two pictures: edges must be where they were."""
    down = (x[:, :, 1:] - x[:, :, :-1]) - (y[:, :, 1:] - y[:, :, :-1])
    right = (x[..., 1:] - x[..., :-1]) - (y[..., 1:] - y[..., :-1])
    return down.abs().mean() + right.abs().mean()


def both_loss(model: Spread, x: Tensor) -> tuple[Tensor, tuple[float, ...]]:
    """The loss of both networks, and what its parts were."""
    mean, log_variance = model.encode(x)
    out = model.vae.decode(mean + torch.randn_like(mean) * (0.5 * log_variance).exp()).sample
    flat, slope = (out - x).abs().mean(), slopes(out, x)
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).mean()
    coarse = (functional.avg_pool2d(out, 4) - functional.avg_pool2d(x, 4)).abs().mean()
    loss = flat + 0.5 * slope + 0.5 * ((out - x) ** 2).mean() + 0.5 * coarse + 1e-4 * kl
    return loss, (flat.item(), slope.item(), kl.item())


def decoder_loss(model: Spread, x: Tensor, whiten: Tensor, unwhiten: Tensor) -> tuple[Tensor, tuple[float, ...]]:
    """The loss of the decoder. whiten, unwhiten: (C, C), latents to ones of unit covariance and back."""
    with torch.no_grad():
        latents = model.vae.encode(x).latent_dist.mean
        noise = torch.randn_like(latents) * (torch.rand(len(x), 1, 1, 1, device=x.device) ** 2 * 0.3)
        noisy = latents + torch.einsum("ij,bjhw->bihw", unwhiten, noise)
    out = model.vae.decode(noisy).sample
    again = model.vae.encode(out).latent_dist.mean
    trip = torch.einsum("ij,bjhw->bihw", whiten, again - latents)[:, :, 1:-1, 1:-1].pow(2).mean()
    flat, slope = (out - x).abs().mean(), slopes(out, x)
    small_out, small_x = functional.avg_pool2d(out, 2), functional.avg_pool2d(x, 2)
    coarse = (functional.avg_pool2d(out, 4) - functional.avg_pool2d(x, 4)).abs().mean()
    loss = flat + 0.5 * slope + 0.5 * slopes(small_out, small_x) + 0.5 * coarse + 0.5 * trip
    return loss, (flat.item(), slope.item(), trip.item())


@torch.inference_mode()
def psnr(vae: PatchVAE, pictures: Tensor) -> tuple[float, Tensor]:
    """The mean PSNR in dB of a round trip of pictures (N, 3, H, W) in [0, 1], and what came back."""
    rows = [vae(part * 2 - 1).sample for part in pictures.split(8)]
    out = (torch.cat(rows).clamp(-1, 1) + 1) / 2
    return float((-10 * (out - pictures).pow(2).mean((1, 2, 3)).log10()).mean()), out


def main() -> None:
    options = _options()
    prepare(options.threads, options.seed)
    state = load(options.run / "vae.pt")
    phase, same = PHASES[options.phase], state.get("phase") == options.phase
    model = Spread().to(options.device, memory_format=torch.channels_last)
    if state:
        model.load_state_dict(state["raw"] if same else state["model"])
    model.vae.encoder.requires_grad_(options.phase == "both")
    trained = [p for p in model.parameters() if p.requires_grad]
    average = Average(list(model.parameters()), phase.keep)
    optimizer = torch.optim.AdamW(trained, phase.rate, betas=(0.9, 0.99), weight_decay=1e-4)
    if same:
        optimizer.load_state_dict(state["optimizer"])
    _train(options, phase, model, optimizer, average, state if same else {})


def _train(options: argparse.Namespace, phase: Phase, model: Spread, optimizer: torch.optim.AdamW,
           average: Average, state: dict[str, float]) -> None:  # fmt: skip
    clock, step = Clock(options.minutes, state.get("spent_s", 0.0)), int(state.get("step", 0))
    crops = Crops(SceneMaker(options.data, options.seed + step, device=options.device), 16)
    shown = next(SceneMaker(options.data, 99).batches(32, 32))[0].to(options.device)
    matrices = load(options.run / "whitening.pt")
    while clock.goes_on:
        rate = phase.rate * min(1.0, (step + 1) / 60) * (0.02 + 0.49 * (1 + math.cos(math.pi * clock.share)))
        set_rate(optimizer, rate)
        crops.renew() if step % 3 == 0 else None
        x = crops.take(phase.batch)
        if options.phase == "both":
            loss, parts = both_loss(model, x)
        else:
            loss, parts = decoder_loss(model, x, matrices["whiten"].to(x), matrices["unwhiten"].to(x))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        optimizer.step()
        average.update(list(model.parameters()))
        step += 1
        if step % 50 == 0 or not clock.goes_on:  # a stop between here and the loop's head costs 50 steps at most
            _keep(options, model, optimizer, average, shown, {"step": step, "spent_s": clock.spent_s}, parts)


def _keep(options: argparse.Namespace, model: Spread, optimizer: torch.optim.AdamW, average: Average, shown: Tensor,
          counts: dict[str, float], parts: tuple[float, ...]) -> None:  # fmt: skip
    raw = average.copy_to(list(model.parameters()))
    found, out = psnr(model.vae, shown)
    averaged = {key: value.clone() for key, value in model.state_dict().items()}
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), raw, strict=True):
            parameter.copy_(value)
    content = {"model": averaged, "raw": model.state_dict(), "optimizer": optimizer.state_dict()}
    save(options.run / "vae.pt", {**content, "phase": options.phase, **counts})
    append_csv(options.run / f"vae_{options.phase}.csv", HEADER, counts["step"], counts["spent_s"], *parts, found)
    pairs = torch.cat([shown[:8], out[:8]]).cpu()
    save_sheet(options.run / "vae.png", pairs, ["before"] * 8 + ["after"] * 8, 8)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--phase", choices=tuple(PHASES), default="both")
    parser.add_argument("--minutes", type=float, default=60, help="of this phase in all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


if __name__ == "__main__":
    main()
