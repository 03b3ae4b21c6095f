"""`python -m training.gallery`: the pictures of the documentation, drawn by the shipped model.

builtin.webp: a contact sheet of its examples. builtin-loop.webp: a short video that starts again smoothly.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from dreamreel import render
from dreamreel.models import catalog
from training.export import EXAMPLES
from training.runs import prepare
from training.sampling import sample
from training.sheets import save_sheet

SHOWN = (EXAMPLES[0], EXAMPLES[1], EXAMPLES[3], EXAMPLES[6])
EACH, OVERLAP = 15, 6  # frames of a prompt, and of the fade from the end to the start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    prepare(1, options.seed)
    bundle = catalog.load(catalog.locate(options.model))
    options.out.mkdir(parents=True, exist_ok=True)
    defaults = bundle.facts.defaults
    pictures = sample(bundle, EXAMPLES, defaults.steps, defaults.cfg_scale, options.seed)
    save_sheet(options.out / "builtin.webp", pictures, EXAMPLES, 5, 256)
    prompts = " | ".join(f"{i * EACH}: {text}" for i, text in enumerate((*SHOWN, SHOWN[0])))
    frames: list[Image.Image] = []
    drawing = render(prompts, model=options.model, max_frames=100, seed=options.seed, sampler="euler", zoom="0: (1.02)")
    for frame in drawing:
        frames.append(Image.fromarray(np.asarray(frame.image)))
        if len(frames) == len(SHOWN) * EACH + OVERLAP:
            break
    for i in range(OVERLAP):  # the last frames, of the first prompt again, fade into the first ones
        frames[i] = Image.blend(frames[len(SHOWN) * EACH + i], frames[i], (i + 1) / (OVERLAP + 1))
    frames = frames[: len(SHOWN) * EACH]
    options_of_file = {"save_all": True, "append_images": frames[1:], "duration": 100, "loop": 0, "quality": 80}
    frames[0].save(options.out / "builtin-loop.webp", **options_of_file)


if __name__ == "__main__":
    main()
