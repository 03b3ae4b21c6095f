"""`from dreamreel import render`: an animation in a notebook or a script."""

from collections.abc import Callable
from pathlib import Path

from dreamreel.rendering.animation import Animation, Frame, prepare
from dreamreel.rendering.output import Output
from dreamreel.rendering.setup import Setup


class Render(Animation):
    """An animation that can also save itself: iterate over it for its frames, or call save()."""

    def save(self, path: str | Path, progress: Callable[[Frame], None] | None = None) -> Path:
        """Draws every frame into a video (.mp4, .webm or .gif) and returns its path.

        progress: is called with each finished frame. Raises VideoError.
        """
        with Output(self, Path(path)) as output:
            for frame in self:
                output.add(frame)
                if progress is not None:
                    progress(frame)
            return output.finish()


def render(
    animation_prompts: str | None = None,
    *,
    model: str = "builtin",
    size: tuple[int, int] | None = None,
    steps: int | None = None,
    cfg_scale: float | None = None,
    device: str = "auto",
    precision: str = "auto",
    lora_folder: str | Path = "",
    embeddings: str | Path = "",
    **inputs: object,
) -> Render:
    """An animation of animation_prompts, to iterate over or to save.

    The inputs are those of the API by their names: zoom="0: (1.04)", max_frames=60, seed=7 and so on
    (docs/inputs.md). They are checked at once; the model is loaded when the first frame is asked for.

    model: `builtin`, a folder, a checkpoint file, or the id of a pulled model. size: (width, height) in
    pixels; steps, cfg_scale: of the sampler; None for the model's own. device: auto, cuda, mps or cpu.
    precision: auto, float32, float16 or bfloat16. lora_folder, embeddings: folders of LoRAs, which the input loras and
    prompts name, and of textual inversion embeddings.

    Raises InputError for a wrong input and ModelError for a wrong model.
    """
    width, height = size if size is not None else (None, None)
    folders = str(lora_folder), str(embeddings)
    setup = Setup(model, width, height, steps, cfg_scale, device, precision, loras=folders[0], embeddings=folders[1])
    if animation_prompts is not None:
        inputs["animation_prompts"] = animation_prompts
    prepared = prepare(inputs, setup)
    return Render(prepared.plan, prepared.setup, prepared.location, prepared.notes)
