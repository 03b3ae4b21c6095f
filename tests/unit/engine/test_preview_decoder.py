"""Small pictures of frames that are being drawn, by a TAESD."""

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d

from dreamreel.diffusion.calls import Preview
from dreamreel.engine.preview_decoder import PreviewDecoder
from dreamreel.imaging.convert import to_picture
from dreamreel.models.networks.tiny_vae import AutoencoderTiny


@pytest.fixture(scope="module")
def vae():
    torch.manual_seed(0)
    small = {"encoder_block_out_channels": (8,) * 4, "decoder_block_out_channels": (8,) * 4}
    return AutoencoderTiny.from_config(small).eval().requires_grad_(False)


def decoded(vae, latents):
    with torch.inference_mode():
        return PreviewDecoder(vae).run([Preview(latents)])[0]


@pytest.mark.parametrize(("height", "width", "less"), [(8, 16, 1), (64, 96, 3), (128, 128, 4)])
def test_a_picture_is_at_most_about_256_pixels_whatever_the_frame_is(vae, height, width, less):
    latents = torch.randn(1, 4, height, width, generator=torch.Generator().manual_seed(1))
    found = decoded(vae, latents)
    assert found.shape == (8 * (height // less), 8 * (width // less), 3)
    assert max(found.shape) <= 288
    if height % less == width % less == 0:
        whole = vae.decode(avg_pool2d(latents, less)).sample[0].numpy()
        assert np.array_equal(found, to_picture(whole, unbiased=True))  # the levels of a frame


def test_numbers_that_overflow_and_memory_that_runs_out_fail_no_frame(vae, caplog, monkeypatch):
    assert decoded(vae, torch.full((1, 4, 8, 8), float("nan"))).dtype == np.uint8

    def no_memory(_):
        raise RuntimeError("CUDA out of memory. Tried to allocate")

    monkeypatch.setattr(vae, "decode", no_memory)
    assert decoded(vae, torch.zeros(1, 4, 8, 8)) is None
    assert "no preview: CUDA out of memory" in caplog.text
