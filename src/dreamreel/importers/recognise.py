"""THE way in: a file's bytes -> a request, whatever the file is; it is known by what it holds, never by its name."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dreamreel.animation.fields import FIELDS
from dreamreel.animation.views import HERE, SEED, View
from dreamreel.documents import Json, JsonObject
from dreamreel.errors import InputError, VideoError
from dreamreel.importers import notebook, requests
from dreamreel.importers.a1111 import read_a1111
from dreamreel.importers.a1111_keys import A1111
from dreamreel.importers.fates import Fates, Imported
from dreamreel.importers.keys import is_flag
from dreamreel.importers.notebook_keys import NOTEBOOK
from dreamreel.importers.parseq import is_parseq, read_parseq
from dreamreel.importers.reading import MOST_BYTES, decode, load
from dreamreel.video.provenance import manifest_text

FIELD = "file"
# Of one object. The longest settings file has about 400.
MOST_KEYS = 5000
# Objects in which others send settings; what stands beside them decides no frame.
_WRAPPERS = ("deforum_settings", "settings", "deforum", "input", "args")
_SPREAD = ("args", "anim_args", "root", "video_args", "parseq_args", "loop_args", "controlnet_args")
# Of Replicate's answers, and of our manifests.
_PREDICTION = {"id", "version", "status", "urls", "created_at", "logs", "output", "metrics", "webhook", "stream"}
_MANIFEST = {"width", "height", "steps", "cfg_scale", "rows"}
# Members that only settings files have: two of them make one.
_ONLY_SETTINGS = {
    *("animation_mode", "W", "H", "prompts", "use_init", "batch_name", "sd_model_name", "translation_z", "scale"),
    *("resume_from_timestring", "n_batch", "use_mask", "init_image", "save_depth_maps", "midas_weight", "strength"),
    *("rotation_3d_x", "hybrid_composite", "enable_steps_scheduling", "skip_video_creation", "parseq_manifest"),
    *("use_looper", "video_init_path", "deforum_git_commit_id", "restore_faces", "near_schedule", "fov_schedule"),
    *("animation_prompts_positive", "animation_prompts_negative", "optical_flow_cadence", "near_plane", "outdir"),
    *("timestring", "FPS", "sd_model_hash", "flip_2d_perspective", "use_depth_warping", "cond_prompts"),
}
# Only the second Replicate model's inputs are called so: one of the first, or all of the second.
_ONLY_SECOND = ("hybrid_video_motion", "hybrid_video_composite", "hybrid_video_flow_method")
_SECOND_TOGETHER = {"model_checkpoint", "num_inference_steps"}

_COMFYUI = (
    "is a workflow of ComfyUI, whose nodes are not read; import the settings file or the Parseq manifest that it was "
    "made from, or write its schedules and prompts as inputs"
)

_KNOWN = {*A1111.by_key, *NOTEBOOK.by_key, *FIELDS}


def import_file(content: bytes, view: View = HERE, shown: str = "the file", field: str = FIELD) -> Imported:
    """content as a request. view: what a request may name, and within which limits. shown, field: named by errors.

    Raises InputError for what is too large, no JSON, or nothing that is known.
    """
    document = parse_file(content, shown, field)
    imported = import_document(document.json, view, shown, field)
    imported.fates.note(document.notes())
    return imported


@dataclass(frozen=True)
class Document:
    """What a file holds. encoding: its letters'. twice: names that one object of it has twice; the last one counts."""

    json: Json
    encoding: str = "utf-8"
    twice: tuple[str, ...] = ()

    def notes(self) -> Iterator[str]:
        """What may surprise in how it was read."""
        if self.encoding in ("cp1252", "latin-1"):
            yield f"the file is not UTF-8; it is read as {self.encoding}: look at letters beyond English"
        yield from (f"{key} stands there twice; the last one counts" for key in self.twice[:20])


