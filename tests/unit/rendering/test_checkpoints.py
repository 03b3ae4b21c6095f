"""Several models on one shelf: real networks, alone and in turn."""

import copy
import gc
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests import tiny

from dreamreel.animation.state import State
from dreamreel.animation.stretch import next_stretch
from dreamreel.diffusion.calls import Cond, Decode, Denoise, send_to
from dreamreel.engine.backend import Backend
from dreamreel.engine.batcher import Batcher
from dreamreel.engine.checkpoint import Checkpoint, backend_of
from dreamreel.engine.drive import drive
from dreamreel.engine.shelf import Kind, Shelf
from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.diffusers_bundle import DiffusersBundle
from dreamreel.models.memory import give_back
from dreamreel.models.random_models import random_bundle
from dreamreel.models.sizes import num_bytes
from dreamreel.rendering.checkpoints import Checkpoints
from dreamreel.rendering.setup import Setup

MEGABYTE = 1 << 20


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_after_twenty_switches_between_two_models_memory_is_what_it_was():
    bundle = random_bundle("small", "cpu")
    networks = {name: getattr(bundle.modules, name) for name in ("unet", "vae")}

    def load():
        return Checkpoint(DiffusersBundle(replace(bundle.modules, **copy.deepcopy(networks)), bundle.facts), 2)

    # Room for one of them: about 64 MB of weights each.
    shelf = Shelf({name: Kind(64 * MEGABYTE, load) for name in ("a", "b")}, lambda taken: 100 * MEGABYTE - taken)
    backend, text = Backend(shelf), Cond(torch.zeros(1, 77, 192))
    x, after = torch.zeros(1, 4, 8, 8), []
    for switch in range(20):
        name = "ab"[switch % 2]
        with shelf.use(name):
            backend.answer(Denoise(x, 500.0, (text, text), (7.0,), c_skip=1.0, c_in=1.0, c_out=-1.0, network=name))
            backend.answer(Decode(torch.ones(1, 4, 8, 8), network=name))
        assert shelf.loaded() == {name}
        gc.collect()
        give_back()
        after.append(resident())
    assert after[-1] <= 1.05 * after[3]


def frames(animation, backend, model=""):
    images, state = [], State()
    while state.next_idx < len(animation):
        drawn = drive(send_to(model, next_stretch(animation.plan, animation.space, state)), backend)
        images, state = [*images, *(frame.image for frame in drawn.frames)], drawn.state
    return images


def test_predictions_of_two_families_draw_the_same_bytes_together_as_each_alone():
    one = tiny.animation(steps=4, max_frames=2, sampler="euler_ancestral", zoom="0: (1.05)")
    other = tiny.animation(steps=5, seed=3, max_frames=2, sampler="heun")
    bundles = {"tiny": tiny.bundle(), "small": random_bundle("small", "cpu")}
    other.bundle = bundles["small"]
    pairs = [("tiny", one), ("small", other), ("tiny", one)]
    alone = [frames(each, backend_of(bundles[name], 4)) for name, each in pairs]
    shelf = Shelf({name: Kind(1, lambda b=bundle: Checkpoint(b, 4)) for name, bundle in bundles.items()}, lambda _: 10)
    batcher, images = Batcher(Backend(shelf)), {number: [] for number in range(len(pairs))}

    def begin(number, state):
        name, each = pairs[number]
        batcher.add(str(number), send_to(name, next_stretch(each.plan, each.space, state)))

    for number in images:
        begin(number, State())
    while len(batcher):
        for outcome in batcher.step():
            assert outcome.error is None, outcome.error
            number = int(outcome.key)
            images[number] += [frame.image for frame in outcome.result.frames]
            if outcome.result.state.next_idx < len(pairs[number][1]):
                begin(number, outcome.result.state)
    for number, theirs in enumerate(alone):
        for ours, alone_image in zip(images[number], theirs, strict=True):
            assert np.array_equal(ours, alone_image)


def test_each_model_is_known_by_a_short_name_and_two_of_one_name_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for folder in ("a", "b"):
        (tmp_path / folder / "fox.safetensors").write_bytes(b"x")
    assert list(Setup("tiny-sd", others=(str(tmp_path / "a" / "fox.safetensors"),)).by_name()) == ["tiny-sd", "fox"]
    twice = Setup(str(tmp_path / "a" / "fox.safetensors"), others=(str(tmp_path / "b" / "fox.safetensors"),))
    with pytest.raises(ModelError, match=r"are both called fox; rename one of them"):
        twice.by_name()


@pytest.mark.parametrize(("name", "kind"), [("lora mix", "LoRAs"), ("controlnet canny", "ControlNets")])
def test_a_model_whose_name_means_something_else_among_needs_is_refused(tmp_path, name, kind):
    (tmp_path / f"{name}.safetensors").write_bytes(b"x")
    (tmp_path / "loramix.safetensors").write_bytes(b"x")
    with pytest.raises(ModelError, match=rf'names that begin with "{name.split()[0]} " are {kind}\'; rename it'):
        Setup(str(tmp_path / f"{name}.safetensors")).by_name()
    assert list(Setup(str(tmp_path / "loramix.safetensors")).by_name()) == ["loramix"]


def test_the_shelf_knows_what_a_model_takes_before_it_is_loaded():
    modules = tiny.bundle().modules
    weights = sum(
        each.numel() for part in (modules.unet, modules.vae, modules.text_encoder) for each in part.parameters()
    )
    expected = num_bytes(catalog.locate("tiny-sd"), 4)
    assert 4 * weights <= expected <= 1.05 * 4 * weights
    models = Checkpoints(Setup("tiny-sd", device="cpu"))
    assert models.names == ("tiny-sd",)
    assert models.shelf.kinds["tiny-sd"].num_bytes == expected
    assert models.shelf.loaded() == frozenset()
    assert models.facts("tiny-sd").title == tiny.bundle().facts.title
    assert models.shelf.loaded() == {"tiny-sd"}


def test_a_budget_in_gigabytes_lets_one_model_go_for_another(tmp_path):
    size = num_bytes(catalog.locate("tiny-sd"), 4)
    (tmp_path / "other").symlink_to(catalog.locate("tiny-sd").path)
    models = Checkpoints(
        Setup("tiny-sd", device="cpu", others=(str(tmp_path / "other"),), memory_gb=1.5 * size / (1 << 30))
    )
    for name in ("tiny-sd", "other"):
        with models.shelf.use(name):
            assert models.shelf.loaded() == {name}
            assert models.shelf.fitting() & set(models.names) == {name}
