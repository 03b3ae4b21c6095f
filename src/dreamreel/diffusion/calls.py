"""What a frame asks of the machine: one row of work each. The engine answers, batched as it likes.

A generator yields one of these and is sent the answer named in its docstring. Tensors are float32
unless said otherwise; latents are VAE output times the model's scaling factor.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import Tensor

Result = TypeVar("Result")


@dataclass(frozen=True)
class Embed:
    """Text to condition. Answer: (1, tokens, width) on the model's device."""

    prompt: str


@dataclass(frozen=True, eq=False)
class Encode:
    """A sample (1, 3, H, W) in [-1, 1] to latents (1, C, h, w), drawn from the VAE's posterior.

    noise: (1, C, h, w) standard normal that makes the draw.
    """

    sample: Tensor
    noise: Tensor


@dataclass(frozen=True, eq=False)
class Denoise:
    """One guided evaluation of the network. Answer: shaped like x.

    x: (1, C, h, w) noisy latents. t: what the network is told of the noise level (fractional).
    cond: (2, tokens, width), without and with the prompt. cfg_scale: guidance; 1 means the prompt alone.
    c_skip, c_in, c_out: each of the two rows is c_skip * x + c_out * network(c_in * x, t), and the
    answer is the one without + cfg_scale * (with - without) of these (names: Karras et al. 2022, table 1).
    """

    x: Tensor
    t: float
    cond: Tensor
    cfg_scale: float
    c_skip: float
    c_in: float
    c_out: float


@dataclass(frozen=True, eq=False)
class Decode:
    """Latents (1, C, h, w) to the image they show. Answer: (H, W, 3) uint8 NumPy array.

    unbiased: round to the nearest level; the original cuts, and loses half a level each time.
    """

    latents: Tensor
    unbiased: bool = False


@dataclass(frozen=True, eq=False)
class Host:
    """A slow piece of CPU work. Answer: function(*arguments).

    stage: what it is, for timings: "warp", "color".
    """

    stage: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Ahead:
    """A slow piece of CPU work that is wanted later. Answer: gives function(*arguments), waiting for it if it must."""

    stage: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


Call = Embed | Encode | Denoise | Decode | Host | Ahead
Calls = Generator[Call, Any, Result]
