"""Several models on a server: which draws a request, and what is refused before anything is stored."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.workbench import INPUT

from dreamreel.animation.fields import FIELDS
from dreamreel.animation.views import ANIMATE, SEED, View
from dreamreel.api.chosen_model import chosen_model, needs_of, plan_for
from dreamreel.api.http.problems import Problem
from dreamreel.api.input_problems import check_input
from dreamreel.api.outlines import outline_of
from dreamreel.models import catalog
from dreamreel.models.diffusers_dir import read_folder
from dreamreel.predictions.accounts import LOCAL_OWNER
from dreamreel.predictions.store import Query, WorkerRow

# A model of the API that shows every field.
EVERY_FIELD = replace(SEED, view=View(FIELDS))


@pytest.fixture
def context(context, tmp_path):
    (tmp_path / "fox").symlink_to(catalog.locate("tiny-sd").path)
    context.setup = replace(context.setup, others=(str(tmp_path / "fox"), "builtin"), width=None, height=None)
    return context


def asked(**raw):
    return check_input({**INPUT, "max_frames": 2, **raw}, EVERY_FIELD)


def needs_for(context, **raw):
    """What a request of raw needs."""
    request = asked(**{"animation_prompts": "a red circle", **raw})
    plan, _ = plan_for(chosen_model(context, request), context, request)
    return needs_of(context, request, outline_of(plan))


def joins(context, worker, *networks):
    row = WorkerRow(worker, "ready", "A", "cpu", ("v",), datetime.now(UTC), networks=networks, loaded=networks[:1])
    context.service.store.save_worker(row)


def problem_of(action):
    with pytest.raises(Problem) as caught:
        action()
    assert caught.value.status == 422
    (found,) = caught.value.extra["invalid_fields"]
    return found["field"], found["description"]


@pytest.mark.parametrize(
    ("named", "model", "needs"),
    [({}, "tiny-sd", ()), ({"model": None}, "tiny-sd", ()), ({"model": "fox"}, "fox", ("fox",))],
)
def test_a_prediction_needs_the_model_that_its_input_names(context, named, model, needs):
    assert chosen_model(context, asked(**named)).name == model
    assert needs_for(context, **named) == needs


NOT_HERE = ("input.model", 'model must be one of the following: "tiny-sd", "fox", "builtin"')
VERSION = f"{ANIMATE.name}:{ANIMATE.version}"


@pytest.mark.parametrize("path", ["predictions", "validate"])
@pytest.mark.parametrize("wrong", [{}, {"zoom": "0: (1"}, {"max_frames": 0}, {"zoom": "x", "fps": 1000}])
def test_a_model_that_does_not_draw_here_is_refused_with_those_that_do_and_with_all_else(client, context, path, wrong):
    body = {"version": VERSION, "input": {**INPUT, "model": "sdxl", **wrong}}
    answer = client.post(f"/v1/{path}", json=body)
    found = {(each["field"], each["description"]) for each in answer.json()["invalid_fields"]}
    assert answer.status_code == 422
    assert NOT_HERE in found
    assert {field for field, _ in found} == {"input.model", *(f"input.{name}" for name in wrong)}
    assert context.service.page(LOCAL_OWNER, Query()).results == []


def test_what_no_worker_has_is_refused_with_the_inputs_name_once_workers_are_elsewhere(context):
    context.settings = replace(context.settings, executor="none")
    assert needs_for(context, model="fox") == ("fox",)  # nobody is there yet: somebody may come
    joins(context, "w1", "tiny-sd")
    joins(context, "w2", "tiny-sd", "builtin")
    field, sentence = problem_of(lambda: needs_for(context, model="fox"))
    assert (field, sentence) == ("input.model", 'no worker has the model "fox" now; workers have "builtin", "tiny-sd"')
    assert needs_for(context, model="builtin") == ("builtin",)
    assert needs_for(context) == ()


def test_each_model_has_the_canvas_that_it_was_made_for(context):
    sizes = {model: chosen_model(context, asked(model=model)).canvas.width for model in ("tiny-sd", "builtin")}
    assert sizes == {"tiny-sd": 64, "builtin": 256}


def test_the_model_says_what_may_be_named(client, context):
    joins(context, "w1", "fox", "tiny-sd")
    models = client.get(f"/v1/models/{SEED.name}").json()["served_by"]["models"]
    assert [(each["name"], each["width"], each["loaded_by"]) for each in models] == [
        ("tiny-sd", 64, 0),
        ("fox", 64, 1),
        ("builtin", 256, 0),
    ]


def test_models_are_listed_with_what_each_takes_of_the_disk_and_of_memory(client):
    found = client.get("/v1/models").json()["results"]
    assert len({str(each["served_by"]["models"]) for each in found}) == 1
    for shown in found[0]["served_by"]["models"]:
        location = catalog.locate({"fox": "tiny-sd"}.get(shown["name"], shown["name"]))
        files = sum(path.stat().st_size for path in location.path.rglob("*") if path.is_file())
        parts = read_folder(location.path)
        networks = (parts.unet, parts.vae, parts.text_encoder)
        weights = sum(each.numel() for network in networks for each in network.state_dict().values())
        assert shown["disk_bytes"] == files
        assert shown["memory_bytes"] == {"float32": 4 * weights, "float16": 2 * weights}


def test_the_model_of_replicates_schema_knows_no_such_input(client, context):
    made = client.post(
        f"/v1/models/{SEED.name}/predictions",
        json={"input": {"animation_prompts": "0: a", "max_frames": 100, "model": "anything"}},
    )
    assert made.status_code == 201
    assert context.service.store.get(made.json()["id"]).needs == ()


def test_a_film_that_switches_needs_every_model_of_its_schedule(context):
    assert needs_for(context, checkpoint_schedule='0: ("tiny-sd"), 1: ("fox")') == ("tiny-sd", "fox")
    wrong = asked(animation_prompts="a red circle", checkpoint_schedule='0: ("/etc/passwd")')
    field, sentence = problem_of(lambda: plan_for(chosen_model(context, wrong), context, wrong))
    assert field == "input.checkpoint_schedule"
    assert sentence == '"/etc/passwd" is none of the models here, which are "tiny-sd", "fox", "builtin"'
