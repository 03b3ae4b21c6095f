import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from dreamreel.api.http.media import _span, answer_file
from dreamreel.storage.local_files import LocalFiles


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=8-99", (8, 10)),
        ("bytes=10-", (10, 10)),
        ("bytes=-0", (10, 10)),
        ("", None),
        ("bytes=-", None),
        ("bytes=3-1", None),
        ("bytes=0-1,4-5", None),
        ("frames=0-1", None),
        ("Bytes=0-3", (0, 4)),
        ("bytes=0-" + "9" * 50, (0, 10)),
        ("bytes=" + "9" * 50 + "-", (10, 10)),
        ("bytes=" + "9" * 9000 + "-", None),
        ("bytes=\u0663-", None),
    ],
)
def test_a_range_is_read_as_rfc_9110_says(text, span):
    assert _span(text, 10) == span


class Remote(LocalFiles):
    """A folder that shows no paths, as a bucket does not."""

    def path(self, key):  # noqa: ARG002
        return None


@pytest.fixture(params=[LocalFiles, Remote])
def media(request, tmp_path):
    files = request.param(tmp_path)
    files.put("a.bin", b"0123456789")

    async def answer(asked):
        return await answer_file(asked, files, "a.bin", "video/mp4", {"Access-Control-Allow-Origin": "*"})

    return TestClient(Starlette(routes=[Route("/a", answer, methods=["GET", "HEAD"])]))


@pytest.mark.parametrize(
    "text",
    [
        "items=0-1",
        "bytes=2-1",
        "bytes=a-b",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=0-1,4-5",
        "bytes=,",
        "bytes=0-1,x",
        "x",
        "bytes=99-,98-",
        "bytes= 0-1",
        "bytes=--1",
        "bytes=0-1-2",
        "",
    ],
)
def test_a_range_that_is_none_or_several_is_ignored(media, text):
    answer = media.get("/a", headers={"Range": text})
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert "content-range" not in answer.headers


def test_two_range_headers_are_ignored(media):
    answer = media.get("/a", headers=[("Range", "bytes=0-1"), ("Range", "bytes=4-5")])
    assert (answer.status_code, answer.content) == (200, b"0123456789")


@pytest.mark.parametrize(
    ("text", "content", "place"),
    [
        ("bytes=2-4", b"234", "2-4"),
        ("bytes=8-99", b"89", "8-9"),
        ("bytes=-3", b"789", "7-9"),
        ("BYTES=0-0", b"0", "0-0"),
    ],
)
def test_one_range_is_answered_with_that_part(media, text, content, place):
    answer = media.get("/a", headers={"Range": text})
    assert (answer.status_code, answer.content) == (206, content)
    assert answer.headers["content-range"] == f"bytes {place}/10"
    assert answer.headers["content-length"] == str(len(content))
    assert media.head("/a", headers={"Range": text}).headers["content-range"] == f"bytes {place}/10"


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=" + "9" * 40 + "-"])
def test_one_range_outside_the_file_is_416_and_says_how_long_it_is(media, text):
    answer = media.get("/a", headers={"Range": text})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */10")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "10 bytes" in answer.json()["detail"]


def test_a_range_of_another_version_of_the_file_is_ignored(media):
    answer = media.get("/a", headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    known = media.get("/a").headers.get("etag")
    if known is not None:
        assert media.get("/a", headers={"Range": "bytes=0-1", "If-Range": known}).status_code == 206
