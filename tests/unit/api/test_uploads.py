"""What an upload may bring along: its form is bounded, and what does not fit is said in our words."""

import errno
import json
import os
import time
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from dreamreel.api.routes.files import forget_cut_off

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


def test_an_account_keeps_uploads_up_to_its_quota_and_is_told_the_way_out(client, context):
    context.settings = replace(context.settings, upload_quota_mb=1)
    content = {"content": b"x" * 700_000}
    first = client.post("/v1/files", files=content)
    assert first.status_code == 201
    refused = problem(client.post("/v1/files", files=content), 413, "0.7 MB of the 1 MB", "--upload-quota-mb")
    assert refused["title"] == "Upload quota reached"
    assert files_of(context) == [first.json()["id"]]
    assert client.delete(f"/v1/files/{first.json()['id']}").status_code == 204
    assert client.post("/v1/files", files=content).status_code == 201


def test_what_is_over_the_quota_by_its_length_is_refused_before_it_is_read(client, context):
    context.settings = replace(context.settings, upload_quota_mb=1)
    headers = {"Content-Length": str(2 << 20), "Content-Type": "multipart/form-data; boundary=b"}
    # Whoever read it would find that it is no form.
    problem(client.post("/v1/files", content=iter([b"x"]), headers=headers), 413, "--upload-quota-mb")


def test_a_disk_that_is_nearly_full_takes_no_uploads(client, context, monkeypatch):
    free = context.settings.free_space_mb << 20
    usage = SimpleNamespace(free=free + 1000)
    monkeypatch.setattr("dreamreel.api.routes.files.shutil.disk_usage", lambda _path: usage)
    assert upload(client).status_code == 201
    usage.free = free - 1
    refused = problem(upload(client), 507, "nearly full")
    assert refused["title"] == "Insufficient Storage"
    context.settings = replace(context.settings, free_space_mb=0)
    assert upload(client).status_code == 201


def test_a_disk_that_fills_while_an_upload_is_kept_is_a_507_and_nothing_of_it_stays(client, context, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    problem(upload(client), 507, "nearly full")
    assert files_of(context) == []
    assert client.get("/v1/files").json()["results"] == []


def test_an_upload_that_is_cut_off_leaves_nothing(client, context):
    def half():
        yield b'--b\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n' + b"x" * 3_000_000

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert client.post("/v1/files", content=half(), headers=headers).status_code in (400, 422)
    assert files_of(context) == []


def test_what_a_server_that_was_killed_left_of_an_upload_goes_after_an_hour(client, context):
    made = upload(client).json()["id"]
    folder, now = context.settings.data / "uploads", time.time()
    for name, age_s in (("old.part", 3601), ("new.part", 3599)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (now - age_s, now - age_s))
    forget_cut_off(context, now)
    assert set(files_of(context)) == {made, "new.part"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a b.png", "a b.png"),
        ("/", "file"),
        ("..", "file"),
        ("folder/", "folder"),
        ("ü \N{GRINNING FACE}.txt", "ü \N{GRINNING FACE}.txt"),
        ("a\u0085b", "a_b"),
        ("x" * 300, "x" * 200),
    ],
)
def test_an_upload_is_called_by_its_base_name(client, sent, kept):
    made = client.post("/v1/files", files=[CONTENT, ("filename", (None, sent))]).json()
    assert made["name"] == kept
    shown = client.get(made["urls"]["get"]).headers["content-disposition"]
    assert quote(kept, safe="") in shown or f'"{kept}"' in shown
    assert "/" not in shown.removeprefix("attachment; filename*=utf-8''")


def test_uploads_are_listed_in_pages(client):
    made = [upload(client).json()["id"] for _ in range(5)][::-1]
    page = client.get("/v1/files?limit=2").json()
    pages = [page]
    while page["next"]:
        page = client.get(page["next"]).json()
        pages.append(page)
    assert [[each["id"] for each in page["results"]] for page in pages] == [made[:2], made[2:4], made[4:]]
    assert client.get(pages[-1]["previous"]).json()["results"] == pages[1]["results"]
    problem(client.get("/v1/files?cursor=zzz"), 422, "cursor")
    problem(client.get("/v1/files?limit=1000"), 422, "limit")


def files_of(context):
    """The ids of the uploads of which anything lies on the disk."""
    return [key.removeprefix("uploads/") for key in context.files.sizes("uploads")]
