"""The parts of the OpenAPI document that are written by hand: the create body, its headers, the errors."""

from typing import Any

from dreamreel.animation.views import MODELS, SEED
from dreamreel.api import schemas
from dreamreel.api.input_schema import input_schema

# Every operation may answer these.
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": schemas.ProblemShape, "description": "The request is malformed."},
    401: {"model": schemas.ProblemShape, "description": "A token is needed."},
    404: {"model": schemas.ProblemShape, "description": "It does not exist."},
    429: {"model": schemas.ProblemShape, "description": "Too many requests; Retry-After says when to try again."},
}
FORBIDDEN = {"description": "The token is read-only, or the request comes from another site's page."}
INVALID: dict[int | str, dict[str, Any]] = {
    413: {"model": schemas.ProblemShape, "description": "The body is too large."},
    422: {"model": schemas.InvalidShape, "description": "The request does not fit; invalid_fields says where."},
}

_WEBHOOK = (
    "An HTTPS URL for receiving a webhook when the prediction has new output. The webhook will be a POST request "
    "where the request body is the same as the response body of the get prediction operation."
)
_CREATE_PROPERTIES: dict[str, Any] = {
    "version": {"type": "string", "description": "The ID of the model version, owner/name, or owner/name:ID"},
    "input": input_schema(SEED),
    "stream": {"type": "boolean", "description": "Deprecated; streaming addresses are always given."},
    "webhook": {"type": "string", "description": _WEBHOOK},
    "webhook_events_filter": {
        "description": "Which events the webhook wants: start, output, logs, completed; all if left out.",
        "anyOf": [
            {"type": "array", "items": {"type": "string", "enum": ["start", "output", "logs", "completed"]}},
            {"type": "string"},
        ],
    },
}


def _json_body(properties: dict[str, Any], required: list[str], closed: bool = True) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": properties, "additionalProperties": not closed}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


# The inputs of each model, by the name of their schema; the first one's are where the original has them, too.
INPUTS = {f"{model.name.partition('/')[2]}_input": {**input_schema(model), "title": model.name} for model in MODELS}
_ANY_INPUT = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in INPUTS]}
CREATE_BODY = _json_body(_CREATE_PROPERTIES, ["input", "version"])
CREATE_BY_MODEL_BODY = _json_body(_CREATE_PROPERTIES | {"input": _ANY_INPUT}, ["input"])
VALIDATE_BODY = _json_body(
    {"input": input_schema(SEED), "version": _CREATE_PROPERTIES["version"]}, ["input"], closed=False
)
IMPORT_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "application/json": {"schema": {}},
        "text/plain": {"schema": {"type": "string"}},
    },
}
NAME_LENGTH, TAG_LENGTH, MOST_TAGS = 200, 50, 20
LABELS_BODY = _json_body(
    {
        "name": {"type": ["string", "null"], "maxLength": NAME_LENGTH, "description": "For people; null for none"},
        "starred": {"type": ["boolean", "null"], "description": "Whether it is a favourite"},
        "tags": {
            "type": ["array", "null"],
            "maxItems": MOST_TAGS,
            "items": {"type": "string", "minLength": 1, "maxLength": TAG_LENGTH},
            "description": "All of its tags: those it had before are replaced",
        },
    },
    [],
)
CREATE_HEADERS: list[dict[str, Any]] = [
    {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "pattern": "^wait(=([1-9]|[1-9][0-9]))?$"},
        "description": "`wait` or `wait=N`: hold the request up to N (1 to 60) seconds for the prediction to end.",
    },
    {
        "name": "Cancel-After",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "Cancel the prediction after this time: `30`, `90s`, `5m`, `1h30m45s`; at least 5 s.",
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "Requests with the same key within ten minutes give one prediction; with another body, 422.",
    },
]


def as_problems(document: dict[str, Any]) -> dict[str, Any]:
    """document with its error answers as they are sent: their content type, and our list of what is wrong."""
    for path in document["paths"].values():
        for method, operation in path.items():
            _replace_framework_answer(operation)
            if method != "get":
                operation["responses"]["403"] = operation["responses"]["401"] | FORBIDDEN
            for status, answer in operation["responses"].items():
                if status[0] in "45" and (content := answer.get("content")):
                    answer["content"] = {"application/problem+json": next(iter(content.values()))}
    return document


def _replace_framework_answer(operation: dict[str, Any]) -> None:
    """FastAPI announces a list of its own for all that has parameters; we send ours, where a query can be wrong."""
    if "HTTPValidationError" not in str(operation["responses"].get("422")):
        return
    del operation["responses"]["422"]
    if any(each["in"] == "query" and each["schema"].get("type") != "string" for each in operation["parameters"]):
        schema = {"$ref": f"#/components/schemas/{schemas.InvalidShape.__name__}"}
        answer = {"description": INVALID[422]["description"], "content": {"application/json": {"schema": schema}}}
        operation["responses"]["422"] = answer
