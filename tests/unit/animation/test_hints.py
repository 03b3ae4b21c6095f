"""A hint is the right one or none: it is followed by whoever reads it."""

import pytest

from dreamreel.animation import hints
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.input import parse
from dreamreel.animation.profile import PROFILES
from dreamreel.animation.sample.names import sampler_and_scheduler
from dreamreel.animation.views import SEED
from dreamreel.api.input_problems import check_input
from dreamreel.errors import InputError

# Names of A1111, diffusers, ComfyUI, k-diffusion, InvokeAI and Replicate -> the sampler here; None: it is not here.
SAMPLERS = {
    "Euler a": "euler_ancestral",
    "Euler": "euler",
    "LMS": "klms",
    "DPM2 a": "dpm2_ancestral",
    "DPM2": "dpm2",
    "EulerAncestralDiscreteScheduler": "euler_ancestral",
    "EulerDiscreteScheduler": "euler",
    "HeunDiscreteScheduler": "heun",
    "KDPM2AncestralDiscreteScheduler": "dpm2_ancestral",
    "KDPM2DiscreteScheduler": "dpm2",
    "LMSDiscreteScheduler": "klms",
    "PNDMScheduler": "plms",
    "DDIMScheduler": "ddim",
    "DDIM": "ddim",
    "dpm_2": "dpm2",
    "dpm_2_ancestral": "dpm2_ancestral",
    "lms": "klms",
    "sample_dpm_2_ancestral": "dpm2_ancestral",
    "k_euler_a": "euler_ancestral",
    "K_EULER_ANCESTRAL": "euler_ancestral",
    "k_dpm_2_a": "dpm2_ancestral",
    "K-LMS": "klms",
    "HeunDiscrete": "heun",
    "eular": "euler",
    "euler_ancestrl": "euler_ancestral",
    "eular a": "euler_ancestral",
    "uelera": "euler_ancestral",
    "heum": "heun",
    "klsm": "klms",
    **dict.fromkeys(("DDPMScheduler", "euler_cfg_pp", "heunpp2", "ddpm", "ipndm", "DPM++ 3M SDE", "DPM++ 2M SDE Heun")),
    **dict.fromkeys(
        ("DPM2 b", "dpm++3msde", "uni_pc_bh3", "Restart", "DPM2M", "dpm", "Euler Dy", "ddim_uniform", "x", "", "Karras")
    ),
}
MISSPELT = ("eular", "euler_ancestrl", "eular a", "uelera", "heum", "klsm")
# Those that Replicate's model has not.
LATER = {
    "DPM++ 2M": {"sampler": "dpmpp_2m"},
    "DPM++ 2M Karras": {"sampler": "dpmpp_2m", "scheduler": "karras"},
    "dpmpp_2m_karras": {"sampler": "dpmpp_2m", "scheduler": "karras"},
    "DPM++ SDE Karras": {"sampler": "dpmpp_sde", "scheduler": "karras"},
    "DPM++ 2M SDE Exponential": {"sampler": "dpmpp_2m_sde", "scheduler": "exponential"},
    "DPM++ 2S a": {"sampler": "dpmpp_2s_ancestral"},
    "dpmpp_2s_a": {"sampler": "dpmpp_2s_ancestral"},
    "dpmpp_2s_ancestral": {"sampler": "dpmpp_2s_ancestral"},
    "DPM fast": {"sampler": "dpm_fast"},
    "DPM adaptive": {"sampler": "dpm_adaptive"},
    "DPMSolverMultistepScheduler": {"sampler": "dpmpp_2m"},
    "UniPC": {"sampler": "unipc"},
    "uni_pc_bh2": {"sampler": "unipc"},
    "UniPCMultistepScheduler": {"sampler": "unipc"},
    "LCM": {"sampler": "lcm"},
    "LCMScheduler": {"sampler": "lcm"},
}


