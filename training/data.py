"""`python -m training.data`: the atlas of sprites and the backdrops that all other steps draw from."""

import argparse
from pathlib import Path

import torch

from training.runs import prepare
from training.scenes import SceneMaker, draw_backdrops
from training.sheets import save_sheet
from training.sprites import build_atlas


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packs", type=Path, required=True, help="folder with emojibase-data and fluent-emoji-3d")
    parser.add_argument("--data", type=Path, required=True, help="folder to write atlas.pt and backdrops.pt into")
    parser.add_argument("--backdrops", type=int, default=40, help="of every place at every time")
    parser.add_argument("--side", type=int, default=256, help="pixels")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    prepare(1, options.seed)
    options.data.mkdir(parents=True, exist_ok=True)
    atlas = build_atlas(options.packs)
    torch.save(atlas, options.data / "atlas.pt")
    on_device = {label: sprite.to(options.device) for label, sprite in atlas.items()}
    drawn = draw_backdrops(on_device, options.side, options.backdrops, options.seed, options.device)
    torch.save(drawn, options.data / "backdrops.pt")
    maker = SceneMaker(options.data, options.seed, options.side)
    pictures, captions, _ = next(maker.batches(48, 48))
    save_sheet(options.data / "scenes.png", pictures, captions, 8)


if __name__ == "__main__":
    main()
