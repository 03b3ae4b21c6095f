"""Seeds, the noise that they stand for, and grain."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from tests.parity.case import Case, read_arrays, read_json, same_picture

from dreamreel.diffusion.cells import Cells, grain_size
from dreamreel.diffusion.grains import draw_grains
from dreamreel.diffusion.noise import SOURCES
from dreamreel.diffusion.philox import philox_normals
from dreamreel.diffusion.subseed import slerp
from dreamreel.imaging.grain import clouds, grain, lay_over
from dreamreel.schedule.seeds import BEHAVIORS


def next_seeds(path: Path) -> Iterator[Case]:
    """Fifteen seeds of each behaviour. One that does not exist was random there; here it is refused as an input."""
    for case in read_json(path):
        for engine in ("A", "7"):
            if engine in case:
                name = f"{case['behavior']} {case['seed_iter_N']} {case['start']} {engine}"
                yield Case(name, partial(_check_seeds, case, case[engine]))


def _check_seeds(case: dict[str, Any], golden: Any) -> None:
    behavior, every = case["behavior"], case["seed_iter_N"]
    if every < 1:
        assert not isinstance(golden, list)
        return
    numbers = Random(case["python_random_seed"])
    behavior = behavior if behavior in BEHAVIORS else "random"
    assert BEHAVIORS[behavior](case["start"], len(golden), every, numbers).tolist() == golden


def grains(path: Path) -> Iterator[Case]:
    """Noise laid over pictures, without masks."""
    arrays = read_arrays(path.with_suffix(".npz"))
    for case in read_json(path):
        if case["mask"] is None and "error" not in case:
            yield Case(case["id"], partial(_check_grain, case, arrays))


def _check_grain(case: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    image = arrays[f"img_{case['image']}"]
    height, width = image.shape[:2]
    columns, rows, octaves, persistence = case["perlin"]
    cells = Cells(int(columns), int(rows), int(octaves)) if case["type"] == "perlin" else None
    normals, angles = draw_grains(case["seed"] % 2**64, width, height, cells)
    field = clouds(angles, persistence, grain_size(width, height)) if cells else None
    same_picture(lay_over(image, grain(normals, field), case["amount"]), arrays[f"out_{case['id']}"])


def subseeds(path: Path) -> Iterator[Case]:
    """Initial noise of two seeds, of both generators and of a picture's own size."""
    arrays = read_arrays(path.with_suffix(".npz"))
    for case in read_json(path):
        if not case["resize_h"]:
            yield Case(case["id"], partial(_check_subseed, case, arrays))
    for name in arrays:
        if name.startswith("philox_"):
            yield Case(name, partial(_check_philox, name, arrays[name]))


def _check_philox(name: str, golden: np.ndarray) -> None:
    seed, call = (int(part) for part in name.split("_")[1:])
    # AUTOMATIC1111 takes float32 logarithms and sines, whose last bit is the CPU's.
    assert np.allclose(philox_normals(seed, call, golden.size).reshape(golden.shape), golden, rtol=0, atol=1e-6)


def _check_subseed(case: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    shape = tuple(case["shape"])
    made = SOURCES[{"CPU": "cpu", "NV": "philox"}[case["source"]]]
    source = made(case["seed"])
    first = source.draw(shape)
    if case["subseed"] is not None and case["strength"]:
        first = slerp(case["strength"], first, made(case["subseed"]).draw(shape))
    assert torch.allclose(first, torch.from_numpy(arrays[f"first_{case['id']}"])[0], rtol=0, atol=1e-6)
    second = torch.from_numpy(arrays[f"second_{case['id']}"])[0]
    assert torch.allclose(source.draw(tuple(second.shape)), second, rtol=0, atol=0 if case["source"] == "CPU" else 1e-6)
