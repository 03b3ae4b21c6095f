"""What an upload may bring along: its form is bounded, and what does not fit is said in our words."""

import json
import time

import pytest

CONTENT = ("content", ("a.txt", b"words", "text/plain"))


def upload(client, *parts):
    return client.post("/v1/files", files=[CONTENT, *parts])


def in_form(form, metadata):
    """The parts of a metadata in each of the forms that clients send."""
    if form == "brackets":
        return [(f"metadata[{name}]", (None, str(value))) for name, value in metadata.items()]
    text = json.dumps(metadata)
    return [("metadata", (None, text) if form == "text" else ("blob", text.encode(), "application/json"))]


def problem(answer, status, *words):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] != "Bad Request."
    for word in words:
        assert word in answer.json()["detail"]
    return answer.json()


@pytest.mark.parametrize("form", ["text", "blob", "brackets"])
def test_metadata_is_kept_up_to_64_kib_in_every_form(client, form):
    kept = upload(client, *in_form(form, {"a": "x" * 65_000}))
    assert (kept.status_code, kept.json()["metadata"]) == (201, {"a": "x" * 65_000})
    refused = problem(upload(client, *in_form(form, {"a": "x" * 65_600})), 422, "metadata", "64 KiB")
    assert refused["invalid_fields"][0]["field"] == "metadata"
    assert len(client.get("/v1/files").json()["results"]) == 1


def test_many_bracketed_fields_are_64_kib_together(client):
    problem(upload(client, *in_form("brackets", {f"k{n}": "x" * 1000 for n in range(80)})), 422, "- metadata: ")


@pytest.mark.parametrize("filename", [None, "blob"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":' * 30 + "1" + "}" * 30, "levels deep"),
        ("[" * 60_000, "levels deep"),
        (json.dumps({f"k{n}": 0 for n in range(3000)}), "values"),
        ("[1]", "must be a JSON object"),
        ('{"a": NaN}', "must be a JSON object: NaN"),
        ("{", "must be a JSON object"),
        ("x" * (8 << 20), "64 KiB"),
    ],
    ids=["deep", "brackets", "wide", "list", "NaN", "cut", "8 MB"],
)
def test_metadata_that_does_not_fit_is_refused_at_once_and_named(client, filename, text, words):
    started = time.process_time()
    answer = upload(client, ("metadata", (filename, text.encode())))
    assert problem(answer, 422, words)["invalid_fields"][0]["field"] == "metadata"
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "names",
    [
        ["metadata" + "[a]" * 21],
        ["metadata[]"],
        ["metadata[a"],
        ["metadata[a]b"],
        ["metadata[a]", "metadata[a][b]"],
        ["metadata[a][b]", "metadata[a]"],
    ],
)
def test_a_bracketed_field_that_has_no_place_is_named(client, names):
    answer = upload(client, *((name, (None, "1")) for name in names))
    assert problem(answer, 422)["invalid_fields"][0]["field"] == names[-1]


def test_a_form_of_too_many_fields_or_too_long_names_is_refused_in_our_words(client):
    problem(upload(client, *((f"f{n}", (None, "1")) for n in range(200))), 400, "at most 100 fields")
    problem(upload(client, *((f"f{n}", ("x", b"1")) for n in range(9))), 400, "4 files")
    problem(upload(client, ("n" * 300, (None, "1"))), 422, "at most 200 characters")
    problem(upload(client, ("n" * 90_000, (None, "1"))), 400, "malformed")


@pytest.mark.parametrize(
    ("kind", "body", "status", "words"),
    [
        ("multipart/form-data", b"--x\r\n", 400, "boundary"),
        ("multipart/form-data; boundary=" + "b" * 2000, b"--x\r\n", 400, "boundary"),
        ("multipart/form-data; boundary=x", b"rubbish", 400, "malformed"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--", 400, "no name"),
        ("multipart/form-data; boundary=x", b"", 422, "content"),
        ("application/x-www-form-urlencoded", b"content=1", 422, "content"),
        ("application/json", b"{}", 422, "multipart/form-data"),
        ("", b"", 422, "content"),
    ],
)
def test_a_body_that_is_no_upload_is_refused_in_our_words(client, kind, body, status, words):
    problem(client.post("/v1/files", content=body, headers={"Content-Type": kind}), status, words)


def test_content_without_a_file_name_is_no_file(client):
    problem(client.post("/v1/files", files={"content": (None, "x" * 100)}), 422, "content", "file")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1/predictions?created_after=yesterday", "- created_after: must be a time such as"),
        ("/v1/predictions?created_after=2026-99-99", "- created_after: must be a time such as"),
        ("/v1/predictions?limit=x", "- limit: must be an integer"),
        ("/v1/predictions?limit=0", "- limit: must be at least 1"),
        ("/v1/predictions?limit=101", "- limit: must be at most 100"),
        ("/v1/predictions?starred=x", "- starred: must be true or false"),
        ("/v1/predictions?q=" + "x" * 201, "- q: must be at most 200 characters"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named_in_our_words(client, path, words):
    assert problem(client.get(path), 422)["detail"].startswith(words)
