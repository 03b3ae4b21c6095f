"""A checked input -> its plan, as the model and the few-step LoRAs that draw it are made to be drawn with."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.core import CFG_SCALE, STEPS
from dreamreel.animation.field import Value
from dreamreel.animation.input import made
from dreamreel.animation.plan import AnimationPlan
from dreamreel.animation.sample.fields import SAMPLER, SAMPLER_SCHEDULE, SCHEDULER
from dreamreel.animation.views import View
from dreamreel.diffusion.sampling import SAMPLERS
from dreamreel.models.adapters.library import LoraFile, loras_in
from dreamreel.models.few_steps import made_for_kind
from dreamreel.models.layout import Defaults
from dreamreel.rendering.setup import Setup, plan_of
from dreamreel.schedule.notes import Note, quote


@dataclass(frozen=True)
class Checked:
    """raw: an input by wire names. values: of every input, as check() reads raw. view: what raw may name."""

    raw: Mapping[str, object]
    values: Mapping[str, Value]
    view: View

    def names(self, *fields: str) -> bool:
        """Whether raw itself says one of them."""
        return any(self.raw.get(name) is not None for name in fields)


def planned(
    checked: Checked, setup: Setup, made_for: Defaults, canvas: Callable[[Defaults], Canvas], seed: int | None = None
) -> tuple[AnimationPlan, list[Note]]:
    """The plan, and notes on the input's keys and on what a few-step LoRA brought with it.

    made_for: of the model. canvas: what is drawn on, for what the picture is made for. seed: for an input that names
    none; random if None. Raises InputError.
    """
    given, notes = made(_as_needed(checked, made_for), checked.raw, checked.view)
    plan = plan_of(given, canvas(made_for), seed)
    lora = few_step_lora(plan, setup, made_for)
    if lora is None:
        return plan, notes
    made_for = with_lora(made_for, lora)
    given, notes = made(_as_needed(checked, made_for), checked.raw, checked.view)
    plan = plan_of(given, canvas(made_for), plan.seed)
    return plan, [*notes, *_brought(plan, lora, checked, made_for)]


def few_step_lora(plan: AnimationPlan, setup: Setup, made_for: Defaults) -> LoraFile | None:
    """The first LoRA of a plan that was distilled to draw in few steps; None beside a model that was itself."""
    if made_for.sampler or not plan.words.loras:
        return None
    files = loras_in(setup.loras).files
    found = (files.get(name) for name in plan.words.loras)
    return next((lora for lora in found if lora is not None and lora.few_steps is not None), None)


def with_lora(made_for: Defaults, lora: LoraFile | None) -> Defaults:
    """What a model is made for when it is drawn with the LoRA."""
    return made_for if lora is None or lora.few_steps is None else made_for_kind(made_for, lora.few_steps)


def _as_needed(checked: Checked, made_for: Defaults) -> dict[str, Value]:
    """The values, with the sampler and the noise levels that few steps need where raw names no sampler."""
    values = dict(checked.values)
    if made_for.sampler not in SAMPLERS or checked.names(SAMPLER.name, SAMPLER_SCHEDULE.name):
        return values
    values[SAMPLER.name] = made_for.sampler
    if not checked.names(SCHEDULER.name):
        values[SCHEDULER.name] = made_for.spacing
    return values


def _brought(plan: AnimationPlan, lora: LoraFile, checked: Checked, made_for: Defaults) -> Iterator[Note]:
    """A note on what the LoRA decided, which a request without it would not have."""
    canvas, words = plan.canvas, []
    if not checked.names(SAMPLER.name, SAMPLER_SCHEDULE.name):
        words.append(made_for.sampler)
    if not checked.names(STEPS.name) and canvas.steps == made_for.steps:
        words.append(f"{canvas.steps} steps")
    if not checked.names(CFG_SCALE.name) and canvas.cfg_scale == made_for.cfg_scale:
        words.append(f"a guidance of {canvas.cfg_scale:g}")
    if words and lora.few_steps is not None:
        title = lora.few_steps.title
        message = f"the LoRA {quote(lora.name)} ({title}) is made for few steps and draws with {', '.join(words)}"
        yield Note(plan.words.loras[lora.name], message)


def on_canvas(canvas: Canvas, setup: Setup) -> Callable[[Defaults], Canvas]:
    """A model's canvas -> the same for what the picture is made for, where the operator names no steps or guidance."""

    def drawn_on(made_for: Defaults) -> Canvas:
        steps = made_for.steps if setup.steps is None else setup.steps
        scale = made_for.cfg_scale if setup.cfg_scale is None else setup.cfg_scale
        return replace(canvas, steps=steps, cfg_scale=scale)

    return drawn_on
