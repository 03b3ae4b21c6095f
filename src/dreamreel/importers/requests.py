"""What is a request already: a request file, a prediction as Replicate's API answers it, a manifest of a film."""

from dreamreel.animation import hints
from dreamreel.animation.views import View
from dreamreel.documents import JsonObject
from dreamreel.importers.fates import Fates, Imported
from dreamreel.importers.proving import proved

REQUEST = "a request"
PREDICTION = "a prediction of Replicate's"
MANIFEST = "the manifest of a film"
# Members of a manifest that decide frames beside its input, and the inputs that they are, if there are such.
_BESIDE = ("model", "width", "height", "steps", "cfg_scale")
# Each is a search of a millisecond among all names.
_MOST_HINTS = 100


def read_request(request: JsonObject, view: View, fates: Fates, kind: str = REQUEST) -> Imported:
    """Inputs by name. Replicate's service drops what it has no input for; so do we, and say it."""
    hinted = 0
    for key, value in request.items():
        if value is None:
            fates.put(key, "inert", "null: the default holds")
        elif key in view.fields:
            fates.put(key, "used", key)
        else:
            hinted += 1
            hint = hints.of_input(key, value) if hinted <= _MOST_HINTS else ""
            fates.put(key, "inert", f"there is no such input{hint}")
    taken: JsonObject = {key: value for key, value in request.items() if key in view.fields and value is not None}
    return proved(kind, taken, view, fates, {key: [key] for key in taken})


def read_manifest(document: JsonObject, view: View, fates: Fates) -> Imported:
    """A film's own manifest: its input, and what stands beside that."""
    inner = document["input"]
    assert isinstance(inner, dict)
    beside = {key: document[key] for key in _BESIDE if key in document and inner.get(key) is None}
    chosen = {key: beside.pop(key) for key in list(beside) if key in view.fields and key != "model"}
    for key, value in beside.items():
        fates.put(key, "inert", f"the server or the command line chooses it; the film was drawn with {value!r:.80}")
    return read_request({**inner, **chosen}, view, fates, MANIFEST)
