"""LoRAs that make a model draw in few steps: known by name or header, and what they bring where a request is silent."""

import pytest
from tests import loras

from dreamreel.animation.views import ANIMATE, SEED
from dreamreel.models.few_steps import few_steps_of_lora
from dreamreel.rendering.animation import Animation, prepare
from dreamreel.rendering.setup import Setup


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("lcm-lora-sdv1-5", ("LCM", 4, 1.0, "lcm")),
        ("LCM_LoRA_Weights_SD15", ("LCM", 4, 1.0, "lcm")),
        ("sdxl_lightning_8step_lora", ("Lightning", 8, 1.0, "euler")),
        ("Hyper-SD15-4steps-lora", ("Hyper-SD", 4, 1.0, "euler")),
        ("Hyper-SDXL-12steps-CFG-lora", ("Hyper-SD", 12, None, "euler")),
        ("sd_xl_turbo_lora_v1", ("Turbo", 4, 1.0, "euler_ancestral")),
        ("dmd2_sdxl_4step_lora_fp16", ("DMD2", 4, 1.0, "lcm")),
        ("lightning_bolts", None),
        ("turbo_cars_v2", None),
        ("hyperdetail", None),
        ("ink wash", None),
    ],
)
def test_a_loras_name_says_in_how_few_steps_it_draws_and_a_style_of_such_a_word_is_none(names, said):
    found = few_steps_of_lora(names)
    assert (found and (found.title, found.steps, found.cfg_scale, found.sampler)) == said


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    return loras.few_step_folder(tmp_path_factory.mktemp("loras"), model)


@pytest.fixture
def made(model, folder):
    def make(steps=None, cfg_scale=None, view=ANIMATE.accepted, **raw):
        setup = Setup(str(model), 64, 64, steps, cfg_scale, "cpu", loras=str(folder))
        return prepare({"max_frames": 2, "animation_prompts": "a fox", "seed": 1, **raw}, setup, view=view)

    return make


def drawn(animation):
    sampler, canvas = animation.plan.sampling.sampler(0), animation.plan.canvas
    return sampler.name, sampler.spacing, canvas.steps, canvas.cfg_scale


TAGGED = {"animation_prompts": "a fox <lora:lcm-lora-sdv1-5:1>"}


def test_a_request_with_one_that_names_nothing_else_is_drawn_as_its_authors_draw(made):
    animation = made(**TAGGED)
    assert drawn(animation) == ("lcm", "lcm", 4, 1.0)
    assert animation.manifest()["input"]["sampler"] == "lcm"
    assert [note.message for note in animation.notes] == [
        'the LoRA "lcm-lora-sdv1-5" (LCM) is made for few steps and draws with lcm, 4 steps, a guidance of 1'
    ]
    assert animation.remarks() == []
    assert len(list(Animation(animation.plan, animation.setup, animation.location))) == 2


def test_the_first_models_requests_are_drawn_so_too_though_they_cannot_name_noise_levels(made):
    assert drawn(made(view=SEED.accepted, max_frames=100, **TAGGED)) == ("lcm", "lcm", 4, 1.0)


def test_a_header_says_it_too_and_one_that_keeps_guidance_keeps_the_models(made):
    plain = made()
    assert drawn(made(loras="fast: 0.8")) == ("euler", "trailing", 6, plain.plan.canvas.cfg_scale)


def test_what_the_request_names_counts_and_what_does_not_fit_is_said(made):
    animation = made(**TAGGED, sampler="klms", steps=9, cfg_scale=2)
    assert (drawn(animation)[0], *drawn(animation)[2:]) == ("klms", 9, 2)
    assert animation.notes == []
    (remark,) = animation.remarks()
    assert remark.message.startswith('the LoRA "lcm-lora-sdv1-5" was made to be drawn in about 4 steps with lcm')


def test_what_the_operator_says_counts_before_the_lora(made):
    assert drawn(made(steps=12, **TAGGED)) == ("lcm", "lcm", 12, 1.0)


def test_other_loras_and_one_that_counts_nowhere_change_nothing(made):
    plain = drawn(made())
    assert drawn(made(animation_prompts="a fox <lora:ink:1>")) == plain
    assert drawn(made(animation_prompts="a fox <lora:lcm-lora-sdv1-5:0>")) == plain
