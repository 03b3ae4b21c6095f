"""The normals of PyTorch's CUDA generator, on any machine: a seed made on an NVIDIA card means the same here.

Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", Philox4x32-10, and Box and Muller's method as
cuRAND has them; AUTOMATIC1111's `rng_philox.Generator`, which counts as PyTorch's kernel does. Each number has a thread
of its own there, which holds up to 65,536 numbers and more on every card (latents of 1024x1024 pixels); of larger ones
a card's own number of threads would decide the order.
"""

import numpy as np
from numpy.typing import NDArray

Float32s = NDArray[np.float32]

_ROUNDS = 10
_FACTORS = np.array([[0xD2511F53], [0xCD9E8D57]], np.uint64)
_STEPS = np.array([[0x9E3779B9], [0xBB67AE85]], np.uint64)  # what is added to the key each round
_LOW = np.uint64(2**32 - 1)
_UNIT = float(np.float32(2.3283064e-10))  # 2**-32, as cuRAND has it
_TURN = float(np.float32(2.3283064e-10 * 6.2831855))
_AT_ONCE = 2048  # what they are worked out in stays in a core's own cache


def philox_normals(seed: int, call: int, count: int) -> Float32s:
    """(count,) standard normals: those of the call-th draw, from 0, of a generator of that seed (0 .. 2**64 - 1).

    In float64, rounded once: within a unit of the last place of a card's, and the same on every CPU.
    """
    keys = [_key(seed, number) for number in range(_ROUNDS)]
    out = np.empty(count, np.float32)
    for start in range(0, count, _AT_ONCE):
        numbers = np.arange(start, min(start + _AT_ONCE, count), dtype=np.uint64)
        first, second = _integers(numbers, call, keys)
        radius = np.log(first * _UNIT + _UNIT / 2)
        radius *= -2
        np.sqrt(radius, out=radius)
        out[start : start + len(numbers)] = radius * np.sin(second * _TURN + _TURN / 2)
    return out


def _key(seed: int, number: int) -> NDArray[np.uint64]:
    halves = np.array([[seed & 0xFFFFFFFF], [seed >> 32 & 0xFFFFFFFF]], np.uint64)
    return (halves + _STEPS * np.uint64(number)) & _LOW


def _integers(
    numbers: NDArray[np.uint64], call: int, keys: list[NDArray[np.uint64]]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The first two of each counter's four 32-bit integers. numbers: of the threads."""
    # Of the counter's words c0 .. c3, c0 and c2 are multiplied; c1 and c3 are mixed in.
    multiplied = np.empty((2, len(numbers)), np.uint64)
    multiplied[0], multiplied[1] = call, numbers
    mixed = np.zeros_like(multiplied)
    product = np.empty(multiplied.shape, "<u8")
    low, high = (product.view("<u4")[::-1, half::2] for half in (0, 1))  # several times faster than shifting
    for key in keys:
        np.multiply(multiplied, _FACTORS, out=product)
        np.bitwise_xor(high, mixed, out=multiplied)
        multiplied ^= key
        mixed[...] = low
    return multiplied[0], mixed[0]
