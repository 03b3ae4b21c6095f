"""Our documents against the original's, field by field."""

import json
from pathlib import Path

import pytest

from dreamreel.animation.views import SEED as MODEL
from dreamreel.api.input_schema import input_schema
from dreamreel.api.openapi import CREATE_BODY
from dreamreel.api.versions import model_document, version_document

SEED = json.loads((Path(__file__).parents[2] / "data" / "seed_openapi.json").read_text("utf-8"))
BODY = SEED["paths"]["/predictions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
INPUT = BODY["properties"]["input"]
OURS = CREATE_BODY["content"]["application/json"]["schema"]
COMPARED = ("type", "description", "default", "minimum", "maximum", "enum", "format")


def facts(schema):
    return {key: schema[key] for key in COMPARED if key in schema}


@pytest.mark.parametrize("name", INPUT["properties"])
@pytest.mark.parametrize("where", ["openapi", "version"])
def test_an_input_is_the_originals(name, where):
    schema = (
        OURS["properties"]["input"]
        if where == "openapi"
        else version_document(MODEL)["openapi_schema"]["components"]["schemas"]["Input"]
    )
    assert facts(schema["properties"][name]) == facts(INPUT["properties"][name])


def test_what_is_required_is_what_the_original_requires():
    assert sorted(OURS["required"]) == sorted(BODY["required"])
    assert input_schema(MODEL).get("required", []) == INPUT.get("required", [])


def test_every_member_of_the_originals_request_is_there():
    assert OURS["properties"].keys() == BODY["properties"].keys()
    for name in ("version", "stream", "webhook"):
        assert OURS["properties"][name]["type"] == BODY["properties"][name]["type"]
    filters = OURS["properties"]["webhook_events_filter"]["anyOf"]
    assert BODY["properties"]["webhook_events_filter"]["type"] in [each["type"] for each in filters]


def test_ours_beyond_the_originals_are_marked():
    for name, schema in input_schema(MODEL)["properties"].items():
        assert schema.get("x-extension", False) == (name not in INPUT["properties"])
        assert "default" in schema or name == "seed"
    assert list(input_schema(MODEL)["properties"]) == list(MODEL.view.fields)


def test_every_input_says_what_it_belongs_to_and_what_it_decides():
    for name, schema in input_schema(MODEL)["properties"].items():
        assert (schema["x-group"], schema["x-scope"]) == (MODEL.view.fields[name].group, MODEL.view.fields[name].scope)
    assert input_schema(MODEL)["properties"]["angle"]["x-unit"] == "degrees a frame"


def test_every_input_says_how_editors_show_it():
    properties = input_schema(MODEL)["properties"]
    assert all(schema["x-label"] and schema["x-group"] for schema in properties.values())
    assert len({schema["x-label"] for schema in properties.values()}) == len(properties)
    assert properties["angle"]["x-unit"] == "degrees a frame"
    assert "x-unit" not in properties["seed"]


def test_the_version_has_what_every_client_reads():
    version = version_document(MODEL)
    assert version["id"] == MODEL.version
    assert tuple(int(part) for part in version["cog_version"].split(".")) >= (0, 3, 9)
    schemas = version["openapi_schema"]["components"]["schemas"]
    assert schemas["Output"] == {"type": "string", "title": "Output", "format": "uri"}


def test_the_model_has_no_null_where_clients_want_a_value():
    model = model_document(MODEL, "http://h", 3, {"default_prompt": "0: a fox"})
    assert (f"{model['owner']}/{model['name']}", model["run_count"]) == (MODEL.name, 3)
    nullable = {"paper_url", "license_url"}
    assert {name for name, value in model.items() if value is None} == nullable
