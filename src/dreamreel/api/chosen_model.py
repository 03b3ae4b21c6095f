"""Which of the models that draw here a request wants, and whether a worker could draw it."""

from collections.abc import Sequence

from dreamreel.animation.core import MODEL
from dreamreel.animation.refusals import one_of
from dreamreel.api.context import Checkpoint, Context
from dreamreel.api.create_request import invalid
from dreamreel.api.http.problems import Problem
from dreamreel.api.input_problems import CheckedInput
from dreamreel.api.input_schema import FieldProblem
from dreamreel.predictions.store import WorkerRow


def chosen_model(context: Context, checked: CheckedInput) -> Checkpoint:
    """The model that an input names, or the first. Raises Problem 422 for one that does not draw here."""
    name = checked.values[MODEL.name]
    if name is None:
        return next(iter(context.checkpoints.values()))
    found = context.checkpoints.get(str(name))
    if found is None:
        raise _refused("enum", one_of(MODEL.name, tuple(context.checkpoints)))
    return found


def needs_of(context: Context, checked: CheckedInput) -> tuple[str, ...]:
    """The networks that a worker must have for an input; none by name where it names none.

    Raises Problem 422 that names the input if no worker that is alive has them. Where none is alive yet, or they are
    this server's own, which have what it has, they are accepted.
    """
    name = checked.values[MODEL.name]
    if name is None:
        return ()
    model = chosen_model(context, checked).name
    if context.settings.executor != "local":
        _check_offered(model, context.service.workers())
    return (model,)


def _check_offered(model: str, workers: Sequence[WorkerRow]) -> None:
    offered = sorted({name for worker in workers for name in worker.networks})
    if offered and model not in offered:
        there = ", ".join(f'"{name}"' for name in offered)
        raise _refused("invalid_value", f'no worker has the model "{model}" now; workers have {there}')


def _refused(kind: str, sentence: str) -> Problem:
    return invalid([FieldProblem(kind, f"input.{MODEL.name}", sentence)])
