"""How many threads a CPU computes with: those with which this model was fastest here, timed once and then kept.

More are not always faster: each operation waits for the last of them, and on cores that others use that one is late.
The last bits of frames follow from their number (docs/exactness.md), so it is timed once for a model on a machine and
read again at every later start: a film that is taken up again goes on with as many.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch

from dreamreel.animation.canvas import Canvas
from dreamreel.models.accelerators import is_accelerator
from dreamreel.models.bundle import ModelBundle
from dreamreel.models.devices import describe_hardware
from dreamreel.models.graphs import USES_BEFORE_TRACE
from dreamreel.models.remembered import recall, remember

log = logging.getLogger(__name__)
KEPT = "threads.json"
# Of all counts together. Each is tried once at least.
SECONDS = 1.0
# Latents of larger pictures are timed at this side: there, too, most of the time is the network's.
MOST_SIDE = 32
# More threads are taken only where they gain that much.
WORTH = 1.03


def choose_threads(
    wanted: int, bundle: ModelBundle, canvas: Canvas, weights: str, environment: Mapping[str, str] = os.environ
) -> int:
    """Sets the number of torch's threads, and returns it.

    wanted: that number; 0 for the fastest, unless the environment says one (OMP_NUM_THREADS). weights: SHA-256 of the
    model's. On an accelerator only a number that is wanted counts.
    """
    if wanted:
        torch.set_num_threads(wanted)
    elif not is_accelerator(bundle.facts.device) and not environment.get("OMP_NUM_THREADS"):
        most = torch.get_num_threads()
        if most > 1:
            torch.set_num_threads(_kept_or_timed(bundle, canvas, weights, most))
    return torch.get_num_threads()


def _kept_or_timed(bundle: ModelBundle, canvas: Canvas, weights: str, most: int) -> int:
    hardware, size = describe_hardware(bundle.facts.device), f"{canvas.width}x{canvas.height}"
    key = f"{hardware}, {most} threads, torch {torch.__version__}, {bundle.facts.precision}, {size}, {weights}"
    if (kept := _kept(key, most)) is not None:
        return kept
    times = timed(bundle, canvas, counts(most))
    said = ", ".join(f"{1000 * seconds:.1f} ms with {count}" for count, seconds in times.items())
    log.info("a pass takes %s threads", said)
    # A worker that began at the same time may have kept its own meanwhile: both draw with that.
    if (kept := _kept(key, most)) is not None:
        return kept
    chosen = fastest(times)
    remember(KEPT, {key: chosen})
    return chosen


def _kept(key: str, most: int) -> int | None:
    found = recall(KEPT).get(key)
    return found if isinstance(found, int) and 1 <= found <= most else None


def counts(most: int) -> list[int]:
    """The numbers that are tried: 1, 2, 4 ... and most."""
    return sorted({*(1 << power for power in range(most.bit_length()) if 1 << power < most), most})


def fastest(times: Mapping[int, float]) -> int:
    """The number whose passes were shortest; of those that are nearly alike the smallest, which leaves cores free."""
    best = min(times.values())
    return min(count for count, seconds in times.items() if seconds <= WORTH * best)


def timed(bundle: ModelBundle, canvas: Canvas, tried: Sequence[int], seconds: float = SECONDS) -> dict[int, float]:
    """Number of threads -> seconds of its shortest pass, of those tried in turn for so many seconds in all."""
    before, found = torch.get_num_threads(), dict[int, float]()
    # So few that no recording is made meanwhile, which takes as long as many passes.
    rounds = max((USES_BEFORE_TRACE - 2) // len(tried), 1)
    with torch.inference_mode():
        one = _evaluation(bundle, canvas)
        one()  # what is set up at first use
        until = time.perf_counter() + seconds
        try:
            while rounds and (not found or time.perf_counter() < until):
                rounds -= 1
                for count in tried:
                    torch.set_num_threads(count)
                    started = time.perf_counter()
                    one()
                    took = time.perf_counter() - started
                    found[count] = min(took, found.get(count, took))
        finally:
            torch.set_num_threads(before)
    return found


def _evaluation(bundle: ModelBundle, canvas: Canvas) -> Callable[[], object]:
    """One pass of the denoising network, of as many rows as a guided prediction alone has."""
    facts = bundle.facts
    height, width = (min(side // facts.latent_factor, MOST_SIDE) for side in (canvas.height, canvas.width))
    numbers = (0.0, 1.0, 1.0, 500.0, 7.0) if facts.is_told else (0.0, 1.0, 1.0, 7.0, 500.0)
    cond, scales = bundle.embed([""] if facts.is_told else ["", ""]), torch.tensor([numbers])
    return partial(bundle.denoise, torch.zeros(1, facts.latent_channels, height, width), scales, cond)
