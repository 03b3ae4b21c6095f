import pytest

from dreamreel.errors import ScheduleError
from dreamreel.schedule.prompts import parse_prompts


def notes_of(text, num_frames=100, **options):
    return [note.message for note in parse_prompts(text, num_frames, "animation_prompts", **options)[1]]


def test_a_colon_inside_one_of_several_prompts_belongs_to_the_prompt():
    prompts, _ = parse_prompts("0: ratio 16:9 | 5: b", 100, "animation_prompts")
    assert prompts == {0: "ratio 16:9", 5: "b"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0: a|5: b|", r"Please follow the 'frame_num: prompt' format. \(part 3 is empty\)"),
        ("0: a||5: b", r"part 2 is empty"),
        ("0: a| no colon", r'part 2 at column 6 has no colon: "no colon"'),
        ("0: a|²: b", r'frame_num should be an integer .* \(part 2 at column 6: got "²", max_frames is 100\)'),
        ("0: a|101: b", r'got "101", max_frames is 100'),
        ("0: a|" + "9" * 5000 + ": b", r"frame_num should be an integer"),
        ("0: a|00: b", r"Duplicate prompts for frame_num 0\. "),
        ("0: a|5:  ", r"prompt cannot be empty \(part 2 at column 6\)"),
    ],
)
def test_a_wrong_part_is_named_by_number_and_column(text, sentence):
    with pytest.raises(ScheduleError, match=sentence):
        parse_prompts(text, 100, "animation_prompts")


def test_what_may_surprise_is_noted():
    whole = 'a single prompt is used whole, with its leading "0:", as the original does'
    assert notes_of("0: cat") == [f'{whole}; "strip_single_prefix": true drops it']
    assert notes_of("a cat") == []
    assert notes_of(" ") == ["empty: every frame is drawn without a prompt"]
    assert notes_of("0: a|100: b") == ["the prompt at frame 100 is never shown: the last frame is 99"]


def test_the_prefix_of_a_single_prompt_is_dropped_on_request():
    prompts, notes = parse_prompts("0: cat", 100, "animation_prompts", strip_single_prefix=True)
    assert (prompts, notes) == ({0: "cat"}, [])
