"""Random bits -> standard normals, on every CPU to the bit that PyTorch gives on one with AVX2.

PyTorch takes the logarithm and the cosine of Box and Muller's method in another way on other CPUs, and its normals
come out up to 1.7e-6 apart. Here they are made by sums, products and square roots alone, which IEEE 754 rounds alike
on every machine. The polynomials are those of the Cephes library for float32 (S. L. Moshier, public domain), which
ATen's kernel for AVX2 takes, too; where its compiler fused a product with a sum, the product is not rounded here,
either.
"""

import numpy as np
from numpy.typing import NDArray

Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]
Int32s = NDArray[np.int32]

BLOCK = 16  # normals that are made together: of 8 numbers for a radius and then 8 for an angle
_PAIRS_AT_ONCE = 4096  # what they are worked out in stays in a core's own cache
_HALF_BLOCK = np.dtype("V32")  # 8 numbers of 32 bits as one item: copying them is what it is for

_MASK, _WHOLE = np.uint32(2**24 - 1), np.int32(2**24)  # a float32 below 1 is made of 24 bits
_LOG = (
    *(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1),
    *(-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
)
_SIN = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
# ln 2 in two parts and pi / 4 in three: products with all but the last are exact.
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_EIGHTH_HIGH, _EIGHTH_MID = np.float32(0.78515625), np.float32(2.4187564849853515625e-4)
_EIGHTH_LOW = np.float32(3.77489497744594108e-8)
_ROOT_HALF = np.float32(0.707106781186547524).view(np.int32)


def normals(bits: NDArray[np.uint32]) -> Float32s:
    """(n,) random integers, of which the low 24 bits count -> (n,) normals. n: a multiple of BLOCK."""
    out = np.empty(bits.shape, np.float32)
    halves, out_halves = (flat.view(_HALF_BLOCK).reshape(-1, 2) for flat in (bits, out))
    step = _PAIRS_AT_ONCE * 2 // BLOCK
    for start in range(0, len(halves), step):
        part = np.ascontiguousarray(halves[start : start + step].T).view(np.uint32)
        part &= _MASK
        radius, angle = part.view(np.int32)
        made = _radius(radius) * _cosine_and_sine(angle)
        made += np.float32(0)  # no negative zeros
        out_halves[start : start + step] = made.view(_HALF_BLOCK).T
    return out


def _radius(numbers: Int32s) -> Float32s:
    """sqrt(-2 log(1 - numbers / 2**24)), shaped like numbers."""
    # 1 - numbers / 2**24 is (1 + x) * 2**exponent, with 1 + x from sqrt(1/2) to sqrt(2).
    pattern = (_WHOLE - numbers).astype(np.float32).view(np.int32)
    pattern -= _ROOT_HALF
    exponent = ((pattern >> 23) - 24).astype(np.float32)
    pattern &= 0x7FFFFF
    pattern += _ROOT_HALF
    x = pattern.view(np.float32) - np.float32(1)
    square = x * x
    y = _polynomial(_LOG, x.astype(np.float64))
    y *= x
    y = _fused(y, square, exponent * _LN2_LOW)
    y -= square * np.float32(0.5)
    log = x + y
    log += exponent * _LN2_HIGH
    log *= np.float32(-2)
    return np.sqrt(log)


def _cosine_and_sine(numbers: Int32s) -> Float32s:
    """(2, n), of the angles 2 pi numbers / 2**24. numbers: (n,)."""
    angle = numbers.astype(np.float32) * np.float32(2 * np.pi / 2**24)
    octant = (angle * np.float32(4 / np.pi)).astype(np.int32)
    octant += 1
    octant &= ~1
    x = _rest(angle, octant.astype(np.float32))
    square = x * x
    wide = square.astype(np.float64)
    both = np.empty((2, len(numbers)), np.float32)
    both[0] = _fused(_polynomial(_COS, wide) * square, wide, square * np.float32(-0.5)) + np.float32(1)
    both[1] = _fused(_polynomial(_SIN, wide) * square, x, x)
    return _turned(both.view(np.int32), octant).view(np.float32)


def _rest(angle: Float32s, octant: Float32s) -> Float32s:
    """angle less octant times pi / 4: from -pi / 4 to pi / 4."""
    rest = angle - octant * _EIGHTH_HIGH
    rest -= octant * _EIGHTH_MID
    return _fused(octant, -_EIGHTH_LOW, rest)


def _turned(both: Int32s, octant: Int32s) -> Int32s:
    """Cosine and sine, (2, n), of an angle from those of its rest: exchanged in every second quadrant, and signed."""
    exchanged = (both[0] ^ both[1]) & -(octant >> 1 & 1)
    both ^= exchanged
    both[0] ^= (octant + 2 & 4) << 29
    both[1] ^= (octant & 4) << 29
    return both


def _polynomial(coefficients: tuple[float, ...], x: Float64s) -> Float32s:
    """Horner's rule, the highest power first, each product fused with its sum. x: float32s."""
    y = x * np.float32(coefficients[0])
    for coefficient in coefficients[1:-1]:
        y += np.float32(coefficient)
        y[...] = y.astype(np.float32)
        y *= x
    y += np.float32(coefficients[-1])
    return y.astype(np.float32)


def _fused(a: Float32s, b: Float32s | Float64s | np.float32, c: Float32s) -> Float32s:
    """a * b + c, rounded once.

    In float64 the product of float32s is exact. The sum need not be, and is rounded twice; none of all possible
    numbers is one for which that matters (tests/unit/diffusion/test_normals.py).
    """
    wide = a.astype(np.float64)
    wide *= b
    wide += c
    return wide.astype(np.float32)