@pytest.mark.parametrize(("written", "meant"), SAMPLERS.items())
def test_a_samplers_other_name_leads_to_it_and_another_sampler_to_none(written, meant):
    replicates = SEED.view.fields["sampler"]
    assert hints.of_choice(replicates, written) == (f'; did you mean "{meant}"?' if meant else "")
    assert (sampler_and_scheduler(written) == {"sampler": meant}) == (meant is not None and written not in MISSPELT)


@pytest.mark.parametrize(("written", "meant"), LATER.items())
def test_a_sampler_that_replicates_model_has_not_is_taken_elsewhere_by_any_of_its_names(written, meant):
    assert sampler_and_scheduler(written) == meant
    hint = hints.of_choice(SEED.view.fields["sampler"], written)
    assert hint == "; dreamreel/animate, the command line and the library have it"


def test_the_name_of_a_sampler_sets_the_noise_levels_too_unless_these_are_given():
    def read(**raw):
        values = parse(raw)[0].values
        return values["sampler"], values["scheduler"]

    assert read(sampler="DPM++ 2M Karras") == ("dpmpp_2m", "karras")
    assert read(sampler="DPM++ 2M Karras", scheduler="automatic") == ("dpmpp_2m", "karras")
    assert read(sampler="DPM++ 2M Karras", scheduler="SGM Uniform") == ("dpmpp_2m", "sgm_uniform")
    assert read(sampler="plms") == ("plms", "automatic")
    with pytest.raises(InputError, match="did you mean sampler"):
        read(scheduler="K_EULER")


@pytest.mark.parametrize(
    ("written", "meant"), [("LMS Karras", "klms"), ("DPM2 a Karras", "dpm2_ancestral"), ("lms_exponential", "klms")]
)
def test_a_sampler_on_other_noise_levels_is_said_to_be_that(written, meant):
    hint = hints.of_choice(SEED.view.fields["sampler"], written)
    assert hint == f'; did you mean "{meant}"? It is that sampler on the model\'s own noise levels'


@pytest.mark.parametrize(
    ("field", "written", "meant"),
    [
        ("color_coherence", "LAB", "Match Frame 0 LAB"),
        ("color_coherence", "hsv", "Match Frame 0 HSV"),
        ("color_coherence", "none", "None"),
        ("color_coherence", "HSL", None),
        ("border", "Replicate", "replicate"),
        ("border", "reflect", None),
        ("border", "zeros", None),
        ("profile", "A1111", "a1111"),
        ("profile", "automatic", None),
        ("hue", "Circular", "circular"),
        ("profile", "a111", "a1111"),
        ("profile", "nootbook", "notebook"),
        ("color_coherence", "RBG", "Match Frame 0 RGB"),
        ("color_coherence", "Match Frame 1 LAB", "Match Frame 0 LAB"),
        ("noise_type", "gausian", "gaussian"),
        ("border", "wrpa", "wrap"),
        ("seed_behavior", "ramdom", "random"),
        ("scheduler", "karas", "karras"),
        ("scheduler", "sgm_unifrom", "sgm_uniform"),
        ("noise_source", "gpu", None),
        ("sampler", "dpm++ 2m karas", "dpmpp_2m_karras"),
        ("sampler", "dpm fats", "dpm_fast"),
    ],
)
def test_other_choices_have_their_names_too(field, written, meant):
    assert hints.of_choice(FIELDS[field], written) == (f'; did you mean "{meant}"?' if meant else "")


INPUTS = {
    "prompt": "animation_prompts",
    "prompts": "animation_prompts",
    "animationPrompts": "animation_prompts",
    "num_frames": "max_frames",
    "frame_rate": "fps",
    "sampler_name": "sampler",
    "translation_x_schedule": "translation_x",
    "colour_coherence": "color_coherence",
    "zooom": "zoom",
    "flip_2d_perspective": "enable_perspective_flip",
    "strength_schedules": "strength_schedule",
}
# Relatives' inputs that mean something else than what they look like here.
OTHERS = [
    "animation_mode",
    "translation_z",
    "rotation_3d_z",
    "rotation",
    "strength",
    "denoising_strength",
    "noise",
    "contrast",
    "seed_schedule",
    "noise_mask_schedule",
    "sampler_schedule",
    "steps_schedule",
    "cfg_scale_schedule",
    "noise_type",
    "n_samples",
    "save_samples",
    "sampling_mode",
    "padding_mode",
    "border_mode_3d",
    "scale",
    "near_schedule",
    "color_force_grayscale",
    "color_correction_factor",
    "image_strength_schedule",
    "mask_schedule",
    "far_plane",
    "fov",
    "pan_x",
    "translation_w",
    "legacy_colormatch",
    "sigma_schedule",
    "kernel_schedule",
    "amount_schedule",
    "seed_behavior",
    "init_image",
    "strength_0_no_init",
]


