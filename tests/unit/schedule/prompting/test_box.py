"""A box of prompts is read in every shape in which people write one."""

import pytest

from dreamreel.errors import ScheduleError
from dreamreel.schedule.prompting.box import read_box


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("a fox", {0: "a fox"}),
        ("0: a fox", {0: "a fox"}),
        ("a photo, 16:9", {0: "a photo, 16:9"}),
        ("0: a fox | 5: a cat", {0: "a fox", 5: "a cat"}),
        ("0: a [fox|cat] | 5: a (b|c:1.2)", {0: "a [fox|cat]", 5: "a (b|c:1.2)"}),
        ("0: a (x:`(t>3)|(t<1)`) | 5: b", {0: "a (x:`(t>3)|(t<1)`)", 5: "b"}),
        ("0: a fox\nin snow\nmax_f/2: a cat", {0: "a fox\nin snow", 4: "a cat"}),
        ('{"0": "a fox", "max_f-2": "a cat"}', {0: "a fox", 7: "a cat"}),
        ('["a fox", "a cat"]', {0: "a fox", 1: "a cat"}),
        ("", {0: ""}),
    ],
)
def test_each_shape_is_read_and_its_words_stand_where_it_says(text, prompts):
    placed, _ = read_box(text, 10, "animation_prompts", {"max_f": 9, "s": 1})
    assert {each.frame: each.text for each in placed} == prompts
    if not text.startswith("["):
        assert [text[each.start : each.stop] for each in placed] == [each.text for each in placed]


def test_a_key_of_the_extension_that_says_max_f_is_refused_with_the_profile_that_takes_it():
    known = "max_f is not known in the keys of this profile; profile dreamreel knows max_f and s"
    with pytest.raises(ScheduleError, match=known):
        read_box('{"0": "a fox", "max_f-2": "a cat"}', 10, "animation_prompts", {})
