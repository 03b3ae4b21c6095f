from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.key_frames import key_frames
from dreamreel.animation.plan import build


def frames(most=60, **raw):
    return key_frames(build(parse({"max_frames": 60, **raw})[0], Canvas(64, 64, 20, 7.0), 5), most)


def test_the_frames_at_which_prompts_begin_and_schedules_have_keys_in_order():
    assert frames() == [0]
    assert frames(animation_prompts="0: a | 20: b | 40: a", zoom="0: (1), 30: (1.1)", angle="10: (2)") == [
        0,
        10,
        20,
        30,
        40,
    ]


def test_a_key_past_the_end_is_the_last_frame():
    assert frames(zoom="0: (1), 100: (2)") == [0, 59]
    assert frames(zoom="max_f/2: (1)", math=True) == [0, 29]


def test_of_many_the_first_the_last_and_an_even_choice():
    zoom = ", ".join(f"{frame}: (1)" for frame in range(60))
    assert frames(most=5, zoom=zoom) == [0, 15, 30, 44, 59]
