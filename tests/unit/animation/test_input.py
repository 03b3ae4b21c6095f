import pytest

from dreamreel.animation.fields import FIELDS
from dreamreel.animation.input import check, parse
from dreamreel.animation.views import SEED
from dreamreel.errors import InputError


def test_an_input_has_every_field_of_the_table():
    assert list(parse({})[0].to_dict()) == list(FIELDS)


def test_an_empty_input_has_the_originals_defaults():
    parsed, notes = parse({}, SEED.view)
    assert notes == []
    assert (
        parsed.to_dict()
        | {
            "animation_prompts": "0: a beautiful portrait of a woman by Artgerm, trending on Artstation",
            "max_frames": 100,
            "angle": "0:(0)",
            "zoom": "0: (1.04)",
            "translation_x": "0: (0)",
            "translation_y": "0: (0)",
            "color_coherence": "Match Frame 0 LAB",
            "sampler": "plms",
            "fps": 15,
            "seed": None,
            "strength_schedule": "0: (0.65)",
            "noise_schedule": "0: (0.02)",
            "contrast_schedule": "0: (1.0)",
            "border": "wrap",
        }
        == parsed.to_dict()
    )


def test_here_numbers_may_be_text_as_in_the_originals_inner_layer_and_over_http_they_may_not():
    assert parse({"max_frames": "120", "fps": 24.0})[0].max_frames == 120
    with pytest.raises(InputError, match='max_frames: must be an integer, got the string "120"'):
        parse({"max_frames": "120"}, SEED.view)


def test_short_animations_are_for_here_only():
    assert parse({"max_frames": 1})[0].max_frames == 1
    with pytest.raises(InputError, match="max_frames: must be between 100 and 1000, got 20"):
        parse({"max_frames": 20}, SEED.view)


def test_seed_minus_one_asks_for_a_random_one():
    assert parse({"seed": -1})[0].seed is None


@pytest.mark.parametrize(
    ("given", "fps"),
    [(23.976, 23.976), ("29.97", 29.97), ("24000/1001", 24000 / 1001), ("12.50", 12.5), ("24.0", 24), ("48/2", 24)],
)
def test_frames_a_second_may_be_a_fraction_here_but_not_over_http(given, fps):
    assert parse({"fps": given})[0].fps == fps
    assert isinstance(parse({"fps": given})[0].fps, int) == (fps == 24)
    with pytest.raises(InputError, match="fps: must be an integer"):
        parse({"fps": 23.976}, SEED.view)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"fps": 121}, "fps: must be between 1 and 120, got 121"),
        ({"fps": 120.5}, "fps: must be between 1 and 120, got 120.5"),
        ({"fps": "0.5"}, "fps: must be between 1 and 120, got 0.5"),
        ({"fps": True}, 'fps: must be a number, got the boolean "True"'),
        ({"fps": "24/0"}, 'fps: must be a number, got the string "24/0"'),
        ({"fps": "24 fps"}, 'fps: must be a number, got the string "24 fps"'),
        ({"fps": float("nan")}, 'fps: must be a number, got the number "nan"'),
        ({"fps": [15]}, "fps: must be a number, got the array"),
        ({"max_frames": 10.5}, 'max_frames: must be an integer, got the number "10.5"; write 10'),
        ({"zoom": 1.04}, 'zoom: must be a string, got the number "1.04"'),
        ({"zoom": {"0": 1}}, "zoom: must be a string, got the object"),
        ({"sampler": "eular"}, 'did you mean "euler"?'),
        ({"color_coherence": "LAB"}, "color_coherence: must be one of"),
        ({"seed": -2}, "seed: must be between -1 and 4294967295"),
        ({"seed": 2**32}, "seed: must be between -1 and 4294967295"),
        ({"math": "maybe"}, "math: must be a boolean"),
        ({"animation_prompts": "a\x00b"}, "animation_prompts: holds a NUL character at column 2"),
    ],
)
def test_a_wrong_value_is_named_shown_and_mended(raw, sentence):
    with pytest.raises(InputError) as caught:
        parse(raw)
    assert sentence in str(caught.value)


def test_all_problems_are_found_at_once():
    wrong = {"fps": 1, "max_frames": 1, "sampler": "x"}
    assert [error.field for error in check(wrong, SEED.view)[1]] == ["max_frames", "sampler", "fps"]


def test_unknown_inputs_are_ignored_with_a_note_and_refused_when_strict():
    _, notes = parse({"animation_prompts": "a", "width": 512, "zooom": "0:(1)"})
    assert [str(note) for note in notes] == [
        "width: ignored: there is no such input; the command line has --size for it, over HTTP the server decides",
        "zooom: ignored: there is no such input; did you mean zoom?",
    ]
    with pytest.raises(InputError, match="width"):
        parse({"width": 512, "strict": True})
