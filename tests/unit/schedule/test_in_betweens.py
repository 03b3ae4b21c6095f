import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamreel.schedule.in_betweens import join

POINTS = st.dictionaries(st.integers(0, 60), st.floats(-1e3, 1e3), min_size=1, max_size=12)
WAYS = ("linear", "quadratic", "cubic", "smooth")


@pytest.mark.parametrize("interp", WAYS)
@given(points=POINTS)
def test_every_way_goes_through_every_key_and_is_held_outside(interp, points):
    frames = sorted(points)
    series = join(frames, [points[frame] for frame in frames], 61, interp)
    assert np.allclose(series[frames], [points[frame] for frame in frames], atol=1e-6)
    assert (series[: frames[0]] == series[frames[0]]).all()
    assert (series[frames[-1] :] == series[frames[-1]]).all()


@given(POINTS)
def test_the_smooth_way_stays_between_each_two_keys(points):
    frames = sorted(points)
    series = join(frames, [points[frame] for frame in frames], 61, "smooth")
    for first, last in pairwise(frames):
        low, high = sorted((points[first], points[last]))
        assert low - 1e-6 <= series[first : last + 1].min()
        assert series[first : last + 1].max() <= high + 1e-6


@pytest.mark.parametrize(("interp", "power"), [("quadratic", 2), ("cubic", 3)])
def test_a_spline_gives_a_polynomial_of_its_degree_back(interp, power):
    frames = [0, 4, 5, 11, 20, 21, 30]
    series = join(frames, [float(frame) ** power for frame in frames], 31, interp)
    assert np.allclose(series, np.arange(31.0) ** power)


@pytest.mark.parametrize("interp", WAYS)
def test_ten_thousand_keys_are_joined_in_a_fraction_of_a_second(interp):
    frames = list(range(0, 20_000, 2))
    started = time.process_time()
    join(frames, np.sin(np.array(frames)).tolist(), 20_000, interp)
    assert time.process_time() - started < 0.5
