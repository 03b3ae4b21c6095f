"""What a frame asks of the machine: one row of work each. The engine answers, batched as it likes.

A generator asks with `answer = yield from ask(call)`; a call's type names its answer's. Tensors are float32 unless said
otherwise; latents are VAE output times the model's scaling factor. Planning imports this file: no torch here.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Answer = TypeVar("Answer", covariant=True)
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Call(Generic[Answer]):
    """A piece of work whose answer is an Answer.

    network: the name of the network that answers; where several could, send_to() names it for a whole generator.
    """

    network: str = field(default="", kw_only=True)


# A generator that asks calls, is sent the answer of each, and returns a Result.
Calls = Generator[Call[object], Any, Result]


def ask(call: Call[Answer]) -> Calls[Answer]:
    """Asks one call and returns its answer."""
    answer: Answer = yield call
    return answer


def send_to(network: str, calls: Calls[Result]) -> Calls[Result]:
    """The same generator, whose calls are for the network of that name unless they name another."""
    answer = None
    try:
        while True:
            call = calls.send(answer)
            is_named = call.network or isinstance(call, Host | Ahead)
            answer = yield call if is_named else replace(call, network=network)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    finally:
        calls.close()


@dataclass(frozen=True, eq=False)
class Cond:
    """What a picture is drawn towards: opaque to all but its model.

    rows: (1, tokens, width) on the model's device. behind: how many of the last are of the text as a whole.
    """

    rows: "Tensor"
    behind: int = 0


# Words and the factor on what the text encoder makes of them; "BREAK" with -1 begins another chunk of tokens.
Phrase = tuple[tuple[str, float], ...]
# Prompts and their weights, which sum to 1. A prompt that is a text is read whole, and cut, as the original does.
Mix = tuple[tuple[str | Phrase, float], ...]


@dataclass(frozen=True)
class Lora:
    """A LoRA by its name, and how strongly it counts: for the network, and for the text encoders.

    is_constant: whether it counts as strongly in every frame of its animation, and so may lie in the weights.
    """

    name: str
    unet: float
    text: float
    is_constant: bool = False


def drawn_with(loras: tuple[Lora, ...], calls: Calls[Result]) -> Calls[Result]:
    """The same generator, whose networks take loras along."""
    if not loras:
        return (yield from calls)
    answer = None
    try:
        while True:
            call = calls.send(answer)
            answer = yield replace(call, loras=loras) if isinstance(call, Embed | Denoise) else call
    except StopIteration as stop:
        result: Result = stop.value
        return result
    finally:
        calls.close()


def counted(calls: Calls[Result]) -> Calls[tuple[Result, int]]:
    """The same generator, and how many evaluations of a network it asked for."""
    answer, count = None, 0
    try:
        while True:
            call = calls.send(answer)
            count += isinstance(call, Denoise)
            answer = yield call
    except StopIteration as stop:
        return stop.value, count
    finally:
        calls.close()


@dataclass(frozen=True)
class Embed(Call[Cond]):
    """Prompts to the condition that is their weighted sum; of one prompt, its own.

    chunks: of 75 tokens, that a phrase may have. skip: last layers of the text encoder that are left out. blend: of
    blends.BLENDS, by which two prompts are mixed; more are always mixed linearly. loras: by name; see drawn_with().
    """

    mix: Mix
    chunks: int = 1
    skip: int = 0
    blend: str = "linear"
    loras: tuple[Lora, ...] = ()


def embed(prompt: str) -> Embed:
    """The call for one prompt."""
    return Embed(((prompt, 1.0),))


@dataclass(frozen=True, eq=False)
class ToDevice(Call["Tensor"]):
    """Values that were made on the CPU. Answer: the same on the model's device."""

    values: "Tensor"


@dataclass(frozen=True, eq=False)
class Encode(Call["Tensor"]):
    """A sample (1, 3, H, W) in [-1, 1] to latents (1, C, h, w), drawn from the VAE's posterior.

    noise: (1, C, h, w) standard normal that makes the draw.
    """

    sample: "Tensor"
    noise: "Tensor"


@dataclass(frozen=True, eq=False)
class Control:
    """A ControlNet by its name, the picture that it is shown, and how strongly what it adds counts.

    hint: (1, 3, H, W) on the model's device, 0 to 1.
    """

    name: str
    hint: "Tensor"
    weight: float


@dataclass(frozen=True, eq=False)
class Denoise(Call["Tensor"]):
    """One guided evaluation of the network. Answer: shaped like x.

    x: (1, C, h, w) noisy latents. t: the noise level as the network's timestep (fractional).
    conds: one for each row, usually without and with the prompt. weights: of all but the first.
    told: the guidance, for a network that takes it.
    c_skip, c_in, c_out: each row d is c_skip * x + c_out * network(c_in * x, t) of its condition, and the answer is
    d_0 + the sum of weight_i * (d_i - d_0) (names: Karras et al. 2022, table 1). With two rows that is guidance.
    loras: by name, that count in all rows; see drawn_with(). controls: which lead all rows; what they add is summed.
    """

    x: "Tensor"
    t: float
    conds: tuple[Cond, ...]
    weights: tuple[float, ...]
    c_skip: float
    c_in: float
    c_out: float
    loras: tuple[Lora, ...] = ()
    told: float | None = None
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, eq=False)
class Decode(Call[NDArray[np.uint8] | NDArray[np.float32]]):
    """Latents (1, C, h, w) to the image they show. Answer: (H, W, 3), uint8; float32, 0 to 255, where it is exact.

    unbiased: round to the nearest level; the original cuts, and loses half a level each time. exact: do neither.
    """

    latents: "Tensor"
    unbiased: bool = False
    exact: bool = False


@dataclass(frozen=True, eq=False)
class Preview(Call[NDArray[np.uint8] | None]):
    """Latents (1, C, h, w) to a small picture of what they show. Answer: (h, w, 3), or None where there is none."""

    latents: "Tensor"


@dataclass(frozen=True, eq=False)
class Host(Call[Answer]):
    """A slow piece of CPU work. Answer: what work() returns.

    stage: what it is, for timings: "warp", "color".
    """

    stage: str
    work: Callable[[], Answer]


@dataclass(frozen=True, eq=False)
class Ahead(Call[Callable[[], Answer]]):
    """A slow piece of CPU work that is wanted later. Answer: gives what work() returns, waiting for it if it must."""

    stage: str
    work: Callable[[], Answer]
