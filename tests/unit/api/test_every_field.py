"""What holds for every row of the table of inputs: all that is said of it elsewhere is made from the row."""

from dataclasses import replace

import pytest

from dreamreel.animation.fields import FIELDS
from dreamreel.animation.input import check, parse
from dreamreel.animation.refusals import between
from dreamreel.animation.views import ANIMATE, HERE, MODELS, SEED, View
from dreamreel.api.input_problems import check_input
from dreamreel.api.input_schema import input_schema
from dreamreel.cli import options
from dreamreel.errors import FieldError, InputError

ROWS = [(model, name) for model in MODELS for name in model.view.fields]


def helps():
    """What --help says of each input, by name."""

    def command(raw, setup):
        """Takes what every command with an animation takes."""

    parameters = options.takes_animation(command).__signature__.parameters
    found = {name: parameters[name].annotation.__metadata__[0].help for name in options.FIELDS}
    return {name: text.replace("\\[", "[") for name, text in found.items()}


def of_another_type(field):
    return 7 if field.type == "string" else [7]


def test_the_command_line_the_library_and_one_model_have_every_field():
    assert list(HERE.fields) == list(ANIMATE.view.fields) == list(FIELDS)
    assert len({field.caption for field in FIELDS.values()}) == len(FIELDS)
    assert set(SEED.originals) < set(SEED.view.fields) < set(FIELDS)


def test_the_schema_says_what_the_row_says():
    for model, name in ROWS:
        field, schema = model.view.fields[name], input_schema(model)["properties"][name]
        said = (schema["type"], schema.get("default"), schema["description"], tuple(schema.get("enum", ())))
        assert said == (field.type, field.default, field.help, field.choices or field.among), name
        facts = (schema["x-label"], schema["x-group"], schema["x-scope"], schema.get("x-unit", ""))
        assert facts == (field.caption, field.group, field.scope, field.unit), name
        prefix = "x-" if field.kind == "schedule" else ""
        limits = tuple(schema.get(f"{prefix}{limit}") for limit in ("minimum", "maximum"))
        assert limits == ((None, None) if name in model.unsaid or field.among else (field.minimum, field.maximum)), name


def test_an_option_says_the_default_the_choices_and_the_limits():
    for name, text in helps().items():
        field = FIELDS[name]
        if field.default is not None:
            assert f"[default: {str(field.default).lower() if field.kind == 'boolean' else field.default}]" in text
        assert all(choice in text for choice in field.choices), name
        if field.type in ("integer", "number") and (field.minimum, field.maximum) != (None, None):
            assert between(field) in text, name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_validate_and_create_refuse_another_type_of_every_input_as_the_check_does(client, model):
    wrong = {name: of_another_type(field) for name, field in model.view.fields.items()}
    refusals = check(wrong, model.view)[1]
    assert [each.field for each in refusals] == list(model.view.fields)
    for path in ("/v1/validate", "/v1/predictions"):
        answer = client.post(path, json={"version": model.version, "input": wrong})
        assert (answer.status_code, answer.json()["invalid_fields"]) == (
            422,
            [
                {"type": "invalid_type", "field": f"input.{each.field}", "description": each.replicate}
                for each in refusals
            ],
        )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_validate_answers_with_every_input_of_the_model_that_is_meant(client, model):
    body = {"input": {"animation_prompts": "a cat"}}
    assert client.post("/v1/validate", json=body).json()["input"].keys() == SEED.view.fields.keys()
    for version in (model.version, model.name, f"{model.name}:{model.version}"):
        answer = client.post("/v1/validate", json={**body, "version": version}).json()
        shown = {name: field.default for name, field in model.view.fields.items()}
        assert answer["input"] == shown | body["input"]


NUMBERS = [name for name, field in FIELDS.items() if field.type in ("integer", "number")]


@pytest.mark.parametrize("name", NUMBERS)
def test_other_limits_on_the_row_are_other_limits_everywhere(monkeypatch, name):
    changed = {**FIELDS, name: replace(FIELDS[name], minimum=3, maximum=5, default=4)}
    model = replace(ANIMATE, view=View(changed))
    schema = input_schema(model)["properties"][name]
    assert (schema["minimum"], schema["maximum"]) == (3, 5)
    for value, kind, words in (
        (2, "number_gte", "Must be greater than or equal to 3"),
        (6, "number_lte", "Must be less than or equal to 5"),
    ):
        (problem,) = check_input({name: value}, model).problems
        assert (problem.type, problem.description) == (kind, words)
        with pytest.raises(InputError, match=f"^{name}: must be between 3 and 5.*, got {value}$"):
            parse({name: str(value)}, View(changed, is_lenient=True))
    assert check_input({name: 5}, model).values[name] == 5
    if name in options._SETUP:  # the operator's option stands for it
        return
    monkeypatch.setattr(options, "FIELDS", changed)
    text = helps()[name]
    assert "between 3 and 5" in text
    assert "[default: 4]" in text


def test_the_same_check_says_for_people_and_for_clients_what_is_wrong():
    for model, name in ROWS:
        for view in (model.view, HERE) if name in HERE.fields else (model.view,):
            (refusal,) = check({name: of_another_type(view.fields[name])}, view)[1]
            assert isinstance(refusal, FieldError), name
            assert refusal.message.startswith("must be a"), name
            assert refusal.replicate.startswith("Invalid type. Expected: "), name


def test_what_was_accepted_is_drawn_though_limits_are_closer_now():
    assert parse({"max_frames": 5, "fps": 15}, SEED.accepted)[0].max_frames == 5
    given, notes = parse({"color_force_grayscale": True, "animation_prompts": "a"}, SEED.accepted)
    assert not given.flag("color_force_grayscale")
    assert [note.field for note in notes] == ["color_force_grayscale"]


def test_an_animation_of_every_input_may_have_one_frame_and_a_fraction_of_frames_a_second(client):
    body = {"input": {"max_frames": 1, "fps": 23.976, "color_force_grayscale": True, "animation_prompts": "a cat"}}
    answer = client.post("/v1/models/dreamreel/animate/predictions", json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["model"], made["version"], made["input"]) == (ANIMATE.name, ANIMATE.version, body["input"])
    refused = client.post("/v1/predictions", json={**body, "version": SEED.version}).json()["invalid_fields"]
    assert [each["field"] for each in refused] == ["input.max_frames", "input.fps"]


def test_the_openapi_document_has_the_inputs_of_every_model(client):
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    body = document["paths"]["/models/{model_owner}/{model_name}/predictions"]["post"]["requestBody"]
    any_of = body["content"]["application/json"]["schema"]["properties"]["input"]["anyOf"]
    assert [schemas[each["$ref"].rpartition("/")[2]]["title"] for each in any_of] == [model.name for model in MODELS]
    assert schemas["animate_input"]["properties"].keys() == FIELDS.keys()
