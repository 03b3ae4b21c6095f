"""What is done to a picture between two diffusions: moves, flips, colours, contrast, sharpening, grain."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tests.parity.case import Case, read_arrays, read_json, same_numbers, same_picture

from dreamreel.imaging.color import ColorMatch, count_levels, match_colors
from dreamreel.imaging.flip import flip_matrix
from dreamreel.imaging.levels import clipped_contrast, sharpen, uncut_contrast, wrapped_contrast
from dreamreel.imaging.warp2d import build_matrix, warp


def warps(path: Path) -> Iterator[Case]:
    """Moves of the A1111 extension, about any centre, with and without flip."""
    arrays = read_arrays(path.with_suffix(".npz"))
    for case in read_json(path):
        yield Case(case["id"], partial(_check_warp, case, arrays))


def _check_warp(case: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    given, of_floats = case["params"], case["image"].startswith("f64")
    image = arrays["img_f64"].astype(np.float64) if of_floats else arrays[f"img_{case['image']}"]
    height, width = image.shape[:2]
    center = (width * given["transform_center_x"], height * given["transform_center_y"])
    move = ("angle", "zoom", "translation_x", "translation_y")
    matrix = build_matrix(width, height, **{name: given[name] for name in move}, center=center)
    if case["flip"]:
        angles = (given[f"perspective_flip_{name}"] for name in ("theta", "phi", "gamma", "fv"))
        flip = flip_matrix(width, height, *angles)
        mended = flip @ matrix
        same_numbers(mended.ravel(), np.ravel(case["matrix_mended"]))
        if f"mended_{case['id']}" in arrays:
            same_picture(warp(image, mended, case["border"]), arrays[f"mended_{case['id']}"])
        still = {**{name: given[name] for name in move}, "translation_x": 0, "translation_y": 0}
        matrix = flip @ build_matrix(width, height, **still, center=center)
    if "matrix" in case:
        same_numbers(matrix.ravel(), np.ravel(case["matrix"]))
    golden = arrays[f"out{case['id']}" if of_floats else f"out_{case['id']}"]
    same_picture(warp(image, matrix, case["border"]), golden)


def flips(path: Path) -> Iterator[Case]:
    """Matrices of the perspective flip."""
    for case in read_json(path):
        name = " ".join(str(case[each]) for each in ("W", "H", "theta", "phi", "gamma", "fv"))
        yield Case(name, partial(_check_flip, case))


def _check_flip(case: dict[str, Any]) -> None:
    found = flip_matrix(case["W"], case["H"], case["theta"], case["phi"], case["gamma"], case["fv"])
    same_numbers(found.ravel(), np.ravel(case["flip_matrix"]))


def colors(path: Path) -> Iterator[Case]:
    """Colour matching in each space, on pictures in the order that they are stored in and as BGR."""
    arrays = read_arrays(path.with_suffix(".npz"))
    for case in read_json(path):
        for space in ("RGB", "HSV", "LAB"):
            for order in ("out", "bgr"):
                if f"{order}_{case['id']}_{space}" in arrays:
                    yield Case(f"{case['id']} {space} {order}", partial(_check_color, case["id"], space, order, arrays))


def _check_color(number: int, space: Any, order: str, arrays: dict[str, np.ndarray]) -> None:
    match = ColorMatch(space, bgr=order == "bgr")
    counts = count_levels(arrays[f"ref_{number}"], match)
    found = match_colors(arrays[f"src_{number}"], counts, match)
    same_picture(found, arrays[f"{order}_{number}_{space}"])


def sharpenings(path: Path) -> Iterator[Case]:
    """Both unsharp masks."""
    arrays = read_arrays(path.with_suffix(".npz"))
    for case in read_json(path):
        for engine in ("A", "S7"):
            if f"{engine}_{case['id']}" in arrays and case["mask"] is None:
                yield Case(f"{case['id']} {engine}", partial(_check_sharpen, case, engine, arrays))


def _check_sharpen(case: dict[str, Any], engine: str, arrays: dict[str, np.ndarray]) -> None:
    levels = arrays["img"] if engine == "A" else arrays["img"].astype(np.float64)
    numbers = (int(case["kernel"]), case["sigma"], case["amount"], case["threshold"])
    same_picture(sharpen(levels, *numbers, wraps=engine == "A"), arrays[f"{engine}_{case['id']}"])


def contrasts(path: Path) -> Iterator[Case]:
    """Contrast of both, whose arrays lie beside the sharpened ones."""
    arrays = read_arrays(path.with_name("sharpen.npz"))
    for case in json.loads(path.read_text("utf-8")):
        yield Case(f"{case['id']} a1111", partial(_check_contrast, case, "A", arrays))
        yield Case(f"{case['id']} notebook", partial(_check_contrast, case, "7", arrays))


def _check_contrast(case: dict[str, Any], engine: str, arrays: dict[str, np.ndarray]) -> None:
    image, contrast = arrays["img"], case["contrast"]
    if engine == "A":
        found = wrapped_contrast(image, contrast)
    else:
        found = sharpen(uncut_contrast(image, contrast), 5, 1, 0, 0)
        same_picture(clipped_contrast(image, contrast), found)
    same_picture(found, arrays[f"contrast{engine}_{case['id']}"])
