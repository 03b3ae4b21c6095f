"""What an animation is drawn with beside its model: LoRAs, found in the operator's folder and held to the model."""

from pathlib import Path

from dreamreel.animation.plan import AnimationPlan
from dreamreel.errors import InputError
from dreamreel.models.adapters.library import LoraFile, loras_in
from dreamreel.models.catalog import Location
from dreamreel.models.layout import text_width
from dreamreel.models.loras import WIDTHS
from dreamreel.rendering.setup import Setup


def check_additions(plan: AnimationPlan, setup: Setup, location: Location) -> None:
    """Raises InputError, with its field and column, for a LoRA that is not there or is for another family of models."""
    for name, field in plan.words.loras.items():
        found = loras_in(setup.loras).files.get(name)
        if found is None:
            wrong = loras_in(setup.loras).missing(name)
        elif (misfit := _misfit(found, location)) is not None:
            wrong = misfit
        else:
            continue
        raise InputError(field, *_placed(plan, field, name, wrong))


def fits(lora: LoraFile, location: Location) -> bool:
    """Whether a LoRA can be for the model at location, by their headers."""
    return _misfit(lora, location) is None


def _misfit(lora: LoraFile, location: Location) -> str | None:
    """Why a LoRA cannot be for the model at location; None if it can."""
    ours = text_width(location.path)
    is_other = ours is not None and lora.width is not None and lora.width != ours
    if not is_other and (lora.base is None or lora.base in WIDTHS.values()):
        return None
    made_for = lora.base or f"a model whose text is {lora.width} numbers wide"
    model = WIDTHS.get(ours or 0, f"{ours} numbers wide")
    return f'the LoRA "{lora.name}" is for {made_for}, and the model {location.short_name} is {model}'


def _placed(plan: AnimationPlan, field: str, name: str, sentence: str) -> tuple[str, int | None]:
    """sentence with the column at which the field names it, and that column, where its text shows it."""
    place = plan.input.text(field).find(name)
    return (sentence, None) if place < 0 else (f"{sentence} (column {place + 1})", place + 1)


def find_lora(setup: Setup, name: str) -> Path:
    """Where the LoRA of that name lies. Raises ModelError."""
    return loras_in(setup.loras).find(name).path


def digests_at(plan: AnimationPlan, setup: Setup, idx: int) -> dict[str, str]:
    """SHA-256 of the files beside the model that decide frame idx, by what they are called. Raises ModelError."""
    return {called(each.name): loras_in(setup.loras).find(each.name).digest for each in plan.words.loras_at(idx)}


def all_digests(plan: AnimationPlan, setup: Setup) -> dict[str, str]:
    """The same of all frames."""
    return {called(name): loras_in(setup.loras).find(name).digest for name in plan.words.loras}


def called(lora: str) -> str:
    """What a LoRA is called among the needs of a prediction and in digests."""
    return f"lora {lora}"


def offered(setup: Setup) -> frozenset[str]:
    """What can be drawn with beside the model here."""
    return frozenset(called(name) for name in loras_in(setup.loras).files)
