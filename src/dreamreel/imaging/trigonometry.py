"""Sine and cosine, and a product added to a number, rounded to the nearest float64: the same on every machine.

The C library's sine has another last bit on CPUs with FMA, and NumPy's matrix product on each kind of CPU.
"""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

_PI = Decimal("3.1415926535897932384626433832795028841971693993751058209749445923078164062862089986280348253421170680")
_DIGITS = 60
_LARGEST = 1e15  # radians; beyond it the next float64 is another angle, and the C library's answer will do


def cosine_and_sine(angle: float) -> tuple[float, float]:
    """Of angle, in radians."""
    if not abs(angle) < _LARGEST:
        return math.cos(angle), math.sin(angle)
    with localcontext() as context:
        context.prec = 2 * _DIGITS - 20
        rest = Decimal(angle).remainder_near(2 * _PI)
        context.prec = _DIGITS
        return float(_series(Decimal(1), rest, 0)), float(_series(rest, rest, 1))


def fused(a: float, b: float, c: float) -> float:
    """a * b + c, rounded once."""
    if not math.isfinite(a * b + c):
        return a * b + c
    return float(Fraction(a) * Fraction(b) + Fraction(c))


def _series(term: Decimal, x: Decimal, power: int) -> Decimal:
    """term of x ** power, and those of every second power after it, until they no longer count."""
    total, square = Decimal(0), x * x
    while total + term != total:
        total += term
        power += 2
        term *= -square / (power * (power - 1))
    return total
