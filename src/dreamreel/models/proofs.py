"""The fast path proves itself: what is computed in a faster form is held to the plain one once, on fixed numbers."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

log = logging.getLogger(__name__)
# The largest difference, as a share of the largest number of the plain form, by precision. Sums in another order make a
# hundredth of it; a kernel that is wrong makes much more.
TOLERANCES = {torch.float32: 1e-3, torch.float16: 3e-2, torch.bfloat16: 1e-1}
# A worker tells them at every beat, and a recording is made for each size of picture that is asked for.
MOST_KEPT = 64


@dataclass(frozen=True)
class Proof:
    """One comparison. what: the fast form, in words. difference: see TOLERANCES; infinite where it has no numbers."""

    what: str
    difference: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the fast form is used."""
        return self.difference <= self.tolerance

    def __str__(self) -> str:
        found = f"differs from the plain form by {self.difference:.1e} (at most {self.tolerance:.0e})"
        return f"{self.what} {found}" if self.holds else f"{self.what} {found}, so the plain form is used"


@dataclass(eq=False)
class Proofs:
    """Those of one model, in their order: of each form the worst, and of forms the MOST_KEPT that were tried last."""

    _made: dict[str, Proof] = field(default_factory=dict)

    def holds(self, what: str, fast: Tensor, plain: Tensor, dtype: torch.dtype) -> bool:
        """Compares, keeps and logs it. dtype: in which the two were computed."""
        proof = Proof(what, difference(fast, plain), TOLERANCES[dtype])
        if what not in self._made or proof.difference > self._made[what].difference:
            self._made[what] = proof
        if len(self._made) > MOST_KEPT:
            del self._made[next(iter(self._made))]
        log.log(logging.INFO if proof.holds else logging.WARNING, "%s", proof)
        return proof.holds

    def __iter__(self) -> Iterator[Proof]:
        return iter(tuple(self._made.values()))


def difference(fast: Tensor, plain: Tensor) -> float:
    """The largest, as a share of the largest number of plain; infinite unless all are numbers."""
    fast, plain = fast.detach().float(), plain.detach().float()
    if fast.shape != plain.shape or not bool(torch.isfinite(fast).all() & torch.isfinite(plain).all()):
        return float("inf")
    largest = float(plain.abs().max())
    return float((fast - plain).abs().max()) / max(largest, 1e-12)


@dataclass(frozen=True, eq=False)
class Named:
    """What a recording is called in proofs, and where these are kept."""

    name: str
    proofs: Proofs
    dtype: torch.dtype

    def holds(self, replay: Callable[[], Tensor], plain: Callable[[], Tensor], shape: torch.Size) -> bool:
        """Whether the recording gives what is computed as ever."""
        fast = replay().clone()
        return self.proofs.holds(f"recorded {self.name} of {'x'.join(map(str, shape))}", fast, plain(), self.dtype)
