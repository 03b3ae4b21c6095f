"""Which of the models that draw here a request wants, and whether a worker could draw it."""

from collections.abc import Sequence
from dataclasses import replace

from dreamreel.animation.canvas import check_canvas
from dreamreel.animation.checkpoints import SCHEDULE
from dreamreel.animation.core import MODEL
from dreamreel.animation.plan import AnimationPlan
from dreamreel.api.context import Checkpoint, Context
from dreamreel.api.create_request import invalid, plan_input
from dreamreel.api.http.problems import Problem
from dreamreel.api.input_problems import CheckedInput
from dreamreel.api.input_schema import FieldProblem, from_input_error
from dreamreel.api.outlines import Outline
from dreamreel.errors import InputError
from dreamreel.predictions.store import WorkerRow
from dreamreel.rendering.additions import called, check_additions, names_model
from dreamreel.rendering.controlnets import called as called_controlnet
from dreamreel.rendering.controlnets import check_controlnets
from dreamreel.schedule.notes import Note, quote


def chosen_model(context: Context, checked: CheckedInput) -> Checkpoint:
    """The model that an input names; the first where it names none, or one that does not draw here."""
    first = next(iter(context.checkpoints.values()))
    return context.checkpoints.get(_named(context, checked) or "", first)


def _named(context: Context, checked: CheckedInput) -> str | None:
    """The model that an input names by its name here, or by one that the operator says is one here."""
    if (field := checked.model.checkpoint) is None:
        named = checked.values[MODEL.name]
        return None if named is None else str(named)
    return context.checkpoint_names.get(str(checked.raw.get(field, checked.model.view.fields[field].default)))


def checkpoint_note(context: Context, checked: CheckedInput, model: Checkpoint) -> list[Note]:
    """A warning where an input names weights that nobody has named a file for."""
    return [] if _named(context, checked) is not None else checked.model.stand_in(checked.raw, model.name)


def plan_for(model: Checkpoint, context: Context, checked: CheckedInput) -> tuple[AnimationPlan, list[Note]]:
    """The plan of an input that model draws, with notes on it. Raises Problem 422 that says what is wrong and where."""
    plan, notes = plan_input(checked, model.canvas, context.setup, model.made_for)
    notes = [*checkpoint_note(context, checked, model), *notes]
    try:
        _check_scheduled(plan, context)
        scheduled = {name: context.checkpoints[name].location for name in plan.checkpoints.distinct}
        check_additions(plan, context.setup, model.location, scheduled)
        check_controlnets(plan, context.setup, [model.location, *scheduled.values()])
    except InputError as error:
        raise invalid([from_input_error(error, checked.model)]) from None
    return plan, notes


def _check_scheduled(plan: AnimationPlan, context: Context) -> None:
    """Raises InputError for a scheduled model that does not draw here, or not at this size."""
    for name in plan.checkpoints.distinct:
        if (found := context.checkpoints.get(name)) is None:
            there = ", ".join(f'"{each}"' for each in context.checkpoints)
            raise InputError(SCHEDULE.name, f"{quote(name)} is none of the models here, which are {there}")
        try:
            check_canvas(replace(plan.canvas, multiple=found.canvas.multiple))
        except InputError as error:
            raise InputError(SCHEDULE.name, f"{quote(name)}: {error}") from None


def needs_of(context: Context, checked: CheckedInput, outline: Outline) -> tuple[str, ...]:
    """The networks that a worker must have for an input, LoRAs and ControlNets too; no model where it names none.

    Raises Problem 422 that names the input if no worker that is alive has them. Where none is alive yet, or they are
    this server's own, which have what it has, they are accepted.
    """
    scheduled = outline.scheduled
    is_named = _named(context, checked) is not None or bool(scheduled)
    names = tuple(dict.fromkeys((chosen_model(context, checked).name, *scheduled))) if is_named else ()
    beside = {called(name): field for name, field in outline.loras.items()}
    beside |= {called_controlnet(name): field for name, field in outline.controlnets.items()}
    if (names or beside) and context.settings.executor != "local":
        workers = context.service.workers()
        for name in names:
            _check_offered(name, workers)
        for name, field in beside.items():
            if workers and not any(name in worker.networks for worker in workers):
                raise invalid([FieldProblem("invalid_value", f"input.{field}", f"no worker has the {name} now")])
    return (*names, *beside)


def _check_offered(model: str, workers: Sequence[WorkerRow]) -> None:
    if any(model in worker.networks for worker in workers):
        return
    if offered := sorted({name for worker in workers for name in worker.networks if names_model(name)}):
        there = ", ".join(f'"{name}"' for name in offered)
        raise _refused("invalid_value", f'no worker has the model "{model}" now; workers have {there}')


def _refused(kind: str, sentence: str) -> Problem:
    return invalid([FieldProblem(kind, f"input.{MODEL.name}", sentence)])
