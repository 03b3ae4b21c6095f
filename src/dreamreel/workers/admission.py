"""How many predictions a worker takes at a time: what memory is free, over what one of them was measured to need."""

import logging
import os
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch

from dreamreel.animation.canvas import Canvas
from dreamreel.diffusion.calls import Call, Cond, Decode, Denoise, Encode
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.rows import parse_rows
from dreamreel.models import catalog
from dreamreel.models.accelerators import is_accelerator, peak_bytes
from dreamreel.models.bundle import ModelBundle, ModelFacts
from dreamreel.models.memory import free_bytes
from dreamreel.rendering.setup import Setup, canvas_of
from dreamreel.video.writer import VideoWriter

log = logging.getLogger(__name__)
# Share of the free memory that predictions may take.
SHARE = 0.8
# Where more at a time only make each slower, these are enough to be fair to several people.
SLOTS_ON_CPU = 4
SLOTS_ON_GPU = 32
# A prediction needs at least this, whatever the measurement says: logs, buffers, files.
LEAST_BYTES = 16 << 20


def choose_slots(wanted: int, bundle: ModelBundle, setup: Setup) -> int:
    """wanted, or for 0 as many as memory allows on the pictures that setup describes, and pay."""
    if wanted:
        return wanted
    canvas = canvas_of(setup, catalog.check(setup.locate()))
    on_gpu = is_accelerator(bundle.facts.device)
    each = host_bytes(canvas) + noise_bytes(canvas, bundle.facts)
    slots = slots_in(free_bytes(None), each, SLOTS_ON_GPU if on_gpu else SLOTS_ON_CPU)
    per_slot = device_bytes(bundle, setup, canvas) if on_gpu else None
    if per_slot is not None:
        slots = min(slots, slots_in(free_bytes(bundle.facts.device), per_slot, SLOTS_ON_GPU))
    log.info("%d predictions at a time", slots)
    return slots


def slots_in(free: int | None, each: int, most: int) -> int:
    """How often each fits into free bytes (None: unknown), between 1 and most."""
    return most if free is None else max(1, min(most, int(SHARE * free / max(each, LEAST_BYTES))))


def host_bytes(canvas: Canvas) -> int:
    """What a prediction takes of this machine beside the networks, which all share: its encoder and its pictures."""
    before = _resident_bytes()
    picture = np.random.default_rng(0).integers(0, 256, (canvas.height, canvas.width, 3), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        writer = VideoWriter(Path(folder) / "trial.mp4", 15, canvas.width, canvas.height)
        for _ in range(8):
            writer.add(picture)
        after = _resident_bytes()
        writer.discard()
    return max(0, after - before) + 8 * picture.nbytes


def noise_bytes(canvas: Canvas, facts: ModelFacts) -> int:
    """What a prediction's noise takes of this machine: of the frame that is drawn, and of the next, drawn ahead."""
    pixels = canvas.width * canvas.height
    latents = pixels // facts.latent_factor**2 * facts.latent_channels
    return 2 * 4 * (3 * pixels + (2 + canvas.steps) * latents)


def device_bytes(bundle: ModelBundle, setup: Setup, canvas: Canvas) -> int | None:
    """What another prediction in a pass takes of an accelerator at most: that of two, less that of one.

    None where nobody says what is taken.
    """
    backend, factor = backend_of(bundle, parse_rows(setup.rows)), bundle.facts.latent_factor
    x = torch.zeros(1, bundle.facts.latent_channels, canvas.height // factor, canvas.width // factor)
    x = x.to(bundle.facts.device)
    with torch.inference_mode():
        text = Cond(bundle.embed([""]))
    calls: list[Call[object]] = [
        Denoise(x, 500.0, (text, text), (7.0,), c_skip=1.0, c_in=1.0, c_out=-1.0),
        Encode(torch.zeros(1, 3, canvas.height, canvas.width), x),
        Decode(x),
    ]
    most = 0
    for call in calls:
        two, one = (peak_bytes(x.device, partial(backend.forward, [call] * count)) for count in (2, 1))
        if two is None or one is None:
            return None
        most = max(most, two - one)
    return most


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
