"""Guided evaluations of a network: a row for each condition, scaled before it and combined after it.

A function of tensors alone: recorded together with its network (graphs.py) it has no Python between its kernels.
"""

from collections.abc import Callable

from torch import Tensor

# What each evaluation of two conditions needs beside its tensors, in this order. Each further condition has its weight
# behind cfg_scale, which is that of the second.
SCALES = ("c_skip", "c_in", "c_out", "cfg_scale", "t")
NetworkFn = Callable[..., Tensor]


def guided(network: NetworkFn, x: Tensor, scales: Tensor, cond: Tensor) -> Tensor:
    """n guided evaluations of k conditions each, shaped like x.

    x: (n, C, h, w) noisy latents. scales: (n, k + 3), see SCALES and calls.Denoise; with one more, it is what the
    network is told, too. cond: (k n, tokens, width), the
    conditions of each evaluation's rows. network: what it predicts (eps, v or the clean latents, see
    diffusion/denoiser.py) of such rows (k n, C, h, w), t (k n,), conditions, and (k n,) of what it is told.
    """
    num, rows = len(x), len(cond) // len(x)
    c_skip, c_in, c_out, *others = scales.view(num, -1, 1, 1, 1).unbind(1)
    weights, (t, *told) = others[: rows - 1], others[rows - 1 :]
    shown = (x * c_in)[:, None].expand(num, rows, *x.shape[1:]).flatten(0, 1)
    each_row = [each.view(num, 1).expand(num, rows).flatten() for each in (t, *told)]
    predicted = network(shown, each_row[0], cond, *each_row[1:])
    denoised = predicted.view(num, rows, *x.shape[1:]) * c_out[:, None] + (c_skip * x)[:, None]
    first, *led = denoised.unbind(1)
    answer = first
    for other, weight in zip(led, weights, strict=True):
        answer = answer + (other - first) * weight
    return answer
