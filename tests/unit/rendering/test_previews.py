"""Which TAESD shows films of which models while they are drawn."""

import logging

import pytest
from safetensors.torch import save_file

from dreamreel.diffusion.watched import preview_network
from dreamreel.errors import ModelError
from dreamreel.models.networks.tiny_vae import AutoencoderTiny
from dreamreel.rendering.checkpoints import Checkpoints
from dreamreel.rendering.previews import preview_vaes
from dreamreel.rendering.setup import Setup


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A TAESD by each of these names."""
    folder = tmp_path_factory.mktemp("previews")
    tensors = AutoencoderTiny.from_config({}).state_dict()
    names = "taesd", "taesdxl", "plain", "a,b"
    for name in names:
        save_file(tensors, folder / f"{name}.safetensors")
    return {name: folder / f"{name}.safetensors" for name in names}


def chosen(text):
    return {latents: each.path.stem for latents, each in preview_vaes(text).items()}


@pytest.mark.parametrize("between", [",", "\n", ", "])
def test_each_shows_the_films_of_which_it_says_that_they_are_its_own(written, between):
    both = between.join(str(written[name]) for name in ("taesdxl", "taesd"))
    assert chosen(both) == {"sd": "taesd", "sdxl": "taesdxl"}
    assert chosen(str(written["taesdxl"])) == {"sdxl": "taesdxl"}
    assert chosen("") == {}
    assert chosen(str(written["a,b"])) == {"sd": "a,b"}  # a path as a whole goes before commas


def test_the_option_may_say_it_instead(written):
    assert chosen(f"sdxl={written['plain']}") == {"sdxl": "plain"}
    assert chosen(f"SD1 = {written['plain']},sdxl={written['taesd']}") == {"sd": "plain", "sdxl": "taesd"}


def test_what_is_assumed_is_said_in_one_warning_and_a_known_one_is_not_warned_of(written, caplog):
    caplog.set_level(logging.INFO)
    models = Checkpoints(Setup(model="tiny-sd", device="cpu", preview_vae=str(written["plain"])))
    assert list(models.previews) == list(models.previews) == ["sd"]
    (warning,) = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert "does not say whose latents it is for: it is taken for a TAESD of SD 1.x and SD 2.x" in warning
    assert warning.endswith(f"shows no film of SDXL; --preview-vae sdxl={written['plain']} says otherwise")
    caplog.clear()
    two = f"{written['taesd']},{written['taesdxl']}"
    models = Checkpoints(Setup(model="tiny-sd", device="cpu", preview_vae=two))
    for latents, decoder in models.previews.items():
        assert models.backend._networks.get(preview_network(latents)) is decoder
    assert len(set(map(id, models.previews.values()))) == 2
    assert "(its name says so)" in caplog.text
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_two_for_one_family_and_what_is_none_are_refused(written):
    with pytest.raises(
        ModelError, match=r"both taken for TAESDs of SD 1\.x and SD 2\.x; name one, or say sd=PATH and s"
    ):
        preview_vaes(f"{written['taesd']},{written['plain']}")
    with pytest.raises(ModelError, match="there is no such file or folder"):
        preview_vaes(f"flux={written['taesd']}")
