"""Guided evaluations of a network: two rows each, scaled before it and combined after it.

A function of tensors alone: recorded together with its network (graphs.py) it has no Python between its kernels.
"""

from collections.abc import Callable

from torch import Tensor

# What each evaluation needs beside its tensors, in this order.
SCALES = ("c_skip", "c_in", "c_out", "cfg_scale", "t")
NetworkFn = Callable[[Tensor, Tensor, Tensor], Tensor]


def guided(network: NetworkFn, x: Tensor, scales: Tensor, cond: Tensor) -> Tensor:
    """n guided evaluations, shaped like x.

    x: (n, C, h, w) noisy latents. scales: (n, 5), see SCALES and calls.Denoise. cond: (2n, tokens, width), the text
    of each evaluation's two rows, without and with its prompt. network: what it predicts (eps, v or
    the clean latents, see diffusion/denoiser.py) of such rows (2n, C, h, w) at t (2n,).
    """
    num = len(x)
    c_skip, c_in, c_out, cfg_scale, t = scales.view(num, len(SCALES), 1, 1, 1).unbind(1)
    pairs = (x * c_in)[:, None].expand(num, 2, *x.shape[1:]).flatten(0, 1)
    predicted = network(pairs, t.view(num, 1).expand(num, 2).flatten(), cond)
    denoised = predicted.view(num, 2, *x.shape[1:]) * c_out[:, None] + (c_skip * x)[:, None]
    without, prompted = denoised.unbind(1)
    return without + (prompted - without) * cfg_scale
