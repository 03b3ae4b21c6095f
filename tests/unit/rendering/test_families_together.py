"""SD 1.x, SD 2.x that predicts v, SDXL and SDXL with a zero terminal SNR in one worker: no byte depends on company."""

import gc
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests import families, loras

from dreamreel.animation.state import State
from dreamreel.engine.batcher import Batcher
from dreamreel.errors import InputError
from dreamreel.models.memory import give_back
from dreamreel.models.sizes import num_bytes
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.checkpoints import GIGABYTE, Checkpoints
from dreamreel.rendering.setup import Setup

V = {"prediction_type": "v_prediction"}
KINDS = {
    "sd1": ("sd1", {}),
    "sd2-v": ("sd2", V),
    "sdxl": ("sdxl", {}),
    "sdxl-zero": ("sdxl", {**V, "rescale_betas_zero_snr": True}),
}
FRAMES = 2


@pytest.fixture(scope="module")
def setup(tmp_path_factory):
    place = tmp_path_factory.mktemp("families")
    for name, (family, said) in KINDS.items():
        made = families.pipeline(family, families.configuration(family, place / f"{name}-configuration"), **said)
        made.save_pretrained(place / name)
    first, *others = (str(place / name) for name in KINDS)
    return Setup(first, 64, 64, 4, 5.0, "cpu", rows="4", others=tuple(others))


def film(models, name, sampler, seed, frames=FRAMES):
    raw = {"animation_prompts": "a fox", "max_frames": frames, "sampler": sampler, "zoom": "0: (1.1)"}
    animation = prepare(raw, models.setups[name], seed)
    animation.facts, animation.facts_named = models.facts(name), models.facts
    return animation


def drawn(films, models, states):
    """Frames of each film from its state on, in one batcher: name -> images, and name -> the state before each."""
    batcher = Batcher(models.backend)
    images, reached = {name: [] for name in films}, {name: [states[name]] for name in films}
    for name, animation in films.items():
        batcher.add(name, animation.stretch(states[name], name.partition("/")[0]))
    while len(batcher):
        for outcome in batcher.step():
            assert outcome.error is None, outcome.error
            name, state = outcome.key, outcome.result.state
            images[name] += [frame.image for frame in outcome.result.frames]
            reached[name].append(state)
            if state.next_idx < len(films[name]):
                batcher.add(name, films[name].stretch(state, name.partition("/")[0]))
    return images, reached


@pytest.fixture(scope="module")
def together(setup):
    """(models, films of every family twice, their frames alone, their frames in company, states in company)."""
    models = Checkpoints(setup)
    films = {
        f"{name}/{sampler}": film(models, name, sampler, seed)
        for name in KINDS
        for seed, sampler in enumerate(("euler_ancestral", "ddim"))
    }
    alone = {name: drawn({name: each}, models, {name: State()})[0][name] for name, each in films.items()}
    images, reached = drawn(films, models, dict.fromkeys(films, State()))
    return models, films, alone, images, reached


def same(ours, theirs):
    return len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs))


def test_films_of_every_family_are_the_same_in_company_of_all_others_as_alone(together):
    _, films, alone, images, _ = together
    assert all(len(alone[name]) == FRAMES for name in films)
    assert [name for name in films if not same(images[name], alone[name])] == []
    assert len({image[-1].tobytes() for image in images.values()}) == len(films)


def test_films_of_every_family_go_on_from_a_frame_in_company_with_the_same_bytes(together):
    models, films, alone, _, reached = together
    states = {name: reached[name][1] for name in films}
    images, _ = drawn(films, models, states)
    left = {name: alone[name][states[name].next_idx :] for name in films}
    assert [name for name in films if not same(images[name], left[name])] == []
    assert all(left.values())


def test_each_model_of_a_schedule_takes_the_loras_of_its_own_frames_and_no_others(setup, tmp_path):
    places = {name: str(Path(setup.model).with_name(name)) for name in ("sd1", "sdxl")}
    with_loras = replace(setup, loras=str(tmp_path), others=())
    for number, (name, place) in enumerate(places.items()):
        networks = prepare({}, replace(with_loras, model=place)).bundle.modules.adaptable
        first = "te1" if name == "sdxl" else "te"
        loras.write(tmp_path / f"for-{name}.safetensors", networks, only="attn", seed=number, first=first)

    def switching(one, other, **raw):
        text = f"0: a fox{one} | 1: a fox{other}"
        schedule = f'0: ("{places["sd1"]}"), 1: ("{places["sdxl"]}")'
        asked = {"animation_prompts": text, "checkpoint_schedule": schedule, "max_frames": 2, "sampler": "euler", **raw}
        return prepare(asked, replace(with_loras, model=places["sd1"]), 3)

    own = [frame.image for frame in switching(" <lora:for-sd1:0.8>", " <lora:for-sdxl:0.8>")]
    plain = [frame.image for frame in switching("", "")]
    assert [np.array_equal(one, two) for one, two in zip(own, plain, strict=True)] == [False, False]
    first_alone = [frame.image for frame in switching(" <lora:for-sd1:0.8>", "")]
    assert [np.array_equal(one, two) for one, two in zip(own, first_alone, strict=True)] == [True, False]
    for one, other, raw in (
        ("", " <lora:for-sd1:0.8>", {}),
        (" <lora:for-sdxl:0.8>", "", {}),
        ("", "", {"loras": "for-sd1"}),
    ):
        with pytest.raises(InputError, match=r'^(loras|animation_prompts): the LoRA "for-sd(1|xl)" is for '):
            switching(one, other, **raw)


def test_keys_know_an_embedding_that_only_a_scheduled_model_reads_and_no_note_calls_it_a_word(setup, tmp_path):
    places = {name: str(Path(setup.model).with_name(name)) for name in ("sd1", "sdxl")}

    def film(schedule, seed):
        numbers = torch.Generator().manual_seed(seed)
        vectors = {part: torch.randn((2, 32), generator=numbers) for part in ("clip_l", "clip_g")}
        save_file(vectors, tmp_path / "sksfox.safetensors")
        raw = {"animation_prompts": "0: a fox | 1: a sksfox", "max_frames": 2, "seed": 1}
        scheduled = {"checkpoint_schedule": schedule} if schedule else {}
        return prepare({**raw, **scheduled}, replace(setup, model=places["sd1"], others=(), embeddings=str(tmp_path)))

    switching = f'0: ("{places["sd1"]}"), 1: ("{places["sdxl"]}")'
    before, after = film(switching, 1).keys, film(switching, 2)
    assert [one == two for one, two in zip(before, after.keys, strict=True)] == [True, False]
    assert not any("sksfox" in note.message for note in after.remarks())
    assert any('"sksfox" is read as a word' in note.message for note in film("", 2).remarks())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_after_twenty_switches_between_families_memory_is_what_it_was(setup):
    def resident():
        gc.collect()
        give_back()
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    sizes = {name: num_bytes(each.locate(), 4) for name, each in setup.by_name().items()}
    room = 1.01 * max(sizes.values()) / GIGABYTE  # for the largest, and so for no two
    models = Checkpoints(replace(setup, memory_gb=room))
    after = []
    for switch in range(20):
        name = list(KINDS)[switch % len(KINDS)]
        with models.shelf.use(name):
            animation = film(models, name, "euler", switch, frames=1)
            drawn({name: animation}, models, {name: State()})
            assert models.shelf.loaded() == {name}
        after.append(resident())
    assert after[-1] <= 1.05 * after[3]
