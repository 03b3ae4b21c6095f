"""Frames that are shown while they are drawn, by a worker and by the stream of events."""

import json
import threading
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file
from tests.e2e.server import serving
from tests.e2e.sse import read_stream
from tests.workbench import FRAMES, SETUP, Bench, Switched, wait_for
from typer.testing import CliRunner

from dreamreel.animation.views import ANIMATE
from dreamreel.cli.main import app
from dreamreel.models.networks.tiny_vae import AutoencoderTiny
from dreamreel.predictions.files import DRAWING, WATCHED
from dreamreel.workers import watching


@pytest.fixture(scope="module")
def taesd(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("taesd") / "taesd.safetensors"
    save_file(AutoencoderTiny.from_config({}).state_dict(), path)
    return path


RAW = {"animation_prompts": "a fox", "sampler": "euler", "max_frames": 2}


def test_a_worker_shows_what_it_draws_while_somebody_watches_and_draws_the_same(tmp_path, taesd, monkeypatch):
    monkeypatch.setattr(watching, "PACE_S", 0.0)
    monkeypatch.setattr(watching, "SHARE", 0)
    bench, bundle, shown = Bench(tmp_path), Switched(), []
    film = bench.add(2, input=RAW)
    loop = bench.loop(bundle=bundle, setup=replace(SETUP, preview_vae=str(taesd)))
    loop.tell = lambda _: shown.append((bench.folder(film) / DRAWING).is_file() and look(bench, film))
    bundle.gate.clear()
    with bench.working(loop):
        wait_for(lambda: bundle.waiting, "the first evaluation")
        (bench.folder(film) / WATCHED).touch()
        bundle.gate.set()
        bench.wait(film)
    pictures = [each for each in shown if each]
    assert {(each["idx"], each["evaluations"]) for each in pictures} >= {(0, 4)}
    assert all(each["image"].startswith("data:image/webp;base64,") for each in pictures)
    assert not (bench.folder(film) / DRAWING).exists()  # it is for those who watch, and goes with the end
    plain = bench.add(2, input=RAW)
    bench.run_to_end(plain)
    assert bench.frames(film) == bench.frames(plain)
    assert len(bench.frames(film)) == 2 < FRAMES


def test_a_film_whose_latents_no_taesd_is_for_is_never_shown_in_wrong_colours(tmp_path, taesd, monkeypatch, caplog):
    monkeypatch.setattr(watching, "PACE_S", 0.0)
    caplog.set_level("INFO")
    bench = Bench(tmp_path)
    film = bench.add(2, input=RAW)
    loop = bench.loop(setup=replace(SETUP, preview_vae=f"sdxl={taesd}"))
    shown = []
    loop.tell = lambda _: shown.append((bench.folder(film) / DRAWING).is_file())
    bench.folder(film).mkdir(parents=True)
    (bench.folder(film) / WATCHED).touch()
    bench.run_to_end(film, loop=loop)
    assert shown
    assert not any(shown)
    assert "have no previews: no --preview-vae is for latents of SD 1.x and SD 2.x" in caplog.text


def look(bench, film):
    try:
        return json.loads((bench.folder(film) / DRAWING).read_text())
    except (OSError, ValueError):
        return None


def test_the_stream_of_events_tells_of_a_drawing_and_says_that_somebody_watches(tmp_path, taesd):
    with serving(tmp_path / "data", "--executor", "none", "--preview-vae", taesd) as server:
        made = server.http.post("/predictions", json={"version": ANIMATE.version, "input": {"max_frames": 2}}).json()
        folder = tmp_path / "data" / "predictions" / made["id"]
        folder.mkdir(parents=True, exist_ok=True)
        told = {"idx": 0, "evaluation": 3, "evaluations": 20, "image": "data:image/webp;base64,AAAA"}
        (folder / DRAWING).write_text(json.dumps(told))
        found = []

        def read():
            found.append(next(each.data for each in read_stream(made["urls"]["events"]) if each.name == "preview"))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(60)
        assert found == [told]
        assert (folder / WATCHED).is_file()


def test_what_is_no_taesd_is_refused_at_the_start(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file(
        {"first_stage_model.encoder.conv_in.weight": torch.zeros(1), "encoder.conv_in.weight": torch.zeros(1)}, path
    )
    ran = CliRunner().invoke(app, ["serve", "--data", str(tmp_path / "data"), "--preview-vae", str(path)])
    assert ran.exit_code != 0
    assert "previews between steps take a TAESD (tiny autoencoder)" in ran.output
