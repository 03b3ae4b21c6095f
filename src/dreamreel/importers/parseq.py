"""Parseq manifests: a value of each field for each frame, which become keyframes of schedules.

Source: the extension's adapter, but for frames that are missing: there values stay empty, here they are interpolated.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from dreamreel.animation.views import View
from dreamreel.documents import Json, JsonObject
from dreamreel.errors import InputError
from dreamreel.importers.a1111_keys import A1111
from dreamreel.importers.fates import Fates, Imported
from dreamreel.importers.mending import keyed
from dreamreel.importers.reading import load
from dreamreel.importers.settings_file import Source, read_settings
from dreamreel.importers.undrawn_keys import LOOPER

KIND = "a Parseq manifest"
FRAMES = "rendered_frames"
# Fields that are a change from frame to frame, if manifests are read so; else the field itself.
DELTAS = (
    *("angle", "zoom", "translation_x", "translation_y", "translation_z", "rotation_3d_x", "rotation_3d_y"),
    *("rotation_3d_z", "perspective_flip_theta", "perspective_flip_phi", "perspective_flip_gamma"),
)
# Field -> key of settings, where it is not the field's name with or without `_schedule`.
_KEYS = {
    "scale": "cfg_scale_schedule",
    "antiblur_kernel": "kernel_schedule",
    "antiblur_sigma": "sigma_schedule",
    "antiblur_amount": "amount_schedule",
    "antiblur_threshold": "threshold_schedule",
    "pix2pix_img_cfg_scale": "pix2pix_img_cfg_scale_schedule",
    "guided_imageStrength": "image_strength_schedule",
    "guided_blendFactorMax": "blendFactorMax",
    "guided_blendFactorSlope": "blendFactorSlope",
    "guided_tweening_frames": "tweening_frames_schedule",
    "guided_color_correction_factor": "color_correction_factor",
    "deforum_prompt": "prompts",
}
_NAMES = ("sampler_schedule", "checkpoint_schedule", "mask_schedule", "noise_mask_schedule", "prompts")
_SEEDS = ("seed", "subseed", "subseed_strength")
_NOT_RENDERED = "is a Parseq document that was never rendered: open it in Parseq, press Render, save what it shows"


class Frame(NamedTuple):
    """One entry of a manifest."""

    number: int
    values: JsonObject


@dataclass(frozen=True)
class Manifest:
    """entries: in the order written, at least one. options: of the document."""

    entries: tuple[Frame, ...]
    options: JsonObject

    @property
    def fields(self) -> tuple[str, ...]:
        """Those that count: of the first entry."""
        return tuple(name for name in self.entries[0].values if name != "frame")

    def series(self, name: str) -> dict[int, Json]:
        """Frame -> value of a field, the last of two at one frame, none for missing ones."""
        found = {entry.number: entry.values.get(name) for entry in self.entries}
        return {frame: value for frame, value in sorted(found.items()) if value is not None}


def is_parseq(document: JsonObject) -> bool:
    """Whether a document is one of Parseq's, rendered or not."""
    return FRAMES in document or {"managedFields", "keyframes"} <= set(document)


def read_parseq(document: JsonObject, view: View, fates: Fates) -> Imported:
    """A manifest alone: all else is as the extension has it by default. Raises InputError."""
    manifest = manifest_of(document)
    found = overlay(manifest, fates, True, True, {})
    for key in document:
        if key not in (FRAMES, "options"):
            fates.put(key, "inert", "what was rendered from it counts")
    fates.put(FRAMES, "used", "the schedules")
    if "options" in document:
        fates.put("options", "used", "the rate and the number of frames")
    return replace(read_settings({}, A1111, view, fates, Source(found)), kind=KIND)


def manifest_of(document: JsonObject) -> Manifest:
    """Raises InputError for a document that says nothing of its frames."""
    entries, options = document.get(FRAMES), document.get("options")
    if FRAMES not in document or entries in (None, []):
        raise InputError("manifest", _NOT_RENDERED)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError("manifest", f"must have {FRAMES} as a list of objects, one for each frame")
    return Manifest(tuple(_frames(entries)), options if isinstance(options, dict) else {})


def _frames(entries: list[Json]) -> Iterator[Frame]:
    for place, entry in enumerate(entries):
        assert isinstance(entry, dict)
        number = entry.get("frame", place)
        if isinstance(number, bool) or not isinstance(number, int | float) or not -1e9 < number < 1e9:
            raise InputError("manifest", f'has no frame number in entry {place} of {FRAMES}: "frame" is {number!r:.40}')
        yield Frame(int(number), entry)