def is_film(content: bytes) -> bool:
    """Whether content, or the beginning of it, is an mp4's."""
    return content[4:8] == b"ftyp"


def parse_file(content: bytes, shown: str, field: str) -> Document:
    """The JSON in content, or in the mp4 that it is. Raises InputError."""
    if len(content) > MOST_BYTES:
        raise InputError(field, f"{shown} has more than {MOST_BYTES >> 20} MiB")
    if is_film(content):
        return Document(film_manifest(io.BytesIO(content), shown, field))
    text, encoding = decode(content)
    twice: list[str] = []
    return Document(load(text, field, shown, twice), encoding, tuple(twice))


def film_manifest(film: BinaryIO, shown: str, field: str) -> Json:
    """The manifest in an open mp4. Raises InputError."""
    try:
        text = manifest_text(film, shown)
    except VideoError as error:
        raise InputError(field, str(error)) from None
    return load(text, field, f"the manifest in {shown}")


def import_document(document: Json, view: View = HERE, shown: str = "the file", field: str = FIELD) -> Imported:
    """The same of JSON that was read."""
    try:
        return _import(document, view, shown, field)
    except RecursionError:
        raise InputError(field, f"{shown} is nested too deeply") from None


def _import(document: Json, view: View, shown: str, field: str) -> Imported:
    fates = Fates()
    if isinstance(document, list) and document and all(isinstance(each, dict) for each in document):
        if len(document) > 1:
            fates.note([f"{shown} holds {len(document)} settings; the first is taken, import the others one by one"])
        document = document[0]
    if not isinstance(document, dict):
        raise InputError(field, f"{shown} must hold a JSON object: a request, settings, or a Parseq manifest")
    return _read(document, view, fates, field, shown)


def _read(document: JsonObject, view: View, fates: Fates, field: str, shown: str) -> Imported:
    inner = document.get("input")
    for each in (document, *([inner] if isinstance(inner, dict) else [])):
        if len(each) > MOST_KEYS:
            raise InputError(field, f"{shown} holds an object of {len(each)} keys; {MOST_KEYS} are the most")
    if _is_comfyui(document):
        raise InputError(field, f"{shown} {_COMFYUI}")
    if is_parseq(document):
        try:
            return read_parseq(document, view, fates)
        except InputError as error:
            raise InputError(field, f"{shown} {error.message}") from None
    if isinstance(inner, dict):
        return _read_input(document, inner, view, fates)
    if (unwrapped := _unwrapped(document)) is not None:
        name, settings = unwrapped
        beside = {key: value for key, value in document.items() if key in _KNOWN and key not in (name, *settings)}
        for key in document:
            fates.put(key, "used" if key == name else "inert", f"{name} holds the settings")
        return _read({**beside, **settings, **_overrides(document, settings, fates)}, view, fates, field, shown)
    spread = [key for key in _SPREAD if isinstance(document.get(key), dict)]
    if spread:
        whole: JsonObject = {key: value for key, value in document.items() if key not in spread}
        for key in spread:
            part = document[key]
            assert isinstance(part, dict)
            whole.update(part)
            fates.put(key, "used", "what it holds")
        return _read(whole, view, fates, field, shown)
    return _read_flat(document, view, fates)


def is_request(document: Json) -> bool:
    """Whether document is inputs by name, bare or in an `input`: what needs no importer."""
    if not isinstance(document, dict) or is_parseq(document) or _is_comfyui(document):
        return False
    inner = document.get("input")
    if isinstance(inner, dict):
        return not (_is_manifest(document) or _is_second(document) or _looks_like_settings(inner))
    wrapped = _unwrapped(document) is not None or any(isinstance(document.get(key), dict) for key in _SPREAD)
    return not (wrapped or _looks_like_settings(document) or _is_bare_second(document))


