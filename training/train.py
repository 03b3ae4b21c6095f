"""`python -m training.train`: the UNet, on files of latents; new files are taken in as they appear.

eps prediction on Stable Diffusion's noise schedule. The weight of a step is that of v prediction, cut off
where there is hardly noise: it gives the noisy end, which decides what is in the picture, its due.
"""

import argparse
import math
from pathlib import Path

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor

from training.runs import Average, Clock, append_csv, load, prepare, save, set_rate
from training.text import TextEncoder
from training.words import WIDTH

BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
ALPHAS_CUMPROD = (1 - BETAS).cumprod(0).float()
HEADER = "step,seconds,pictures,eps_mse,loss,gradient_norm,rate"


def build_unet(channels: tuple[int, ...] = (32, 64, 128)) -> UNet2DConditionModel:
    """A new UNet. The captions reach it by cross-attention and, summed up, beside the time."""
    lower = len(channels) - 1
    return UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=channels,
        cross_attention_dim=WIDTH, attention_head_dim=4, norm_num_groups=8,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * lower,
        up_block_types=("CrossAttnUpBlock2D",) * lower + ("UpBlock2D",),
        resnet_time_scale_shift="scale_shift", addition_embed_type="text", addition_embed_type_num_heads=4,
    )  # fmt: skip


class Cache:
    """All files of latents of a run in memory: 8 KB a picture."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._files = folder, dict[str, dict[str, Tensor]]()
        self.renew()

    def renew(self) -> None:
        for path in sorted(self._folder.glob("*.pt")):
            if path.name not in self._files:
                self._files[path.name] = load(path)
        self.latents = torch.cat([content["latents"] for content in self._files.values()])
        self.cond = torch.cat([content["cond"] for content in self._files.values()])


def loss_of(unet: UNet2DConditionModel, latents: Tensor, cond: Tensor) -> tuple[Tensor, Tensor]:
    """The weighted loss and the plain eps error of a batch at times spread evenly over the schedule."""
    num = len(latents)
    times = ((torch.arange(num) + torch.rand(num)) / num * 1000).long().clamp(0, 999).to(latents.device)
    alpha = ALPHAS_CUMPROD.to(latents.device)[times].view(-1, 1, 1, 1)
    noise = torch.randn_like(latents)
    x = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
    error = (unet(x, times, encoder_hidden_states=cond).sample - noise).pow(2).mean((1, 2, 3))
    ratio = (alpha / (1 - alpha)).flatten()
    weight = ((ratio + 1).clamp(max=5) / ratio).clamp(max=8)
    return (weight * error).mean() / 2, error.mean()


def rate_at(rate: float, step: int, share: float) -> float:
    """Warm-up, then level for a third of the time, then half a cosine down to a thirtieth."""
    if share < 0.35:
        return rate * min(1.0, (step + 1) / 100)
    return rate * (0.03 + 0.485 * (1 + math.cos(math.pi * (share - 0.35) / 0.65)))


def main() -> None:
    options = _options()
    prepare(options.threads, options.seed)
    cache, state = Cache(options.run / "latents"), load(options.run / "unet.pt")
    nothing = TextEncoder(options.run).embed([""])[0].clone().to(options.device)
    unet = build_unet().to(options.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(unet.parameters(), options.rate, betas=(0.9, 0.99), weight_decay=1e-3)
    average = Average(list(unet.parameters()), options.keep)
    if state:
        unet.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.tensors = [tensor.to(options.device) for tensor in state["average"]]
        average.num_steps = state["step"]
    clock, step = Clock(options.minutes, state.get("spent_s", 0.0)), state.get("step", 0)
    rows: list[Tensor] = []
    while clock.goes_on:
        rate = rate_at(options.rate, step, clock.share)
        set_rate(optimizer, rate)
        rows.append(_step(unet, optimizer, average, cache, nothing, options.batch))
        step += 1
        if step % 50 == 0:
            means = torch.stack(rows).mean(0).tolist()
            append_csv(options.run / "unet.csv", HEADER, step, clock.spent_s, len(cache.latents), *means, rate)
            rows.clear()
        if step % 100 == 0:
            cache.renew()
            _keep(options.run, unet, optimizer, average, {"step": step, "spent_s": clock.spent_s})
    _keep(options.run, unet, optimizer, average, {"step": step, "spent_s": clock.spent_s})


def _keep(run: Path, unet: UNet2DConditionModel, optimizer: torch.optim.AdamW, average: Average,
          counts: dict[str, float]) -> None:  # fmt: skip
    content = {"model": unet.state_dict(), "optimizer": optimizer.state_dict(), "average": average.tensors}
    save(run / "unet.pt", {**content, **counts})


def _step(unet: UNet2DConditionModel, optimizer: torch.optim.AdamW, average: Average, cache: Cache, nothing: Tensor,
          batch: int) -> Tensor:  # fmt: skip
    rows = torch.randint(len(cache.latents), (batch,))
    latents = cache.latents[rows].to(nothing).contiguous(memory_format=torch.channels_last)
    cond = cache.cond[rows].to(nothing)
    cond[torch.rand(batch) < 0.1] = nothing  # for guidance
    loss, error = loss_of(unet, latents, cond)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
    optimizer.step()
    average.update(list(unet.parameters()))
    return torch.tensor([error.item(), loss.item(), float(norm)])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=240, help="in all, over any number of starts")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--keep", type=float, default=0.998, help="of the average a step")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


if __name__ == "__main__":
    main()
