"""LoRAs on workers and on a server: who draws with which, what is refused, and that no byte depends on the company."""

import pytest
from tests import loras, tiny
from tests.e2e.server import serving
from tests.workbench import FRAMES, INPUT, SETUP, Bench

from dreamreel.animation.views import ANIMATE, OTHER
from dreamreel.predictions.record import Status
from dreamreel.rendering.setup import Setup

WANTED = {
    "constant": {"loras": "detail: 0.6"},
    "changing": {"loras": "detail: 0: (0), 7: (1)"},
    "another": {"loras": "style: 0: (1), 7: (-1) | detail: 0.3"},
    "none": {},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("loras")
    networks = tiny.bundle().modules.adaptable
    loras.write(path / "detail.safetensors", networks, "kohya", only="attn|mlp", seed=1)
    loras.write(path / "style.safetensors", networks, "LoHa", only="attn2", seed=2)
    return path


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def setup_of(folder=""):
    return Setup("tiny-sd", steps=SETUP.steps, device="cpu", loras=str(folder))


def add(bench, **raw):
    needs = tuple(f"lora {name}" for name in ("detail", "style") if name in raw.get("loras", ""))
    return bench.add(input={**INPUT, "max_frames": FRAMES, **raw}, needs=needs, version=ANIMATE.version)


def test_films_with_different_loras_are_drawn_side_by_side_as_each_alone(bench, folder):
    ids = {name: add(bench, **raw) for name, raw in WANTED.items()}
    bench.run_to_end(*ids.values(), loop=bench.plain_loop(setup_of(folder)))
    for name, prediction_id in ids.items():
        bench.assert_as_alone(prediction_id, setup_of(folder), WANTED[name])


def test_a_film_with_loras_goes_on_elsewhere_and_a_worker_without_them_does_not_claim_it(bench, folder):
    prediction_id = add(bench, **WANTED["another"])
    with bench.working(bench.plain_loop(setup_of(folder), "first")):
        bench.wait_for_frames(prediction_id, 2)
    plain = add(bench)
    bench.run_to_end(plain, loop=bench.plain_loop(setup_of(), "poor"))
    assert bench.get(prediction_id).status is Status.PROCESSING
    bench.run_to_end(prediction_id, loop=bench.plain_loop(setup_of(folder), "second"))
    bench.assert_as_alone(prediction_id, setup_of(folder), WANTED["another"])


def test_weights_that_are_not_here_are_named_in_the_log_of_a_film_with_loras(bench, folder):
    words = {"animation_prompts": "0: a circle <lora:detail:0.5>", "model_checkpoint": "sd-v1-4.ckpt"}
    asked = {**words, "max_frames": 2, "width": 128, "height": 128, "num_inference_steps": 2}
    prediction_id = bench.add(2, needs=("lora detail",), input=asked, version=OTHER.version)
    assert bench.run_to_end(prediction_id, loop=bench.plain_loop(setup_of(folder))).status is Status.SUCCEEDED
    assert '"sd-v1-4.ckpt" is not here; tiny-sd draws in its place' in bench.get(prediction_id).logs


def test_a_server_lists_its_loras_draws_with_them_and_refuses_others_naming_the_input_and_the_place(tmp_path, folder):
    with serving(tmp_path / "data", "--loras", str(folder)) as server:
        server.wait_until_ready()
        listed = server.http.get("/loras").json()["results"]
        assert [each["name"] for each in listed] == ["detail", "style"]
        assert listed[0]["models"] == ["tiny-sd"]
        assert listed[0]["tag"] == "<lora:detail:1>"
        assert "path" not in listed[0]
        assert server.http.get("/embeddings").json()["results"] == []
        body = {"version": ANIMATE.version, "input": {"max_frames": 2, "loras": "detail: 1 | detial: 1"}}
        for address in ("/predictions", "/validate"):
            answer = server.http.post(address, json=body)
            assert answer.status_code == 422
            (problem,) = answer.json()["invalid_fields"]
            assert (problem["field"], problem["column"]) == ("input.loras", 13)
            assert 'there is no LoRA "detial"; there are detail, style' in problem["description"]
        body["input"] = {"max_frames": 2, "animation_prompts": "0: a circle <lora:style:0.5>", "seed": 1}
        made = server.http.post("/predictions", json=body)
        assert made.status_code == 201
        assert server.wait(made.json()["id"])["status"] == "succeeded"
