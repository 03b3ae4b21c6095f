"""The extension's units of ControlNet, `cn_1_...` to `cn_5_...` -> parts of the input `controlnets`.

Source: the extension's deforum_controlnet.py for what each key does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dreamreel.animation.sample.hints import MOST, Preprocessor, preprocessor
from dreamreel.animation.sample.units import CONTROLNETS, OTHERWISE, SCHEDULES
from dreamreel.documents import Json
from dreamreel.errors import InputError
from dreamreel.importers.fates import Fate
from dreamreel.importers.keys import is_flag, is_same, text
from dreamreel.importers.undrawn_keys import UNITS
from dreamreel.importers.values import taken
from dreamreel.schedule.notes import quote
from dreamreel.schedule.schedules import Grammar

_UNIT_KEY = re.compile(r"cn_([1-5])_(.+)")
# What the webui writes behind a model's name: the hash of its file.
_HASH = re.compile(r"\s*\[[0-9a-fA-F]{6,}\]$")
_BY_PART = {"weight": "weight", "guidance_start": "start", "guidance_end": "end"}
_THRESHOLDS = {"threshold_a": "low", "threshold_b": "high"}
# Switches -> what is not here.
_LACKS = {
    "guess_mode": "prompt and ControlNet lead alike here",
    "rgbbgr_mode": "its colours are shown in their order here",
}
_INERT = {
    "resize_mode": "the hint has the size of the picture",
    "low_vram": "it decides no frame",
    "overwrite_frames": "it decides no frame",
}


class NotHereError(Exception):
    """A unit cannot be drawn: key is why, and the text says so."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


def is_on(key: str, settings: Mapping[str, Json]) -> bool:
    """Whether a key is of a unit that is turned on."""
    return (found := _UNIT_KEY.fullmatch(key)) is not None and is_flag(settings.get(f"cn_{found[1]}_enabled"))


def units_in(settings: Mapping[str, Json], grammar: Grammar) -> "list[UnitRead]":
    """The units that are turned on. settings: with the defaults of what the file does not say."""
    return [_read(number, settings, grammar) for number in UNITS if is_flag(settings.get(f"cn_{number}_enabled"))]


@dataclass(eq=False)
class UnitRead:
    """A unit. written: as the input `controlnets` has it; empty where it cannot be drawn. fates: of its keys."""

    number: int
    settings: Mapping[str, Json]
    grammar: Grammar
    written: str = ""
    fates: dict[str, tuple[Fate, str]] = field(default_factory=dict)

    def put(self, key: str, fate: Fate, sentence: str = CONTROLNETS.name) -> None:
        """Says what became of a key, by its name in a unit."""
        self.fates[f"cn_{self.number}_{key}"] = fate, sentence

    def value(self, key: str) -> Json:
        """A key's value, by its name in a unit."""
        return self.settings.get(f"cn_{self.number}_{key}")

    def word(self, key: str) -> str:
        """The same as text, in lower case."""
        return text(self.settings, f"cn_{self.number}_{key}")


def _read(number: int, settings: Mapping[str, Json], grammar: Grammar) -> UnitRead:
    unit = UnitRead(number, settings, grammar)
    try:
        name, shown = _model(unit), _module(unit)
        _hint(unit)
        parts = [_schedule(unit, key) for key in _BY_PART]
        parts.insert(1, f"preprocessor: {shown.name}")
        parts = [*filter(None, parts), *_thresholds(unit, shown)]
        _others(unit, shown)
    except NotHereError as wrong:
        unit.fates.clear()
        prefix = f"cn_{number}_"
        for key in (each.removeprefix(prefix) for each in settings if each.startswith(prefix)):
            unit.put(key, "inert", f"unit {number} is not drawn: see {prefix}{wrong.key}")
        for key in ("enabled", wrong.key):
            unit.put(key, "unsupported", f"unit {number} is not drawn: {wrong}")
        return unit
    unit.put("enabled", "used")
    unit.written = f"{name}: {'; '.join(parts).removeprefix('weight: ')}"
    return unit


