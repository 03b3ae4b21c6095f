"""The extension's units of ControlNet as the input `controlnets`: what is taken, and why the rest is not."""

import pytest

from dreamreel.animation.views import HERE
from dreamreel.importers.a1111 import read_a1111
from dreamreel.importers.fates import Fates

UNIT = {"enabled": True, "model": "control_v11p_sd15_canny [d14c016b]", "module": "canny", "loopback_mode": True}


def imported(**unit):
    settings = {f"cn_1_{key}": value for key, value in {**UNIT, **unit}.items()}
    found = read_a1111({"max_frames": 10, "prompts": {"0": "a fox"}, **settings}, HERE, Fates())
    # Each key of the file has one fate.
    assert {key for key in settings if key not in found.fates.found} == set()
    return found.input.get("controlnets"), {
        key.removeprefix("cn_1_"): fate for key, fate in found.fates.found.items() if key.startswith("cn_1_")
    }


def test_a_unit_becomes_a_controlnet_with_its_schedules_and_thresholds():
    text, fates = imported(
        weight="0: (0.4), 5: (0.8)", guidance_start=0.1, guidance_end="0:(0.7)", threshold_a=50, threshold_b=90
    )
    weight = "0: (0.4), 5: (0.8)"
    assert text == (
        f"control_v11p_sd15_canny: {weight}; preprocessor: canny; start: 0:(0.1); end: 0:(0.7); low: 50; high: 90"
    )
    assert {key for key, (fate, _) in fates.items() if fate == "used"} == {
        "enabled", "module", "loopback_mode", "weight", "guidance_end", "threshold_a", "threshold_b"
    }  # fmt: skip
    assert {key for key, (fate, _) in fates.items() if fate == "changed"} == {"model", "guidance_start"}
    assert "is control_v11p_sd15_canny, the file of that name" in fates["model"][1]


def test_several_units_become_several_and_one_that_is_off_none():
    settings = {
        f"cn_{unit}_{key}": value
        for unit, more in ((1, {}), (3, {"enabled": False}), (5, {"model": "tile", "module": "None", "weight": 0.5}))
        for key, value in {**UNIT, "weight": "0:(1)", "threshold_a": -1, "threshold_b": -1, **more}.items()
    }
    found = read_a1111({"max_frames": 10, "prompts": {"0": "a fox"}, **settings}, HERE, Fates())
    assert found.input["controlnets"] == (
        "control_v11p_sd15_canny: 0:(1); preprocessor: canny | tile: 0:(0.5); preprocessor: none"
    )
    assert found.fates.found["cn_3_model"] == ("inert", "cn_3_enabled is off")


@pytest.mark.parametrize(
    ("key", "value", "fate", "sentence"),
    [
        ("control_mode", "ControlNet is more important", "unsupported", "lead alike (Balanced) here"),
        ("control_mode", "Balanced", "used", "controlnets"),
        ("mask_vid_path", "mask.mp4", "unsupported", "without masks"),
        ("rgbbgr_mode", True, "unsupported", "in their order"),
        ("low_vram", True, "inert", "it decides no frame"),
        ("vid_path", "dance.mp4", "inert", "loopback_mode is on"),
        ("loopback_mode", False, "changed", "as with loopback_mode"),
        ("weight", "0: (5)", "changed", "cut to its limits"),
        ("threshold_a", -1, "changed", "is 100, canny's own"),
        ("processor_res", 512, "changed", "at its own size, as with pixel_perfect"),
        ("invert_image", True, "unsupported", "is not inverted here"),
    ],
)
def test_a_key_that_is_not_taken_as_it_is_says_why(key, value, fate, sentence):
    text, fates = imported(**{key: value})
    assert text.startswith("control_v11p_sd15_canny: ")
    assert fates[key][0] == fate
    assert sentence in fates[key][1]


@pytest.mark.parametrize(
    ("unit", "key", "sentence"),
    [
        ({"module": "depth_midas"}, "module", "needs a network that finds depth"),
        ({"module": "sparkle"}, "module", "is no preprocessor"),
        ({"model": "None"}, "enabled", "it names no model"),
        ({"model": "a: b"}, "model", "cannot be a name here"),
        ({"vid_path": "dance.mp4", "loopback_mode": False}, "vid_path", "no video is read here"),
        ({"weight": "0: (boom("}, "weight", ""),
    ],
)
def test_a_unit_that_cannot_be_drawn_is_left_out_whole_and_says_by_which_key(unit, key, sentence):
    text, fates = imported(**unit)
    assert text is None
    for name in ("enabled", key):
        assert fates[name][0] == "unsupported"
        assert "unit 1 is not drawn: " in fates[name][1]
        assert sentence in fates[name][1]
    others = {fate for name, (fate, _) in fates.items() if name not in ("enabled", key)}
    assert others == {"inert"}


def test_without_a_module_a_picture_may_be_shown_inverted():
    text, fates = imported(module="none", invert_image=True)
    assert "preprocessor: invert" in text
    assert fates["invert_image"] == ("used", "preprocessor")
