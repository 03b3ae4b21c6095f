"""ControlNets on workers, on a server and on the command line: who draws with which, and what is refused."""

import pytest
from tests import tiny
from tests.e2e.server import serving
from tests.workbench import FRAMES, INPUT, SETUP, Bench
from typer.testing import CliRunner

from dreamreel.animation.views import ANIMATE
from dreamreel.cli.main import app
from dreamreel.predictions.record import Status
from dreamreel.rendering.setup import Setup

WANTED = {
    "edges": {"controlnets": "canny: 0: (0.2), 7: (1.5)"},
    "other edges": {"controlnets": "canny: 0.9; low: 20; end: 0.5"},
    "both": {"controlnets": "tile: 0.5 | canny: 0.5"},
    "none": {},
}


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def setup_of(folder=""):
    return Setup("tiny-sd", steps=SETUP.steps, device="cpu", controlnets=str(folder))


def add(bench, **raw):
    needs = tuple(f"controlnet {name}" for name in ("canny", "tile") if name in raw.get("controlnets", ""))
    return bench.add(input={**INPUT, "max_frames": FRAMES, **raw}, needs=needs, version=ANIMATE.version)


def test_films_with_different_controlnets_are_drawn_side_by_side_as_each_alone(bench):
    ids = {name: add(bench, **raw) for name, raw in WANTED.items()}
    bench.run_to_end(*ids.values(), loop=bench.plain_loop(setup_of(tiny.controlnet_folder())))
    for name, prediction_id in ids.items():
        bench.assert_as_alone(prediction_id, setup_of(tiny.controlnet_folder()), WANTED[name])


def test_a_film_goes_on_elsewhere_and_a_worker_without_its_controlnet_does_not_claim_it(bench):
    prediction_id = add(bench, **WANTED["edges"])
    with bench.working(bench.plain_loop(setup_of(tiny.controlnet_folder()), "first")):
        bench.wait_for_frames(prediction_id, 2)
    plain = add(bench)
    bench.run_to_end(plain, loop=bench.plain_loop(setup_of(), "poor"))
    assert bench.get(prediction_id).status is Status.PROCESSING
    bench.run_to_end(prediction_id, loop=bench.plain_loop(setup_of(tiny.controlnet_folder()), "second"))
    bench.assert_as_alone(prediction_id, setup_of(tiny.controlnet_folder()), WANTED["edges"])


def test_a_server_lists_them_draws_with_them_and_refuses_others_naming_input_and_place(tmp_path):
    with serving(tmp_path / "data", "--controlnets", tiny.controlnet_folder()) as server:
        server.wait_until_ready()
        listed = server.http.get("/controlnets").json()["results"]
        assert [(each["name"], each["models"], each["preprocessor"]) for each in listed] == [
            ("canny", ["tiny-sd"], "canny"),
            ("tile", ["tiny-sd"], "none"),
        ]
        body = {"version": ANIMATE.version, "input": {"max_frames": 2, "controlnets": "canny: 1 | cany: 1"}}
        for address in ("/predictions", "/validate"):
            answer = server.http.post(address, json=body)
            assert answer.status_code == 422
            (problem,) = answer.json()["invalid_fields"]
            assert (problem["field"], problem["column"]) == ("input.controlnets", 12)
            assert 'there is no ControlNet "cany"; there are canny, tile' in problem["description"]
        body["input"] = {"max_frames": 2, "controlnets": "canny: 0.5; end: 0.8", "seed": 1}
        made = server.http.post("/predictions", json=body)
        assert made.status_code == 201
        assert server.wait(made.json()["id"])["status"] == "succeeded"


def test_the_command_line_draws_a_film_and_verifies_it(tmp_path):
    film, drawn = str(tmp_path / "film.mp4"), ["--model", "tiny-sd", "--steps", "3", "--device", "cpu", "--plain"]
    led = ["--controlnets", tiny.controlnet_folder(), "--controlnet", "canny: 0.8; end: 0.7"]
    ran = CliRunner().invoke(app, ["render", "-p", "0: a fox", "-n", "3", "--seed", "1", "-o", film, *drawn, *led])
    assert ran.exit_code == 0, ran.output
    ran = CliRunner().invoke(app, ["verify", film, "--plain"])
    assert (ran.exit_code, "identical" in ran.output) == (0, True)
    ran = CliRunner().invoke(app, ["check", "-n", "3", "--model", "tiny-sd", *led[:2], "--controlnet", "depth"])
    assert ran.exit_code != 0
    assert 'controlnets: there is no ControlNet "depth"; there are canny, tile' in ran.output
