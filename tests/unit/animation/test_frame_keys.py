"""What a frame's key is made of: everything that decides the frame, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from tests import loras, tiny

from dreamreel.animation.fields import FIELDS
from dreamreel.animation.identity import changes, decisive, first_difference, frame_keys, keys_in

WEIGHTS = "a" * 64
FOLDER = {}
# Texts in which also the ways of reading matter: a key after the end, a prefix.
TEXTS = {
    "animation_prompts": "0: a red circle",
    "angle": "0: (0), 6: (6)",
    "translation_y": "0: (0), 1: (3), 3: (0)",
    "max_frames": 4,
}
# For each input another value, and the first frame that it decides; None where it decides none.
ANOTHER = {
    "animation_prompts": ("0: a blue square", 0),
    "max_frames": (9, 1),
    "angle": ("0: (3)", 1),
    "zoom": ("0: (1.04), 2: (1.04), 3: (1.1)", 3),
    "translation_x": ("0: (4)", 1),
    "translation_y": ("0: (4)", 1),
    "color_coherence": ("None", 2),
    "sampler": ("heun", 0),
    "fps": (30, None),
    "seed": (99, 0),
    "strength_schedule": ("0: (0.3)", 1),
    "noise_schedule": ("0: (0.1)", 1),
    "contrast_schedule": ("0: (1.0), 1: (1.0), 2: (0.9)", 2),
    "border": ("replicate", 1),
    "profile": ("replicate-source", 0),
    "math": (True, None),  # which reads plain numbers as they are
    "keys_past_end": ("clip", 1),
    "strip_single_prefix": (True, 0),
    "drift": ("unbiased", 0),
    "hue": ("circular", 2),
    "color_force_grayscale": (True, 1),
    "prompt_grammar": ("dreamreel", 0),
    # These do nothing by the original's rules; below they are tried by others.
    **dict.fromkeys(("positive_prompts", "negative_prompts"), ("blue", None)),
    "prompt_blend": (2, None),
    "prompt_blend_mode": ("slerp", None),
    "clipskip_schedule": ("0: (2)", None),
    "strict": (False, None),
    "interp": ("smooth", 2),
    "seed_behavior": ("fixed", 1),
    "seed_iter_N": (2, 2),  # the first seed lasts one frame
    "seed_schedule": ("0: (5)", None),  # until seed_behavior asks for it
    "subseed_schedule": ("0: (5)", None),  # until something of it is mixed in
    "subseed_strength_schedule": ("0: (0), 1: (0), 2: (0.5)", 2),
    "noise_source": ("philox", 0),
    "cfg_scale_schedule": ("0: (7), 2: (7), 3: (9)", 0),
    "steps_schedule": ("0: (10), 2: (10), 3: (20)", 0),
    "sampler_schedule": ('0: ("euler"), 2: ("heun")', 0),
    "checkpoint_schedule": ('0: ("tiny-sd"), 2: ("builtin")', 0),
    "scheduler": ("karras", 0),
    "ddim_eta_schedule": ("0: (0.5)", None),  # which euler does not take, and neither the next
    "ancestral_eta_schedule": ("0: (0.5)", None),
    "transform_center_x": ("0: (0.5), 1: (0.5), 2: (0.1)", 1),
    "transform_center_y": ("0: (0.1)", 1),
    "enable_perspective_flip": (True, 1),
    "perspective_flip_theta": ("0: (4)", None),  # until enable_perspective_flip asks for it, and so the others
    "perspective_flip_phi": ("0: (4)", None),
    "perspective_flip_gamma": ("0: (4)", None),
    "perspective_flip_fv": ("0: (90)", None),
    "legacy_colormatch": (False, 1),
    "amount_schedule": ("0: (0), 1: (0), 2: (0.3)", 2),
    "kernel_schedule": ("0: (3)", None),  # until something is sharpened, and so the others
    "sigma_schedule": ("0: (3)", None),
    "threshold_schedule": ("0: (3)", None),
    "noise_type": ("perlin", 0),
    "perlin_w": (4, None),  # until noise_type asks for it, and so the others
    "perlin_h": (4, None),
    "perlin_octaves": (2, None),
    "perlin_persistence": (0.25, None),
    "diffusion_cadence": (2, 0),
    "controlnets": ("canny: 0: (0), 1: (0), 2: (1)", 2),
    "loras": ("detail: 0: (0), 1: (0), 2: (1)", 2),
    "width": (72, 0),
    "height": (72, 0),
    "steps": (11, 0),
    "cfg_scale": (8.5, 0),
    "model": ("tiny-sd", None),  # its weights are in the keys
}


@pytest.fixture(scope="module", autouse=True)
def lora_folder(tmp_path_factory):
    """A LoRA that the inputs may name."""
    folder = tmp_path_factory.mktemp("loras")
    loras.write(folder / "detail.safetensors", tiny.bundle().modules.adaptable, only="attn1")
    FOLDER["lora_folder"] = str(folder)


def keys(**raw):
    return frame_keys(tiny.animation(**{**TEXTS, **FOLDER, **raw}).plan, WEIGHTS)


def test_every_input_is_tried():
    assert set(ANOTHER) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_another_value_of_an_input_changes_the_keys_from_the_first_frame_that_it_decides(name):
    value, first = ANOTHER[name]
    same = first_difference(keys(), keys(**{name: value}))
    assert same == (4 if first is None else first)


@pytest.mark.parametrize(
    ("name", "value", "first"),
    [
        ("animation_prompts", "0: a cat | 3: a bird", 3),
        ("animation_prompts", "0: a cat | 3: a dog --neg fog", 3),
        ("positive_prompts", "0: | 1: fine", 1),
        ("negative_prompts", "0: | 2: blue", 2),
        ("prompt_blend", 2, 2),
        ("prompt_blend_mode", "slerp", 0),
        ("clipskip_schedule", "0: (1), 2: (1), 3: (2)", 3),
        ("prompt_grammar", "a1111", 0),
    ],
)
def test_so_do_the_inputs_about_words_by_the_rules_of_the_family(name, value, first):
    family = {"animation_prompts": "0: a cat | 3: a dog", "prompt_grammar": "dreamreel"}
    assert first_difference(keys(**family), keys(**{**family, name: value})) == first


@pytest.mark.parametrize(
    ("sampler", "name"), [("ddim", "ddim_eta_schedule"), ("dpmpp_2m_sde", "ancestral_eta_schedule")]
)
def test_so_does_eta_where_a_sampler_takes_it(sampler, name):
    assert first_difference(keys(sampler=sampler, **{name: "0: (1)"}), keys(sampler=sampler)) == 0
    one, other = keys(sampler=sampler, **{name: "0: (1)"}), keys(sampler=sampler, **{name: "0: (1), 2: (1), 3: (0.5)"})
    assert first_difference(one, other) == 3


def test_samplers_of_the_family_are_drawn_as_those_of_this_house():
    assert keys(sampler="DPM++ 2M Karras") == keys(sampler="dpmpp_2m", scheduler="karras")


@pytest.mark.parametrize("change", [{"width": 72}, {"height": 72}, {"steps": 11}, {"cfg_scale": 8.0}])
def test_so_do_the_size_the_steps_the_guidance_and_the_weights(change):
    plan = tiny.animation(**TEXTS).plan
    before = frame_keys(plan, WEIGHTS)
    assert first_difference(before, frame_keys(replace(plan, canvas=replace(plan.canvas, **change)), WEIGHTS)) == 0
    assert first_difference(before, frame_keys(plan, "b" * 64)) == 0


def test_once_a_frame_differs_all_that_are_drawn_from_it_do():
    zoom = "0: (1.04), 1: (1.04), 2: (1.2), 3: (1.04)"
    assert [one == other for one, other in zip(keys(), keys(zoom=zoom), strict=True)] == [True, True, False, False]


@pytest.mark.parametrize("name", ["border", "color_coherence", "zoom", "contrast_schedule"])
def test_frames_of_equal_keys_are_equal_and_the_next_one_is_not(name):
    value, first = ANOTHER[name]
    texts = {**TEXTS, "translation_x": "0: (9)"}  # so that a border shows
    one, other = ([frame.image for frame in tiny.animation(steps=3, **{**texts, **raw})] for raw in ({}, {name: value}))
    equal = [np.array_equal(*pair) for pair in zip(one, other, strict=True)]
    assert equal[: first + 1] == [True] * first + [False]


def test_a_manifest_without_keys_gives_those_of_its_input_and_says_what_differs():
    animation, other = tiny.animation(**TEXTS), tiny.animation(**{**TEXTS, "zoom": "0: (1.2)", "border": "replicate"})
    assert keys_in(animation.manifest(), other.plan, WEIGHTS, 3) == frame_keys(animation.plan, WEIGHTS)[:3]
    assert list(changes(animation.manifest(), other.plan, 2)) == [
        ("border", "wrap", "replicate"),
        ("zoom of frame 2", 1.04, 1.2),
    ]


def test_what_decides_a_frame_is_named_as_people_know_it():
    found = decisive(tiny.animation(**TEXTS).plan, 0)
    assert found["sampler"] == "euler"
    assert found["prompt of frame 0"] == "0: a red circle"
    assert "border" not in found  # frame 0 is not moved
