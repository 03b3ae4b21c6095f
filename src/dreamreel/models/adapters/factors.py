"""What a LoRA adds to the weight of one layer, in each of the ways in which such files write it.

Sources: LoRA [Hu et al. 2021], LoHa and its Tucker form [FedPara, Hyeon-Woo et al. 2021], LoKr [KronA, Edalati et al.
2022], DoRA [Liu et al. 2024], as LyCORIS and PEFT store them. All are W + strength * delta; no delta depends on the
strength.
"""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor


class Factors(Protocol):
    """What is added to one weight."""

    def delta(self, weight: Tensor) -> Tensor:
        """What is added to weight at a strength of 1: float32, of its shape. Raises RuntimeError for another shape."""


Kind = TypeVar("Kind", bound=Any)


def moved(factors: Kind, device: torch.device | str) -> Kind:
    """The same with all tensors on device."""
    changed: dict[str, Any] = {}
    for each in fields(factors):
        value = getattr(factors, each.name)
        if isinstance(value, Tensor):
            changed[each.name] = value.to(device)
        elif is_dataclass(value):
            changed[each.name] = moved(value, device)
    return replace(factors, **changed)


@dataclass(frozen=True, eq=False)
class LowRank:
    """scale * up @ down. down: (r, in[, kh, kw]). up: (out, r[, 1, 1]). middle: (r, r, kh, kw), Tucker's core."""

    down: Tensor
    up: Tensor
    scale: float
    middle: Tensor | None = None

    def delta(self, weight: Tensor) -> Tensor:
        up, down = self.up.float().flatten(1), self.down.float().flatten(1)
        if self.middle is not None:
            return self.scale * torch.einsum("or,rskl,si->oikl", up, self.middle.float(), down).view(weight.shape)
        return (self.scale * (up @ down)).view(weight.shape)


@dataclass(frozen=True, eq=False)
class Product:
    """One of the two factors of a LoHa or LoKr: whole, a @ b, or with a Tucker core (r, r, kh, kw)."""

    whole: Tensor | None = None
    a: Tensor | None = None
    b: Tensor | None = None
    core: Tensor | None = None

    @property
    def rank(self) -> int | None:
        """None for one that is whole."""
        return None if self.b is None else int(self.b.shape[0])

    def made(self) -> Tensor:
        """The product, float32."""
        if self.whole is not None:
            return self.whole.float()
        assert self.a is not None
        assert self.b is not None
        if self.core is None:
            return (self.a.float() @ self.b.float().flatten(1)).view(len(self.a), *self.b.shape[1:])
        return torch.einsum("ijkl,jr,ip->prkl", self.core.float(), self.b.float(), self.a.float())


@dataclass(frozen=True, eq=False)
class Hadamard:
    """LoHa: the products of first and second, number by number."""

    first: Product
    second: Product
    scale: float

    def delta(self, weight: Tensor) -> Tensor:
        return (self.scale * (self.first.made() * self.second.made())).view(weight.shape)


@dataclass(frozen=True, eq=False)
class Kronecker:
    """LoKr: second, once for each number of first, times it."""

    first: Product
    second: Product
    scale: float

    def delta(self, weight: Tensor) -> Tensor:
        first, second = self.first.made(), self.second.made()
        first = first.view(*first.shape, *[1] * (second.ndim - first.ndim))
        return (self.scale * torch.kron(first, second.contiguous())).view(weight.shape)


@dataclass(frozen=True, eq=False)
class Full:
    """The difference itself."""

    difference: Tensor

    def delta(self, weight: Tensor) -> Tensor:
        return self.difference.float().view(weight.shape)


@dataclass(frozen=True, eq=False)
class Decomposed:
    """DoRA: the weight with its difference, brought to the magnitude of each row (out, 1 ...) or column (1, in ...)."""

    inner: Factors
    magnitude: Tensor

    def delta(self, weight: Tensor) -> Tensor:
        plain = weight.float()
        merged = plain + self.inner.delta(weight)
        axis = 0 if len(self.magnitude) == len(weight) else 1
        others = [each for each in range(weight.ndim) if each != axis]
        norm = torch.linalg.vector_norm(merged, dim=others, keepdim=True)
        shape = [-1 if each == axis else 1 for each in range(weight.ndim)]
        return merged * (self.magnitude.float().view(shape) / (norm + torch.finfo(torch.float32).eps)) - plain
