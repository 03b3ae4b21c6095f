from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build
from dreamreel.animation.wording import frame_lines, start_lines


def test_lines_are_the_originals():
    plan = build(parse({"animation_prompts": "a cat", "max_frames": 3})[0], Canvas(64, 64, 50, 7), 41)
    assert list(start_lines(plan)) == [
        "Using seed: 41",
        "Init images aren't supported with PLMS yet, switching to KLMS",
    ]
    assert list(frame_lines(plan, 0)) == ["Rendering animation frame 0 of 3", "a cat 41"]
    assert list(frame_lines(plan, 1)) == [
        "Rendering animation frame 1 of 3",
        "angle: 0.0 zoom: 1.04 translation_x: 0.0 translation_y: 0.0 noise: 0.02 strength: 0.65 contrast: 1.0",
        "a cat 42",
    ]


def test_a_prompt_of_a_quarter_of_a_megabyte_is_not_told_anew_for_each_frame():
    long = build(parse({"animation_prompts": "x" * 262_144, "max_frames": 3})[0], Canvas(64, 64, 50, 7), 41)
    assert sum(len(line) for idx in range(3) for line in frame_lines(long, idx)) < 5_000