def _is_comfyui(document: JsonObject) -> bool:
    """Whether it is a graph as ComfyUI saves it, exports it for its API, or is sent it."""
    if {"nodes", "links"} <= set(document):
        return True
    graph = document.get("prompt", document)
    nodes = list(graph.values()) if isinstance(graph, dict) else []
    return bool(nodes) and all(isinstance(node, dict) and "class_type" in node for node in nodes)


def _is_bare_second(document: JsonObject) -> bool:
    return any(key in document for key in _ONLY_SECOND) or set(document) >= _SECOND_TOGETHER


def _is_manifest(document: JsonObject) -> bool:
    return bool(_MANIFEST & set(document)) and not _PREDICTION & set(document)


def _is_second(document: JsonObject) -> bool:
    """Whether a request names the second Replicate model; some write the first one's version behind its name."""
    names = " ".join(str(document.get(key, "")) for key in ("version", "model"))
    return notebook.SECOND_VERSION in names or (notebook.SECOND_MODEL in names and SEED.version not in names)


def _read_input(document: JsonObject, inner: JsonObject, view: View, fates: Fates) -> Imported:
    """An object with an input in it: a prediction, a manifest, a request."""
    if _is_manifest(document):
        imported = requests.read_manifest(document, view, fates)
    elif _is_second(document):
        imported = notebook.read_second(inner, view, fates)
    elif _looks_like_settings(inner):
        imported = _read_flat(inner, view, fates)
    else:
        beside = {key: value for key, value in document.items() if key in FIELDS and key not in ("model", *inner)}
        kind = requests.PREDICTION if _PREDICTION & set(document) else requests.REQUEST
        imported = requests.read_request({**beside, **inner}, view, fates, kind)
    fates.put("input", "used", "what it holds")
    for key in document:
        if key not in fates.found:
            fates.put(key, "inert", "it decides no frame")
    return imported


def _unwrapped(document: JsonObject) -> tuple[str, JsonObject] | None:
    for name in _WRAPPERS:
        inner = document.get(name)
        inner = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(inner, dict) and not any(isinstance(document.get(key), dict) for key in _SPREAD if key != name):
            return name, inner
    return None


def _overrides(document: JsonObject, settings: JsonObject, fates: Fates) -> JsonObject:
    """What the webui's options beside settings say of the film: how many layers of the text encoder are left out."""
    options = document.get("options_overrides")
    layers = options.get("CLIP_stop_at_last_layers") if isinstance(options, dict) else None
    is_scheduled = is_flag(settings.get("enable_clipskip_scheduling"))
    if is_scheduled or isinstance(layers, bool) or not isinstance(layers, int | float):
        return {}
    fates.put("options_overrides", "used", "CLIP_stop_at_last_layers")
    return {"enable_clipskip_scheduling": True, "clipskip_schedule": f"0: ({layers})"}


def _looks_like_settings(document: JsonObject) -> bool:
    has_prompts = isinstance(document.get("prompts"), dict | list)
    return len(_ONLY_SETTINGS & set(document)) + has_prompts > 1 and "profile" not in document


def _read_flat(document: JsonObject, view: View, fates: Fates) -> Imported:
    if _is_bare_second(document):
        return notebook.read_second(document, view, fates)
    if not _looks_like_settings(document):
        return requests.read_request(document, view, fates)
    return (
        notebook.read_notebook(document, view, fates) if _is_notebook(document) else read_a1111(document, view, fates)
    )


def _is_notebook(document: JsonObject) -> bool:
    """By the keys and the names that only one of the two has."""
    keys = set(document)
    notebooks, extensions = keys & set(NOTEBOOK.by_key), keys & set(A1111.by_key)
    only = len(notebooks - extensions) - len(extensions - notebooks)
    sampler, colors = str(document.get("sampler", "")), str(document.get("color_coherence", ""))
    spelling = 3 * (("_" in sampler or sampler == "klms") - (" " in sampler or "+" in sampler))
    return only + spelling + ("Match Frame" in colors) > 0
