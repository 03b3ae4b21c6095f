"""Every key of the notebooks' settings files, 0.5 to 0.7, and of the second Replicate model, which is the notebook.

Source: notebook 0.7 at 9d2caaa, by name, default and choice; 0.5 and 0.6 from their settings files.
"""

from dataclasses import replace

from dreamreel.documents import JsonObject
from dreamreel.importers import a1111_keys
from dreamreel.importers.keys import Family, Group, chosen, either, flag, mode, text
from dreamreel.importers.undrawn_keys import COLOR_EXTRAS
from dreamreel.importers.undrawn_keys import HYBRID as ON_HYBRID
from dreamreel.importers.undrawn_keys import HYBRIDS as EXTENSIONS_HYBRIDS

_DEFAULT_SAMPLERS = (
    "0:('euler'),10:('dpm2'),20:('dpm2_ancestral'),30:('heun'),40:('euler'),50:('euler_ancestral'),60:('dpm_fast'),"
    "70:('dpm_adaptive'),80:('dpmpp_2s_a'),90:('dpmpp_2m')"
)
CORE = Group(
    {
        "seed": -1,
        "sampler": "euler_ancestral",
        "steps": 50,
        "scale": 7,
        "seed_behavior": "iter",
        "seed_iter_N": 1,
        "max_frames": 1000,
        "border": "replicate",
        "angle": "0:(0)",
        "zoom": "0:(1.04)",
        "translation_x": "0:(10*sin(2*3.14*t/10))",
        "translation_y": "0:(0)",
        "fps": 12,
        "noise_schedule": "0: (0.02)",
        "strength_schedule": "0: (0.65)",
        "contrast_schedule": "0: (1.0)",
        "kernel_schedule": "0: (5)",
        "sigma_schedule": "0: (1.0)",
        "amount_schedule": "0: (0.2)",
        "threshold_schedule": "0: (0.0)",
        "color_coherence": "Match Frame 0 LAB",
        "color_force_grayscale": False,
    },
    "there is no such input here",
)
MODE = Group({"animation_mode": "None"}, "films move in 2D here", still={"animation_mode": ("2D",)})
CADENCE = Group({"diffusion_cadence": "1"}, "every frame is drawn here")
WORDS = Group(
    {
        "prompts": None,
        "animation_prompts": None,
        "cond_prompts": "",
        "cond_prompt": "",
        "positive_prompts": "",
        "negative_prompts": "",
        "uncond_prompts": "",
        "uncond_prompt": "",
    },
    "it cannot be read",
)
THREE_D = Group(
    {
        "translation_z": "0:(10)",
        "rotation_3d_x": "0:(0)",
        "rotation_3d_y": "0:(0)",
        "rotation_3d_z": "0:(0)",
        "use_depth_warping": True,
        "midas_weight": 0.3,
        "near_plane": 200,
        "far_plane": 10000,
        "fov": 40,
        "padding_mode": "border",
        "sampling_mode": "bicubic",
    },
    "films move in 2D here",
    mode("3d"),
    "it belongs to animation_mode 3D",
    {"translation_z": ("0: (0)",)},
)
FLIP = replace(a1111_keys.FLIP, keys={**a1111_keys.FLIP.keys, "perspective_flip_phi": "0:(t%15)"})
SWITCHES = {
    "enable_perspective_flip": ("perspective_flip_theta",),
    "enable_schedule_samplers": ("sampler_schedule",),
    "enable_sampler_scheduling": ("sampler_schedule",),
}
SAMPLERS = Group(
    {"sampler_schedule": _DEFAULT_SAMPLERS},
    "sampler_schedule is no input here",
    flag("enable_schedule_samplers", "enable_sampler_scheduling"),
    "enable_schedule_samplers is off",
)
_LOSSES: JsonObject = {
    "mean_scale": 0,
    "var_scale": 0,
    "exposure_scale": 0,
    "colormatch_scale": 0,
    "clip_scale": 0,
    "aesthetics_scale": 0,
    "init_mse_scale": 0,
    "blue_scale": 0,
    "ignore_sat_weight": 0,
    "ignore_sat_scale": 0,
}
LOSSES = (
    Group(_LOSSES, "pictures are led by prompts alone here"),
    Group(
        {
            "exposure_target": 0.5,
            "colormatch_n_colors": 4,
            "clip_name": "ViT-L/14",
            "cutn": 1,
            "cut_pow": 0.0001,
            "gradient_wrt": "x0_pred",
            "gradient_add_to": "both",
            "decode_method": "linear",
            "grad_threshold_type": "dynamic",
            "clamp_grad_threshold": 0.2,
            "clamp_start": 0.2,
            "clamp_stop": 0.01,
            "grad_inject_timing": [1, 2, 3, 4, 5, 6, 7, 8, 9],
            "cond_uncond_sync": True,
            "colormatch_image": None,
            "init_mse_image": None,
            "clamp_schedule": None,
            "clip_guidance": None,
        },
        "",
        chosen(*_LOSSES),
        "all losses have a scale of 0",
    ),
)
THRESHOLDS = Group(
    {"dynamic_threshold": None, "static_threshold": None, "prompt_weighting": True, "normalize_prompt_weights": True},
    "it is not done here",
    still={"prompt_weighting": (False,), "dynamic_threshold": ("none", ""), "static_threshold": ("none", "")},
)
ETA = Group(
    {"ddim_eta": 0.0},
    "ddim adds no noise here",
    lambda settings: text(settings, "sampler") in ("ddim", "plms"),
    "the sampler is not ddim",
)
INIT = (
    Group({"use_init": False}, "films begin without an initial picture here"),
    Group(
        {
            "strength": 0.65,
            "strength_0_no_init": True,
            "init_image": None,
            "add_init_noise": False,
            "init_noise": 0.01,
        },
        "films begin without an initial picture here",
        flag("use_init"),
        "use_init is off",
        {"init_image": ("",)},
    ),
)
MASKS = (
    Group({"use_mask": False, "use_mask_video": False}, "whole pictures are drawn here, without masks"),
    Group(
        {
            "use_alpha_as_mask": False,
            "mask_file": None,
            "invert_mask": False,
            "mask_brightness_adjust": 1.0,
            "mask_contrast_adjust": 1.0,
            "overlay_mask": True,
            "mask_overlay_blur": 5,
            "video_mask_path": None,
        },
        "whole pictures are drawn here, without masks",
        flag("use_mask", "use_mask_video"),
        "no mask is used",
    ),
)
VIDEO = Group(
    {"video_init_path": "/content/video_in.mp4", "extract_nth_frame": 1},
    "no video is read here",
    either(mode("video input"), ON_HYBRID, lambda settings: text(settings, "color_coherence") == "video input"),
    "no video is used",
)
_HYBRID_7: JsonObject = {
    "hybrid_comp_alpha_schedule": "0:(1)",
    "hybrid_flow_method": "DIS Medium",
    "hybrid_use_video_as_mse_image": False,
}
_ON_HYBRID = EXTENSIONS_HYBRIDS[1]
HYBRIDS = (EXTENSIONS_HYBRIDS[0], replace(_ON_HYBRID, keys={**_ON_HYBRID.keys, **_HYBRID_7}))
BETWEEN = Group(
    {"interpolate_key_frames": False, "interpolate_x_frames": 20},
    "",
    mode("interpolation"),
    "it belongs to animation_mode Interpolation",
)
RESUME = Group({"resume_from_timestring": False}, "films begin at frame 0 here")
_NO_FRAME = (
    "bit_depth_output save_samples save_settings display_samples save_sample_per_step show_sample_per_step n_batch "
    "n_samples batch_name filename_format make_grid grid_rows outdir resume_timestring save_depth_maps "
    "overwrite_extracted_frames hybrid_comp_save_extra_frames precision C f timestring init_latent init_sample "
    "init_sample_raw mask_sample init_c seed_internal flip_2d_perspective model_config model_checkpoint "
    "custom_config_path custom_checkpoint_path models_path output_path half_precision map_location "
    "log_weighted_subprompts model_sha256 skip_video_for_run_all image_path mp4_path path_name_modifier render_steps "
    "make_gif fixed_code colormatch_weights plotting filename timestep models_path_gdrive output_path_gdrive "
    "mount_google_drive max_video_frames initial_noise deforum_version sd_model_name prompt_weights"
)
SILENT = Group(dict.fromkeys(_NO_FRAME.split()))
INPUTS = {
    **a1111_keys.INPUTS,
    "cond_prompts": ("animation_prompts",),
    "cond_prompt": ("animation_prompts",),
    "uncond_prompts": ("negative_prompts",),
    "uncond_prompt": ("negative_prompts",),
}
NOTEBOOK = Family(
    "settings of the notebook",
    "notebook",
    (
        *(CORE, a1111_keys.SIZE, MODE, CADENCE, WORDS, THREE_D, FLIP, Group(dict.fromkeys(SWITCHES, False)), SAMPLERS),
        *(
            *LOSSES,
            THRESHOLDS,
            ETA,
            *INIT,
            *MASKS,
            COLOR_EXTRAS[1],
            VIDEO,
            *HYBRIDS,
            BETWEEN,
            RESUME,
            SILENT,
        ),
    ),
    INPUTS,
    SWITCHES,
    a1111_keys.ALIASES,
)
# The second Replicate model's names for the same, where they are others.
SECOND_NAMES = {
    "num_inference_steps": "steps",
    "guidance_scale": "scale",
    "width": "W",
    "height": "H",
}
SECOND_PREFIX = ("hybrid_video_", "hybrid_")
_SECOND: JsonObject = {
    "max_frames": 200,
    "strength": 0.5,
    "fps": 15,
    "negative_prompts": "0: mountain",
    "hybrid_flow_method": "Farneback",
    "animation_mode": "2D",
    "interpolate_x_frames": 4,
    "animation_prompts": (
        "0: a beautiful apple, trending on Artstation | 50: a beautiful banana, trending on Artstation | "
        "100: a beautiful coconut, trending on Artstation | 150: a beautiful durian, trending on Artstation"
    ),
}
SECOND = replace(
    NOTEBOOK,
    name="a request of deforum-art/deforum-stable-diffusion",
    groups=tuple(
        replace(group, keys={key: _SECOND.get(key, default) for key, default in group.keys.items()})
        for group in NOTEBOOK.groups
    ),
)
