"""`dreamreel models pull` against a hub on loopback, in a process of its own."""

import os
import shutil
import subprocess
import sys

import pytest
from tests.e2e.hub import hub

from dreamreel.models.catalog import locate


def dreamreel(home, endpoint, *arguments):
    environment = {**os.environ, "DREAMREEL_MODELS": str(home), "HF_ENDPOINT": endpoint, "HF_HOME": str(home / "hf")}
    environment.pop("HF_HUB_OFFLINE", None)
    return subprocess.run(
        [sys.executable, "-m", "dreamreel", *arguments], cwd=home, env=environment, text=True, capture_output=True
    )


def address(server):
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def upstream(tmp_path):
    """The tiny model as a hub would hold it: with pickles and a full-precision copy that nobody needs."""
    folder = shutil.copytree(locate("tiny-sd").path, tmp_path / "upstream")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"a pickle")
    shutil.copy(
        folder / "vae" / "diffusion_pytorch_model.safetensors",
        folder / "vae" / "diffusion_pytorch_model.fp16.safetensors",
    )
    return folder


def test_a_model_is_pulled_once_and_then_draws_without_a_network(tmp_path, upstream):
    home = tmp_path / "home"
    home.mkdir()
    with hub("owner/tiny", upstream) as server:
        pulled = dreamreel(home, address(server), "models", "pull", "owner/tiny")
        assert pulled.returncode == 0, pulled.stderr
        assert pulled.stdout.strip() == str(home / "owner--tiny")
        asked = " ".join(server.asked)
    assert ".bin" not in asked
    assert "vae/diffusion_pytorch_model.safetensors" not in asked
    nowhere = "http://127.0.0.1:9"
    assert "owner/tiny\t512x512" in dreamreel(home, nowhere, "models", "list").stdout
    options = ("--model", "owner/tiny", "--size", "64x64", "--steps", "2", "-n", "2", "-p", "a red circle")
    drawn = dreamreel(home, nowhere, "render", *options, "-o", "a.mp4")
    assert drawn.returncode == 0, drawn.stderr


def test_a_model_that_is_not_on_the_hub_is_one_sentence(tmp_path, upstream):
    with hub("owner/tiny", upstream) as server:
        ran = dreamreel(tmp_path, address(server), "models", "pull", "owner/other")
    assert ran.returncode == 1
    assert "error: there is no model owner/other on the hub" in ran.stderr


def test_no_network_is_one_sentence(tmp_path):
    ran = dreamreel(tmp_path, "http://127.0.0.1:9", "models", "pull", "owner/tiny")
    assert ran.returncode == 1
    assert "error: owner/tiny could not be fetched: " in ran.stderr
    assert "Traceback" not in ran.stderr
