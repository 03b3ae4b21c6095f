"""Colour emoji of an npm package (Fluent Emoji, MIT) -> an atlas of pictures with transparency."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from training.grammar import PEOPLE, SUBJECTS

DECOR = ("evergreen tree", "deciduous tree", "mushroom", "herb", "seedling", "cactus", "tulip", "sunflower",
         "blossom", "rose", "hibiscus")  # fmt: skip
SIDE = 160


def build_atlas(packs: Path) -> dict[str, torch.Tensor]:
    """Emoji label -> (4, SIDE, SIDE) uint8, colours premultiplied, the figure standing on the lower edge.

    packs: a folder with the unpacked packages emojibase-data and @lobehub/fluent-emoji-3d.
    """
    labels = dict.fromkeys([label for label, _ in SUBJECTS.values()] + list(DECOR))
    entries = {e["label"]: e for e in json.loads((packs / "emojibase-data" / "en" / "data.json").read_text())}
    assets = packs / "fluent-emoji-3d" / "assets"
    return {label: torch.from_numpy(_sprite(assets, entries[label])).permute(2, 0, 1) for label in labels}


def _sprite(assets: Path, entry: dict[str, Any]) -> NDArray[np.uint8]:
    code = entry["hexcode"]
    if entry["label"] in PEOPLE:  # one skin tone, the middle one: five would cost a small model its faces
        tones = [skin for skin in entry["skins"] if isinstance(skin.get("tone"), int)]
        code = tones[1]["hexcode"]
    plain = "-".join(part for part in code.lower().split("-") if part != "fe0f")
    path = next(p for p in (assets / f"{plain}.webp", assets / f"{plain}-fe0f.webp") if p.is_file())
    return fit(Image.open(path).convert("RGBA"), SIDE)


def fit(image: Image.Image, side: int, margin: float = 0.02) -> NDArray[np.uint8]:
    """(side, side, 4): image cut to what is opaque and scaled to fill the square, lower edges aligned."""
    ys, xs = np.where(np.asarray(image)[..., 3] > 16)
    image = image.crop((int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1))
    scale = int(side * (1 - 2 * margin)) / max(image.size)
    width, height = (max(1, round(length * scale)) for length in image.size)
    pixels = np.asarray(image, np.float32) / 255
    pixels = np.concatenate([pixels[..., :3] * pixels[..., 3:], pixels[..., 3:]], axis=2)
    method = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC
    channels = [np.asarray(Image.fromarray(pixels[..., i]).resize((width, height), method)) for i in range(4)]
    out = np.zeros((side, side, 4), np.float32)
    left, top = (side - width) // 2, side - height - int(side * margin)
    out[top : top + height, left : left + width] = np.stack(channels, -1)
    return (out.clip(0, 1) * 255 + 0.5).astype(np.uint8)