@pytest.mark.parametrize(("written", "meant"), INPUTS.items())
def test_an_inputs_other_name_leads_to_it(written, meant):
    assert hints.of_input(written) == f"; did you mean {meant}?"


@pytest.mark.parametrize("written", OTHERS)
def test_an_input_of_another_meaning_leads_to_no_input(written):
    assert "did you mean" not in hints.of_input(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("num_inference_steps", "steps"), ("guidance_scale", "cfg_scale"), ("W", "width"), ("scheduler", "it")],
)
def test_what_replicates_model_has_not_leads_to_the_model_that_has_it(written, meant):
    hint = hints.of_input(written, shown=SEED.view.fields)
    assert hint == f"; dreamreel/animate, the command line and the library have {meant}"
    assert hints.of_input("size") == "; the command line has --size for it, over HTTP the server decides"


def test_a_scheduler_is_the_sampler_only_if_its_value_is():
    assert hints.of_input("scheduler", "K_EULER") == "; did you mean sampler?"
    assert "dreamreel/animate" in hints.of_input("scheduler", "karras", SEED.view.fields)


def test_who_gives_no_prompt_but_unknown_inputs_is_told_what_is_drawn():
    _, notes = parse({"prompt": "a fox"})
    assert [str(note) for note in notes] == [
        "prompt: ignored: there is no such input; did you mean animation_prompts?",
        "animation_prompts: not given: the default is drawn, "
        '"0: a beautiful portrait of a woman by Artgerm, trending on Artstation"',
    ]
    assert len(parse({"prompt": "a fox", "animation_prompts": "a fox"})[1]) == 1
    assert parse({"zoom": "0: (1)"})[1] == []


def test_an_input_inside_the_input_is_named():
    _, notes = parse({"input": {"zoom": "0: (1)"}})
    assert str(notes[0]) == "input: ignored: there is no such input; what it holds belongs one level up"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("zoom", 1.04, 'write "0: (1.04)"'),
        ("zoom", {"0": 1.02}, 'write "0: (1.02)"'),
        ("angle", {"0": "(2)", "50": -1}, 'write "0: (2), 50: (-1)"'),
        ("animation_prompts", {"0": "a fox", "30": "a cat"}, 'write "0: a fox | 30: a cat"'),
        ("math", "yes", "write true or false"),
    ],
)
def test_a_value_of_another_type_is_shown_as_it_is_written_here_and_over_http(field, value, words):
    assert hints.of_value(FIELDS[field], value) == f"; {words}"
    (problem,) = check_input({field: value}, SEED).problems
    assert problem.description.startswith("Invalid type. Expected: ")
    assert problem.description.endswith(f"; {words}")


def test_http_says_the_same_hint_after_replicates_words():
    (problem,) = check_input({"sampler": "Euler a"}, SEED).problems
    assert problem.description.startswith('sampler must be one of the following: "klms", ')
    assert problem.description.endswith('; did you mean "euler_ancestral"?')


@pytest.mark.parametrize("profile", PROFILES)
def test_colours_of_a_file_are_refused_in_each_profile_with_the_reason(profile):
    for value, what in (("Image", "a picture"), ("Video Input", "a video")):
        with pytest.raises(InputError, match=f'got "{value}"; colours of {what} are not matched in any profile'):
            parse({"profile": profile, "color_coherence": value})
