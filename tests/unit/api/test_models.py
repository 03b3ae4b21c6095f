"""The model's own documents; that the official clients parse them is shown in tests/e2e/test_clients.py."""

import pytest

from dreamreel.animation.views import ANIMATE, MODELS, OTHER, SEED

OWN, VERSION = SEED.name, SEED.version


@pytest.mark.parametrize("name", [model.name for model in MODELS])
def test_a_models_example_is_a_prediction_that_is_accepted_as_it_stands(client, name):
    model = client.get(f"/v1/models/{name}").json()
    example = model["default_example"]
    made = client.post("/v1/predictions", json={"version": example["version"], "input": example["input"]})
    assert made.status_code == 201
    assert client.post("/v1/validate", json={"version": name, "input": example["input"]}).json()["warnings"] == []
    missing = made.json().keys() - example.keys()
    assert missing == set()
    assert all(isinstance(address, str) for address in example["urls"].values())


def test_the_examples_are_a_page_with_that_one(client):
    model = client.get(f"/v1/models/{OWN}").json()
    assert client.get(f"/v1/models/{OWN}/examples").json()["results"] == [model["default_example"]]


@pytest.mark.parametrize("name", ["url", "cover_image_url"])
def test_the_models_addresses_are_served_here(client, name):
    address = client.get(f"/v1/models/{OWN}").json()[name]
    assert address.startswith("http://127.0.0.1/")
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("path", ["", "/versions", f"/versions/{VERSION}", "/examples", "/readme", "/predictions"])
def test_another_model_is_404_and_the_one_that_is_served_is_named(client, path):
    ask = client.post if path == "/predictions" else client.get
    answer = ask(f"/v1/models/acme/films{path}")
    assert answer.status_code == 404
    served = f"{OWN}, {OTHER.name} and dreamreel/animate"
    assert answer.json()["detail"] == f"There is no model acme/films here; this server serves {served}."


def test_another_version_is_404_and_the_one_that_is_served_is_named(client):
    answer = client.get(f"/v1/models/{OWN}/versions/abc")
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"There is no version abc of {OWN} here; its version is {VERSION}."


def test_the_two_of_replicate_have_each_other_s_versions_too_and_the_third_has_its_own_alone(client):
    for name in (OWN, OTHER.name):
        for version in (VERSION, OTHER.version):
            assert client.get(f"/v1/models/{name}/versions/{version}").json()["id"] == version
            asked = {"version": f"{name}:{version}", "input": {"animation_prompts": "0: a fox"}}
            assert client.post("/v1/predictions", json=asked).json()["version"] == version
    assert client.get(f"/v1/models/{ANIMATE.name}/versions/{VERSION}").status_code == 404
    asked = {"version": f"{ANIMATE.name}:{VERSION}", "input": {}}
    assert client.post("/v1/predictions", json=asked).status_code == 422


def test_each_model_is_listed_with_how_often_it_was_asked_for(client):
    for name in (OWN, OWN, "dreamreel/animate"):
        made = client.post(f"/v1/models/{name}/predictions", json={"input": {"animation_prompts": "a cat"}}).json()
        assert made["model"] == client.get(f"/v1/predictions/{made['id']}").json()["model"] == name
    listed = client.get("/v1/models").json()["results"]
    assert [(f"{each['owner']}/{each['name']}", each["run_count"]) for each in listed] == [
        (OWN, 2),
        (OTHER.name, 0),
        ("dreamreel/animate", 1),
    ]
    assert client.get("/v1/models/dreamreel/animate/versions").json()["results"][0]["id"] == ANIMATE.version
