import pytest

from dreamreel.animation.canvas import Canvas, chosen_canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build
from dreamreel.errors import InputError

CANVAS = Canvas(512, 320, 50, 7.0, most_pixels=512 * 512, most_steps=60)


def chosen(**raw):
    return chosen_canvas(CANVAS, parse(raw)[0])


def test_an_input_chooses_its_size_its_steps_and_its_guidance():
    canvas = chosen(width=256, height=384, steps=9, cfg_scale=3.5)
    assert (canvas.width, canvas.height, canvas.steps, canvas.cfg_scale) == (256, 384, 9, 3.5)
    assert chosen() == CANVAS
    plan = build(parse({"steps": 9, "cfg_scale": 3, "width": 256})[0], CANVAS, 5)
    assert (plan.canvas.width, plan.canvas.height) == (256, 320)
    assert plan.sampling.steps[0] == 9
    assert set(plan.words.scales.tolist()) == {3.0}


def test_schedules_go_before_one_number_for_all_frames():
    given = {"steps": 9, "steps_schedule": "0: (20)", "cfg_scale": 3, "cfg_scale_schedule": "0: (5)", "max_frames": 2}
    plan = build(parse(given)[0], CANVAS, 5)
    assert plan.sampling.steps[0] == 20
    assert set(plan.words.scales.tolist()) == {5.0}


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"width": 500}, "width: 500 is not a multiple of 8; use 496 or 504"),
        ({"height": 8}, "height: must be between 16 and 4096, got 8"),
        ({"height": 520}, "height: 512x520 is 266240 pixels, and this server draws 262144 at most"),
        ({"width": 4096, "height": 64}, None),
        ({"steps": 61}, "steps: 61 steps are more than the 60 that this server takes"),
        (
            {"steps_schedule": "0: (20), 3: (61)"},
            "steps_schedule: 61 steps are more than the 60 that this server takes",
        ),
        ({"steps": 0}, "steps: must be between 1 and 1000, got 0"),
        ({"cfg_scale": 1001}, "cfg_scale: must be between -1000 and 1000, got 1001"),
    ],
)
def test_what_cannot_be_drawn_or_is_more_than_the_operator_allows_is_refused_by_its_name(raw, sentence):
    if sentence is None:
        build(parse(raw)[0], CANVAS, 5)
        return
    with pytest.raises(InputError) as caught:
        build(parse(raw)[0], CANVAS, 5)
    assert str(caught.value) == sentence
