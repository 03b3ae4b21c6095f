"""Few-step LoRAs and checkpoints as the service plans and lists them."""

import pytest
from tests import loras

from dreamreel.animation.views import ANIMATE, SEED
from dreamreel.api.chosen_model import plan_for
from dreamreel.api.input_problems import check_input
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    return loras.few_step_folder(tmp_path_factory.mktemp("loras"), model)


def test_the_service_plans_what_its_workers_draw(context, model, folder):
    context.setup = Setup(str(model), 64, 64, device="cpu", loras=str(folder))
    (checkpoint,) = context.checkpoints.values()
    raw = {"max_frames": 2, "seed": 1, "animation_prompts": "a fox <lora:lcm-lora-sdv1-5:1>"}
    plan, notes = plan_for(checkpoint, context, check_input(raw, ANIMATE))
    theirs = prepare(raw, context.setup, view=ANIMATE.accepted)
    assert plan.canvas.steps == theirs.plan.canvas.steps == 4
    assert plan.evaluations.tolist() == theirs.plan.evaluations.tolist()
    assert "draws with lcm, 4 steps" in notes[0].message


def test_the_service_plans_a_few_step_checkpoint_with_its_sampler_as_its_workers_do(context, model, tmp_path):
    fast = tmp_path / "small-lightning"
    fast.symlink_to(model)
    context.setup = Setup(str(fast), 64, 64, device="cpu")
    (checkpoint,) = context.checkpoints.values()
    plan, _ = plan_for(checkpoint, context, check_input({"max_frames": 100}, SEED))
    sampler = plan.sampling.sampler(0)
    assert (sampler.name, sampler.spacing, plan.canvas.steps) == ("euler", "trailing", 4)


def test_lists_say_what_it_is_drawn_with(client, context, model, folder):
    context.setup = Setup(str(model), 64, 64, device="cpu", loras=str(folder))
    listed = {each["name"]: each["few_steps"] for each in client.get("/v1/loras").json()["results"]}
    assert listed["ink"] is None
    assert listed["fast"] == {"title": "Hyper-SD", "steps": 6, "cfg_scale": None, "sampler": "euler"}
