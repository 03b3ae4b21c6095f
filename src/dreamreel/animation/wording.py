"""The log lines of an animation, in the original's words: clients parse some of them."""

from collections.abc import Iterator

from dreamreel.animation.plan import AnimationPlan
from dreamreel.schedule.prompts import shorten

# The original drew klms in its place, as SAMPLERS do.
PLMS_LINE = "Init images aren't supported with PLMS yet, switching to KLMS"
# In the order of the original's line.
NUMBERS = ("angle", "zoom", "translation_x", "translation_y", "noise", "strength", "contrast")


def start_lines(plan: AnimationPlan) -> Iterator[str]:
    """What is said once, before the first frame."""
    yield f"Using seed: {plan.seed}"
    if plan.input.text("sampler") == "plms":
        yield PLMS_LINE
    for note in plan.notes:
        yield f"Warning: {note}"


def frame_line(plan: AnimationPlan, idx: int) -> str:
    """What is said before each frame; clients look for it verbatim."""
    return f"Rendering animation frame {idx} of {plan.num_frames}"


def frame_lines(plan: AnimationPlan, idx: int) -> Iterator[str]:
    """frame_line and the frame's numbers, its prompt and its seed."""
    yield frame_line(plan, idx)
    row = plan.row(idx)
    if idx:
        yield " ".join(f"{name}: {row[name]}" for name in NUMBERS if name in row)
    yield f"{shorten(plan.prompt(idx))} {plan.seed_of(idx)}"


def progress_line(plan: AnimationPlan, num_done: int, seconds: float) -> str:
    """A bar as tqdm draws it: Replicate's clients read the progress from the last such line of the logs."""
    share = num_done / plan.num_frames
    filled = int(share * 10)
    bar = "█" * filled + " " * (10 - filled)
    left = int(seconds * (plan.num_frames - num_done))
    return (
        f"{share:4.0%}|{bar}| {num_done}/{plan.num_frames} [{left // 60:02}:{left % 60:02} left, {seconds:.2f}s/frame]"
    )
