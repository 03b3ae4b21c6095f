"""Training in bfloat16 where the processor multiplies it faster than float32: with AVX-512 BF16, AMX, or CUDA."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode


def has_bfloat(device: str) -> bool:
    """Whether bfloat16 is worth it there. A step of the UNet takes 0.7 of the time with AVX-512 BF16, more without."""
    if device == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported())
    return torch.cuda.is_bf16_supported()


class _FloatAttention(TorchFunctionMode):
    """Attention in float32: on a CPU its forward pass takes seven times as long in bfloat16."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is not functional.scaled_dot_product_attention:
            return func(*args, **(kwargs or {}))
        with torch.autocast("cpu", enabled=False):
            return func(*(tensor.float() for tensor in args), **(kwargs or {}))


@contextmanager
def bfloat(device: str, is_on: bool) -> Iterator[None]:
    """Matrix products and convolutions inside are of bfloat16 if is_on; weights stay in float32."""
    if not is_on:
        yield
    elif device == "cpu":
        with torch.autocast("cpu", dtype=torch.bfloat16), _FloatAttention():
            yield
    else:
        with torch.autocast(device, dtype=torch.bfloat16):
            yield
