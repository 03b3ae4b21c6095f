"""Two conditions mixed along the arc between them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

# Below it, as a sine, two directions are one.
NEARLY_PARALLEL = 1e-5


def slerp(one: "Tensor", other: "Tensor", share: float) -> "Tensor":
    """The way from one (1, tokens, width) to other, of which share is gone: an arc for each token.

    Tokens that point the same way, such as the first of every prompt, are mixed along the line.
    """
    import torch

    cosine = torch.cosine_similarity(one, other, dim=-1).clamp(-1, 1)[..., None]
    angle = torch.acos(cosine)
    sine = torch.sin(angle)
    arc = (torch.sin((1 - share) * angle) * one + torch.sin(share * angle) * other) / sine
    return torch.where(sine < NEARLY_PARALLEL, torch.lerp(one, other, share), arc)


def notebook_slerp(one: "Tensor", other: "Tensor", share: float) -> "Tensor":
    """The same as the notebook 0.7 has it: one angle for all, of a sum over all tokens.

    Of real conditions that sum passes 1, so that it mixes along the line. Source: helpers/interpolation of it.
    """
    import torch

    directions = one / torch.norm(one, dim=1, keepdim=True), other / torch.norm(other, dim=1, keepdim=True)
    angle = torch.acos((directions[0] * directions[1]).sum().clamp(-1, 1))
    sine = torch.sin(angle)
    if sine < NEARLY_PARALLEL:
        return (1 - share) * one + share * other
    return (torch.sin((1 - share) * angle) * one + torch.sin(share * angle) * other) / sine


# Other than linear.
BLENDS: dict[str, Callable[["Tensor", "Tensor", float], "Tensor"]] = {"slerp": slerp, "notebook": notebook_slerp}
