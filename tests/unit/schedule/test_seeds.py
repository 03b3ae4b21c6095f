"""The seed of each frame, by behaviour."""

import pytest

from dreamreel.schedule.seeds import LARGEST, seeds


@pytest.mark.parametrize(
    ("behavior", "every", "expected"),
    [
        ("iter", 1, [7, 8, 9, 10, 11, 12]),
        ("iter", 2, [7, 8, 8, 9, 9, 10]),
        ("iter", 1_000_000, [7, 8, 8, 8, 8, 8]),
        ("fixed", 1, [7] * 6),
        ("ladder", 1, [7, 9, 8, 10, 9, 11]),
        ("alternate", 1, [7, 8, 7, 8, 7, 8]),
    ],
)
def test_each_behavior_goes_on_as_the_extension_does_from_the_first_seed(behavior, every, expected):
    for num in range(1, 7):
        assert seeds(behavior, 7, num, every).tolist() == expected[:num]


def test_random_seeds_follow_from_the_first_and_begin_with_it():
    found = seeds("random", 7, 50).tolist()
    assert found[0] == 7
    assert len(set(found)) == 50
    assert found[:20] == seeds("random", 7, 20).tolist()
    assert found[1:] != seeds("random", 8, 50).tolist()[1:]


def test_seeds_beyond_32_bits_begin_at_zero_again():
    assert seeds("iter", LARGEST, 3).tolist() == [LARGEST, 0, 1]
