"""Subtitles of a film: a cue for each frame with its numbers, or for each prompt with its words.

Source: the extension's `.srt` files: times cut to milliseconds, whole numbers without a point, others with 3 digits.
"""

from collections.abc import Iterator
from decimal import Context, Decimal
from typing import Literal

from dreamreel.animation.plan import AnimationPlan

Kind = Literal["params", "prompts"]
KINDS: tuple[Kind, ...] = ("params", "prompts")
# Schedule -> what the extension's settings call it, and its files. In the order of these.
NAMES = {
    "angle": ("Angle", "Angle"),
    "transform_center_x": ("Trans Center X", "Tr.C.X"),
    "transform_center_y": ("Trans Center Y", "Tr.C.Y"),
    "zoom": ("Zoom", "Zoom"),
    "translation_x": ("Trans X", "TrX"),
    "translation_y": ("Trans Y", "TrY"),
    "translation_z": ("Trans Z", "TrZ"),
    "rotation_3d_x": ("Rot 3D X", "RotX"),
    "rotation_3d_y": ("Rot 3D Y", "RotY"),
    "rotation_3d_z": ("Rot 3D Z", "RotZ"),
    "perspective_flip_theta": ("Per Fl Theta", "PerFlT"),
    "perspective_flip_phi": ("Per Fl Phi", "PerFlP"),
    "perspective_flip_gamma": ("Per Fl Gamma", "PerFlG"),
    "perspective_flip_fv": ("Per Fl FV", "PerFlFV"),
    "noise_schedule": ("Noise Sch", "Noise"),
    "strength_schedule": ("Str Sch", "StrSch"),
    "contrast_schedule": ("Contrast Sch", "CtrstSch"),
    "cfg_scale_schedule": ("CFG Sch", "CFGSch"),
    "subseed_schedule": ("Subseed Sch", "SubSSch"),
    "subseed_strength_schedule": ("Subseed Str Sch", "SubSStrSch"),
    "steps_schedule": ("Steps Sch", "StepsSch"),
    "seed_schedule": ("Seed Sch", "SeedSch"),
    "clipskip_schedule": ("Clipskip Sch", "ClipskipSchedule"),
    "noise_multiplier_schedule": ("Noise Multp Sch", "NoiseMultiplierSchedule"),
    "amount_schedule": ("Ant.Blr Amount Sch", "AmountSchedule"),
    "kernel_schedule": ("Ant.Blr Kernel Sch", "KernelSchedule"),
    "sigma_schedule": ("Ant.Blr Sigma Sch", "SigmaSchedule"),
    "threshold_schedule": ("Ant.Blr Threshold Sch", "ThresholdSchedule"),
}
_EXACT = Context(prec=20)


def subtitles(plan: AnimationPlan, kind: Kind, num_frames: int | None = None) -> str:
    """The text of an `.srt` file for the first num_frames frames, all without it."""
    cues = _cues(plan, kind, num_frames)
    return "".join(cue(number, plan.input.fps, *each) for number, each in enumerate(cues, start=1))


def timed(plan: AnimationPlan, kind: Kind, num_frames: int | None = None) -> Iterator[tuple[int, int, str]]:
    """The same as (begin, end, text) of each cue, in milliseconds."""
    fps = plan.input.fps
    for begin, end, text in _cues(plan, kind, num_frames):
        yield milliseconds_of(begin, fps), milliseconds_of(end, fps), text


def cue(number: int, fps: float, begin: int, end: int, text: str) -> str:
    """One cue, from frame begin up to frame end."""
    return f"{number}\n{time_of(begin, fps)} --> {time_of(end, fps)}\n{text}\n\n"


def milliseconds_of(frame: int, fps: float) -> int:
    """When a frame begins, cut to milliseconds."""
    duration = _EXACT.divide(Decimal(1), Decimal(str(fps)))
    return int(_EXACT.multiply(Decimal(frame), duration) * 1000)


def time_of(frame: int, fps: float) -> str:
    """When a frame begins: `00:00:04,916`."""
    seconds, rest = divmod(milliseconds_of(frame, fps), 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02},{rest:03}"


def number_text(value: float) -> str:
    """A whole number without a point, another with three digits."""
    return str(int(value)) if float(value).is_integer() else f"{value:.3f}"


def numbers_of(plan: AnimationPlan, idx: int) -> str:
    """The numbers of a frame, and its prompt."""
    series = plan.series
    found = [f"{short}: {number_text(series[name][idx])}" for name, (_, short) in NAMES.items() if name in series]
    return "; ".join([*found, f"Prompt: {_one_line(plan.prompt(idx))}"])


def _cues(plan: AnimationPlan, kind: Kind, num_frames: int | None) -> Iterator[tuple[int, int, str]]:
    """(first frame, frame after the last, text) of each cue."""
    count = plan.num_frames if num_frames is None else num_frames
    return _params(plan, count) if kind == "params" else _prompts(plan, count)


def _params(plan: AnimationPlan, count: int) -> Iterator[tuple[int, int, str]]:
    is_cadence = str(plan.input.whole("diffusion_cadence") > 1).lower()
    for idx in range(count):
        head = f"F#: {idx}; Cadence: {is_cadence}; Seed: {plan.seed_of(idx)}"
        yield idx, idx + 1, f"{head}; {numbers_of(plan, idx)}"


def _prompts(plan: AnimationPlan, count: int) -> Iterator[tuple[int, int, str]]:
    begin = 0
    for idx in range(1, count + 1):
        if idx == count or plan.prompt(idx) != plan.prompt(begin):
            yield begin, idx, _one_line(plan.prompt(begin))
            begin = idx


def _one_line(text: str) -> str:
    """An empty line would end the cue."""
    return " ".join(text.split())
