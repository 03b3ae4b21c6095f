"""THE table of inputs. The parser, the HTTP schema, the command line and the docs are made from it."""

from dataclasses import dataclass
from typing import Literal

from dreamreel.diffusion.sampling import SAMPLERS

Kind = Literal["string", "integer", "boolean"]
Syntax = Literal["plain", "prompts", "schedule"]

LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Field:
    """One input.

    name: its wire name. kind: its JSON type. default: None where there is none.
    help: a sentence for people; for the ten original inputs it is the original schema's description.
    minimum, maximum: limits of the HTTP API; minimum_here, maximum_here: those of the command line
    and the library, where they differ.
    choices: the values a string may have. syntax: which parser reads the string.
    extension: not in the original's schema.
    """

    name: str
    kind: Kind
    default: str | int | bool | None
    help: str
    minimum: int | None = None
    maximum: int | None = None
    minimum_here: int | None = None
    maximum_here: int | None = None
    choices: tuple[str, ...] = ()
    syntax: Syntax = "plain"
    extension: bool = False

    def limits(self, api: bool) -> tuple[int | None, int | None]:
        """(smallest, largest) value accepted, over HTTP or here."""
        if api:
            return self.minimum, self.maximum
        smallest = self.minimum if self.minimum_here is None else self.minimum_here
        largest = self.maximum if self.maximum_here is None else self.maximum_here
        return smallest, largest


def _schedule(name: str, default: str, text: str, extension: bool = False) -> Field:
    return Field(name, "string", default, text, syntax="schedule", extension=extension)


_ORIGINAL = (
    Field(
        "animation_prompts",
        "string",
        "0: a beautiful portrait of a woman by Artgerm, trending on Artstation",
        "Prompt for animation. Provide 'frame number : prompt at this frame', separate different prompts "
        "with '|'. Make sure the frame number does not exceed the max_frames.",
        syntax="prompts",
    ),
    Field(
        "max_frames",
        "integer",
        100,
        "Number of frames for animation",
        minimum=100,
        maximum=1000,
        minimum_here=1,
        maximum_here=1_000_000,
    ),
    _schedule("angle", "0:(0)", "angle parameter for the motion"),
    _schedule("zoom", "0: (1.04)", "zoom parameter for the motion"),
    _schedule("translation_x", "0: (0)", "translation_x parameter for the motion"),
    _schedule("translation_y", "0: (0)", "translation_y parameter for the motion"),
    Field(
        "color_coherence",
        "string",
        "Match Frame 0 LAB",
        "An enumeration.",
        choices=("None", "Match Frame 0 HSV", "Match Frame 0 LAB", "Match Frame 0 RGB"),
    ),
    Field(
        "sampler",
        "string",
        "plms",
        "An enumeration.",
        choices=tuple(SAMPLERS),
    ),
    Field(
        "fps",
        "integer",
        15,
        "Choose fps for the video.",
        minimum=10,
        maximum=60,
        minimum_here=1,
        maximum_here=120,
    ),
    Field(
        "seed",
        "integer",
        None,
        "Random seed. Leave blank to randomize the seed",
        minimum_here=-1,
        maximum_here=LARGEST_SEED,
    ),
)

_EXTENSIONS = (
    _schedule(
        "strength_schedule",
        "0: (0.65)",
        "How much of the previous frame is kept, 0 to 1; the original's value is fixed at 0.65",
        extension=True,
    ),
    _schedule(
        "noise_schedule",
        "0: (0.02)",
        "Noise added to each frame before it is drawn over, on a scale of -1 to 1; fixed at 0.02 in the original",
        extension=True,
    ),
    _schedule(
        "contrast_schedule",
        "0: (1.0)",
        "Factor on the previous frame's brightness; fixed at 1.0 in the original",
        extension=True,
    ),
    Field(
        "border",
        "string",
        "wrap",
        "What comes in at the edges when the picture moves: the other side (wrap, the original) or its own rim",
        choices=("wrap", "replicate"),
        extension=True,
    ),
    Field(
        "profile",
        "string",
        "dreamreel",
        "dreamreel honours the sampler and keeps the noise levels in full precision; replicate-source does what "
        "the original's code did: every sampler is klms, on noise levels rounded to half precision",
        choices=("dreamreel", "replicate-source"),
        extension=True,
    ),
    Field(
        "math",
        "boolean",
        False,
        "Let schedule values be formulas of t (frame), max_f (last frame), s (seed) and pi, "
        "such as 1 + 0.05*sin(2*pi*t/30)",
        extension=True,
    ),
    Field(
        "keys_past_end",
        "string",
        "compress",
        "A keyframe at or after max_frames: compress reaches its value at the last frame (the original), "
        "clip keeps the slope towards it",
        choices=("compress", "clip"),
        extension=True,
    ),
    Field(
        "strip_single_prefix",
        "boolean",
        False,
        "Drop the leading '0:' of a single prompt; the original hands it to the text encoder",
        extension=True,
    ),
    Field(
        "drift",
        "string",
        "original",
        "Rounding of each frame: original cuts and darkens by half a level a frame, unbiased rounds",
        choices=("original", "unbiased"),
        extension=True,
    ),
    Field(
        "hue",
        "string",
        "linear",
        "How Match Frame 0 HSV takes hue: as a line from red to red (linear, the original) or as a circle",
        choices=("linear", "circular"),
        extension=True,
    ),
    Field(
        "strict",
        "boolean",
        False,
        "Refuse what would only be warned about: skipped text, odd frame numbers, unknown inputs",
        extension=True,
    ),
)

FIELDS: dict[str, Field] = {field.name: field for field in (*_ORIGINAL, *_EXTENSIONS)}
