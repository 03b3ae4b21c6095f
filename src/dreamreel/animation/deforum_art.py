"""Replicate's other Deforum model, deforum-art/deforum-stable-diffusion: its 78 inputs, and what each is here.

It is the notebook 0.7 behind one request. Names, types, defaults, choices and limits are those of its schema; the
sentences are ours. What is not drawn here yet is refused where it would change the film, and passes where it would not.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from dreamreel.animation.field import Field, Kind, Value
from dreamreel.animation.fields import FIELDS
from dreamreel.errors import InputError

NAME = "deforum-art/deforum-stable-diffusion"
VERSION = "1a98303504c7d866d2b198bae0b03237eab82edc1491a5306895d12b0021d6f6"
CHECKPOINT = "model_checkpoint"
_SIDES = (128, 256, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024)
_CHECKPOINTS = (
    *("v2-1_768-ema-pruned.ckpt", "v2-1_512-ema-pruned.ckpt", "768-v-ema.ckpt", "512-base-ema.ckpt"),
    *("Protogen_V2.2.ckpt", "v1-5-pruned.ckpt", "v1-5-pruned-emaonly.ckpt", "sd-v1-4.ckpt"),
    *("robo-diffusion-v1.ckpt", "wd-v1-3-float16.ckpt"),
)
_SAMPLERS = (
    *("klms", "dpm2", "dpm2_ancestral", "heun", "euler", "euler_ancestral", "plms", "ddim"),
    *("dpm_fast", "dpm_adaptive", "dpmpp_2s_a", "dpmpp_2m"),
)
_PROMPTS = " | ".join(
    f"{50 * k}: a beautiful {fruit}, trending on Artstation"
    for k, fruit in enumerate(("apple", "banana", "coconut", "durian"))
)
_EACH = (
    "0:('euler'),10:('dpm2'),20:('dpm2_ancestral'),30:('heun'),40:('euler'),50:('euler_ancestral'),60:('dpm_fast'),"
    "70:('dpm_adaptive'),80:('dpmpp_2s_a'),90:('dpmpp_2m')"
)
_MATCHES = ("Match Frame 0 HSV", "Match Frame 0 LAB", "Match Frame 0 RGB")


def _here(name: str, default: Value, here: str = "", choices: tuple[str, ...] = ()) -> Field:
    """An input that is in the table, there as `here`; choices: those of this model, where they are others."""
    row = FIELDS[here or name]
    return replace(row, name=name, default=default, choices=choices or row.choices, meant=None)


# An input that only this model has, or has otherwise.
_own = partial(Field, group="material")

_CAMERA: tuple[tuple[str, Kind, Value], ...] = (
    ("use_depth_warping", "boolean", True),
    ("midas_weight", "number", 0.3),
    ("near_plane", "integer", 200),
    ("far_plane", "integer", 10000),
    ("fov", "integer", 40),
)
# The inputs, in the order of the schema.
_ALL: tuple[Field, ...] = (
    _own(CHECKPOINT, "choice", "Protogen_V2.2.ckpt", "Weights that draw, where the operator has named a file for "
         "them; otherwise the served model draws", choices=_CHECKPOINTS, group="run", scope="weights"),
    _here("max_frames", 200),
    _here("animation_prompts", _PROMPTS),
    _here("negative_prompts", "0: mountain"),
    *(replace(FIELDS[side], default=512, among=_SIDES) for side in ("width", "height")),
    _own("num_inference_steps", "integer", 50, "Sampler steps of a frame drawn from nothing", minimum=1,
         maximum=500, group="sampling", unit="steps"),
    _own("guidance_scale", "number", 7, "How strictly a frame keeps to its prompt", minimum=1, maximum=20,
         group="sampling"),
    _here("sampler", "euler_ancestral", choices=_SAMPLERS),
    _here("seed", None),
    replace(FIELDS["fps"], kind="integer", minimum=10, maximum=60),
    _own("clip_name", "choice", "ViT-L/14", "CLIP for guidance by pictures, which is off",
         choices=("ViT-L/14", "ViT-L/14@336px", "ViT-B/16", "ViT-B/32"), group="sampling"),
    _own("use_init", "boolean", False, "Whether init_image is the first frame's beginning"),
    _own("init_image", "string", None, "Address of a first picture, for use_init"),
    _own("strength", "number", 0.5, "How much of init_image is kept"),
    _own("use_mask", "boolean", False, "Whether mask_file says where to draw"),
    _own("mask_file", "string", None, "Address of a mask, for use_mask"),
    _own("invert_mask", "boolean", False, "Whether the mask's dark parts are drawn"),
    _own("animation_mode", "choice", "2D", "How pictures move",
         choices=("2D", "3D", "Video Input", "Interpolation"), group="motion"),
    _here("border", "replicate", choices=("wrap", "replicate")),
    *(_here(name, text) for name, text in (("angle", "0:(0)"), ("zoom", "0:(1.04)"))),
    *(_here(f"translation_{axis}", text) for axis, text in (("x", "0:(10*sin(2*3.14*t/10))"), ("y", "0:(0)"))),
    *(_own(name, "string", text, "Motion in 3D", group="motion") for name, text in (
        ("translation_z", "0:(10)"), *((f"rotation_3d_{axis}", "0:(0)") for axis in "xyz"))),
    _here("flip_2d_perspective", False, "enable_perspective_flip"),
    *(_here(f"perspective_flip_{name}", text) for name, text in (
        ("theta", "0:(0)"), ("phi", "0:(t%15)"), ("gamma", "0:(0)"), ("fv", "0:(53)"))),
    *(_here(f"{name}_schedule", text) for name, text in (
        ("noise", "0: (0.02)"), ("strength", "0: (0.65)"), ("contrast", "0: (1.0)"))),
    *(_own(f"hybrid_video_comp_{name}_schedule", "string", text, "How a video is laid over the frames")
      for name, text in (
          ("alpha", "0:(1)"), ("mask_blend_alpha", "0:(0.5)"), ("mask_contrast", "0:(1)"),
          ("mask_auto_contrast_cutoff_high", "0:(100)"), ("mask_auto_contrast_cutoff_low", "0:(0)"))),
    _own("enable_schedule_samplers", "boolean", False, "Whether sampler_schedule counts", group="sampling"),
    _here("sampler_schedule", _EACH),
    *(_here(f"{name}_schedule", text) for name, text in (
        ("kernel", "0: (5)"), ("sigma", "0: (1.0)"), ("amount", "0: (0.2)"), ("threshold", "0: (0.0)"))),
    _here("color_coherence", "Match Frame 0 LAB", choices=(*_MATCHES, "Video Input")),
    _own("color_coherence_video_every_N_frames", "integer", 1, "How often a video's colours are taken over"),
    _here("color_force_grayscale", False),
    _own("diffusion_cadence", "choice", "1", "Every so many frames are drawn, those between are moved",
         choices=tuple("12345678"), group="motion", unit="frames"),
    *(_own(name, kind, default, "The camera in 3D", group="motion") for name, kind, default in _CAMERA),
    _own("padding_mode", "choice", "border", "What lies beyond the edge in 3D",
         choices=("border", "reflection", "zeros"), group="motion"),
    _own("sampling_mode", "choice", "bicubic", "How pictures are sampled in 3D",
         choices=("bicubic", "bilinear", "nearest"), group="motion"),
    _own("video_init_path", "string", None, "Address of a video, for animation_mode Video Input"),
    _own("extract_nth_frame", "integer", 1, "Every so many frames of the video are taken"),
    _own("overwrite_extracted_frames", "boolean", True, "Whether a video's frames are taken anew"),
    _own("use_mask_video", "boolean", False, "Whether video_mask_path masks the video"),
    _own("video_mask_path", "string", None, "Address of a video of masks"),
    _own("hybrid_video_generate_inputframes", "boolean", False, "Whether the frames of the video are taken"),
    _own("hybrid_video_use_first_frame_as_init_image", "boolean", True, "Whether the video's first frame begins"),
    _own("hybrid_video_motion", "choice", "None", "Motion taken from a video",
         choices=("None", "Optical Flow", "Perspective", "Affine")),
    _own("hybrid_video_flow_method", "choice", "Farneback", "How a video's motion is found",
         choices=("Farneback", "DenseRLOF", "SF")),
    _own("hybrid_video_composite", "boolean", False, "Whether a video is laid over the frames"),
    _own("hybrid_video_comp_mask_type", "choice", "None", "Where a video is laid over the frames",
         choices=("None", "Depth", "Video Depth", "Blend", "Difference")),
    _own("hybrid_video_comp_mask_inverse", "boolean", False, "Whether that mask is turned round"),
    _own("hybrid_video_comp_mask_equalize", "choice", "None", "When that mask is equalized",
         choices=("None", "Before", "After", "Both")),
    _own("hybrid_video_comp_mask_auto_contrast", "boolean", False, "Whether that mask's contrast is raised"),
    _own("hybrid_video_comp_save_extra_frames", "boolean", False, "Whether those steps are saved"),
    _own("hybrid_video_use_video_as_mse_image", "boolean", False, "Whether the video guides the sampler"),
    _own("interpolate_key_frames", "boolean", False, "In animation_mode Interpolation, whether keys say when"),
    _own("interpolate_x_frames", "integer", 4, "In animation_mode Interpolation, frames between two prompts"),
    _own("resume_from_timestring", "boolean", False, "Whether an earlier run goes on", group="run"),
    _own("resume_timestring", "string", "", "Which run goes on", group="run"),
)  # fmt: skip

OWN = {field.name: field for field in _ALL}
# Inputs whose feature is not here yet -> the only value that leaves the film as it is without it.
_OFF: dict[str, Value] = {
    "use_init": False,
    "use_mask": False,
    "animation_mode": "2D",
    "resume_from_timestring": False,
    "hybrid_video_motion": "None",
    "hybrid_video_composite": False,
}
# Those that are none of the table and yet say something.
_SAYING = (
    *_OFF,
    CHECKPOINT,
    "num_inference_steps",
    "guidance_scale",
    "flip_2d_perspective",
    "enable_schedule_samplers",
)
# While the features above are off, the others say nothing.
SILENT = tuple(name for name in OWN if name not in FIELDS and name not in _SAYING)


def here(values: Mapping[str, Value]) -> tuple[dict[str, Value], list[InputError]]:
    """What all the inputs of a request, by their names there, are in the table, and which are not drawn here."""
    found = {name: values[name] for name in OWN if name in FIELDS}
    found["profile"] = "notebook"
    found["enable_perspective_flip"] = values["flip_2d_perspective"]
    found["steps"] = values["num_inference_steps"]
    found["cfg_scale"] = values["guidance_scale"]
    found["diffusion_cadence"] = int(str(values["diffusion_cadence"]))
    found["sampler"] = "dpmpp_2s_ancestral" if values["sampler"] == "dpmpp_2s_a" else values["sampler"]
    if not values["enable_schedule_samplers"]:
        found["sampler_schedule"] = None
    refused = [_refusal(name, values[name], off) for name, off in _OFF.items() if values[name] != off]
    if values["color_coherence"] not in _MATCHES:
        refused.append(_refusal("color_coherence", values["color_coherence"], "Match Frame 0 LAB"))
    return found, refused


def _refusal(name: str, value: Value, off: Value) -> InputError:
    return InputError(name, f"{json.dumps(value)} is not drawn here yet; {json.dumps(off)} is")
