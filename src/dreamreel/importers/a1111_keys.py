"""Every key of the A1111 extension's settings files, of all versions and of its Forge fork.

Source: the extension at 3224268, by name, default and choice; older keys and the fork's from their settings files.
"""

from dreamreel.documents import JsonObject
from dreamreel.importers.keys import Family, Group, both, chosen, flag, mode, text
from dreamreel.importers.undrawn_keys import PREFIXES, UNDRAWN

_MOVES_2D_ONLY = "films move in 2D here"

CORE = Group(
    {
        "seed": -1,
        "sampler": "Euler a",
        "steps": 25,
        "seed_behavior": "iter",
        "seed_iter_N": 1,
        "max_frames": 120,
        "border": "replicate",
        "angle": "0: (0)",
        "zoom": "0: (1.0025+0.002*sin(1.25*3.14*t/30))",
        "translation_x": "0: (0)",
        "translation_y": "0: (0)",
        "fps": 15,
        "transform_center_x": "0: (0.5)",
        "transform_center_y": "0: (0.5)",
        "noise_schedule": "0: (0.065)",
        "strength_schedule": "0: (0.65)",
        "contrast_schedule": "0: (1.0)",
        "cfg_scale_schedule": "0: (7)",
        "amount_schedule": "0: (0.1)",
        "kernel_schedule": "0: (5)",
        "sigma_schedule": "0: (1)",
        "threshold_schedule": "0: (0)",
        "color_coherence": "LAB",
        "color_force_grayscale": False,
        "legacy_colormatch": False,
        "noise_type": "perlin",
        "perlin_octaves": 4,
        "perlin_persistence": 0.5,
        "perlin_w": 8,
        "perlin_h": 8,
    },
    "there is no such input here",
)
SIZE = Group({"W": 512, "H": 512}, "the size is the server's or the command line's (--size)")
CADENCE = Group({"diffusion_cadence": 2}, "every frame is drawn here", still={"diffusion_cadence": (1,)})
WORDS = Group(
    {
        "prompts": None,
        "positive_prompts": "",
        "negative_prompts": "",
        "animation_prompts": None,
        "animation_prompts_positive": "",
        "animation_prompts_negative": "",
    },
    "it cannot be read",
)
MODE = Group({"animation_mode": "2D"}, _MOVES_2D_ONLY)
THREE_D = Group(
    {
        "translation_z": "0: (1.75)",
        "rotation_3d_x": "0: (0)",
        "rotation_3d_y": "0: (0)",
        "rotation_3d_z": "0: (0)",
        "fov_schedule": "0: (70)",
        "aspect_ratio_schedule": "0: (1)",
        "aspect_ratio_use_old_formula": False,
        "near_schedule": "0: (200)",
        "far_schedule": "0: (10000)",
        "use_depth_warping": True,
        "depth_algorithm": "Midas-3-Hybrid",
        "midas_weight": 0.2,
        "padding_mode": "border",
        "sampling_mode": "bicubic",
        "use_zoe_depth": None,
        "near_plane": 200,
        "far_plane": 10000,
        "fov": 40,
    },
    _MOVES_2D_ONLY,
    mode("3d"),
    "it belongs to animation_mode 3D",
    {"translation_z": ("0: (0)",)},
)
FLIP = Group(
    {
        "perspective_flip_theta": "0: (0)",
        "perspective_flip_phi": "0: (0)",
        "perspective_flip_gamma": "0: (0)",
        "perspective_flip_fv": "0: (53)",
    },
    "there is no perspective flip here",
    flag("enable_perspective_flip"),
    "enable_perspective_flip is off",
)
SWITCHES = {
    "enable_perspective_flip": ("perspective_flip_theta",),
    "enable_steps_scheduling": ("steps_schedule",),
    "enable_subseed_scheduling": ("subseed_schedule", "subseed_strength_schedule"),
    "enable_sampler_scheduling": ("sampler_schedule",),
    "enable_schedule_samplers": ("sampler_schedule",),
    "enable_checkpoint_scheduling": (),  # files of another machine: a person says which models they are here
    "enable_clipskip_scheduling": ("clipskip_schedule",),
    "enable_noise_multiplier_scheduling": ("noise_multiplier_schedule",),
    "enable_ddim_eta_scheduling": ("ddim_eta_schedule",),
    "enable_ancestral_eta_scheduling": ("ancestral_eta_schedule",),
}
SWITCH = Group({key: key == "enable_noise_multiplier_scheduling" for key in SWITCHES}, "what it turns on is not here")


