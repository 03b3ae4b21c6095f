import math
import random

import mpmath
import pytest

from dreamreel.imaging.trigonometry import cosine_and_sine, fused

RANDOM = random.Random(1)
ANGLES = [
    *(0.0, -0.0, math.pi / 2, math.pi, 1e-300, 1e14),
    *(RANDOM.uniform(-7, 7) for _ in range(1000)),
    *(RANDOM.uniform(-1, 1) * 10 ** RANDOM.randint(-20, 14) for _ in range(500)),
]


def test_cosine_and_sine_are_the_nearest_numbers_there_are():
    with mpmath.workprec(300):
        for angle in ANGLES:
            assert cosine_and_sine(angle) == (float(mpmath.cos(angle)), float(mpmath.sin(angle))), angle


def test_an_angle_beyond_any_sense_still_has_a_sine():
    for cosine, sine in (cosine_and_sine(1e300), cosine_and_sine(-1e16)):
        assert cosine**2 + sine**2 == pytest.approx(1)


def test_a_fused_product_is_rounded_once():
    a = 1 + 2.0**-30
    assert fused(a, a, -1 - 2.0**-29) == 2.0**-60
    assert a * a - 1 - 2.0**-29 == 0


def test_what_is_too_large_is_infinite_as_elsewhere():
    assert fused(1e300, 1e300, 1.0) == math.inf
    assert math.isnan(fused(0.0, math.inf, 1.0))
