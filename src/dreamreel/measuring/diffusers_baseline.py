"""The frame loop as a script with diffusers' own pipeline writes it: what ours is measured against.

The same warp, colour matching, sampler, steps, strength, guidance, size, device, precision and threads as an animation
of ours, and a PNG for each frame; nothing is kept from frame to frame but the picture.
"""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from dreamreel.animation.motion.warp2d import Warp2D
from dreamreel.errors import ModelError
from dreamreel.models.bundle import ModelBundle
from dreamreel.models.diffusers_bundle import DiffusersBundle, Modules
from dreamreel.models.folding import unfold_upsampling
from dreamreel.models.networks.autoencoder_kl import AutoencoderKL as OurAutoencoderKL
from dreamreel.models.networks.configured import Network
from dreamreel.rendering.animation import Animation

Image = NDArray[np.uint8]


def plain_frames(animation: Animation, modules: Modules, image: Image, folder: Path) -> Iterator[None]:
    """Draws frame 1, 2 ... of animation (sampler euler) from image, a frame of it. modules: of its model."""
    from PIL import Image as Pictures

    pipeline, plan = _pipeline(modules, animation), animation.plan
    generator = torch.Generator("cpu")
    reference: Image | None = None
    move = next(step for step in plan.before if isinstance(step, Warp2D))
    for idx in range(1, plan.num_frames):
        seed, numbers = plan.seed_of(idx), {name: float(values[idx]) for name, values in plan.series.items()}
        warped = cv2.warpPerspective(image, move.matrix(idx), image.shape[1::-1], borderMode=cv2.BORDER_WRAP)
        lab = cv2.cvtColor(warped, cv2.COLOR_RGB2LAB)
        reference = lab if reference is None else reference
        matched = cv2.cvtColor(_match_histograms(lab, reference), cv2.COLOR_LAB2RGB).astype(np.float64)
        noise = np.random.default_rng(seed).standard_normal(matched.shape) * numbers["noise_schedule"] * 127.5
        ids = torch.tensor(modules.tokenizer.padded([plan.prompt(idx), ""]), device=modules.unet.device)
        cond, uncond = modules.text_encoder(input_ids=ids).last_hidden_state.split(1)
        drawn = pipeline(
            prompt_embeds=cond,
            negative_prompt_embeds=uncond,
            image=Pictures.fromarray(np.clip(matched * numbers["contrast_schedule"] + noise, 0, 255).astype(np.uint8)),
            strength=1 - numbers["strength_schedule"],
            num_inference_steps=plan.canvas.steps,
            guidance_scale=plan.canvas.cfg_scale,
            generator=generator.manual_seed(seed),
        ).images[0]
        drawn.save(folder / f"{idx:05}.png")
        image = np.asarray(drawn)
        yield


def plain_modules(bundle: ModelBundle) -> Modules:
    """The bundle's networks as diffusers and transformers build them, with its weights in the plain layout.

    Raises ModelError for other kinds of bundles, and where these libraries are not installed.
    """
    if isinstance(bundle, DiffusersBundle) and bundle.modules.second_text_encoder is not None:
        raise ModelError(f"{bundle.facts.title} is an SDXL model; the plain loop is of SD 1.x")
    if not isinstance(bundle, DiffusersBundle):
        raise ModelError(f"{bundle.facts.title} is not made of diffusers' networks, so there is no plain loop of it")
    try:
        import diffusers.utils.logging
        import transformers.utils.logging
        from diffusers import AutoencoderKL, UNet2DConditionModel
        from transformers import CLIPTextConfig, CLIPTextModel
    except ImportError:
        raise ModelError("diffusers is not installed; `pip install 'dreamreel[compare]'` brings it") from None

    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.disable_progress_bar()
        library.set_verbosity_error()

    def vae_of(config: dict[str, Any]) -> Any:
        levels = len(config["block_out_channels"])
        types = {"down_block_types": ["DownEncoderBlock2D"] * levels, "up_block_types": ["UpDecoderBlock2D"] * levels}
        return AutoencoderKL.from_config({**config, **types})

    ours = bundle.modules
    return Modules(
        tokenizer=ours.tokenizer,
        text_encoder=_rebuilt(ours.text_encoder, lambda config: CLIPTextModel(CLIPTextConfig(**config))),
        unet=_rebuilt(ours.unet, UNet2DConditionModel.from_config),
        vae=_rebuilt(ours.vae, vae_of) if isinstance(ours.vae, OurAutoencoderKL) else AsAutoencoder(ours.vae),
    )


def _rebuilt(ours: Network, build: Callable[[dict[str, Any]], Any]) -> Any:
    """The network of a library's that build makes of a configuration, with the weights of ours."""
    plain = copy.deepcopy(ours)
    unfold_upsampling(plain)
    theirs = build(vars(plain.config))
    theirs.load_state_dict(plain.state_dict())
    return theirs.to(ours.device, ours.dtype).eval().requires_grad_(False)


class AsAutoencoder(torch.nn.Module):
    """A VAE of another kind, such as the built-in model's, in the shape that diffusers' pipelines call."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae, self.config = vae, vae.config
        self.device, self.dtype = vae.device, vae.dtype

    def encode(self, samples: torch.Tensor) -> Any:
        """The latents' distribution, of which only the mean is drawn: such encoders are sure of themselves."""
        mean = self.vae.encode(samples).latent_dist.mean
        return SimpleNamespace(latent_dist=SimpleNamespace(sample=lambda _generator: mean))

    def decode(self, latents: torch.Tensor, **_options: Any) -> tuple[torch.Tensor]:
        """The samples, alone in a tuple."""
        return (self.vae.decode(latents).sample,)


def _pipeline(modules: Modules, animation: Animation) -> Any:
    from diffusers import EulerDiscreteScheduler, StableDiffusionImg2ImgPipeline

    schedule = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
    pipeline = StableDiffusionImg2ImgPipeline(
        vae=modules.vae,
        text_encoder=None,
        tokenizer=None,
        unet=modules.unet,
        scheduler=EulerDiscreteScheduler(**schedule),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    assert animation.plan.sampling.sampler(0).name == "euler"
    return pipeline


def _match_histograms(image: Image, reference: Image) -> Image:
    """As scikit-image 0.19 did it, which the original called."""
    matched = np.empty(image.shape, np.float64)
    for channel in range(image.shape[2]):
        ours, theirs = image[..., channel], reference[..., channel]
        _, where, counts = np.unique(ours.ravel(), return_inverse=True, return_counts=True)
        values, their_counts = np.unique(theirs.ravel(), return_counts=True)
        quantiles, their_quantiles = np.cumsum(counts) / ours.size, np.cumsum(their_counts) / theirs.size
        matched[..., channel] = np.interp(quantiles, their_quantiles, values)[where].reshape(ours.shape)
    return matched.astype(np.uint8)