def _switched(switch: str, keys: JsonObject, **still: tuple[str, ...]) -> Group:
    return Group(keys, f"{keys and next(iter(keys))} is no input here", flag(switch), f"{switch} is off", still)


SWITCHED = (
    _switched("enable_steps_scheduling", {"steps_schedule": "0: (25)"}),
    Group(
        {"checkpoint_schedule": '0: ("model1.ckpt"), 100: ("model2.safetensors")'},
        "it names files of another machine; the input checkpoint_schedule takes models that are served here",
        flag("enable_checkpoint_scheduling"),
        "enable_checkpoint_scheduling is off",
    ),
    _switched("enable_clipskip_scheduling", {"clipskip_schedule": "0: (2)"}, clipskip_schedule=("0: (1)",)),
    _switched(
        "enable_noise_multiplier_scheduling",
        {"noise_multiplier_schedule": "0: (1.05)"},
        noise_multiplier_schedule=("0: (1)",),
    ),
    _switched("enable_ddim_eta_scheduling", {"ddim_eta_schedule": "0: (0)"}),
    _switched("enable_ancestral_eta_scheduling", {"ancestral_eta_schedule": "0: (1)"}),
    Group(
        {"sampler_schedule": '0: ("Euler a")'},
        "sampler_schedule is no input here",
        flag("enable_sampler_scheduling", "enable_schedule_samplers"),
        "enable_sampler_scheduling is off",
    ),
    Group(
        {"subseed_schedule": "0: (1)", "subseed_strength_schedule": "0: (0)"},
        "seeds are not mixed here",
        flag("enable_subseed_scheduling"),
        "enable_subseed_scheduling is off",
    ),
    Group(
        {"seed_schedule": '0:(s), 1:(-1), "max_f-2":(-1), "max_f-1":(s)'},
        "there is no seed_schedule here",
        lambda settings: text(settings, "seed_behavior") == "schedule",
        "seed_behavior is not schedule",
    ),
    Group(
        {"subseed": -1, "subseed_strength": 0},
        "seeds are not mixed here",
        both(flag("seed_enable_extras"), chosen("subseed_strength")),
        "seed_enable_extras is off",
    ),
)
INPUTS = {
    "checkpoint_schedule": (),
    "prompts": ("animation_prompts",),
    "W": ("width",),
    "H": ("height",),
    "steps": ("steps", "steps_schedule"),
    "scale": ("cfg_scale", "cfg_scale_schedule"),
    "ddim_eta": ("ddim_eta", "ddim_eta_schedule"),
    "animation_prompts_positive": ("positive_prompts",),
    "animation_prompts_negative": ("negative_prompts",),
}
# In lower case -> the key that is meant. Written by hand or by other programs.
ALIASES = {
    "width": "W",
    "w": "W",
    "height": "H",
    "h": "H",
    "num_frames": "max_frames",
    "frame_rate": "fps",
    "transition_x": "translation_x",
    "transition_y": "translation_y",
    "transition_z": "translation_z",
    "cfg_scale": "scale",
    "guidance_scale": "scale",
    "num_inference_steps": "steps",
    "prompt": "prompts",
    "sampler_name": "sampler",
    "negative_prompt": "negative_prompts",
    "neg_prompts": "negative_prompts",
    "negative_prompts_box": "negative_prompts",
    "zoom_schedule": "zoom",
    "angle_schedule": "angle",
    "framerate": "fps",
    "clipskip": "clipskip_schedule",
    "contrast": "contrast_schedule",
}
A1111 = Family(
    "settings of the A1111 extension",
    "a1111",
    (CORE, SIZE, CADENCE, WORDS, MODE, THREE_D, FLIP, SWITCH, *SWITCHED, *UNDRAWN),
    INPUTS,
    SWITCHES,
    ALIASES,
    PREFIXES,
)
