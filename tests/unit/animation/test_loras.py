"""The input `loras`, and tags in prompts: how strongly each counts, and what is refused in bounded time."""

import time

import pytest

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build
from dreamreel.errors import InputError
from dreamreel.schedule.bounds import MAX_CHARACTERS


def words(profile="replicate", **raw):
    return build(parse({"max_frames": 3, "profile": profile, **raw})[0], Canvas(64, 64, 5, 7.0), 1).words


def strengths(text, **raw):
    """name -> (for the network, for the text encoders) of each frame."""
    found = words(loras=text, **raw).strengths
    return {name: (each.unet.tolist(), each.text.tolist()) for name, each in found.items()}


def flat(unet, text=None):
    return [unet] * 3, [unet if text is None else text] * 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ink", {"ink": flat(1.0)}),
        (" ink wash : 0.5\n other:-1 ", {"ink wash": flat(0.5), "other": flat(-1.0)}),
        ("ink: 0: (0), 2: (1)", {"ink": ([0.0, 0.5, 1.0], [0.0, 0.5, 1.0])}),
        ("ink:te: 0.5", {"ink": flat(0.0, 0.5)}),
        ("ink : unet : 0.5", {"ink": flat(0.5)}),
        ("ink: 1 | ink:te: 0.5", {"ink": flat(1.0, 0.5)}),
        ("ink:te: 0.5 | ink: 1", {"ink": flat(1.0, 0.5)}),
        ("ink:unet: 0.25 | ink:te: 0.5", {"ink": flat(0.25, 0.5)}),
        ("ink: 0", {}),
        ('{"ink": 0.5, "other": "0: (1)"}', {"ink": flat(0.5), "other": flat(1.0)}),
        ("<lora:ink:0.5><lora:other:0.2:1>", {"ink": flat(0.5), "other": flat(1.0, 0.2)}),
    ],
)
def test_each_lora_counts_as_it_is_written(text, expected):
    assert strengths(text) == expected


@pytest.mark.parametrize("profile", ["replicate", "dreamreel"])
def test_tags_in_prompts_add_up_with_each_other_and_with_the_input(profile):
    prompts = "0: a fox<lora:ink:0.5> | 2: an owl<lora:ink:0.25><lora:ink:0.5:0>"
    found = strengths("ink: 1", animation_prompts=prompts, profile=profile)
    assert found == {"ink": ([1.5, 1.5, 1.25], [1.5, 1.5, 1.75])}


@pytest.mark.parametrize(
    ("text", "sentence", "column"),
    [
        ("ink: 1 | : 0.5", '" : 0.5" at column 9 has no name', 9),
        ("  : 0.5", '"  : 0.5" at column 1 has no name', 1),
        ("ink: 1 | ink: 0.5", '"ink" comes twice, the second at column 9', 9),
        ("ink: 1 | ink:te: 1 | ink:te: 0.5", '"ink" comes twice, the second at column 21', 21),
        ("ink: 101", "101 at frame 0 is beyond 100", None),
        ("<lora:ink:1> and", '"and" is not a LoRA', 1),
    ],
)
def test_what_is_no_strength_is_refused_with_its_place(text, sentence, column):
    with pytest.raises(InputError) as refusal:
        strengths(text)
    assert sentence in str(refusal.value)
    assert getattr(refusal.value, "column", None) == column


def as_tags(count):
    return "".join(f"<lora:l{number}:1>" for number in range(count))


def test_a_film_has_so_many_loras_at_most_wherever_they_are_named():
    assert len(strengths(" | ".join(f"l{number}" for number in range(32)))) == 32
    for profile in ("replicate", "dreamreel"):
        assert len(words(profile, animation_prompts=as_tags(32)).strengths) == 32
        with pytest.raises(InputError, match="animation_prompts: has more than 32 LoRAs, which are the most that"):
            words(profile, animation_prompts=as_tags(33))
    for text in (as_tags(33), " | ".join(f"l{number}" for number in range(33))):
        with pytest.raises(InputError, match="loras: has more than 32 LoRAs"):
            strengths(text)
    with pytest.raises(InputError, match="loras: has more than 32 LoRAs"):
        strengths("other", animation_prompts=as_tags(32))


@pytest.mark.parametrize("written", ["a{}b", "a|", "l: 0: (1)|", "l{}: 1", "<lora:a:1>", "a:te:1|", "{", "l:0:("])
@pytest.mark.parametrize("field", ["loras", "animation_prompts"])
def test_a_text_as_long_as_may_be_takes_seconds_at_most(field, written):
    text = written.format(" " * MAX_CHARACTERS) if "{}" in written else written * (MAX_CHARACTERS // len(written))
    raw = {"profile": "dreamreel", "max_frames": 1000, "prompt_blend": 1000, field: text[:MAX_CHARACTERS]}
    if field == "animation_prompts":
        raw[field] = f"0: x | 999: {text}"[:MAX_CHARACTERS]
    started = time.thread_time()
    try:
        words(**raw)
    except InputError as refusal:
        assert len(str(refusal)) < 1000  # noqa: PT017
    assert time.thread_time() - started < 4


def test_many_loras_are_refused_before_their_schedules_are_read():
    started = time.thread_time()
    with pytest.raises(InputError, match="more than 32 LoRAs"):
        strengths("|".join(f"l{number}: 0: (1)" for number in range(10_000)), max_frames=1000)
    assert time.thread_time() - started < 1
    with pytest.raises(InputError, match="loras: has 262145 characters"):
        strengths("a" * (MAX_CHARACTERS + 1))
