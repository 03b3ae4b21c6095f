"""Create requests: what is wrong with them, in the words clients know."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.views import SEED
from dreamreel.api.create_request import cancel_after, parse_body, plan_input, seconds_of
from dreamreel.api.http.problems import Problem
from dreamreel.api.input_problems import check_input
from dreamreel.api.repetitions import body_digest, request_digest
from dreamreel.models.layout import Defaults
from dreamreel.rendering.setup import Setup

VERSION = SEED.version
CANVAS = Canvas(64, 64, 4, 7.0)
DRAWN = CANVAS, Setup(steps=CANVAS.steps, cfg_scale=CANVAS.cfg_scale), Defaults()


def refused(document):
    """(detail, invalid_fields) of the refusal of a body."""
    problem = attempt(document)
    assert problem is not None
    assert problem.status == 422
    return problem.detail, problem.extra.get("invalid_fields")


def attempt(document):
    """The problem that a body meets, or None."""
    try:
        plan_input(parse_body(document).input, *DRAWN)
    except Problem as problem:
        return problem
    return None


def input_of(**values):
    return {"version": VERSION, "input": values}


@pytest.mark.parametrize(
    ("given", "kind", "field", "description"),
    [
        ({"fps": 61}, "number_lte", "input.fps", "Must be less than or equal to 60"),
        ({"fps": 9}, "number_gte", "input.fps", "Must be greater than or equal to 10"),
        ({"max_frames": 99}, "number_gte", "input.max_frames", "Must be greater than or equal to 100"),
        ({"max_frames": 1001}, "number_lte", "input.max_frames", "Must be less than or equal to 1000"),
        ({"fps": "20"}, "invalid_type", "input.fps", "Invalid type. Expected: integer, given: string"),
        ({"fps": True}, "invalid_type", "input.fps", "Invalid type. Expected: integer, given: boolean"),
        ({"fps": 20.5}, "invalid_type", "input.fps", "Invalid type. Expected: integer, given: number"),
        ({"zoom": 1}, "invalid_type", "input.zoom", 'Invalid type. Expected: string, given: integer; write "0: (1)"'),
        ({"zoom": []}, "invalid_type", "input.zoom", "Invalid type. Expected: string, given: array"),
        ({"angle": {}}, "invalid_type", "input.angle", "Invalid type. Expected: string, given: object"),
        ({"border": "x"}, "enum", "input.border", 'border must be one of the following: "wrap", "replicate"'),
        ({"fps": None}, "invalid_type", "input.fps", "Invalid type. Expected: integer, given: null"),
        (
            {"math": 1},
            "invalid_type",
            "input.math",
            "Invalid type. Expected: boolean, given: integer; write true or false",
        ),
    ],
)
def test_a_value_that_does_not_fit_the_schema(given, kind, field, description):
    detail, fields = refused(input_of(**given))
    assert fields == [{"type": kind, "field": field, "description": description}]
    assert detail == f"- {field}: {description}\n"


def test_everything_wrong_is_said_at_once_in_gojsonschemas_words():
    detail, fields = refused({"model": 1, "stream": "yes", "input": {"max_frames": 20, "fps": 61}})
    assert detail == (
        "- version is required\n"
        "- Additional property model is not allowed\n"
        "- stream: Invalid type. Expected: boolean, given: string\n"
        "- input.max_frames: Must be greater than or equal to 100\n"
        "- input.fps: Must be less than or equal to 60\n"
    )
    assert [each["type"] for each in fields] == [
        "required",
        "additional_property_not_allowed",
        "invalid_type",
        "number_gte",
        "number_lte",
    ]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"fps": 20.0, "seed": 0, "max_frames": 1e2},
        {"seed": None},
        {"something": {"else": [1]}},
        {"color_coherence": "None"},
    ],
)
def test_an_input_that_fits(given):
    assert plan_input(parse_body(input_of(**given)).input, *DRAWN)[0].num_frames == 100


WRONG = {
    "max_frames": 20,
    "seed": -5,
    "border": "mirror",
    "zoom": "0: (1.04), 50: (fast)",
    "angle": "0: 1",
    "animation_prompts": "0: a | b",
}


@pytest.mark.parametrize("model", [None, SEED])
def test_texts_that_cannot_be_read_are_named_beside_all_else(model):
    with pytest.raises(Problem) as raised:
        parse_body({"stream": 1, "input": WRONG}, model, CANVAS)
    fields = [each["field"] for each in raised.value.extra["invalid_fields"]]
    texts = ["input.animation_prompts", "input.angle", "input.zoom"]
    expected = ["stream", "input.max_frames", "input.seed", "input.border", *texts]
    assert fields == (["", *expected] if model is None else expected)


def test_every_text_that_cannot_be_read_is_named_once():
    _, fields = refused(input_of(zoom="x", angle="y", animation_prompts="a|b", fps=20))
    assert [each["field"] for each in fields] == ["input.animation_prompts", "input.angle", "input.zoom"]


def test_a_text_is_not_blamed_for_what_another_field_forbids():
    _, fields = refused(input_of(strict=True, other=1, zoom="0: (1)"))
    assert [each["field"] for each in fields] == ["input"]


def test_of_very_many_problems_a_hundred_are_told_and_how_many_more_there_are():
    detail, fields = refused({"version": VERSION, "input": {}, **{f"k{number}": 0 for number in range(7000)}})
    assert len(fields) == 100
    assert detail.endswith("- and 6900 more\n")
    assert (
        attempt({"version": VERSION, "input": {}, **{f"k{number}": 0 for number in range(7000)}}).extra[
            "invalid_fields_left_out"
        ]
        == 6900
    )


def test_inputs_that_do_not_exist_are_kept_while_they_are_few_and_small():
    assert attempt(input_of(prompt="a cat", init_image="data:image/png;base64," + "A" * 60_000)) is None
    _, fields = refused(input_of(prompt="a cat", init_image="data:image/png;base64," + "A" * 70_000))
    assert fields[0]["field"] == "input"
    assert fields[0]["description"].startswith("There is no input init_image, and it holds 70")
    assert attempt(input_of(**{f"k{number}": 0 for number in range(100)})) is None
    _, fields = refused(input_of(**{f"k{number}": 0 for number in range(101)}))
    assert fields[0]["description"] == "101 inputs do not exist, such as k0; of such 100 may be sent"


def test_the_input_is_kept_as_it_was_sent():
    assert parse_body(input_of(fps=20.0, x=None)).input.raw == {"fps": 20.0, "x": None}


@pytest.mark.parametrize("seed", [-2, 2**32, 10**30])
def test_a_seed_beyond_32_bits_is_refused_though_the_schema_does_not_say_so(seed):
    _, fields = refused(input_of(seed=seed))
    assert fields[0]["field"] == "input.seed"


def test_a_schedule_that_cannot_be_read_names_the_column():
    _, fields = refused(input_of(zoom="0: (1.04), 50: (fast)"))
    assert fields == [
        {
            "type": "invalid_value",
            "field": "input.zoom",
            "description": fields[0]["description"],
            "column": fields[0]["column"],
        }
    ]
    assert fields[0]["column"] >= 12


@pytest.mark.parametrize(
    "version", [VERSION, "deforum/deforum_stable_diffusion", f"deforum/deforum_stable_diffusion:{VERSION}"]
)
def test_a_version_has_three_names(version):
    assert parse_body({"version": version, "input": {}}).input.model is SEED


@pytest.mark.parametrize("version", ["", VERSION[:-1], "deforum/other", f"someone/else:{VERSION}", "\n" + VERSION])
def test_another_version_does_not_exist_here(version):
    with pytest.raises(Problem) as raised:
        parse_body({"version": version, "input": {}})
    assert (raised.value.status, raised.value.title) == (422, "Invalid version or not permitted")


@pytest.mark.parametrize(
    "document", [None, [], "x", 1, {"version": None, "input": {}}, {"version": VERSION, "input": None}]
)
def test_what_is_no_request_at_all(document):
    refused(document)


@pytest.mark.parametrize(
    ("wanted", "events"),
    [
        (None, ("start", "output", "logs", "completed")),
        ("completed", ("completed",)),
        ("completed, start", ("start", "completed")),
        (["logs", "output"], ("output", "logs")),
    ],
)
def test_the_events_of_a_webhook_come_as_a_list_or_as_a_text(wanted, events):
    document = {**input_of(), "webhook": "https://example.com/hook"}
    document |= {} if wanted is None else {"webhook_events_filter": wanted}
    assert parse_body(document).webhook_events == events


@pytest.mark.parametrize(
    "webhook",
    [
        "ftp://x/",
        "x",
        "https://",
        "https://exa mple.com",
        "http://[",
        "https://e/\r\nX: y",
        "https://e:99999/",
        "https://e:x/",
        "https://e:0/",
    ],
)
def test_a_webhook_must_be_an_address(webhook):
    _, fields = refused({**input_of(), "webhook": webhook})
    assert (fields[0]["type"], fields[0]["field"]) == ("format", "webhook")


@pytest.mark.parametrize("events", ["", "begin", ["start", 1], ["start", []], [None], "start,,"])
def test_unknown_events_are_refused(events):
    _, fields = refused({**input_of(), "webhook": "https://example.com/", "webhook_events_filter": events})
    assert fields[0]["type"] == "enum"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("90s", 90), ("5m", 300), ("1h30m45s", 5445), ("2h", 7200), (" 5 ", 5), ("1m5", 65)],
)
def test_a_deadline(text, seconds):
    assert cancel_after({"cancel-after": text}) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "4", "0", "-5", "5d", "1.5h", "s", "5 m", "m5", "٣٠", "9" * 40])
def test_what_is_no_deadline_is_refused(text):
    with pytest.raises(Problem) as raised:
        cancel_after({"cancel-after": text})
    assert raised.value.status == 422


def test_no_deadline_is_none():
    assert cancel_after({}) is None


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none(), max_size=5))
def test_the_same_request_has_the_same_digest_in_any_order(document):
    backwards = dict(reversed(document.items()))
    assert body_digest(document) == body_digest(backwards)
    assert body_digest(document) != body_digest({**document, "and": "more"})


def test_a_key_names_a_request_whatever_its_body():
    one, other = {"idempotency-key": "k"}, {"idempotency-key": "l"}
    assert request_digest("body", one) == request_digest("another", one) != request_digest("body", other)
    assert request_digest("body", {}) == "body"


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers(), max_size=2)
)
NAMES = st.sampled_from(["animation_prompts", "zoom", "angle", "max_frames", "fps", "seed", "sampler", "math", "other"])


@given(
    st.dictionaries(st.sampled_from(["version", "input", "webhook", "webhook_events_filter", "stream", "x"]), VALUES)
)
def test_any_body_is_refused_in_a_sentence(document):
    detail, _ = refused(document)
    assert detail


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_any_input_is_planned_or_refused_field_by_field(raw):
    problem = attempt({"version": VERSION, "input": raw})
    fields = [] if problem is None else problem.extra["invalid_fields"]
    assert all(each["field"].startswith("input") and each["description"] for each in fields)


def test_the_estimate_needs_a_pace():
    plan = plan_input(check_input({}, SEED), *DRAWN)[0]
    assert seconds_of(plan, None) is None
    assert seconds_of(plan, 0.5) == float(plan.evaluations.sum()) * 0.5


@pytest.mark.parametrize("name", ["webhook", "webhook_events_filter", "stream", "webhook_completed"])
def test_null_means_as_if_it_were_not_there(name):
    assert parse_body({**input_of(), name: None}) == parse_body(input_of())


@pytest.mark.parametrize("nothing", [[], None])
def test_a_filter_that_names_nothing_is_the_default(nothing):
    document = {**input_of(), "webhook": "https://exämple.invalid/ü", "webhook_events_filter": nothing}
    body = parse_body(document)
    assert body.webhook == "https://xn--exmple-cua.invalid/%C3%BC"
    assert body.webhook_events == ("start", "output", "logs", "completed")
