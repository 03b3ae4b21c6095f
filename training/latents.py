"""`python -m training.latents`: pictures and captions -> files of latents and conditions for the UNet.

Latents are whitened: four channels of mean 0 and unit covariance, so that the noise schedule of Stable
Diffusion fits. training.export folds the whitening into the autoencoder's outermost 1x1 convolutions.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from dreamreel.models.patch_vae import PatchVAE
from training.runs import load, prepare, save
from training.scenes import SceneMaker
from training.text import TextEncoder

PER_FILE = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=16384)
    parser.add_argument("--seed", type=int, default=7, help="files of another seed are kept beside")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    prepare(options.threads, options.seed)
    vae = load_vae(options.run).to(options.device)
    if not (options.run / "whitening.pt").is_file():
        save(options.run / "whitening.pt", measure(vae, SceneMaker(options.data, 4, device=options.device)))
    encoder, white = TextEncoder(options.run, options.device), load(options.run / "whitening.pt")
    (options.run / "latents").mkdir(exist_ok=True)
    for i in range(options.pictures // PER_FILE):
        path = options.run / "latents" / f"{options.seed}_{i:04d}.pt"
        if path.is_file():
            continue
        maker = SceneMaker(options.data, options.seed * 10007 + i, device=options.device)
        rows = maker.batches(PER_FILE, 32)
        pairs = [(whitened(white, encoded(vae, pictures)), encoder.embed(captions)) for pictures, captions, _ in rows]
        latents, cond = (torch.cat(part).half().cpu() for part in zip(*pairs, strict=True))
        save(path, {"latents": latents, "cond": cond})


def load_vae(run: Path) -> PatchVAE:
    """The run's autoencoder, its latents not whitened."""
    vae, state = PatchVAE(), load(run / "vae.pt")["model"]
    vae.load_state_dict({key.removeprefix("vae."): value for key, value in state.items() if key.startswith("vae.")})
    return vae.eval()


@torch.inference_mode()
def encoded(vae: PatchVAE, pictures: Tensor) -> Tensor:
    return torch.cat([vae.encode(part.to(vae.device) * 2 - 1).latent_dist.mean for part in pictures.split(16)])


def whitened(white: dict[str, Tensor], latents: Tensor) -> Tensor:
    mean = white["mean"].to(latents).view(1, -1, 1, 1)
    return torch.einsum("ij,bjhw->bihw", white["whiten"].to(latents), latents - mean)


def measure(vae: PatchVAE, maker: SceneMaker) -> dict[str, Tensor]:
    """mean (C,) of the latents of 320 pictures; whiten, unwhiten (C, C)."""
    latents = torch.cat([encoded(vae, pictures) for pictures, _, _ in maker.batches(320, 32)]).cpu()
    flat = latents.permute(1, 0, 2, 3).flatten(1)
    values, turn = torch.linalg.eigh(torch.cov(flat))
    whiten = turn @ torch.diag(values.rsqrt()) @ turn.T
    return {"mean": flat.mean(1), "whiten": whiten, "unwhiten": torch.linalg.inv(whiten)}


if __name__ == "__main__":
    main()
