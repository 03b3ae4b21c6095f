"""The anchored autoencoder: what it promises before any training."""

import torch
from torch.nn import functional

from dreamreel.models.anchored_vae import AnchoredVAE
from dreamreel.models.layout import latent_factor


def small():
    torch.manual_seed(0)
    return AnchoredVAE(block_out_channels=(8, 8, 8, 8), blocks=(1, 1, 1), mid_channels=8, mid_blocks=1).eval()


def pictures():
    noise = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(1))
    return functional.interpolate(noise, size=(128, 128), mode="bicubic").clamp(-1, 1)


@torch.inference_mode()
def test_the_small_picture_comes_back_from_its_latents():
    vae, x = small(), pictures()
    latents = vae.encode(x).latent_dist.mean
    assert latents.shape == (2, 12, 8, 8)
    assert torch.allclose(vae.small(latents), functional.avg_pool2d(x, 8), atol=1e-5)


@torch.inference_mode()
def test_a_decoder_keeps_the_means_however_wrong_its_picture_is():
    vae, x = small(), pictures()
    torch.nn.init.normal_(vae.decoder[-1].weight, std=1.0)
    once = vae.decode(vae.encode(x).latent_dist.mean).sample
    lack = functional.avg_pool2d(once, 8) - functional.avg_pool2d(x, 8)
    assert once.shape == x.shape
    assert float(lack.abs().mean()) < 0.05


@torch.inference_mode()
def test_a_new_decoder_enlarges_smoothly_and_one_of_other_weights_adds_to_that():
    vae, x = small(), pictures()
    latents = vae.encode(x).latent_dist.mean
    plain = vae.decode(latents).sample
    blocks = functional.interpolate(vae.small(latents), scale_factor=8.0)
    assert float((plain - x).abs().mean()) < float((blocks - x).abs().mean())
    torch.nn.init.normal_(vae.decoder[-1].weight, std=1.0)
    assert float((vae.decode(latents).sample - plain).abs().mean()) > 0.01


@torch.inference_mode()
def test_a_quarter_turn_and_a_shift_of_the_picture_are_those_of_its_small_picture():
    vae, x = small(), pictures()
    turned = vae.small(vae.encode(x.rot90(1, (2, 3))).latent_dist.mean)
    shifted = vae.small(vae.encode(x.roll(16, 3)).latent_dist.mean)
    plain = vae.small(vae.encode(x).latent_dist.mean)
    assert torch.allclose(turned, plain.rot90(1, (2, 3)), atol=1e-5)
    assert torch.allclose(shifted, plain.roll(2, 3), atol=1e-5)


def test_sixteen_pixels_are_one_latent_however_many_levels_there_are():
    for widths, blocks in (((8, 8, 8, 8), (1, 1, 1)), ((8, 8), (1,))):
        made = AnchoredVAE(block_out_channels=widths, blocks=blocks, mid_channels=8)
        assert latent_factor("AnchoredVAE", vars(made.config)) == 16
