"""The table of inputs as its users see it: the command line and the library, and each model of the HTTP API."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from dreamreel.animation import deforum_art
from dreamreel.animation.core import MODEL, PAST_END, PROFILE
from dreamreel.animation.field import ANIMATE_MODEL, SEED_MODEL, Field, Value
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.profile import PROFILES
from dreamreel.diffusion.sampling import ORIGINALS
from dreamreel.errors import InputError
from dreamreel.schedule.notes import Note, quote


@dataclass(frozen=True, eq=False)
class View:
    """What may be named, with which defaults and within which limits.

    fields: by name, in the order in which they are shown. is_lenient: `"100"` and `"24000/1001"` are taken for numbers
    and null for the default, as the original's inner layer took them; otherwise JSON's types count.
    here: of a model with inputs of its own: what all their values are in the table, and which are not drawn here.
    silent: inputs that are taken and say nothing.
    """

    fields: Mapping[str, Field]
    is_lenient: bool = False
    here: Callable[[Mapping[str, Value]], tuple[dict[str, Value], list[InputError]]] | None = None
    silent: tuple[str, ...] = ()

    @cached_property
    def defaults(self) -> dict[str, Value]:
        """Of every input, also of those that may not be named, in the order of the table."""
        return {name: self.fields.get(name, field).default for name, field in FIELDS.items()}

    def read(self, given: Mapping[str, Value], profile: object) -> tuple[dict[str, Value], list[InputError]]:
        """Every value of the table where given ones were sent, each checked; and those that are not drawn here."""
        if self.here is None:
            return {**self.defaults_of(profile), **given}, []
        own, refused = self.here({**{name: field.default for name, field in self.fields.items()}, **given})
        return {**HERE.defaults_of(own[PROFILE.name]), **own}, refused

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

    name: owner/name. version: its id. view: of requests. example: an input that runs as it stands.
    originals: inputs of the schema that it has elsewhere; its others are marked as extensions, if it has such.
    unsaid: inputs whose limits hold, but are not in that schema, which is served as it is.
    begun: what editors begin with, where that is not the default. checkpoint: the input that names weights by names
    of other programs.
    """

    name: str
    version: str
    description: str
    view: View
    example: Mapping[str, Value]
    originals: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    begun: Mapping[str, Value] = field(default_factory=dict)
    checkpoint: str | None = None

    def named(self, raw: Mapping[str, object], needs: Sequence[str]) -> str | None:
        """The network that draws an accepted input: the one it names, or the first that it needs by another name."""
        named = raw.get(MODEL.name) if self.checkpoint is None and MODEL.name in self.view.fields else None
        return named if isinstance(named, str) else next(iter(needs), None)

    def stand_in(self, raw: Mapping[str, object], name: str) -> list[Note]:
        """A warning where raw names weights by a name that is none here, so that the network of that name draws."""
        if self.checkpoint is None or raw.get(self.checkpoint) is None:
            return []
        return [Note(self.checkpoint, f"{quote(str(raw[self.checkpoint]))} is not here; {name} draws in its place")]

    @cached_property
    def accepted(self) -> View:
        """As workers read what was accepted once: it is drawn, even if a limit was drawn closer since."""
        if self.view.here is not None:
            return replace(self.view, is_lenient=True)
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
OTHER = ApiModel(
    deforum_art.NAME,
    deforum_art.VERSION,
    "Animating prompts with stable diffusion: the notebook 0.7",
    View(
        {**deforum_art.OWN, "max_frames": replace(deforum_art.OWN["max_frames"], maximum=MOST_FRAMES)},
        here=deforum_art.here,
        silent=deforum_art.SILENT,
    ),
    {
        "max_frames": 48,
        "width": 256,
        "height": 256,
        "num_inference_steps": 20,
        "guidance_scale": 3,
        "negative_prompts": "0: blurry",
        "zoom": "0:(1.02)",
        "translation_x": "0:(2*sin(2*3.14*t/24))",
        "seed": 7,
    },
    unsaid=("max_frames", "seed"),
    checkpoint=deforum_art.CHECKPOINT,
)
MODELS = (SEED, OTHER, ANIMATE)
VERSIONS = tuple(model.version for model in MODELS)
_BY_VERSION = dict(zip(VERSIONS, MODELS, strict=True))


def pinned(checkpoint: str, version: str) -> ApiModel:
    """The version of `dreamreel/animate` that the checkpoint of that name draws, and no other. version: its id."""
    only = replace(FIELDS[MODEL.name], kind="choice", choices=(checkpoint,), default=checkpoint)
    return replace(ANIMATE, version=version, view=View({**ANIMATE.view.fields, MODEL.name: only}))


def served(version: str) -> ApiModel:
    """The model of a version's id. A SHA-256 that is none of these is a checkpoint's (pinned); what was stored under
    anything else is read as the first model's."""
    return _BY_VERSION.get(version) or (ANIMATE if is_digest(version) else SEED)


def is_digest(text: str) -> bool:
    """Whether text can be a version's id: 64 hexadecimal digits."""
    return re.fullmatch("[0-9a-f]{64}", text) is not None


# So many inputs that the first model has not and the other has say that the other is meant.
_ENOUGH = 3


def meant(model: ApiModel, raw: Mapping[str, object]) -> tuple[ApiModel, Note | None]:
    """The model that an input is for, and a warning where it is not the one that was named.

    Published examples of deforum-art/deforum-stable-diffusion name the version of deforum/deforum_stable_diffusion.
    """
    if model is not SEED:
        return model, None
    apart = [name for name in raw if name in OTHER.view.fields and name not in SEED.view.fields]
    if len(apart) < _ENOUGH:
        return model, None
    some = ", ".join(apart[:_ENOUGH])
    return OTHER, Note("version", f"the inputs {some} are {OTHER.name}'s, so that its rules and defaults hold")
