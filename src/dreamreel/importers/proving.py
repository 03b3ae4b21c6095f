"""A request that an importer made, tried: what a plan cannot be made of is taken out and named."""

from collections.abc import Mapping

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build
from dreamreel.animation.views import View
from dreamreel.documents import JsonObject
from dreamreel.errors import InputError
from dreamreel.importers.fates import Fates, Imported

# A film of more is not planned here: each of its texts has been read by itself.
MOST_PLANNED = 20_000
# Each takes out one input; there are not many more.
_MOST_TRIES = 60


def proved(kind: str, request: JsonObject, view: View, fates: Fates, keys_of: Mapping[str, list[str]]) -> Imported:
    """request without what would be refused of it, which fates then names. keys_of: input -> keys of the file."""
    request, remarks = dict(request), []
    for _ in range(_MOST_TRIES):
        try:
            remarks = _planned(request, view)
            break
        except InputError as error:
            if error.field in _WORDS and "prompt_grammar" not in request:
                request["prompt_grammar"] = "dreamreel"
                _say(
                    fates,
                    keys_of.get(error.field, []),
                    f"read by the rules of profile dreamreel: {error.message}",
                    "changed",
                )
                continue
            if (name := _named(error.field, request)) is None:
                fates.note([f"{error}"])
                break
            del request[name]
            _say(fates, keys_of.get(name, []), f"{error.message}; the default is drawn", "unsupported")
    return Imported(kind, request, fates, tuple(remarks))


_WORDS = ("animation_prompts", "positive_prompts", "negative_prompts")


def _say(fates: Fates, keys: list[str], sentence: str, fate: str) -> None:
    for key in keys:
        fates.put(key, "changed" if fate == "changed" else "unsupported", sentence)
    if not keys:
        fates.note([sentence])


def _named(field: str, request: JsonObject) -> str | None:
    """The input of request that an error's field names."""
    return next((name for name in (field, f"{field}_schedule", "width", "height") if name in request), None)


def _planned(request: JsonObject, view: View) -> list[str]:
    """What a plan of request says of it. Raises InputError."""
    animation_input, notes = parse(request, view)
    if animation_input.max_frames <= MOST_PLANNED:
        sizes = [request.get(side) for side in ("width", "height")]
        width, height = (side if isinstance(side, int) else 512 for side in sizes)
        plan = build(animation_input, Canvas(width, height, 25, 7.0), animation_input.seed or 0)
        notes = [*notes, *plan.notes]
    return [str(note) for note in notes]
