import json

import pytest

from dreamreel.animation.field import Field
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.input import check, parse
from dreamreel.animation.views import SEED, View
from dreamreel.errors import InputError
from dreamreel.schedule.prompts import parse_prompts


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
        ({"fps": float("nan")}, "fps: must be a number, got nan, which is none"),
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
    _, notes = parse({"animation_prompts": "a", "size": 512, "zooom": "0:(1)"})
    assert [str(note) for note in notes] == [
        "size: ignored: there is no such input; the command line has --size for it, over HTTP the server decides",
        "zooom: ignored: there is no such input; did you mean zoom?",
    ]
    with pytest.raises(InputError, match="size"):
        parse({"size": 512, "strict": True})


@pytest.mark.parametrize(
    "prompts", [{"0": "a fox", "30": 'a "cat" | \\ \n ü'}, {0: "a fox", 30: "b"}, {"max_f/2": "a"}]
)
def test_here_prompts_may_be_an_object_which_is_the_same_as_its_text(prompts):
    given = parse({"animation_prompts": prompts})[0].text("animation_prompts")
    assert given == parse({"animation_prompts": json.dumps(prompts, ensure_ascii=False)})[0].text("animation_prompts")
    assert list(parse_prompts(given, 100, "animation_prompts")[0].values()) == list(prompts.values())
    with pytest.raises(InputError, match="must be a string, got the object"):
        parse({"animation_prompts": prompts}, SEED.view)


@pytest.mark.parametrize(
    ("prompts", "sentence"),
    [
        ({}, 'must be a string, got the object "{}"'),
        ({"0": 5}, """must be a string, got the object "{'0': 5}"; write "0: 5\""""),
        ({"a": "b"}, "must be a string, got the object"),
        ({"0": "a\x00"}, "holds a NUL character at column 2; remove it"),
    ],
)
def test_an_object_that_holds_no_prompts_by_frame_is_refused(prompts, sentence):
    with pytest.raises(InputError) as caught:
        parse({"animation_prompts": prompts})
    assert str(caught.value).startswith(f"animation_prompts: {sentence}")


@pytest.mark.parametrize(
    ("written", "value"),
    [("-7", -7), ("2.50", 2.5), (".5", 0.5), ("1e-2", 0.01), ("+3", 3), ("30000/1001", 30000 / 1001)],
)
def test_a_number_may_be_written_in_any_usual_way(written, value):
    rate = Field("rate", "number", 1, "A field of no feature", minimum=-10, maximum=100)
    assert check({"rate": written}, View({"rate": rate}, is_lenient=True))[0]["rate"] == value
    for view in (View({"rate": rate}), View({"rate": rate}, is_lenient=True)):
        assert check({"rate": value}, view)[0]["rate"] == value
        assert check({"rate": True}, view)[1][0].replicate == "Invalid type. Expected: number, given: boolean"
        assert "must be between -10 and 100, got 101" in str(check({"rate": 101}, view)[1][0])