def manifest_in(written: Json, fates: Fates) -> Manifest | None:
    """The manifest in a settings file: as text or as an object; None for one that cannot be read, which is named."""
    try:
        if isinstance(written, str):
            if not written.lstrip().startswith(("{", "[")):
                raise InputError(
                    "parseq_manifest", "is an address, and nothing is fetched; import the file that it names"
                )
            written = load(written, "parseq_manifest", "it")
        if not isinstance(written, dict):
            raise InputError("parseq_manifest", "is no object")
        return manifest_of(written)
    except InputError as error:
        fates.put("parseq_manifest", "unsupported", f"it {error.message.removeprefix('it ')}")
        return None


def overlay(
    manifest: Manifest, fates: Fates, deltas: bool, overrides: bool, settings: Mapping[str, Json]
) -> dict[str, tuple[Json, str]]:
    """Key of settings -> what a manifest says of it, and the field that does. fates: of fields that say nothing."""
    found = {key: (value, f"{FRAMES}.{name}") for name, key, value in _said(manifest, deltas)}
    taken = {origin.removeprefix(f"{FRAMES}.") for _, origin in found.values()}
    for name in manifest.fields:
        if name not in taken:
            fates.put(f"{FRAMES}.{name}", "inert", _unread(name, deltas))
    if "seed_schedule" in found:
        found["seed_behavior"] = ("schedule", found["seed_schedule"][1])
        found |= {"enable_subseed_scheduling": (True, found["seed_schedule"][1])} if "subseed_schedule" in found else {}
    if LOOPER(settings) and "strength_schedule" in found:
        found.setdefault("image_strength_schedule", found["strength_schedule"])
    if "prompts" in found:
        boxes = [f"{kind}{box}" for kind in ("animation_prompts_", "") for box in ("positive", "negative")]
        found |= {box if "_" in box else f"{box}_prompts": (None, found["prompts"][1]) for box in boxes}
    return {**found, **_overrides(manifest, fates, overrides)}


def _said(manifest: Manifest, deltas: bool) -> Iterator[tuple[str, str, Json]]:
    """(field, key, schedule) of each field that a key is made of."""
    for name in manifest.fields:
        if (key := key_of(name, deltas)) is None or not (series := manifest.series(name)):
            continue
        if key == "prompts":
            texts = {str(frame): str(text) for frame, text in series.items()}
            yield name, key, dict[str, Json](_first_of_each(texts))
        elif key in _NAMES:
            texts = _first_of_each({str(frame): str(value) for frame, value in series.items()})
            yield name, key, ", ".join(f'{frame}: ("{text}")' for frame, text in texts.items())
        elif numbers := {frame: number for frame, value in series.items() if (number := _number(value)) is not None}:
            yield name, key, keyed({0: numbers[min(numbers)], **numbers} if min(numbers) else numbers)


def key_of(name: str, deltas: bool) -> str | None:
    """The key of settings that a field is; None where the extension reads none from it."""
    bare = name.removesuffix("_delta")
    if bare in DELTAS:
        return bare if (name != bare) == deltas else None
    known = A1111.by_key
    if name in _KEYS:
        return _KEYS[name]
    return next((key for key in (f"{name}_schedule", name) if key in known and _is_scheduled(key)), None)


def _is_scheduled(key: str) -> bool:
    default = A1111.defaults[key]
    return isinstance(default, str) and ":" in default and not default.startswith("http")


def _unread(name: str, deltas: bool) -> str:
    if name.removesuffix("_delta") in DELTAS:
        return "the change from frame to frame is read" if deltas else "the value itself is read"
    return "no key of the extension is made of it, or it has no value"


def _number(value: Json) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _first_of_each(texts: dict[str, str]) -> dict[str, str]:
    """The entries whose text is not that of the one before."""
    found: dict[str, str] = {}
    before = None
    for frame, text in texts.items():
        if text != before:
            found[frame] = text
        before = text
    return found


def _overrides(manifest: Manifest, fates: Fates, wanted: bool) -> dict[str, tuple[Json, str]]:
    found: dict[str, tuple[Json, str]] = {}
    for option, key in (("output_fps", "fps"), ("cadence", "diffusion_cadence")):
        value = manifest.options.get(option)
        if wanted and value is not None:
            found[key] = (value, f"options.{option}")
    for option in manifest.options:
        if f"options.{option}" not in {origin for _, origin in found.values()}:
            reason = "the frames that were rendered count" if wanted else "parseq_non_schedule_overrides is off"
            fates.put(f"options.{option}", "inert", reason)
    if not wanted:
        return found
    count, last = len(manifest.entries), max(entry.number for entry in manifest.entries)
    if last >= count:
        sentence = f"the manifest has {count} entries up to frame {last}: as many frames are drawn as it has entries"
        fates.note([f"{sentence}; max_frames {last + 1} draws all"])
    return {**found, "max_frames": (count, FRAMES)}
