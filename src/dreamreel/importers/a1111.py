"""Settings files of the A1111 extension and of Forge's fork of it, of any version."""

from collections.abc import Mapping

from dreamreel.animation.views import View
from dreamreel.documents import Json, JsonObject
from dreamreel.importers import parseq
from dreamreel.importers.a1111_keys import A1111
from dreamreel.importers.fates import Fates, Imported
from dreamreel.importers.keys import is_flag, text
from dreamreel.importers.migration import RENAMED, migrated
from dreamreel.importers.settings_file import Source, read_settings
from dreamreel.schedule.notes import quote


def read_a1111(settings: JsonObject, view: View, fates: Fates) -> Imported:
    """A settings file's object."""
    found, changes, notes = migrated(settings)
    fates.note(notes)
    if "scale" in found and "cfg_scale_schedule" not in found:
        found["cfg_scale_schedule"] = f"0: ({found.pop('scale')})"
        changes["scale"] = "is cfg_scale_schedule now"
    moved = _moved(changes)
    for new, old in moved.items():
        if new in settings:
            fates.put(new, "inert", f"{old} stands beside it, which the extension takes")
    source = Source(_manifest(found, fates), changes, moved)
    if text(found, "animation_mode") not in ("", "2d", "none"):
        mode = quote(str(found["animation_mode"]))
        fates.note([f"animation_mode {mode} is not drawn here: the film moves in 2D, as the keys for 2D say"])
    return read_settings(found, A1111, view, fates, source)


def _moved(changes: Mapping[str, str]) -> dict[str, str]:
    """New key -> old key, of those that were renamed."""
    new = {**RENAMED, "use_zoe_depth": "depth_algorithm", "scale": "cfg_scale_schedule"}
    return {name: old for old, name in new.items() if old in changes}


def _manifest(settings: JsonObject, fates: Fates) -> Mapping[str, tuple[Json, str]]:
    """What the Parseq manifest of settings says, key by key; taken out of settings if it can be read."""
    written = settings.get("parseq_manifest")
    if written is None or not str(written).strip():
        return {}
    document = parseq.manifest_in(settings.pop("parseq_manifest"), fates)
    if document is None:
        return {}
    deltas = is_flag(settings.get("parseq_use_deltas", True))
    overrides = is_flag(settings.get("parseq_non_schedule_overrides", True))
    fates.put("parseq_manifest", "used", "its frames are the schedules")
    for key in ("parseq_use_deltas", "parseq_non_schedule_overrides"):
        if key in settings:
            del settings[key]
            fates.put(key, "used", "parseq_manifest")
    return parseq.overlay(document, fates, deltas, overrides, settings)