def _model(unit: UnitRead) -> str:
    written = str(unit.value("model") or "").strip()
    name = _HASH.sub("", written)
    if name.lower() in ("", "none"):
        raise NotHereError("enabled", "it names no model")
    if re.search(r"[:;|\n]", name) or name.startswith(("[", "{")):
        raise NotHereError("model", f"{quote(name)} cannot be a name here: it holds one of : ; |")
    where = "the file of that name in the folder of ControlNets (--controlnets)"
    unit.put("model", "used" if name == written else "changed", where if name == written else f"is {name}, {where}")
    return name


def _module(unit: UnitRead) -> Preprocessor:
    module = unit.word("module") or "none"
    is_inverted = is_flag(unit.value("invert_image"))
    try:
        shown = preprocessor(CONTROLNETS.name, "invert" if module == "none" and is_inverted else module)
    except InputError as error:
        raise NotHereError("module", error.message) from None
    unit.put("module", "used")
    if is_inverted and module != "none":
        unit.put("invert_image", "unsupported", f"what {module} finds is not inverted here")
    else:
        unit.put("invert_image", "used" if is_inverted else "inert", "preprocessor" if is_inverted else "off")
    return shown


def _hint(unit: UnitRead) -> None:
    """The picture before, which is the only hint there is."""
    is_loop, path = is_flag(unit.value("loopback_mode")), str(unit.value("vid_path") or "").strip()
    if path and not is_loop:
        raise NotHereError("vid_path", "no video is read here; the hint is the picture that a frame goes on from")
    unit.put("vid_path", "inert", "loopback_mode is on" if path else "empty")
    goes_on = "the hint is the picture that a frame goes on from, as with loopback_mode"
    unit.put("loopback_mode", "used" if is_loop else "changed", CONTROLNETS.name if is_loop else goes_on)


def _schedule(unit: UnitRead, key: str) -> str:
    part = _BY_PART[key]
    try:
        found = taken(SCHEDULES[part], unit.value(key), unit.grammar)
    except InputError as error:
        raise NotHereError(key, error.message) from None
    if re.search(r"[;|\n]", str(found.value)):
        raise NotHereError(key, f"{quote(str(found.value))} holds ; or |, which part units")
    unit.put(key, found.fate, found.sentence or CONTROLNETS.name)
    return "" if part != "weight" and is_same(found.value, f"0: ({OTHERWISE[part]})") else f"{part}: {found.value}"


def _thresholds(unit: UnitRead, shown: Preprocessor) -> list[str]:
    written = []
    for number, (key, part) in enumerate(_THRESHOLDS.items()):
        if number >= len(shown.defaults):
            unit.put(key, "inert", f"{shown.name} takes no such threshold")
            continue
        try:
            value = float(str(unit.value(key)))
        except ValueError:
            value = -1.0
        if 0 <= value <= MOST:
            written.append(f"{part}: {value:g}")
            unit.put(key, "used")
        else:
            unit.put(key, "changed", f"is {shown.defaults[number]:g}, {shown.name}'s own")
    return written


def _others(unit: UnitRead, shown: Preprocessor) -> None:
    finds = shown.name not in ("none", "invert")
    is_perfect = is_flag(unit.value("pixel_perfect"))
    unit.put("pixel_perfect", "used" if finds and is_perfect else "inert", "the picture is shown at its own size")
    at_own = f"{shown.name} looks at the picture at its own size, as with pixel_perfect"
    resizes = finds and not is_perfect
    unit.put("processor_res", "changed" if resizes else "inert", at_own if resizes else "nothing is resized")
    is_balanced = unit.word("control_mode") in ("", "balanced", "0")
    alike = "prompt and ControlNet lead alike (Balanced) here"
    unit.put("control_mode", "used" if is_balanced else "unsupported", CONTROLNETS.name if is_balanced else alike)
    for key, lacks in _LACKS.items():
        is_set = is_flag(unit.value(key))
        unit.put(key, "unsupported" if is_set else "inert", lacks if is_set else "off")
    has_mask = unit.word("mask_vid_path") != ""
    masks = "whole pictures are led here, without masks"
    unit.put("mask_vid_path", "unsupported" if has_mask else "inert", masks if has_mask else "empty")
    for key, sentence in _INERT.items():
        unit.put(key, "inert", sentence)
