"""What editors need to know of profiles: the defaults that each has, and the one to begin with."""

import pytest

from dreamreel.animation.views import MODELS
from dreamreel.api.input_problems import check_input
from dreamreel.api.input_schema import input_schema


@pytest.mark.parametrize(
    "model", [each for each in MODELS if "profile" in each.view.fields], ids=lambda each: each.name
)
def test_the_defaults_that_the_schema_tells_are_those_that_a_request_gets(model):
    properties = input_schema(model)["properties"]
    own = {name: schema.get("default") for name, schema in properties.items()}
    told = properties["profile"]["x-defaults"]
    assert set(told) == set(properties["profile"]["enum"])
    for profile, changes in told.items():
        found = check_input({"profile": profile}, model).values
        expected = {**own, **changes, "profile": profile}
        assert {name: found[name] for name in properties} == expected
    assert told["replicate"] == {}


def test_only_the_larger_model_has_an_input_to_begin_with():
    begun = {
        model.name: {
            name: each["x-begin"] for name, each in input_schema(model)["properties"].items() if "x-begin" in each
        }
        for model in MODELS
    }
    assert {name: each for name, each in begun.items() if each} == {"dreamreel/animate": {"profile": "dreamreel"}}
