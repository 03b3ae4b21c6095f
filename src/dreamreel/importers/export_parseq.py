"""A plan -> a rendered Parseq manifest: a value for each field and frame, which `read_parseq` reads back."""

from dreamreel.animation.plan import AnimationPlan
from dreamreel.documents import Json, JsonObject
from dreamreel.importers.export_a1111 import settings_of
from dreamreel.importers.parseq import DELTAS, key_of

# Fields that manifests have, of those that are schedules here.
_FIELDS = (
    *(f"{name}_delta" for name in DELTAS),
    *("transform_center_x", "transform_center_y", "perspective_flip_fv", "noise", "strength", "contrast", "scale"),
    *("antiblur_amount", "antiblur_kernel", "antiblur_sigma", "antiblur_threshold", "subseed", "subseed_strength"),
    *("steps_schedule", "clipskip", "noise_multiplier", "ddim_eta", "ancestral_eta"),
)


def manifest_of_plan(plan: AnimationPlan) -> JsonObject:
    """The manifest. What is no value of a frame, such as the sampler, stands in settings files alone."""
    prompts = settings_of(plan)["prompts"]
    assert isinstance(prompts, dict)
    count = plan.input.max_frames
    columns: dict[str, list[Json]] = {"seed": [int(seed) for seed in plan.seeding.numbers[:count]]}
    series = plan.series
    for name in _FIELDS:
        key = key_of(name, True)
        if key in series:
            columns[name] = [float(value) for value in series[key][:count]]
    if "scale" not in columns:
        columns["scale"] = [plan.canvas.cfg_scale] * count
    frames: list[Json] = []
    shown: Json = prompts.get("0", "")
    for frame in range(count):
        shown = prompts.get(str(frame), shown)
        row: JsonObject = {"frame": frame, **{name: values[frame] for name, values in columns.items()}}
        frames.append({**row, "deforum_prompt": shown})
    options: JsonObject = {"output_fps": plan.input.fps, "cadence": plan.input.whole("diffusion_cadence")}
    return {"meta": {"generated_by": "dreamreel"}, "options": options, "rendered_frames": frames}
