"""Names of deployments; that the official clients take them is shown in tests/e2e/test_clients.py."""

import pytest

from dreamreel.animation.views import SEED
from dreamreel.api.versions import deployment_names
from dreamreel.errors import InputError

OWN = SEED.name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", (OWN,)),
        (" , ", (OWN,)),
        ("acme/films, acme/loops", (OWN, "acme/films", "acme/loops")),
        (f"acme/films {OWN} acme/films", (OWN, "acme/films")),
    ],
)
def test_the_model_has_its_own_name_and_those_of_the_setting_once_each(text, names):
    assert deployment_names(text) == names


@pytest.mark.parametrize(
    "text", ["films", "acme/", "/films", "a/b/c", "acme/fi\u00e4", "acme/films;x", "a/" + "b" * 81]
)
def test_what_is_no_name_is_refused_before_the_server_listens(text):
    with pytest.raises(
        InputError, match="deployments: must be names such as acme/films, with commas between them, got"
    ):
        deployment_names(text)


def test_an_unknown_deployment_is_named_and_the_way_out_is_told(client):
    for ask in (client.get, client.post):
        answer = ask("/v1/deployments/acme/films" + ("/predictions" if ask == client.post else ""))
        assert answer.status_code == 404
        assert answer.json()["detail"] == (
            "There is no deployment acme/films here; the server's operator names them (--deployments)."
        )


def test_a_prediction_of_a_deployment_is_accepted_and_checked_like_any_other(client):
    path = f"/v1/deployments/{OWN}/predictions"
    made = client.post(path, json={"input": {"animation_prompts": "0: a fox"}})
    assert made.status_code == 201
    assert made.json()["model"] == OWN
    refused = client.post(path, json={"input": {"fps": 61}})
    assert [each["field"] for each in refused.json()["invalid_fields"]] == ["input.fps"]
