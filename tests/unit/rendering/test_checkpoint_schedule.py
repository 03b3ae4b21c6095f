"""Models that switch in mid-film: what each frame is drawn by, its key, resuming, and a worker that holds them all."""

import io
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file
from tests.workbench import SETUP, Bench

from dreamreel.animation.views import ANIMATE
from dreamreel.errors import InputError
from dreamreel.models import catalog
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup

FILM = {"animation_prompts": "a red circle", "max_frames": 4, "sampler": "euler", "seed": 3}


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A folder of a model with other weights than tiny-sd."""
    folder = shutil.copytree(catalog.locate("tiny-sd").path, tmp_path_factory.mktemp("models") / "other")
    (path,) = (folder / "unet").glob("*.safetensors")
    tensors = load_file(path)
    save_file({key: value * 0.9 if "conv_out" in key else value for key, value in tensors.items()}, path)
    (folder / "dreamreel.json").write_text("{}")  # the shipped card has the digests of other weights
    return folder


def film(other, text, **raw):
    schedule = {} if text is None else {"checkpoint_schedule": text.replace("OTHER", str(other))}
    return prepare({**FILM, **schedule, **raw}, Setup("tiny-sd", 64, 64, 4, 7.0, "cpu"))


@pytest.fixture(scope="module")
def switched(other):
    return [frame.image for frame in film(other, '0: ("tiny-sd"), 2: ("OTHER")')]


def test_frames_are_those_of_the_model_that_is_scheduled(other, switched):
    plain = [frame.image for frame in film(other, None)]
    assert all(np.array_equal(one, two) for one, two in zip(plain[:2], switched[:2], strict=True))
    assert not np.array_equal(plain[2], switched[2])
    whole = [frame.image for frame in film(other, '0: ("OTHER")')]
    assert not np.array_equal(whole[0], plain[0])


def test_keys_follow_the_weights_of_each_frames_own_model(other, tmp_path):
    kept, switching = film(other, '0: ("tiny-sd")').keys, film(other, '0: ("tiny-sd"), 2: ("OTHER")')
    assert [one == two for one, two in zip(kept, switching.keys, strict=True)] == [True, True, False, False]
    assert set(switching.beside) == {"checkpoint tiny-sd", f"checkpoint {other}"}
    changed = shutil.copytree(other, tmp_path / "other")
    (path,) = (changed / "unet").glob("*.safetensors")
    save_file({key: value * 1.1 for key, value in load_file(path).items()}, path)
    again = film(changed, '0: ("tiny-sd"), 2: ("OTHER")').beside
    assert again["checkpoint tiny-sd"] == switching.beside["checkpoint tiny-sd"]
    assert again[f"checkpoint {changed}"] != switching.beside[f"checkpoint {other}"]


@pytest.mark.parametrize("at", [2, 3])
def test_an_interrupted_film_goes_on_with_the_same_bytes(other, switched, at):
    animation = film(other, '0: ("tiny-sd"), 2: ("OTHER")')
    rest = list(animation.frames(animation.resume(at, lambda name: switched[name[1]])))
    assert [frame.idx for frame in rest] == list(range(at, 4))
    assert all(np.array_equal(frame.image, switched[frame.idx]) for frame in rest)


def test_a_model_that_is_not_here_or_not_of_this_size_is_refused_with_the_field(other):
    with pytest.raises(InputError, match=r'^checkpoint_schedule: "nobody": model "nobody": there is no such file'):
        film(other, '0: ("tiny-sd"), 2: ("nobody")')
    setup = Setup("tiny-sd", 72, 72, 4, 7.0, "cpu")
    with pytest.raises(InputError, match=r'^checkpoint_schedule: "builtin": size: width 72 is not a multiple of 16'):
        prepare({**FILM, "checkpoint_schedule": '0: ("builtin")'}, setup)
    with pytest.raises(InputError, match=r'"elsewhere" is none of the models here: tiny-sd$'):
        prepare({**FILM, "checkpoint_schedule": '0: ("elsewhere")'}, setup, setups={"tiny-sd": setup})


def test_a_worker_holds_every_model_of_the_schedule_and_draws_the_same_frames(other, tmp_path):
    bench = Bench(tmp_path)
    setup = replace(SETUP, others=(str(other),))
    asked = {**FILM, "checkpoint_schedule": '0: ("tiny-sd"), 2: ("other")'}
    needs = ("tiny-sd", "other")
    ended = bench.run_to_end(bench.add(4, input=asked, version=ANIMATE.version, needs=needs), setup=setup)
    assert ended.status.value == "succeeded", ended.error
    expected = prepare({**asked, "checkpoint_schedule": f'0: ("tiny-sd"), 2: ("{other}")'}, SETUP, 7)
    found = [np.array(Image.open(io.BytesIO(data))) for data in bench.frames(ended.id).values()]
    assert len(found) == 4
    for image, frame in zip(found, expected, strict=True):
        assert np.array_equal(image, frame.image)
