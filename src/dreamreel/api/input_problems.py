"""An input checked for a model of the API, and everything that is wrong with it at once."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.core import MODEL
from dreamreel.animation.field import Value
from dreamreel.animation.input import check
from dreamreel.animation.plan import AnimationPlan
from dreamreel.animation.refusals import one_of
from dreamreel.animation.views import ApiModel, meant
from dreamreel.api.input_schema import FieldProblem, from_input_error
from dreamreel.errors import InputError
from dreamreel.models.layout import Defaults
from dreamreel.rendering.planning import Checked, on_canvas, planned
from dreamreel.rendering.setup import Setup, plan_on
from dreamreel.schedule.notes import Note

# What means nothing here is kept and answered again, as Replicate does, but not at any size.
MOST_UNKNOWN_KEYS = 100
MOST_UNKNOWN_BYTES = 64 * 1024


@dataclass(frozen=True)
class CheckedInput:
    """raw: as it was sent. values: of every input, checked one by one. problems: with those in raw.

    named: the model that the request names. model: the one that raw is for (views.meant), whose rules hold.
    """

    named: ApiModel
    model: ApiModel
    raw: dict[str, Any]
    values: dict[str, Value]
    problems: list[FieldProblem]

    def plan(self, canvas: Canvas, setup: Setup, made_for: Defaults) -> tuple[AnimationPlan, list[Note]]:
        """What it draws, if there are no problems, and notes on it. Raises InputError for what only shows then.

        canvas, made_for: of the model that draws it.
        """
        checked, remark = Checked(self.raw, self.values, self.model.view), meant(self.named, self.raw)[1]
        plan, notes = planned(checked, setup, made_for, on_canvas(canvas, setup))
        return plan, [*([remark] if remark else []), *notes, *plan.notes]

    def resolved(self, plan: AnimationPlan) -> dict[str, Value]:
        """The value of each input that the model shows, by the names it has there."""
        fields = self.model.view.fields
        if self.model.view.here is None:
            return {name: plan.input.values[name] for name in fields}
        given = {name: value for name, value in self.raw.items() if name in fields and value is not None}
        return {**{name: field.default for name, field in fields.items()}, **given}

    def parser_problems(self, canvas: Canvas) -> Iterator[FieldProblem]:
        """What the parsers find beyond the problems, reading each text by itself."""
        wrong, fields = {problem.field for problem in self.problems}, self.model.view.fields
        fits = {name: self.raw[name] for name in fields if name in self.raw and f"input.{name}" not in wrong}
        rest = {name: value for name, value in fits.items() if not fields[name].has_syntax}
        for _ in range(len(rest)):
            error = self._error({**rest}, canvas)
            if error is None:
                break
            yield from_input_error(error, self.model)
            if rest.pop(error.field, None) is None:
                return
        for name in (name for name in fits if fields[name].has_syntax):
            error = self._error({**rest, name: fits[name]}, canvas)
            if error is not None:
                yield from_input_error(error, self.model)

    def _error(self, raw: dict[str, Any], canvas: Canvas) -> InputError | None:
        try:
            plan_on(canvas, raw, view=self.model.view)
        except InputError as error:
            return error
        return None


def check_input(raw: dict[str, Any], named: ApiModel, drawing: Collection[str] = ()) -> CheckedInput:
    """raw as a request that names a model. Inputs that do not exist fit, if they are few and small.

    drawing: the models that draw here, by name; empty: whichever one asks for.
    """
    model, _ = meant(named, raw)
    values, wrong = check(raw, model.view)
    problems = [from_input_error(error, model) for error in wrong]
    if drawing and values[MODEL.name] not in (None, *drawing):
        problems.append(FieldProblem("enum", f"input.{MODEL.name}", one_of(MODEL.name, tuple(drawing))))
    return CheckedInput(named, model, raw, values, [*problems, *_check_unknown(raw, model)])


def _check_unknown(raw: dict[str, Any], model: ApiModel) -> Iterator[FieldProblem]:
    unknown = {name: value for name, value in raw.items() if name not in model.view.fields}
    if len(unknown) > MOST_UNKNOWN_KEYS:
        example = next(iter(unknown))[:40]
        text = f"{len(unknown)} inputs do not exist, such as {example}; of such {MOST_UNKNOWN_KEYS} may be sent"
        yield FieldProblem("additional_property_not_allowed", "input", text)
        return
    sizes = {name: len(json.dumps(value)) + len(name) for name, value in unknown.items()}
    if sum(sizes.values()) > MOST_UNKNOWN_BYTES:
        largest = max(sizes, key=lambda name: sizes[name])
        text = (
            f"There is no input {largest[:40]}, and it holds {sizes[largest]} bytes; "
            f"inputs that do not exist may hold {MOST_UNKNOWN_BYTES} together"
        )
        yield FieldProblem("additional_property_not_allowed", "input", text)
