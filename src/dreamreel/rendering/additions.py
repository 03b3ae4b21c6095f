"""What an animation is drawn with beside its model: LoRAs and embeddings of the operator's, held to the model."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dreamreel.animation.plan import AnimationPlan
from dreamreel.engine.rows import parse_rows
from dreamreel.models.adapters.embeddings import EmbeddingFile, embeddings_in, encoder_widths, fitting, named_in
from dreamreel.models.adapters.library import LoraFile, lora_files, loras_in
from dreamreel.models.catalog import Location
from dreamreel.models.digest import files_digest
from dreamreel.models.layout import text_width
from dreamreel.models.loras import WIDTHS
from dreamreel.rendering import controlnets
from dreamreel.rendering.setup import BESIDE, LORA, Setup
from dreamreel.schedule.notes import Note

if TYPE_CHECKING:
    from dreamreel.engine.checkpoint import Checkpoint, ControlNets
    from dreamreel.models.bundle import ModelBundle

PROMPTS = "animation_prompts"
EMBEDDING = "embedding "
CHECKPOINT = "checkpoint "
# As ComfyUI names one.
_MARKED = re.compile(r"\bembedding:\s*([\w.\-]{1,100})")


def check_additions(plan: AnimationPlan, setup: Setup, location: Location, scheduled: Mapping[str, Location]) -> None:
    """Raises InputError, with its field and column, for a LoRA that is not there or is for another family of models.

    scheduled: where the models lie between which the film switches, by the names that its schedule has; each is held to
    the LoRAs of its own frames.
    """
    drawn_by = {name: {lora.name for lora in plan.loras_of([name])} for name in scheduled}
    for name, field in plan.words.loras.items():
        models = [each for model, each in scheduled.items() if name in drawn_by[model]] if scheduled else [location]
        if (wrong := _wrong(setup, name, models)) is not None:
            raise controlnets.refusal(plan, field, name, wrong)


def _wrong(setup: Setup, name: str, models: Sequence[Location]) -> str | None:
    """Why these models cannot draw with the LoRA of that name; None if they can."""
    if (found := loras_in(setup.loras).files.get(name)) is None:
        return loras_in(setup.loras).missing(name)
    return next((misfit for each in models if (misfit := _misfit(found, each)) is not None), None)


def fits(lora: LoraFile, location: Location) -> bool:
    """Whether a LoRA can be for the model at location, by their headers."""
    return _misfit(lora, location) is None


def _misfit(lora: LoraFile, location: Location) -> str | None:
    """Why a LoRA cannot be for the model at location; None if it can."""
    if lora.refused:
        return f'"{lora.name}" is {lora.refused}'
    ours = text_width(location.path)
    is_other = ours is not None and lora.width is not None and lora.width != ours
    if not is_other and (lora.base is None or lora.base in WIDTHS.values()):
        return None
    made_for = lora.base or f"a model whose text is {lora.width} numbers wide"
    model = WIDTHS.get(ours or 0, f"{ours} numbers wide")
    return f'the LoRA "{lora.name}" is for {made_for}, and the model {location.short_name} is {model}'


def find_lora(setup: Setup, name: str) -> Path:
    """Where the LoRA of that name lies. Raises ModelError."""
    return loras_in(setup.loras).find(name).path


def checkpoint_of(bundle: "ModelBundle", setup: Setup, beside: "ControlNets | None" = None) -> "Checkpoint":
    """A loaded model that draws with the operator's LoRAs, embeddings and ControlNets. Raises ModelError.

    beside: where it finds ControlNets; it keeps its own without it.
    """
    import torch

    from dreamreel.engine.checkpoint import Checkpoint
    from dreamreel.models.devices import PRECISIONS

    facts = bundle.facts
    own = controlnets.Alone(setup, torch.device(facts.device), PRECISIONS[facts.precision])
    made = Checkpoint(bundle, parse_rows(setup.rows), partial(find_lora, setup), beside or own)
    made.prepare(embeddings=embeddings_for(setup))
    return made


def embeddings_for(setup: Setup) -> list[EmbeddingFile]:
    """All that there are, by name; a model learns those that fit it."""
    files = embeddings_in(setup.embeddings).files
    return [files[name] for name in sorted(files)]


def embeddings_of(setup: Setup, locations: Iterable[Location]) -> list[EmbeddingFile]:
    """Those that fit any of the models there."""
    if not setup.embeddings:
        return []
    widths = {encoder_widths(each.path) for each in locations}
    return [file for each in sorted(widths) for file in fitting(embeddings_in(setup.embeddings).files, each)]


def misfits(plan: AnimationPlan, setup: Setup, locations: Iterable[Location]) -> Iterator[Note]:
    """A note on each embedding in the prompts that is for another family than all of the models, and so only a word."""
    fit = {file.name for file in embeddings_of(setup, locations)}
    made_for = {file.name: file.family for file in embeddings_for(setup)}
    others = [file.name for file in embeddings_for(setup) if file.name not in fit]
    text = "\n".join(plan.prompts)
    for name in named_in(text, others)[:10]:
        message = (
            f'"{name}" is read as a word: the embedding of that name is for {made_for[name]}, and the model is not'
        )
        yield Note(PROMPTS, message)
    for found in itertools.islice(_MARKED.finditer(text), 10):
        if not any(found[1].lower().startswith(name.lower()) for name in fit):
            yield Note(PROMPTS, f'"{found[0]}" is read as words: there is no embedding "{found[1]}" here', ignored=True)


def digests_of(plan: AnimationPlan, setup: Setup, locations: Iterable[Location]) -> dict[str, str]:
    """SHA-256 of the files beside the models that decide any frame, by what they are called. Raises ModelError."""
    return {name: files_digest(paths) for name, paths in decisive(plan, setup, locations).items()}


def decisive(plan: AnimationPlan, setup: Setup, locations: Iterable[Location]) -> dict[str, tuple[Path, ...]]:
    """The files beside the models that decide any frame, by what they are called. Raises ModelError."""
    found = {called(name): lora_files(find_lora(setup, name)) for name in plan.words.loras}
    return found | controlnets.decisive(plan, setup) | read_words(plan, setup, locations)


def read_words(plan: AnimationPlan, setup: Setup, locations: Iterable[Location]) -> dict[str, tuple[Path, ...]]:
    """The files of the embeddings that stand in the prompts, by what they are called."""
    files = {file.name: file for file in embeddings_of(setup, locations)}
    named = named_in("\n".join(plan.prompts), list(files))
    return {f"{EMBEDDING}{name}": (files[name].path,) for name in named}


def digests_at(plan: AnimationPlan, digests: Mapping[str, str], idx: int) -> dict[str, str]:
    """Those of digests_of() that decide frame idx."""
    if not digests:
        return {}
    names = [called(each.name) for each in plan.words.loras_at(idx)]
    names += dict.fromkeys(controlnets.called(unit.name) for unit in plan.controlnets.at(idx))
    if (checkpoint := plan.checkpoint_of(idx)) is not None:
        names.append(f"{CHECKPOINT}{checkpoint}")
    words = [name.removeprefix(EMBEDDING) for name in digests if name.startswith(EMBEDDING)]
    names += [f"{EMBEDDING}{name}" for name in named_in(plan.prompt(idx), words)]
    return {name: digests[name] for name in names}


def called(lora: str) -> str:
    """What a LoRA is called among the needs of a prediction and in digests."""
    return f"{LORA}{lora}"


def offered(setup: Setup) -> frozenset[str]:
    """What can be drawn with beside the model here."""
    loras = (called(name) for name in loras_in(setup.loras).files)
    return frozenset([*loras, *map(controlnets.called, controlnets.usable(setup))])


def names_model(need: str) -> bool:
    """Whether a need of a prediction is a model, and not what is drawn with beside it."""
    return not need.startswith(tuple(BESIDE))
