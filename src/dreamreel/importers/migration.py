"""Old names and values of the A1111 extension's settings files -> those of its last version.

Source: the extension's own table, which it applies to every file that it loads.
"""

from collections.abc import Iterator

from dreamreel.documents import Json, JsonObject

RENAMED = {"flip_2d_perspective": "enable_perspective_flip", "skip_video_for_run_all": "skip_video_creation"}
_FLOW = ((False, "None"), (True, "DIS Fine"))
_FITS = (
    ("Envelope (Outer Fit)", "Outer Fit (Shrink to Fit)"),
    ("Scale to Fit (Inner Fit)", "Inner Fit (Scale to Fit)"),
)
# Key -> old and new values. The fourth and fifth unit of ControlNet came after these names.
VALUES: dict[str, tuple[tuple[Json, Json], ...]] = {
    "color_coherence": tuple((f"Match Frame 0 {space}", space) for space in ("HSV", "LAB", "RGB")),
    "hybrid_composite": ((False, "None"), (True, "Normal")),
    "optical_flow_redo_generation": _FLOW,
    "optical_flow_cadence": _FLOW,
    **{f"cn_{unit}_resize_mode": _FITS for unit in (1, 2, 3)},
}
NOW_SCHEDULES = tuple(
    f"cn_{unit}_{key}" for unit in range(1, 6) for key in ("weight", "guidance_start", "guidance_end")
)
_DEPTH = {"True": "Zoe+AdaBins (old)", "False": "Midas+AdaBins (old)"}
LEGACY = "legacy_colormatch is not in the file, as in those of before it existed: it is on"


def migrated(settings: JsonObject) -> tuple[JsonObject, dict[str, str], list[str]]:
    """The settings by the last version's names, old key -> what it became, and notes."""
    found = dict(settings)
    changes = dict(_changes(found))
    notes = []
    if "legacy_colormatch" not in found:
        found["legacy_colormatch"] = True
        notes.append(LEGACY)
    return found, changes, notes


def _changes(settings: JsonObject) -> Iterator[tuple[str, str]]:
    """Changes settings in place, and says what."""
    for key in list(settings):
        value = settings[key]
        if key in RENAMED:
            yield key, _now_called(RENAMED[key], settings)
            settings[RENAMED[key]] = settings.pop(key)
        elif key == "use_zoe_depth":
            del settings[key]
            depth = _DEPTH.get(str(value))
            if depth is None:
                yield key, "is depth_algorithm now, and on or off alone"
                continue
            yield key, _now_called("depth_algorithm", settings, depth)
            settings["depth_algorithm"] = depth
        elif key in NOW_SCHEDULES and isinstance(value, int | float):
            settings[key] = f"0:({value})"
            yield key, f"is the schedule 0:({value}) now"
        elif new := next((new for old, new in VALUES.get(key, ()) if old == value), None):
            settings[key] = new
            yield key, f"{value} is called {new} now"


def _now_called(new: str, settings: JsonObject, value: str = "") -> str:
    """What became of a key that has another name now. The extension takes the old one's value where a file has both."""
    what = f"is {new} {value} now" if value else f"is called {new} now"
    return f"{what}, and counts in place of the {new} that the file has, too" if new in settings else what
