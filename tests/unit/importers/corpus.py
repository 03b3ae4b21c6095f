"""Files as people have them, made from the key tables of the extension and the notebook: values only, nobody's text."""

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[2] / "parity" / "golden2" / "a" / "settings"
PROMPTS = {"0": "a lighthouse by the sea --neg fog", "20": "a harbour at night --neg fog"}
# What is no film: the file, and what its sentence says.
UNREADABLE = {
    "unescaped backslashes": (b'{"init_image": "C:\\Users\\me"}', 'line 1 column 19; write "\\\\" for a backslash'),
    "a raw line break": (b'{"prompts": {"0": "a fox\nin snow"}}', r"inside quotes, write \n for it"),
    "never rendered": (
        b'{"managedFields": [], "keyframes": [{"frame": 0}], "options": {}}',
        "was never rendered: open it in Parseq",
    ),
    "never rendered, older": (b'{"rendered_frames": [], "options": {"bpm": 120}}', "was never rendered"),
    "a workflow of ComfyUI": (b'{"last_node_id": 3, "nodes": [{"id": 3}], "links": []}', "is a workflow of ComfyUI"),
    "one for its API": (b'{"3": {"class_type": "KSampler", "inputs": {"seed": 1}}}', "is a workflow of ComfyUI"),
    "one as it is sent": (
        b'{"client_id": "a", "prompt": {"3": {"class_type": "KSampler", "inputs": {}}}}',
        "is a workflow of ComfyUI",
    ),
}


def extension(**changes: Any) -> dict[str, Any]:
    """The extension's shipped file in 2D, with changes; None takes a key out."""
    shipped = json.loads((GOLDEN / "A_keys.json").read_text("utf-8"))["default_settings_txt"]
    return _changed(
        {**shipped, "animation_mode": "2D", "max_frames": 60, "seed": 7, "prompts": PROMPTS, "diffusion_cadence": 1},
        changes,
    )


def notebook(**changes: Any) -> dict[str, Any]:
    """The notebook's defaults in 2D, with changes."""
    sections = json.loads((GOLDEN / "7_keys.json").read_text("utf-8"))
    defaults = {row["key"]: row["default"] for rows in sections.values() for row in rows}
    base = {**defaults, "animation_mode": "2D", "max_frames": 60, "seed": 7, "prompts": {"0": "a fox", "30": "a cat"}}
    return _changed(base, changes)


