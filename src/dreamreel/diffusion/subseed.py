"""Two seeds' noise mixed. Source: AUTOMATIC1111's `rng.slerp`, with its quirks."""

from torch import Tensor


def slerp(share: float, low: Tensor, high: Tensor) -> Tensor:
    """low and high (C, h, w) as one, share of it high: on the arc between them, column by column of their height.

    Where they point the same way (cosine above 0.9995 on average) it is a line, whose weights are swapped.
    """
    import torch

    one, other = low / torch.norm(low, dim=1, keepdim=True), high / torch.norm(high, dim=1, keepdim=True)
    dot = (one * other).sum(1)
    if dot.mean() > 0.9995:
        return low * share + high * (1 - share)
    angle = torch.acos(dot)
    whole = torch.sin(angle)
    low_part = (torch.sin((1.0 - share) * angle) / whole).unsqueeze(1) * low
    return low_part + (torch.sin(share * angle) / whole).unsqueeze(1) * high
