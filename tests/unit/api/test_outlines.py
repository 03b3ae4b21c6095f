"""What a create keeps of its plan, and what of it is remembered for the next one of the same input."""

import threading

import pytest
from tests.workbench import INPUT

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.views import ANIMATE
from dreamreel.api import outlines
from dreamreel.api.outlines import Outlines, outline_of
from dreamreel.errors import InputError
from dreamreel.rendering.setup import plan_on

CANVAS = Canvas(64, 64, 4, 7.0)
# Half of all seeds can draw it: by an odd one something is divided by 0.
EVEN_ONLY = "0: (1 + 1/(1 - fmod(s, 2)))"


def planned(lot=7, **raw):
    """A plan; lot: its seed, where raw names none."""
    return plan_on(CANVAS, {**INPUT, "animation_prompts": "a red circle", "max_frames": 4, **raw}, lot)[0]


@pytest.mark.parametrize(
    ("raw", "seed", "lasts"),
    [
        ({}, None, True),
        ({"seed": 3}, 3, True),
        ({"math": True, "angle": "0: (sin(t))"}, None, True),
        ({"math": True, "angle": "0: (s/9e9)"}, 7, False),
        ({"math": True, "angle": "0: (s/9e9)", "seed": 3}, 3, True),
        # Python takes it for an s, as it does the s of every alphabet that has one.
        ({"math": True, "angle": "0: (ſ/9e9)"}, 7, False),
        ({"loras": "hat: 0: (0.5)"}, None, False),
        ({"controlnets": "edges: 0: (0.5)"}, None, False),
    ],
)
def test_an_outline_lasts_where_neither_the_seed_nor_a_file_decides_it(raw, seed, lasts):
    outline = outline_of(planned(**raw))
    assert (outline.num_frames, outline.seed, outline.lasts) == (4, seed, lasts)


def test_what_lasts_is_planned_once_for_each_key():
    kept, plan = Outlines(), planned()
    made = []

    def make():
        made.append(plan)
        return plan

    first = kept.get(("body", "version"), make)
    assert kept.get(("body", "version"), make) is first
    kept.get(("body", "another"), make)
    assert len(made) == 2
    changing = planned(math=True, angle="0: (s/9e9)")
    for _ in range(2):
        assert kept.get(("changing", "version"), lambda: made.append(changing) or changing).seed == 7
    assert len(made) == 4


def test_what_is_refused_is_refused_again():
    kept = Outlines()
    for _ in range(2):
        with pytest.raises(InputError, match="zoom"):
            kept.get(("body", "version"), lambda: planned(zoom="0: (0)"))


def test_so_many_are_remembered_that_were_asked_for_last(monkeypatch):
    monkeypatch.setattr(outlines, "MOST", 3)
    kept, plan, made = Outlines(), planned(), []
    for name in ("a", "b", "c", "a", "d", "a", "b"):  # d takes the place of b, which was asked for before a
        kept.get((name, ""), lambda name=name: made.append(name) or plan)
    assert made == ["a", "b", "c", "d", "b"]


def test_threads_that_ask_at_once_get_what_they_ask_for():
    kept, plans = Outlines(), [planned(max_frames=count) for count in range(2, 6)]
    wrong = []

    def ask():
        for round in range(200):
            plan = plans[round % len(plans)]
            if kept.get((str(plan.num_frames), ""), lambda plan=plan: plan).num_frames != plan.num_frames:
                wrong.append(round)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def created(client, **raw):
    body = {"version": ANIMATE.version, "input": {"animation_prompts": "a red circle", "max_frames": 4, **raw}}
    return client.post("/v1/predictions", json=body)


def test_the_same_input_again_is_another_prediction_from_another_seed(client, context):
    answers = [created(client).json() for _ in range(3)]
    found = [context.service.store.get(answer["id"]) for answer in answers]
    assert len({each.id for each in found}) == len({each.seed for each in found}) == 3
    assert {each.num_frames for each in found} == {4}


def test_what_is_drawn_is_drawn_from_a_seed_that_was_tried(client, context):
    answers = [created(client, math=True, zoom=EVEN_ONLY) for _ in range(24)]
    assert {answer.status_code for answer in answers} == {201, 422}, "half of them fail, each by itself"
    seeds = [context.service.store.get(each.json()["id"]).seed for each in answers if each.status_code == 201]
    assert {seed % 2 for seed in seeds} == {0}


def test_a_model_that_only_some_address_names_is_not_mixed_up_with_another(client):
    for owner, name in (("deforum", "deforum_stable_diffusion"), ("dreamreel", "animate")):
        address = f"/v1/models/{owner}/{name}/predictions"
        answer = client.post(address, json={"input": {"animation_prompts": "a red circle", "max_frames": 100}})
        assert answer.json()["model"] == f"{owner}/{name}"
    few = {"input": {"animation_prompts": "a red circle", "max_frames": 4}}
    assert client.post("/v1/models/dreamreel/animate/predictions", json=few).status_code == 201
    assert client.post("/v1/models/deforum/deforum_stable_diffusion/predictions", json=few).status_code == 422