def _changed(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def old_extension() -> dict[str, Any]:
    """As of the beginning of 2023: other names, no colour match of outputs, no schedule of guidance."""
    later = ("enable_clipskip_scheduling", "cfg_scale_schedule", "legacy_colormatch", "enable_perspective_flip")
    return extension(
        **dict.fromkeys((*later, "transform_center_x", "transform_center_y")),
        scale=9,
        flip_2d_perspective=True,
        color_coherence="Match Frame 0 HSV",
        histogram_matching=True,
        hybrid_composite=False,
        use_zoe_depth=True,
        skip_video_for_run_all=True,
        cn_1_weight=1,
        sampler="DPM++ 2M Karras",
    )


def _second() -> dict[str, Any]:
    return {
        "max_frames": 30,
        "animation_prompts": "0: a mill | 15: a barn",
        "negative_prompts": "0: people",
        "num_inference_steps": 30,
        "guidance_scale": 8,
        "width": 512,
        "height": 512,
        "model_checkpoint": "Protogen_V2.2.ckpt",
        "hybrid_video_composite": False,
        "hybrid_video_motion": "None",
        "zoom": "0:(1.02)",
        "sampler": "dpmpp_2m",
        "flip_2d_perspective": False,
    }


def settings_files() -> dict[str, bytes]:
    """Name -> content. Each is one habit or version."""
    documents = {
        "shipped": extension(),
        "shipped cadence": extension(diffusion_cadence=2),
        "shipped 3D": extension(animation_mode="3D", translation_z="0: (0), 20: (5)", rotation_3d_y="0: (sin(t/10))"),
        "3D without motion": extension(animation_mode="3D", translation_z="0: (0)"),
        "old": old_extension(),
        "few keys": {"W": 512, "H": 512, "prompts": {"0": "a fox"}, "angle": "0: (1)", "animation_mode": "2D"},
        "keys past the end": extension(zoom="0: (1.02), 500: (1.1)", angle="0: (0), 60: (5)"),
        "first prompt at 50": extension(prompts={"50": "a fox"}),
        "key twice": extension(zoom="0: 0: (1.04)"),
        "bars": extension(zoom="0:(1.02) | 30:(1.05)", angle="0:(0) | 30:(2)"),
        "leading blanks": extension(zoom=" 0: (1.02)", angle="0: ( 1 )"),
        "point five": extension(noise_schedule="0: (.05)", strength_schedule=".5"),
        "not a number at some frames": extension(angle="0: (sqrt(t-10))"),
        "numbers as texts": extension(diffusion_cadence="2", max_frames="60", near_plane="200", steps="30", seed="11"),
        "sampler by number": extension(sampler=0),
        "a bare number": extension(translation_x="0", angle=0, noise_schedule=0.05),
        "seed null": {**extension(), "seed": None},
        "no prompts": extension(prompts={}),
        "prompts the wrong way round": extension(prompts={"a fox": 0, "a cat": 30}),
        "prompts as a list": extension(prompts=["a fox", "a cat"]),
        "prompts by formula": extension(prompts={"0": "a fox", "max_f/2": "a cat", "max_f-5": "a dog"}),
        "prompts as text": extension(prompts='{"0": "a fox", "30": "a cat"}'),
        "negatives by frame": extension(negative_prompts={"0": "fog", "30": "rain"}),
        "boxes": extension(prompts={"0": "a fox"}, positive_prompts="best", negative_prompts="worst"),
        "width and height": extension(W=None, H=None, width=640, height=384),
        "capitals": extension(fps=None, FPS=24, Seed=5, seed=None),
        "warp": extension(border="warp"),
        "transition": extension(translation_x=None, transition_x="0: (3)"),
        "invented switches": extension(enable_magic=True, super_zoom="0: (9)", use_turbo=1),
        "wrapped": {"deforum_settings": extension(), "options_overrides": {"CLIP_stop_at_last_layers": 2}},
        "prompts beside": {"settings": extension(prompts=None), "prompts": {"0": "a fox"}},
        "model checkpoint": notebook(model_checkpoint="sd-v1-4.ckpt", models_path="models", half_precision=True),
        "wrapped list": {"deforum_settings": [extension(seed=1), extension(seed=2)]},
        "input": {"input": extension()},
        "forge": extension(
            shake_name="INVESTIGATION",
            shake_intensity=1.0,
            freeu_enabled=True,
            freeu_b1="0: (1.3)",
            kohya_hrfix_enabled=False,
            wan_t2v_model="1.3B",
            scheduler="Karras",
            distilled_cfg_scale_schedule="0: (3.5)",
            keyframe_distribution="Additive",
        ),
        "wan": extension(animation_mode="Wan Video", wan_resolution="864x480", wan_seed=-1),
        "html in a commit": extension(deforum_git_commit_id='<a href="https://example.org">3224268</a>'),
        "switched on": extension(
            use_init=True,
            init_image="https://example.org/a.png",
            use_mask=True,
            mask_file="m.png",
            cn_1_enabled=True,
            cn_1_module="canny",
            tiling=True,
            add_soundtrack="File",
            r_upscale_video=True,
            frame_interpolation_engine="FILM",
            use_looper=True,
            hybrid_motion="Optical Flow",
            optical_flow_cadence="RAFT",
            enable_checkpoint_scheduling=True,
            enable_subseed_scheduling=True,
            subseed_strength_schedule="0: (0.3)",
            color_coherence="Video Input",
            motion_preview_mode=True,
        ),
        "scheduled": extension(
            enable_steps_scheduling=True,
            steps_schedule="0: (20), 30: (30)",
            enable_clipskip_scheduling=True,
            enable_sampler_scheduling=True,
            sampler_schedule='0: ("Euler a"), 30: ("DDIM")',
            seed_behavior="schedule",
            seed_schedule="0: (7), 30: (9)",
        ),
        "beyond limits": extension(fps=240, seed=2**40, max_frames=30.5, perlin_octaves=40),
        "broken schedules": extension(zoom="0: (1.0", angle="", translation_y="hello", noise_schedule="0: (0.1),"),
        "no key at 0": extension(zoom="10: (1.02), 20: (1.05)"),
        "where": extension(angle="0: (where(t<30, 1, -1))"),
        "strings for switches": extension(color_force_grayscale="True", enable_perspective_flip="false"),
        "lists and objects": extension(zoom=["0: (1)"], angle={"0": 1}, seed=[1], sampler=None, border=True),
        "Parseq address": extension(parseq_manifest="https://example.org/manifest.json"),
        "Parseq inside": extension(parseq_manifest=json.dumps(manifest(60))),
        "notebook": notebook(),
        "notebook 0.5": notebook(
            negative_prompts=None,
            scale=7,
            n_samples=2,
            prompt_weighting=True,
            log_weighted_subprompts=False,
            ddim_eta=0,
        ),
        "notebook losses": notebook(clip_scale=500, clip_name="ViT-B/32", mean_scale=3, dynamic_threshold=5.0),
        "notebook lists": notebook(prompts=["a fox", "a cat"], animation_mode="None", n_batch=4),
        "notebook negatives": notebook(uncond_prompts={"0": "fog"}, sampler="dpmpp_2s_a", diffusion_cadence="3"),
        "notebook interpolation": notebook(animation_mode="Interpolation", interpolate_key_frames=True),
        "notebook blanks": notebook(zoom="0:( 1.02 )", angle="0:(1) | 30:(2)"),
        "second model": _second(),
        "second model's prediction": {
            "id": "abc",
            "version": "1a98303504c7d866d2b198bae0b03237eab82edc1491a5306895d12b0021d6f6",
            "status": "succeeded",
            "input": _second(),
        },
    }
    files = {name: json.dumps(document).encode() for name, document in documents.items()}
    return {
        **files,
        "UTF-8 with a mark": b"\xef\xbb\xbf" + files["shipped"],
        "UTF-16": json.dumps(extension()).encode("utf-16"),
        "UTF-16 without a mark": json.dumps(extension()).encode("utf-16-le"),
        "Windows-1252": json.dumps(extension(prompts={"0": "un café"}), ensure_ascii=False).encode("cp1252"),
        "a key twice": files["shipped"][:-1] + b', "zoom": "0: (1.01)"}',
    }


def manifest(frames: int, **options: Any) -> dict[str, Any]:
    """A rendered Parseq document with the fields that its default has."""
    entries = [
        {
            "frame": frame,
            "seed": 100 + frame // 10,
            "strength": 0.6 + 0.001 * frame,
            "scale": 7,
            "noise": 0.04,
            "contrast": 1,
            "zoom": 1.01**frame,
            "zoom_delta": 1.01,
            "angle": frame * 0.5,
            "angle_delta": 0.5 if frame else 0,
            "translation_x": frame * 1e-5,
            "translation_x_delta": 1e-5,
            "antiblur_amount": 0.1,
            "deforum_prompt": "a fox --neg fog" if frame < 10 else "a cat --neg fog",
            "fov": 40,
        }
        for frame in range(frames)
    ]
    return {
        "options": {"output_fps": 24, "cadence": 1, "bpm": 120, **options},
        "rendered_frames": entries,
        "managedFields": ["zoom", "seed"],
        "keyframes": [],
        "prompts": {"format": "v2"},
        "meta": {"generated_by": "parseq"},
    }


def manifests() -> dict[str, bytes]:
    """Name -> content of Parseq documents."""
    whole = manifest(12)
    entries = whole["rendered_frames"]
    documents = {
        "rendered": whole,
        "long": manifest(400),
        "one frame": manifest(1),
        "sparse": {**whole, "rendered_frames": [entries[0], entries[4], entries[11]]},
        "later start": {**whole, "rendered_frames": entries[3:]},
        "a frame twice": {**whole, "rendered_frames": [*entries, {**entries[5], "zoom_delta": 1.2}]},
        "nothing but zoom": {"rendered_frames": [{"frame": 0, "zoom_delta": 1.01}, {"frame": 1, "zoom_delta": 1.02}]},
        "null values": {**whole, "rendered_frames": [{**entries[0], "strength": None}, *entries[1:]]},
        "fields that come later": {**whole, "rendered_frames": [{"frame": 0, "seed": 1}, *entries[1:]]},
        "half frames": manifest(12, output_fps=12.5, cadence=3),
        "unknown fields": {**whole, "rendered_frames": [{**entry, "sparkle": 3} for entry in entries]},
        "names": {**whole, "rendered_frames": [{**entry, "sampler_schedule": "Euler a"} for entry in entries]},
        "texts for numbers": {**whole, "rendered_frames": [{**entry, "angle_delta": "0.5"} for entry in entries]},
    }
    return {name: json.dumps(document).encode() for name, document in documents.items()}
