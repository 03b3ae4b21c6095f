"""The extension's keys for what is not drawn here: video, masks, guiding pictures, ControlNet, sound, forks.

What is built one day moves away from here by itself: a key that is an input is taken. Source: as a1111_keys.py.
"""

from dreamreel.documents import JsonObject
from dreamreel.importers.keys import Group, chosen, either, flag, mode, text

UNITS = range(1, 6)
LOOPER = flag("use_looper")
HYBRID = chosen("hybrid_composite", "hybrid_motion")
_VIDEO = either(mode("video input"), HYBRID, lambda settings: text(settings, "color_coherence") == "video input")

PICTURE = Group(
    {
        "tiling": False,
        "restore_faces": False,
        "seed_resize_from_w": 0,
        "seed_resize_from_h": 0,
        "diffusion_redo": "0",
        "motion_preview_mode": False,
        "resume_from_timestring": False,
        "optical_flow_redo_generation": "None",
        "seed_enable_extras": False,
    },
    "it is not done here",
    still={"optical_flow_redo_generation": (False,)},
)
FLOW = (
    Group(
        {"optical_flow_cadence": "None", "cadence_flow_factor_schedule": "0: (1)"},
        "optical flow is not used here",
        lambda settings: chosen("optical_flow_cadence")(settings) and text(settings, "diffusion_cadence") != "1",
        "no optical flow is used between frames",
    ),
    Group(
        {"redo_flow_factor_schedule": "0: (1)"},
        "optical flow is not used here",
        chosen("optical_flow_redo_generation"),
        "optical_flow_redo_generation is None",
    ),
)
COLOR_EXTRAS = (
    Group(
        {"color_coherence_image_path": ""},
        "colours are matched to frame 0 here",
        lambda settings: text(settings, "color_coherence") == "image",
        "color_coherence is not Image",
    ),
    Group(
        {"color_coherence_video_every_N_frames": 1},
        "colours are matched to frame 0 here",
        lambda settings: text(settings, "color_coherence") == "video input",
        "color_coherence is not Video Input",
    ),
)
INIT = (
    Group({"use_init": False}, "films begin without an initial picture here"),
    Group(
        {
            "strength": 0.8,
            "strength_0_no_init": True,
            "init_image": "https://deforum.github.io/a1/I1.png",
            "init_image_box": None,
        },
        "films begin without an initial picture here",
        flag("use_init"),
        "use_init is off",
        {"init_image": ("", None)},
    ),
)
_MASKS = flag("use_mask", "use_mask_video", "use_alpha_as_mask")
MASKS = (
    Group(
        {"use_mask": False, "use_mask_video": False, "use_noise_mask": False},
        "whole pictures are drawn here, without masks",
    ),
    Group(
        {"use_alpha_as_mask": False},
        "whole pictures are drawn here, without masks",
        flag("use_init"),
        "use_init is off",
    ),
    Group(
        {
            "mask_file": "https://deforum.github.io/a1/M1.jpg",
            "invert_mask": False,
            "mask_contrast_adjust": 1.0,
            "mask_brightness_adjust": 1.0,
            "overlay_mask": True,
            "mask_overlay_blur": 4,
            "fill": "original",
            "full_res_mask": True,
            "full_res_mask_padding": 4,
            "mask_schedule": '0: ("{video_mask}")',
            "video_mask_path": "https://deforum.github.io/a1/VM1.mp4",
        },
        "whole pictures are drawn here, without masks",
        _MASKS,
        "no mask is used",
        {"fill": (0, 1, "1")},
    ),
    Group(
        {"noise_mask_schedule": '0: ("{video_mask}")'},
        "whole pictures are drawn here, without masks",
        flag("use_noise_mask"),
        "use_noise_mask is off",
    ),
)
VIDEO = Group(
    {
        "video_init_path": "https://deforum.github.io/a1/V1.mp4",
        "extract_nth_frame": 1,
        "extract_from_frame": 0,
        "extract_to_frame": -1,
    },
    "no video is read here",
    _VIDEO,
    "no video is used",
)
HYBRIDS = (
    Group(
        {"hybrid_motion": "None", "hybrid_composite": "None"},
        "no video is read here",
        still={"hybrid_composite": (False,)},
    ),
    Group(
        {
            "hybrid_comp_alpha_schedule": "0:(0.5)",
            "hybrid_comp_mask_blend_alpha_schedule": "0:(0.5)",
            "hybrid_comp_mask_contrast_schedule": "0:(1)",
            "hybrid_flow_factor_schedule": "0:(1)",
            "hybrid_comp_mask_auto_contrast_cutoff_high_schedule": "0:(100)",
            "hybrid_comp_mask_auto_contrast_cutoff_low_schedule": "0:(0)",
            "hybrid_generate_inputframes": False,
            "hybrid_generate_human_masks": "None",
            "hybrid_use_first_frame_as_init_image": True,
            "hybrid_motion_use_prev_img": False,
            "hybrid_flow_consistency": False,
            "hybrid_consistency_blur": 2,
            "hybrid_flow_method": "RAFT",
            "hybrid_use_init_image": False,
            "hybrid_comp_mask_type": "None",
            "hybrid_comp_mask_inverse": False,
            "hybrid_comp_mask_equalize": "None",
            "hybrid_comp_mask_auto_contrast": False,
        },
        "no video is read here",
        HYBRID,
        "hybrid_motion and hybrid_composite are None",
    ),
)
PIX2PIX = Group({"pix2pix_img_cfg_scale_schedule": "0:(1.5)"})
PARSEQ = (
    Group({"parseq_manifest": ""}, "it cannot be read"),
    Group(
        {"parseq_use_deltas": True, "parseq_non_schedule_overrides": True},
        "",
        chosen("parseq_manifest"),
        "there is no Parseq manifest",
    ),
)
GUIDED = (
    Group({"use_looper": False}, "films are not led by pictures here"),
    Group(
        {
            "init_images": None,
            "image_strength_schedule": "0:(0.75)",
            "blendFactorMax": "0:(0.35)",
            "blendFactorSlope": "0:(0.25)",
            "tweening_frames_schedule": "0:(20)",
            "color_correction_factor": "0:(0.075)",
        },
        "films are not led by pictures here",
        LOOPER,
        "use_looper is off",
    ),
)
_UNIT: JsonObject = {
    "overwrite_frames": True,
    "vid_path": "",
    "mask_vid_path": "",
    "low_vram": False,
    "pixel_perfect": False,
    "module": "none",
    "model": "None",
    "weight": "0:(1)",
    "guidance_start": "0:(0.0)",
    "guidance_end": "0:(1.0)",
    "processor_res": 64,
    "threshold_a": 64,
    "threshold_b": 64,
    "resize_mode": "Inner Fit (Scale to Fit)",
    "control_mode": "Balanced",
    "loopback_mode": False,
    "guess_mode": False,
    "rgbbgr_mode": False,
    "invert_image": False,
}
CONTROL = tuple(
    group
    for unit in UNITS
    for group in (
        Group({f"cn_{unit}_enabled": False}, "a unit of ControlNet is not translated: the input controlnets says it"),
        Group(
            {f"cn_{unit}_{key}": default for key, default in _UNIT.items()},
            "a unit of ControlNet is not translated: the input controlnets says it",
            flag(f"cn_{unit}_enabled"),
            f"cn_{unit}_enabled is off",
        ),
    )
)
AFTER = (
    Group(
        {"add_soundtrack": "None", "frame_interpolation_engine": "None", "r_upscale_video": False},
        "films come without sound, at the size and rate at which they are drawn",
    ),
    Group(
        {"soundtrack_path": "https://deforum.github.io/a1/A1.mp3"},
        "",
        chosen("add_soundtrack"),
        "add_soundtrack is None",
    ),
    Group(
        {"r_upscale_factor": "x2", "r_upscale_model": "realesr-animevideov3"},
        "",
        flag("r_upscale_video"),
        "r_upscale_video is off",
    ),
    Group(
        {
            "frame_interpolation_x_amount": 2,
            "frame_interpolation_slow_mo_enabled": False,
            "frame_interpolation_slow_mo_amount": 2,
        },
        "frames are not interpolated here",
        chosen("frame_interpolation_engine"),
        "frame_interpolation_engine is None",
    ),
)
_NO_FRAME = (
    "show_info_on_ui batch_name reroll_blank_frames reroll_patience resume_timestring save_depth_maps "
    "overwrite_extracted_frames hybrid_comp_save_extra_frames skip_video_creation make_gif delete_imgs "
    "delete_input_frames image_path r_upscale_keep_imgs store_frames_in_ram frame_interpolation_keep_imgs "
    "frame_interpolation_use_upscaled sd_model_name sd_model_hash deforum_git_commit_id outdir init_sample "
    "override_settings_with_file custom_settings_file timestring histogram_matching skip_video_for_run_all "
    "flip_2d_perspective n_batch n_samples filename_format save_settings save_samples display_samples make_grid "
    "grid_rows output_format ffmpeg_location ffmpeg_crf ffmpeg_preset ffmpeg_outdir ffmpeg_outfile_name render_steps "
    "path_name_modifier max_video_frames use_manual_settings mp4_path from_img2img_instead_of_link perlin_init "
    "perlin_mode precision C f seed_internal sd_vae deforum_version save_sample_per_step show_sample_per_step "
    "frame_interpolation_slow_mo_x_amount convert_input_video video_upscale_keep_imgs controlnet_overwrite_frames "
    "override_these_with_webui interpolate_key_frames "
    "interpolate_x_frames use_scale_from_model sd_model_checkpoint sd_checkpoint ui_version root models_path"
)
ETA = Group(
    {"ddim_eta": 0.0},
    "ddim adds no noise here",
    lambda settings: text(settings, "sampler") == "ddim",
    "the sampler is not DDIM",
)
SILENT = Group(dict.fromkeys(_NO_FRAME.split()))
# Forge's fork, and others that have grown from the extension.
_WAN = lambda settings: "wan" in text(settings, "animation_mode")  # noqa: E731
FORKS = (
    Group({"shake_name": "None"}, "the camera does not shake here"),
    Group({"shake_intensity": 1.0, "shake_speed": 1.0}, "", chosen("shake_name"), "shake_name is None"),
    Group({"freeu_enabled": False, "kohya_hrfix_enabled": False, "enable_ad_pass": False}, "it is not done here"),
    Group({"keyframe_distribution": "Off"}, "every frame is drawn by one rule here"),
    Group(
        {"keyframe_strength_schedule": "0: (0.50)"},
        "every frame is drawn by one rule here",
        chosen("keyframe_distribution"),
        "keyframe_distribution is Off",
        {"keyframe_strength_schedule": ("0: (0.5)",)},
    ),
    Group(
        {"distilled_cfg_scale_schedule": "0: (3.5)", "enable_scheduler_scheduling": False, "scheduler_schedule": None}
    ),
    Group({"scheduler": "Automatic"}, "the sampler draws on the model's own noise levels here"),
    Group({"scale": 7}, "guidance is the model's own here"),
)
PREFIXES = (
    ("wan_", Group({}, "no other kind of model is drawn with here", _WAN, "animation_mode is not Wan")),
    ("freeu_", Group({}, "FreeU is not used here", flag("freeu_enabled"), "freeu_enabled is off")),
    (
        "kohya_hrfix_",
        Group({}, "kohya's fix is not used here", flag("kohya_hrfix_enabled"), "kohya_hrfix_enabled is off"),
    ),
    ("shake_", Group({}, "the camera does not shake here", chosen("shake_name"), "shake_name is None")),
    ("ad_", Group({}, "AnimateDiff is not used here", flag("enable_ad_pass"), "enable_ad_pass is off")),
)
UNDRAWN = (
    *(PICTURE, *FLOW, *COLOR_EXTRAS, *INIT),
    *(*MASKS, VIDEO, *HYBRIDS, PIX2PIX, *PARSEQ),
    *(*GUIDED, *CONTROL, *AFTER, ETA, SILENT, *FORKS),
)
