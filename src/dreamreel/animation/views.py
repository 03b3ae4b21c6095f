"""The table of inputs as its users see it: the command line and the library, and each model of the HTTP API."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from dreamreel.animation.core import PAST_END, PROFILE
from dreamreel.animation.field import ANIMATE_MODEL, SEED_MODEL, Field, Value
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.profile import PROFILES
from dreamreel.diffusion.sampling import ORIGINALS


@dataclass(frozen=True, eq=False)
class View:
    """What may be named, with which defaults and within which limits.

    fields: by name, in the order in which they are shown. is_lenient: `"100"` and `"24000/1001"` are taken for numbers
    and null for the default, as the original's inner layer took them; otherwise JSON's types count.
    """

    fields: Mapping[str, Field]
    is_lenient: bool = False

    @cached_property
    def defaults(self) -> dict[str, Value]:
        """Of every input, also of those that may not be named, in the order of the table."""
        return {name: self.fields.get(name, field).default for name, field in FIELDS.items()}

    def defaults_of(self, profile: object) -> dict[str, Value]:
        """The same, as the profile of that name has them, if it is one and this may name it."""
        row = PROFILES.get(profile) if isinstance(profile, str) and PROFILE.name in self.fields else None
        if row is None:
            return dict(self.defaults)
        return {**self.defaults, PAST_END.name: row.reading.past_end, **row.defaults}

    @cached_property
    def profile_defaults(self) -> dict[str, dict[str, Value]]:
        """By profile: those of the inputs shown here that are not this view's own."""
        return {
            name: {
                each: value
                for each, value in self.defaults_of(name).items()
                if each in self.fields and value != self.defaults[each]
            }
            for name in PROFILES
            if PROFILE.name in self.fields
        }


# The command line, request files and the library.
HERE = View(FIELDS, is_lenient=True)


@dataclass(frozen=True, eq=False)
class ApiModel:
    """A model of the HTTP API.

    name: owner/name. version: the id of its only one. view: of requests. example: an input that runs as it stands.
    originals: inputs of the schema that it has elsewhere; its others are marked as extensions, if it has such.
    unsaid: inputs whose limits hold, but are not in that schema, which is served as it is.
    begun: what editors begin with, where that is not the default.
    """

    name: str
    version: str
    description: str
    view: View
    example: Mapping[str, Value]
    originals: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    begun: Mapping[str, Value] = field(default_factory=dict)

    @cached_property
    def accepted(self) -> View:
        """As workers read what was accepted once: it is drawn, even if a limit was drawn closer since."""
        kept = {name: replace(FIELDS[name], default=field.default) for name, field in self.view.fields.items()}
        return View(kept, is_lenient=True)


def _view(changes: Mapping[str, Mapping[str, Any]], model: str | None = None) -> View:
    """The fields that model shows (all for None), and what is otherwise there than in the table."""
    shown = {name: field for name, field in FIELDS.items() if model is None or model in field.models}
    return View({name: replace(field, **changes.get(name, {})) for name, field in shown.items()})


# Over HTTP; the command line may draw more.
MOST_FRAMES = 1000
SEED = ApiModel(
    SEED_MODEL,
    "e22e77495f2fb83c34d5fae2ad8ab63c0a87b6b573b6208e1535b23b89ea66d6",
    "Animating prompts with stable diffusion",
    _view(
        {
            "max_frames": {"minimum": 100, "maximum": MOST_FRAMES},
            "fps": {"kind": "integer", "minimum": 10, "maximum": 60},
            "color_coherence": {"help": "An enumeration."},
            "sampler": {"help": "An enumeration.", "choices": tuple(ORIGINALS), "meant": None},
        },
        SEED_MODEL,
    ),
    {"max_frames": 100, "angle": "0: (0)", "zoom": "0: (1.02)", "sampler": "euler_ancestral", "fps": 15, "seed": 7},
    originals=(
        *("animation_prompts", "max_frames", "angle", "zoom", "translation_x", "translation_y"),
        *("color_coherence", "sampler", "fps", "seed"),
    ),
    unsaid=("seed",),
)
ANIMATE = ApiModel(
    ANIMATE_MODEL,
    "6b30eb3e56a884c8f17b9708bc1ae7842d29b29cdda5c7e9662f0dcc7857c802",  # SHA-256 of its name
    "Animations with every input that there is, from one frame",
    _view({"max_frames": {"maximum": MOST_FRAMES}}),
    {"max_frames": 48, "zoom": "0: (1.02)", "sampler": "euler_ancestral", "fps": 12, "seed": 7},
    begun={PROFILE.name: "dreamreel"},
)
MODELS = (SEED, ANIMATE)
VERSIONS = tuple(model.version for model in MODELS)
_BY_VERSION = dict(zip(VERSIONS, MODELS, strict=True))


def served(version: str) -> ApiModel:
    """The model of a version's id. What was stored under any other is read as the first model's."""
    return _BY_VERSION.get(version, SEED)
