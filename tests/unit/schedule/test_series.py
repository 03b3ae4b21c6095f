import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dreamreel.schedule.series import build_series

POINTS = st.dictionaries(st.integers(0, 40), st.floats(-1e6, 1e6), min_size=1, max_size=8)


def test_values_are_held_before_the_first_key_and_after_the_last():
    assert build_series({2: 1.0, 4: 3.0}, 6).tolist() == [1, 1, 1, 2, 3, 3]


def test_a_key_past_the_end_is_pulled_to_the_last_frame_as_in_the_original():
    assert build_series({0: 1.0, 20: 2.0}, 10)[-1] == 2.0


def test_clip_keeps_the_slope_towards_a_key_past_the_end():
    assert build_series({0: 1.0, 20: 2.0}, 10, "clip")[9] == 1.45


@given(POINTS, st.integers(1, 50))
def test_every_value_lies_between_the_smallest_and_the_largest_key(points, num_frames):
    for rule in ("compress", "clip"):
        series = build_series(points, num_frames, rule)
        assert series.shape == (num_frames,)
        slack = 1e-9 * max(abs(value) for value in points.values()) + 1e-12
        assert series.min() >= min(points.values()) - slack
        assert series.max() <= max(points.values()) + slack


@given(POINTS, st.integers(41, 60))
def test_both_rules_agree_where_no_key_is_past_the_end(points, num_frames):
    assert np.array_equal(build_series(points, num_frames), build_series(points, num_frames, "clip"))
