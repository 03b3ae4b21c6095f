import numpy as np
import pytest
import torch
from golden_data import animation_arrays, unit_arrays, unit_json

from dreamreel.models import catalog

GOLDEN = unit_arrays("tiny_modules")


@pytest.fixture(scope="module")
def bundle():
    return catalog.load(catalog.locate("tiny-sd"), "cpu")


def test_tokens_are_the_originals(bundle):
    for text, ids in unit_json("tokens")["texts"]:
        assert bundle.modules.tokenizer.padded([text]) == [ids]


@torch.inference_mode()
def test_text_is_encoded_as_in_the_original(bundle):
    for name in ("klms", "heun"):
        arrays = animation_arrays(name)
        assert np.abs(bundle.embed([""]).numpy() - arrays["uncond"]).max() < 1e-4


@torch.inference_mode()
def test_the_network_computes_what_the_originals_did(bundle):
    cond = torch.from_numpy(GOLDEN["text_hidden"])
    eps = bundle.modules.unet(torch.from_numpy(GOLDEN["unet_x"]), torch.from_numpy(GOLDEN["unet_t"]), cond)
    assert np.abs(eps.numpy() - GOLDEN["unet_out"]).max() < 1e-4


@torch.inference_mode()
def test_the_autoencoder_computes_what_the_originals_did(bundle):
    samples = torch.from_numpy(GOLDEN["vae_in"])
    mean = bundle.encode(samples, torch.zeros(2, 4, 8, 8))
    assert np.abs(mean.numpy() - 0.18215 * GOLDEN["vae_mean"]).max() < 1e-4
    spread = bundle.encode(samples, torch.ones(2, 4, 8, 8)) - mean
    assert np.abs(spread.numpy() - 0.18215 * GOLDEN["vae_std"]).max() < 1e-4
    decoded = bundle.decode(torch.from_numpy(GOLDEN["vae_z_scaled"]))
    assert np.abs(decoded.numpy() - GOLDEN["vae_decoded"]).max() < 1e-4
