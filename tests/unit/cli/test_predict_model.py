"""Which model `dreamreel predict` asks for."""

import pytest
from tests.unit.importers.corpus import extension, notebook

from dreamreel.animation.views import ANIMATE, SEED
from dreamreel.cli.predict import model_of
from dreamreel.importers.recognise import import_document


@pytest.mark.parametrize(
    ("inputs", "model"),
    [
        ({"animation_prompts": "0: a fox", "max_frames": 100}, SEED),
        ({"animation_prompts": "0: a fox", "max_frames": 12}, ANIMATE),
        ({"animation_prompts": "0: a fox", "diffusion_cadence": 2}, ANIMATE),
        ({"max_frames": "many"}, SEED),
        (import_document(extension(max_frames=30), ANIMATE.view).input, ANIMATE),
        (import_document(notebook(max_frames=200), ANIMATE.view).input, ANIMATE),
    ],
)
def test_it_is_the_first_unless_what_is_wanted_is_more_than_that_takes(inputs, model):
    assert model_of(inputs) == model.name
