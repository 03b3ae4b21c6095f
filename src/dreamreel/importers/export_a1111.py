"""A plan -> a settings file of the A1111 extension, which `read_a1111` reads back to the same numbers."""

import numpy as np

from dreamreel.animation.plan import AnimationPlan
from dreamreel.animation.words.family import FamilyPrompts
from dreamreel.documents import Json, JsonObject
from dreamreel.errors import ScheduleError
from dreamreel.importers.a1111_keys import A1111, SWITCHES
from dreamreel.importers.mending import keyed
from dreamreel.schedule.prompting.negatives import NEG
from dreamreel.schedule.readings import READINGS
from dreamreel.schedule.schedules import Grammar, parse_schedule, parse_texts
from dreamreel.schedule.series import Floats

# Of samplers, and of how their noise levels are spaced, in the extension's list.
_SAMPLERS = {
    "klms": "LMS",
    "plms": "PLMS",
    "ddim": "DDIM",
    "heun": "Heun",
    "euler": "Euler",
    "euler_ancestral": "Euler a",
    "dpm2": "DPM2",
    "dpm2_ancestral": "DPM2 a",
    "dpmpp_2s_ancestral": "DPM++ 2S a",
    "dpmpp_2m": "DPM++ 2M",
    "dpmpp_sde": "DPM++ SDE",
    "dpmpp_2m_sde": "DPM++ 2M SDE",
    "dpm_fast": "DPM fast",
    "dpm_adaptive": "DPM adaptive",
    "unipc": "UniPC",
    "lcm": "LCM",
}
_SPACED = {"karras": " Karras", "exponential": " Exponential"}
# Said of every film; keys that the extension does not save stand here all the same, and its loader takes them.
_UNSAID = {"animation_prompts", "animation_prompts_positive", "animation_prompts_negative", "scale"}


def settings_of(plan: AnimationPlan) -> JsonObject:
    """Every key of the extension, as it draws plan. What it cannot do is not in them."""
    values = plan.input.values
    found: JsonObject = {
        key: default
        for key, default in A1111.defaults.items()
        if key not in _UNSAID and (default is not None or key == "prompts")
    }
    found |= {key: _value(values[key]) for key in found if values.get(key) is not None and key not in plan.series}
    found |= {name: _written(plan, name, series) for name, series in plan.series.items() if name in A1111.by_key}
    found |= {switch: any(_is_on(plan, name) for name in names) for switch, names in SWITCHES.items()}
    found["enable_perspective_flip"] = bool(values["enable_perspective_flip"])
    found["color_coherence"] = str(values["color_coherence"]).removeprefix("Match Frame 0 ")
    found["sampler"] = _SAMPLERS[str(values["sampler"])] + _SPACED.get(str(values.get("scheduler")), "")
    found |= {"prompts": _prompts(plan), "positive_prompts": "", "negative_prompts": ""}
    found |= _units(plan)
    found |= {"seed": plan.seed, "W": plan.canvas.width, "H": plan.canvas.height, "steps": plan.canvas.steps}
    if "cfg_scale_schedule" not in plan.series:
        found["cfg_scale_schedule"] = keyed({0: plan.canvas.cfg_scale})
    if values["sampler_schedule"] is not None:
        found["sampler_schedule"] = _names(plan, str(values["sampler_schedule"]))
    return found


def _units(plan: AnimationPlan) -> JsonObject:
    """The ControlNets as units, in their order."""
    found: JsonObject = {}
    for number, unit in enumerate(plan.controlnets.units, 1):
        said: JsonObject = {"enabled": True, "model": unit.name, "module": unit.shown.name}
        said |= {"loopback_mode": True, "pixel_perfect": True}
        said |= dict(zip(("threshold_a", "threshold_b"), unit.thresholds, strict=False))
        parts = (("weight", unit.weight), ("guidance_start", unit.start), ("guidance_end", unit.end))
        said |= {
            key: keyed(dict(enumerate(series.tolist()[: 1 if np.ptp(series) == 0 else None]))) for key, series in parts
        }
        found |= {f"cn_{number}_{key}": value for key, value in said.items()}
    return found


def _is_on(plan: AnimationPlan, name: str) -> bool:
    """Whether a schedule that the extension has a switch for says something."""
    if name == "clipskip_schedule":
        return bool(np.any(plan.series.get(name, np.ones(1)) != 1))
    return plan.input.values.get(name) is not None


def _value(value: object) -> Json:
    return value if isinstance(value, bool | int | float | str) else None


def _grammar(plan: AnimationPlan) -> Grammar:
    return Grammar(plan.input.max_frames, plan.seed, True, "ignore", READINGS["a1111"])


def _written(plan: AnimationPlan, name: str, series: Floats) -> str:
    """The text of a schedule where the extension reads it as it was read here; else a number for every frame."""
    text = plan.input.values.get(name)
    if isinstance(text, str):
        try:
            read, _ = parse_schedule(text, name, _grammar(plan))
        except ScheduleError:
            pass
        else:
            if np.array_equal(read, series):
                return text
    return keyed(dict(enumerate(series.tolist())))


def _names(plan: AnimationPlan, text: str) -> str:
    """The same for the sampler of each frame."""
    from dreamreel.animation.plan import grammar_of

    names, _ = parse_texts(text, "sampler_schedule", grammar_of(plan.input, plan.seed))
    keys = [frame for frame in range(len(names)) if not frame or names[frame] != names[frame - 1]]
    return ", ".join(f'{frame}: ("{_SAMPLERS.get(names[frame], names[frame])}")' for frame in keys)


def _prompts(plan: AnimationPlan) -> JsonObject:
    """Prompts by frame, boxes put into them, as a run's own file has them."""
    words = plan.words
    if isinstance(words, FamilyPrompts) and words.script.rules.grammar == "webui":
        return {str(max(scene.frame, 0)): scene.towards for scene in words.script.scenes}
    if isinstance(words, FamilyPrompts):
        scenes = words.script.scenes
        return {str(max(scene.frame, 0)): f"{scene.towards} {NEG} {scene.away}".strip() for scene in scenes}
    return {str(frame): plan.words.prompt(frame) for frame in sorted({0, *words.begins}) if frame < plan.num_frames}
