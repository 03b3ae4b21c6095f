"""More files as people have them, of all versions: odd mixtures, old names, keys of other programs."""

import json
from typing import Any

from tests.unit.importers.corpus import extension, manifest, notebook


def _early_notebook(**changes: Any) -> dict[str, Any]:
    """0.5: no guidance by losses, no schedule of samplers, no kernel."""
    later = ("clip_scale", "mean_scale", "kernel_schedule", "sigma_schedule", "amount_schedule", "threshold_schedule")
    hybrid = tuple(key for key in notebook() if key.startswith("hybrid"))
    return notebook(**dict.fromkeys((*later, *hybrid, "seed_iter_N", "color_force_grayscale")), scale=7, **changes)


def _dump(settings: dict[str, Any]) -> bytes:
    return json.dumps(settings, indent=4).encode()


def public_files() -> dict[str, bytes]:
    """Name -> content."""
    text, lines = _dump(extension()), json.dumps(notebook(), indent=2)
    documents = {
        "2.0 without guidance": extension(
            cfg_scale_schedule=None, scale="7", cn_1_rgbbgr_mode=False, cn_1_guess_mode=True
        ),
        "2.2 hybrid off": extension(hybrid_composite=False, hybrid_motion="None", use_zoe_depth=False),
        "2.3 flow as switches": extension(optical_flow_cadence=False, optical_flow_redo_generation=False),
        "2.4 Zoe by number": extension(use_zoe_depth=1, depth_algorithm=None),
        "2.5 weights as numbers": extension(
            cn_1_weight=1.0, cn_2_weight=0.5, cn_1_guidance_start=0, cn_1_guidance_end=1
        ),
        "2.6 preview": extension(motion_preview_mode=False, motion_preview_length=5, motion_preview_step=1),
        "3.0 everything off": extension(**{f"cn_{unit}_enabled": False for unit in range(1, 6)}),
        "3.0 empty texts": extension(
            init_image="", mask_file="", video_init_path="", parseq_manifest="", batch_name=""
        ),
        "3.0 nulls": {**extension(), "hybrid_flow_method": None, "zoom": None, "fps": None, "sampler": None},
        "Forge Flux": extension(
            scheduler="Simple", distilled_cfg_scale_schedule="0: (3.5)", cfg_scale_schedule="0: (1)"
        ),
        "Forge scheduler": extension(
            enable_scheduler_scheduling=True, scheduler_schedule='0: ("Karras")', scheduler="Beta"
        ),
        "Forge shake": extension(shake_name="NONE", shake_intensity=1.0, shake_speed=1.0),
        "Forge hrfix": extension(kohya_hrfix_enabled=True, kohya_hrfix_downscale_factor="0: (2)", freeu_enabled=False),
        "sampler with its schedule": extension(sampler="DPM++ 2M SDE Karras", scheduler="Automatic"),
        "sampler unknown": extension(sampler="My Sampler 3000"),
        "a Restart sampler": extension(
            sampler="Restart", enable_sampler_scheduling=True, sampler_schedule='0: ("Restart")'
        ),
        "formulas with blanks": extension(zoom="0: ( 1.02 + 0.02 * sin( 2 * 3.14 * t / 40 ) )", angle="0 : (0)"),
        "newlines in schedules": extension(zoom="0: (1.02),\n30: (1.05),\n", angle="0: (0),\r\n10: (2)"),
        "semicolons": extension(zoom="0: (1.02); 30: (1.05)"),
        "decimal commas": extension(zoom="0: (1,02)"),
        "full-width digits": extension(zoom="0: (1.02)", translation_x="０: (１)"),
        "negative keys": extension(zoom="-5: (1.02), 0: (1)", prompts={"-1": "a fox", "0": "a cat"}),
        "keys not in order": extension(zoom="30: (1.05), 0: (1.01), 15: (1.02)", prompts={"30": "a", "0": "b"}),
        "keys twice in prompts": extension(prompts={"0": "a fox", " 0": "a cat", "00": "a dog"}),
        "key with a point": extension(prompts={"0": "a fox", "12.5": "a cat"}, zoom="0: (1), 12.5: (2)"),
        "empty prompt": extension(prompts={"0": "", "20": "   "}),
        "long prompts": extension(prompts={"0": "a fox, " * 400}),
        "weights and LoRAs": extension(prompts={"0": "(a fox:1.3) <lora:my_style:0.8> [cat:dog:0.5] AND rain :0.5"}),
        "formulas in prompts": extension(prompts={"0": "a fox (snow:`0.5+0.5*sin(t/10)`) --neg (fog:`t/60`)"}),
        "huge": extension(W=4096, H=4096, max_frames=100_000),
        "tiny": extension(W=8, H=8, max_frames=1),
        "odd sizes": extension(W=513, H=771),
        "one frame": extension(max_frames=1, zoom="0: (1)"),
        "no frames": extension(max_frames=0),
        "seeds as floats": extension(seed=7.0, subseed=-1.0, seed_iter_N=2.0),
        "seed minus one": extension(seed=-1, seed_behavior="random"),
        "behaviour in capitals": extension(seed_behavior="Ladder", border="Replicate", noise_type="Perlin"),
        "looper on": extension(use_looper=True, init_images='{"0": "https://example.org/a.png"}', strength=0),
        "JSON in a text": extension(prompts=json.dumps({"0": 'a "fox"', "10": "a\nb"})),
        "0.5": _early_notebook(),
        "0.6 negatives": notebook(prompts={"0": "a fox:0.8 rain:-0.3"}, prompt_weighting=True),
        "0.7 losses off": notebook(clip_scale=0, mean_scale=0, cutn=1, cut_pow=0.0001, init_mse_scale=0),
        "0.7 paths": notebook(models_path="C:\\models", output_path="/content/drive", model_config="v1-inference.yaml"),
        "0.7 second model's names": notebook(hybrid_video_composite=False, hybrid_video_motion="None"),
        "notebook turbo": notebook(diffusion_cadence=8, max_frames=1000, strength_schedule="0: (0.7)"),
        "notebook expressions": notebook(angle="0:(2*sin(t/10))", zoom="0:(1.0+0.01*(t%10))"),
        "Parseq beside its address": extension(parseq_manifest=json.dumps(manifest(60)), parseq_use_deltas=False),
        "webui wrapper": {
            "deforum_settings": extension(),
            "options_overrides": {"sd_model_checkpoint": "a.safetensors"},
        },
        "API wrapper": {"deforum_settings": extension(), "settings_overrides": {"seed": 9}, "id": "batch(1)-0"},
        "list of one": [extension()],
    }
    return {
        **{name: _dump(document) for name, document in documents.items()},
        "blank lines around": b"\n\n" + text + b"\r\n\r\n",
        "tabs and carriage returns": lines.replace("\n", "\r\n").replace("  ", "\t").encode(),
        "NaN and Infinity": text[:-1] + b', "fov": NaN, "near_plane": Infinity}',
        "UTF-16 big-endian": json.dumps(extension()).encode("utf-16-be"),
    }
