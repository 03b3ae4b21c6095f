"""Settings files of the notebooks 0.5 to 0.7, and requests of the second Replicate model, which is the notebook."""

from dreamreel.animation.views import View
from dreamreel.documents import JsonObject
from dreamreel.importers.fates import Fates, Imported
from dreamreel.importers.notebook_keys import NOTEBOOK, SECOND, SECOND_NAMES, SECOND_PREFIX
from dreamreel.importers.settings_file import Source, read_settings

SECOND_MODEL = "deforum-art/deforum-stable-diffusion"
SECOND_VERSION = "1a98303504c7d866d2b198bae0b03237eab82edc1491a5306895d12b0021d6f6"


def read_notebook(settings: JsonObject, view: View, fates: Fates) -> Imported:
    """A settings file's object."""
    found, changes, names = _renamed(settings)
    return read_settings(found, NOTEBOOK, view, fates, Source(changes=changes, names=names))


def _renamed(settings: JsonObject) -> tuple[JsonObject, dict[str, str], dict[str, str]]:
    """With the extension's name for the flip, which inputs have."""
    found, old, new = dict(settings), "flip_2d_perspective", "enable_perspective_flip"
    if old not in found or new in found:
        return found, {}, {}
    found[new] = found.pop(old)
    return found, {old: f"is {new} here"}, {new: old}


def read_second(request: JsonObject, view: View, fates: Fates) -> Imported:
    """An input of the second Replicate model."""
    old, new = SECOND_PREFIX
    names: dict[str, str] = {}
    for key in sorted(request, key=lambda key: _name(key, old, new) == key):  # the model's own names first
        if (own := names.setdefault(_name(key, old, new), key)) != key:
            fates.put(key, "inert", f"{own} stands beside it")
    found = {name: request[key] for name, key in names.items()}
    found, changes, renamed = _renamed(found)
    return read_settings(found, SECOND, view, fates, Source(changes=changes, names={**names, **renamed}))


def _name(key: str, old: str, new: str) -> str:
    return SECOND_NAMES.get(key) or (new + key.removeprefix(old) if key.startswith(old) else key)
