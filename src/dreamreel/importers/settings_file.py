"""Settings of a program of the family -> a whole request, and what became of each key."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dreamreel.animation.core import PROFILE
from dreamreel.animation.field import Field
from dreamreel.animation.sample.units import CONTROLNETS
from dreamreel.animation.views import View
from dreamreel.documents import Json, JsonObject
from dreamreel.errors import InputError
from dreamreel.importers.controlnet_units import is_on, units_in
from dreamreel.importers.fates import Fates, Imported
from dreamreel.importers.keys import Family, Group, is_flag, is_one_of, is_same
from dreamreel.importers.proving import proved
from dreamreel.importers.samplers import BY_NUMBER, levels_field, meant_by
from dreamreel.importers.values import Taken, taken
from dreamreel.importers.words import as_json, prompts_of
from dreamreel.schedule.notes import quote
from dreamreel.schedule.readings import READINGS
from dreamreel.schedule.schedules import Grammar

# More frames are read like these: what is wrong with a text shows within them.
MOST_CHECKED = 20_000
_WORDS = ("animation_prompts", "positive_prompts", "negative_prompts")
_BY_DEFAULT = "as it is by default"


@dataclass(frozen=True)
class Source:
    """What else decides a file's meaning.

    overlay: key -> its value (None: it has none) and the key of the file that says it, of a Parseq manifest; these win.
    changes: key of the file -> how it was called or written before. names: key -> what the file calls it.
    """

    overlay: Mapping[str, tuple[Json, str]] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def read_settings(
    settings: JsonObject, family: Family, view: View, fates: Fates, source: Source | None = None
) -> Imported:
    """settings by keys of family -> the request that draws the same. view: what may be named, within which limits.

    fates: takes what became of every key, and notes.
    """
    reader = _Reader(settings, family, view, fates, source or Source())
    reader.read()
    return proved(family.name, reader.input, view, fates, reader.keys_of)


class _Reader:
    """One file being read."""

    def __init__(self, settings: JsonObject, family: Family, view: View, fates: Fates, source: Source) -> None:
        self.family, self.view, self.fates = family, view, fates
        self.names = dict(source.names)
        self.settings = self._canonical(settings)
        for key, sentence in source.changes.items():
            fates.put(key, "changed", sentence)
        for key, (value, origin) in source.overlay.items():
            if key in self.settings:
                del self.settings[key]
                fates.put(self._name(key), "inert", "the Parseq manifest says it")
            if value is not None:
                self.settings[key], self.names[key] = value, origin
        self.all = {**family.defaults, **self.settings}
        self.input: JsonObject = {PROFILE.name: family.profile}
        self.keys_of: dict[str, list[str]] = {}

    def _name(self, key: str) -> str:
        """What the file calls a key."""
        return self.names.get(key, key)

    def _canonical(self, settings: JsonObject) -> JsonObject:
        """settings by the family's own names."""
        lower = {key.lower(): key for key in self.family.by_key}
        found: JsonObject = {}
        for key, value in settings.items():
            bare = key.strip()
            known = (
                bare if self.family.group(bare) else lower.get(bare.lower()) or self.family.aliases.get(bare.lower())
            )
            name = known or key
            if name != key and (name in settings or name in found):
                self.fates.put(self._name(key), "inert", f"{name} stands beside it")
                continue
            if name != key:
                self.fates.put(self._name(key), "changed", f"taken as {name}")
            self.names[name] = self._name(key)
            found[name] = value
        return found

    def read(self) -> None:
        """Fills the input, and says what became of each key."""
        frames = self._whole("max_frames", 100)
        seed = self._whole("seed", 0)
        self.grammar = Grammar(
            min(max(frames, 1), MOST_CHECKED), max(seed, 0), True, "ignore", READINGS[self.family.profile]
        )
        for key, value in self.settings.items():
            self._read_key(key, value)
        self._read_words()
        self._read_units()
        for key in self.family.defaults:
            self._fill(key)

    def _is_of_unit(self, key: str) -> bool:
        return CONTROLNETS.name in self.view.fields and is_on(key, self.all)

    def _read_units(self) -> None:
        """The units of ControlNet that are turned on."""
        units = units_in(self.all, self.grammar) if CONTROLNETS.name in self.view.fields else []
        for unit in units:
            for key, (fate, sentence) in unit.fates.items():
                if key in self.settings:
                    self.fates.put(self._name(key), fate, sentence)
                    self.keys_of.setdefault(CONTROLNETS.name, []).extend([self._name(key)] if unit.written else [])
        if written := [unit.written for unit in units if unit.written]:
            self.input[CONTROLNETS.name] = " | ".join(written)

    def _whole(self, key: str, otherwise: int) -> int:
        try:
            return int(float(str(self.all.get(key))))
        except (ValueError, OverflowError):
            return otherwise

    def _read_key(self, key: str, value: Json) -> None:
        name, group = self._name(key), self.family.group(key)
        if group is None:
            self.fates.put(name, "inert", f"{self.family.name} have no such key")
        elif value is None and (group.keys.get(key) is not None or self._input_of(key) in _WORDS):
            self.fates.put(name, "inert", "null: the default holds")
        elif value == "" and group.keys.get(key) not in (None, ""):
            self.fates.put(name, "inert", "empty: the default holds")
        elif key in self.family.switches:
            self._read_switch(key, value, group)
        elif group.on is not None and not group.on(self.all):
            self.fates.put(name, "inert", group.off)
        elif self._input_of(key) in _WORDS or self._is_of_unit(key):
            pass  # together, afterwards
        elif (chosen := self._input_of(key)) is not None:
            self._take(key, value, chosen)
        else:
            self._leave(key, value, group)

    def _input_of(self, key: str) -> str | None:
        """The input that a key is; None where there is none."""
        candidates = self.family.inputs.get(key, (key,))
        return next((name for name in candidates if name in self.view.fields), None)

    def _read_switch(self, key: str, value: Json, group: Group) -> None:
        name = self._name(key)
        here = [each for each in (key, *self.family.switches[key]) if each in self.view.fields]
        if key in self.view.fields:
            self._take(key, value, key)
        elif not is_flag(value):
            self.fates.put(name, "inert", "off")
        elif here:
            self.fates.put(name, "used", here[0])
        else:
            self._leave(key, value, group)

    def _take(self, key: str, value: Json, chosen: str) -> None:
        """Makes a key's value that of the input chosen."""
        name = self._name(key)
        if chosen != key and chosen in self.settings and self._is_on(chosen):
            self.fates.put(name, "inert", f"{chosen} stands beside it")
            return
        try:
            found = self._taken(key, value, self.view.fields[chosen])
        except InputError as error:
            group = self.family.group(key)
            is_default = group is not None and is_same(value, group.keys.get(key))
            self.fates.put(name, "inert" if is_default else "unsupported", f"{error.message}; the default is drawn")
            return
        self.input[chosen] = found.value
        self.keys_of.setdefault(chosen, []).append(name)
        self.fates.put(name, found.fate, found.sentence or chosen)
        if chosen == "sampler" and (levels := meant_by(str(found_name(key, value))).levels):
            self.input[levels_field() or chosen] = levels

    def _taken(self, key: str, value: Json, to: Field) -> Taken:
        value = found_name(key, value)
        if key in ("W", "H"):
            return _side(taken(to, value, self.grammar), to, value)
        found = taken(to, value, self.grammar)
        if to.kind == "schedule" and key != to.name and not isinstance(self.family.defaults.get(key), str):
            return Taken(found.value)  # a number there, too
        return found

    def _is_on(self, key: str) -> bool:
        group = self.family.group(key)
        return group is None or group.on is None or group.on(self.all)

    def _leave(self, key: str, value: Json, group: Group) -> None:
        """Says why a key is no input."""
        name, default = self._name(key), group.keys.get(key)
        if is_same(value, default) or is_one_of(value, group.still.get(key, ())):
            self.fates.put(name, "inert", _BY_DEFAULT if is_same(value, default) else "nothing happens by it")
        elif not group.lacks:
            self.fates.put(name, "inert", "it decides no frame")
        elif key not in group.keys and not self._is_on(key):
            self.fates.put(name, "inert", group.off)
        else:
            self.fates.put(name, "unsupported", f"{quote(str(value), 60)}: {group.lacks}")

    def _read_words(self) -> None:
        """The prompts and what stands about each, each from the first key that has some."""
        for chosen in _WORDS:
            keys = [key for key in self.settings if self._input_of(key) == chosen and self.settings[key] is not None]
            said = [key for key in self.family.defaults if key in keys and self.settings[key] not in ("", {}, [])]
            for key in said[:1] or keys[:1]:
                self._read_prompts(key, chosen)
            for key in keys:
                beside = f"{self._name(said[0])} stands beside it" if key in said else "empty"
                self.fates.put(self._name(key), *self.fates.found.get(self._name(key), ("inert", beside)))

    def _read_prompts(self, key: str, chosen: str) -> None:
        name = self._name(key)
        try:
            prompts, changed = prompts_of(self.settings[key], self.grammar.num_frames, chosen)
        except InputError as error:
            self.fates.put(name, "unsupported", error.message)
            return
        if not any(words.strip() for words in prompts.values()):
            if chosen == _WORDS[0]:
                self.fates.note(["the file has no prompt: an empty one is drawn"])
                self.input[chosen] = as_json({0: ""})
            self.fates.put(name, "inert", "empty")
        elif chosen != _WORDS[0] and self._is_merged(prompts):
            self.fates.put(name, "inert", "the prompts hold it already")
        else:
            self.input[chosen] = as_json(prompts)
            self.keys_of.setdefault(chosen, []).append(name)
            self.fates.put(name, "changed" if changed else "used", changed or chosen)

    def _is_merged(self, box: Mapping[int, str]) -> bool:
        """Whether the prompts hold the words of a box: a run's own file has them put together."""
        try:
            prompts, _ = prompts_of(self.settings.get("prompts"), self.grammar.num_frames)
        except InputError:
            return False
        is_negative = any("--neg" in text for text in prompts.values())
        words = " ".join(" ".join(box.values()).replace("--neg", " ").split())
        held = [" ".join(text.replace("--neg", " ").split()) for text in prompts.values()]
        return bool(prompts) and is_negative and all(words in text for text in held)

    def _fill(self, key: str) -> None:
        """Puts what the program has by default, where the file does not say it."""
        default, chosen = self.family.defaults[key], self._input_of(key)
        if key in self.settings or default in (None, "") or chosen is None or chosen in self.input:
            return
        if self._is_on(key) and not (key in self.family.switches and not is_flag(default)):
            try:
                self.input[chosen] = self._taken(key, default, self.view.fields[chosen]).value
            except InputError:
                self.fates.note([f"{key} is not in the file, and cannot be as it is by default"])


def found_name(key: str, value: Json) -> Json:
    """A sampler's name where a file has its number."""
    return BY_NUMBER.get(str(value).strip(), value) if key == "sampler" else value


def _side(found: Taken, to: Field, value: Json) -> Taken:
    """A side of the picture as a model can draw it: the extension cuts it to a multiple of 8, too."""
    side = int(found.value or 0)
    whole = max(side - side % 8, int(to.minimum or 8))
    return found if whole == side else Taken(whole, "changed", f"{value} is cut to {whole}: pictures have sides of 8n")
