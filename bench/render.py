"""Where the time of a frame goes: `./run bench render [--model NAME] [--size WxH] [--frames N] [--json]`.

Draws an animation like `dreamreel render` does and adds up the seconds of each stage. What is not inside a
network call (text, encode, denoise, decode) is overhead; its share is the figure to watch.
"""

import argparse
import json
import os
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from dreamreel.cli.request import parse_size
from dreamreel.models.bundle import ModelBundle
from dreamreel.video.frames import FrameFolder
from dreamreel.workers.output import Output
from dreamreel.workers.rendering import Setup, prepare

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line does

RANDOM_SD1 = "random-sd1"
NETWORKS = ("text", "encode", "denoise", "decode")
STAGES = ("warp", "color", "noise", *NETWORKS, "video", "png", "other")
MOTION = {"zoom": "0: (1.04)", "angle": "0: (1)", "translation_x": "0: (2)"}


def random_sd1(device: str) -> ModelBundle:
    """Stable Diffusion 1.x in full size with random weights: the pictures are noise, the work is the same."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    from dreamreel.models.bundle import ModelFacts
    from dreamreel.models.devices import choose_device, choose_precision
    from dreamreel.models.diffusers_bundle import DiffusersBundle, Modules, alphas_cumprod
    from dreamreel.models.layout import read_json

    folder = Path(str(files("dreamreel.data") / "sd1"))
    where = choose_device(device)
    modules = Modules(
        CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        CLIPTextModel(CLIPTextConfig.from_pretrained(folder / "text_encoder")),
        UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder / "unet")),
        AutoencoderKL.from_config(AutoencoderKL.load_config(folder / "vae")),
    ).to(where, choose_precision(where))
    alphas = alphas_cumprod(read_json(folder / "scheduler" / "scheduler_config.json"))
    return DiffusersBundle(
        modules, ModelFacts(RANDOM_SD1, RANDOM_SD1, 4, 8, alphas, str(where), str(modules.unet.dtype))
    )


def measure(setup: Setup, num_frames: int, keep_frames: bool, sampler: str) -> dict[str, float]:
    """Seconds of each stage and of the whole, for num_frames frames after the first (which costs more)."""
    raw = {"animation_prompts": "a castle by the sea", "max_frames": num_frames + 1, "seed": 1, "sampler": sampler}
    if setup.model == RANDOM_SD1:
        size = {"width": setup.width or 512, "height": setup.height or 512, "steps": setup.steps or 50}
        animation = prepare({**raw, **MOTION}, replace(setup, model="tiny-sd", **size))
        animation.bundle = random_sd1(setup.device)
    else:
        animation = prepare({**raw, **MOTION}, setup)
    seconds: dict[str, float] = defaultdict(float)

    def observe(stage: str, took: float) -> None:
        seconds[stage] += took

    with tempfile.TemporaryDirectory() as folder:
        frames = FrameFolder(Path(folder)) if keep_frames else None
        with Output(animation, Path(folder) / "out.mp4") as output:
            drawn = animation.frames(observe=observe)
            output.add(next(drawn))
            seconds.clear()
            started = time.perf_counter()
            for frame in drawn:
                _timed(seconds, "video", output.add, frame)
                if frames is not None:
                    _timed(seconds, "png", frames.save, frame.idx, frame.image)
            seconds["whole"] = time.perf_counter() - started
            output.finish()
    seconds["other"] = seconds["whole"] - sum(value for stage, value in seconds.items() if stage in STAGES)
    return seconds


def _timed(seconds, stage, function, *arguments):
    started = time.perf_counter()
    function(*arguments)
    seconds[stage] += time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench render", description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="builtin", help=f"a model's name, or {RANDOM_SD1}")
    parser.add_argument("--size", help="WxH; the model's own if not given")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--frames", type=int, default=20, help="how many to time, after a first one")
    parser.add_argument("--sampler", default="klms")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--png", action="store_true", help="keep the frames too, as --frames does")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    width, height = parse_size(options.size)
    setup = Setup(options.model, width, height, options.steps, device=options.device)
    seconds = measure(setup, options.frames, options.png, options.sampler)
    overhead = 1 - sum(seconds[stage] for stage in NETWORKS) / seconds["whole"]
    if options.json:
        print(json.dumps({"frames": options.frames, "overhead": overhead, **seconds}))
        return
    print(f"{options.frames} frames of {options.model}: {seconds['whole'] / options.frames:.4f} s a frame")
    for stage in STAGES:
        if seconds[stage]:
            each, share = 1000 * seconds[stage] / options.frames, seconds[stage] / seconds["whole"]
            print(f"  {stage:8} {each:9.2f} ms {share:7.2%}")
    print(f"outside the networks: {overhead:.2%}")


if __name__ == "__main__":
    main()
