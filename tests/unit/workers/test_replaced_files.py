"""Files that are replaced while a worker draws with them: no frame has the key of another drawing."""

import shutil
from pathlib import Path

import pytest
from tests import controlnets, tiny
from tests.workbench import FRAMES, INPUT, SETUP, Bench, wait_for

from dreamreel.animation.views import ANIMATE
from dreamreel.rendering.setup import Setup

LED = {"controlnets": "canny: 0: (0), 1: (0), 2: (1)"}


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(tiny.controlnet_folder(), tmp_path / "controlnets"))


def setup_of(folder):
    return Setup("tiny-sd", steps=SETUP.steps, device="cpu", controlnets=str(folder))


def test_a_film_whose_controlnet_is_replaced_goes_on_from_the_frame_that_it_decides_with_the_new_one(bench, folder):
    raw = {"input": {**INPUT, "max_frames": FRAMES, **LED}, "needs": ("controlnet canny",), "version": ANIMATE.version}
    film = bench.add(**raw)
    with bench.working(bench.plain_loop(setup_of(folder))):
        bench.wait_for_frames(film, 4)
        fence = bench.get(film).lease.fence
        # As people replace one: another file, which takes the name at once.
        controlnets.write_own(folder.parent / "new", tiny.bundle().modules.unet, 9)
        name = "diffusion_pytorch_model.safetensors"
        (folder.parent / "new" / name).replace(folder / "canny" / name)
        wait_for(lambda: bench.get(film).lease is None or bench.get(film).lease.fence > fence, "the film begun again")
        bench.wait(film)
    bench.assert_as_alone(film, setup_of(folder), LED)
    assert "another controlnet canny now: going on at frame 2" in bench.get(film).logs


def test_a_model_that_is_replaced_is_read_anew_for_the_next_film(bench, tmp_path):
    from dreamreel.models.catalog import locate

    model = Path(shutil.copytree(locate("tiny-sd").path, tmp_path / "small"))
    setup, input_ = (
        Setup(str(model), steps=SETUP.steps, device="cpu"),
        {**INPUT, "animation_prompts": "a fox", "max_frames": 2},
    )
    with bench.working(bench.plain_loop(setup)):
        first, second = (bench.add(num_frames=2, input=input_, version=ANIMATE.version) for _ in range(2))
        bench.wait(first)
        bench.wait(second)
        changed(model)
        third = bench.add(num_frames=2, input=input_, version=ANIMATE.version)
        bench.wait(third)
    one, other, after = (bench.get(each).metrics["weights"] for each in (first, second, third))
    assert one == other != after
    assert bench.frames(first) == bench.frames(second) != bench.frames(third)


def changed(model):
    """Makes a folder's UNet another, as a download over it would, and its card says nothing of digests."""
    import json

    from safetensors.torch import load_file, save_file

    path = next((model / "unet").glob("*.safetensors"))
    tensors = load_file(path)
    tensors["conv_in.bias"] = tensors["conv_in.bias"] + 0.5
    save_file(tensors, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)
    if (card := model / "dreamreel.json").is_file():
        said = json.loads(card.read_text())
        said.pop("sha256", None)
        card.write_text(json.dumps(said))
