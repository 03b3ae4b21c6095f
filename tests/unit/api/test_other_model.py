"""Replicate's other Deforum model: its requests run as they stand, or one sentence says what of them does not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import check
from dreamreel.animation.views import OTHER, SEED, meant
from dreamreel.api.input_schema import input_schema
from dreamreel.errors import InputError
from dreamreel.rendering.setup import checkpoints_in, plan_on

# Its schema as Replicate serves it: names, types, defaults, choices and limits.
SERVED = json.loads(Path(__file__).with_name("other_model.json").read_text())["inputs"]
CANVAS = Canvas(64, 64, 4, 7.0, 8)


def planned(**raw):
    return plan_on(CANVAS, raw, 7, OTHER.view)[0]


def test_its_schema_is_the_served_one_in_the_same_order():
    ours = input_schema(OTHER)["properties"]
    assert list(ours) == list(SERVED)
    for name, theirs in SERVED.items():
        facts = ("type", "default", "enum", "minimum", "maximum")
        assert {fact: ours[name].get(fact) for fact in facts} == {fact: theirs.get(fact) for fact in facts}, name


def test_a_request_without_any_input_is_drawn_by_the_notebooks_rules():
    plan = planned()
    assert (plan.num_frames, plan.input.text("profile"), plan.input.text("border")) == (200, "notebook", "replicate")
    assert plan.series["translation_x"][3] == pytest.approx(9.51, abs=0.01)
    assert plan.prompt(60) == "a beautiful banana, trending on Artstation --neg mountain"
    assert not plan.notes


def test_what_is_called_otherwise_there_decides_the_same_here():
    plan = planned(
        max_frames=6,
        num_inference_steps=9,
        guidance_scale=3.5,
        sampler="dpmpp_2s_a",
        diffusion_cadence="2",
        flip_2d_perspective=True,
    )
    values = plan.input.values
    assert (plan.canvas.width, plan.canvas.steps, plan.canvas.cfg_scale) == (512, 9, 3.5)
    assert (values["sampler"], values["diffusion_cadence"]) == ("dpmpp_2s_ancestral", 2)
    assert values["enable_perspective_flip"] is True


def test_a_schedule_of_samplers_counts_only_where_it_is_switched_on():
    assert planned(sampler_schedule="0:('euler')").input.values["sampler_schedule"] is None
    assert planned(enable_schedule_samplers=True).input.values["sampler_schedule"] is not None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("animation_mode", "3D", '"3D" is not drawn here yet; "2D" is'),
        ("use_init", True, "true is not drawn here yet; false is"),
        ("use_mask", True, "true is not drawn here yet; false is"),
        ("hybrid_video_motion", "Optical Flow", '"Optical Flow" is not drawn here yet; "None" is'),
        ("hybrid_video_composite", True, "true is not drawn here yet; false is"),
        ("color_coherence", "Video Input", '"Video Input" is not drawn here yet; "Match Frame 0 LAB" is'),
        ("resume_from_timestring", True, "true is not drawn here yet; false is"),
    ],
)
def test_what_would_change_the_film_and_is_not_built_is_refused_by_name(client, name, value, sentence):
    with pytest.raises(InputError, match=f"^{name}: "):
        planned(**{name: value})
    answer = client.post(f"/v1/models/{OTHER.name}/predictions", json={"input": {name: value}})
    assert answer.status_code == 422
    assert answer.json()["invalid_fields"] == [
        {"type": "invalid_value", "field": f"input.{name}", "description": sentence}
    ]


def test_every_input_at_its_default_and_every_choice_that_says_nothing_passes(client):
    quiet = {name: field["default"] for name, field in SERVED.items() if "default" in field}
    assert check(quiet, OTHER.view)[1] == []
    body = {"version": OTHER.name, "input": {**quiet, "midas_weight": 0.9, "init_image": "https://example.com/a.png"}}
    warned = [each["field"] for each in client.post("/v1/validate", json=body).json()["warnings"]]
    assert sorted(warned) == ["init_image", "midas_weight", "model_checkpoint"]


def test_sides_are_those_of_its_list(client):
    body = {"input": {"width": 500, "height": 512}}
    (problem,) = client.post(f"/v1/models/{OTHER.name}/predictions", json=body).json()["invalid_fields"]
    assert (problem["type"], problem["field"]) == ("enum", "input.width")
    assert problem["description"].startswith("width must be one of the following: 128, 256, ")


def test_its_inputs_behind_the_first_models_version_are_its_own_and_a_warning_says_so(client):
    raw = {"animation_prompts": "0: a cat", "num_inference_steps": 20, "guidance_scale": 7, "use_init": False}
    assert meant(SEED, raw)[0] is OTHER
    assert meant(SEED, {**raw, "use_init": None})[0] is OTHER
    assert meant(SEED, {"animation_prompts": "a cat", "guidance_scale": 7})[0] is SEED
    body = {"version": SEED.version, "input": {**raw, "max_frames": 12}}
    made = client.post("/v1/predictions", json=body)
    assert (made.status_code, made.json()["version"]) == (201, SEED.version)
    warnings = client.post("/v1/validate", json=body).json()["warnings"]
    assert [each["field"] for each in warnings] == ["version"]


def test_weights_are_mapped_by_the_operator_and_otherwise_named_in_a_warning(client):
    body = {"version": OTHER.name, "input": {"model_checkpoint": "sd-v1-4.ckpt"}}
    context = client.app.state.context
    (warning,) = client.post("/v1/validate", json=body).json()["warnings"]
    assert (warning["field"], warning["message"][:24]) == ("model_checkpoint", '"sd-v1-4.ckpt" is not he')
    context.settings = replace(context.settings, checkpoint=f"sd-v1-4.ckpt={context.setup.model}")
    context.__dict__.pop("checkpoint_names", None)
    assert client.post("/v1/validate", json=body).json()["warnings"] == []


def test_a_mapping_without_a_name_or_a_model_is_refused():
    assert checkpoints_in("a.ckpt = /models/a, b=c") == {"a.ckpt": "/models/a", "b": "c"}
    for text in ("a", "=b", "a="):
        with pytest.raises(InputError, match=r"^checkpoint: must be NAME=MODEL"):
            checkpoints_in(text)
