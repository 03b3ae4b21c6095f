"""Subtitles of a prediction: made of its film when they are asked for."""

import io
import tempfile

import av
import pytest
from tests.unit.api.test_labels import MODEL, finish
from typer.testing import CliRunner

from dreamreel.cli.main import app
from dreamreel.errors import VideoError
from dreamreel.predictions.files import prediction_key
from dreamreel.video import captions

PROMPTS = "1\n00:00:00,000 --> 00:00:00,066\na fox\n\n2\n00:00:00,066 --> 00:00:00,133\na cat\n\n"


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    words = ["-p", "0: a fox | 1: a cat", "-n", "2", "--sampler", "euler", "--seed", "7"]
    small = ["--model", "tiny-sd", "--size", "64x64", "--steps", "1", "--plain"]
    assert CliRunner().invoke(app, ["render", *small, *words, "-o", str(path)]).exit_code == 0
    return path.read_bytes()


@pytest.fixture
def prediction(client):
    return client.post("/v1/predictions", json={"version": MODEL, "input": {}}).json()


def ended(client, context, prediction, film):
    finish(context, prediction["id"])
    context.files.put(prediction_key(prediction["id"], "out.mp4"), film)
    return client.get(f"/v1/predictions/{prediction['id']}").json()["urls"]["subtitles"]


def test_an_srt_has_a_cue_for_each_prompt_or_for_each_frame(client, context, prediction, film):
    address = ended(client, context, prediction, film)
    answer = client.get(address)
    assert (answer.text, answer.headers["content-type"]) == (PROMPTS, "application/x-subrip; charset=utf-8")
    assert "F#: 1; Cadence: false; Seed: 8;" in client.get(address.replace("prompts.srt", "params.srt")).text


def test_a_copy_of_the_film_has_them_as_a_track(client, context, prediction, film):
    address = ended(client, context, prediction, film)
    answer = client.get(address.replace("prompts.srt", "subtitled-prompts.mp4"))
    with av.open(io.BytesIO(answer.content)) as copy:
        assert [stream.type for stream in copy.streams] == ["video", "subtitle"]
        assert [bytes(each) for each in copy.demux(copy.streams.subtitles[0]) if each.size > 2][1] == b"\x00\x05a cat"


def test_a_copy_that_cannot_be_written_is_refused_and_the_srt_is_there_still(
    client, context, prediction, film, monkeypatch
):
    address = ended(client, context, prediction, film)

    def full(_film, _cues, target):
        target.unlink()
        raise VideoError("no room")

    monkeypatch.setattr(captions, "caption", full)
    answer = client.get(address.replace("prompts.srt", "subtitled-prompts.mp4"))
    assert (answer.status_code, "the .srt beside it" in answer.json()["detail"]) == (507, True)
    assert client.get(address).text == PROMPTS


@pytest.mark.parametrize(
    ("method", "asked", "status"),
    [
        ("GET", {}, 200),
        ("HEAD", {}, 200),
        ("GET", {"Range": "bytes=0-9"}, 206),
        ("GET", {"Range": "bytes=x"}, 200),
        ("GET", {"Range": "bytes=99999999-"}, 416),
    ],
)
def test_no_copy_of_the_film_stays_behind_however_it_is_asked_for(
    client, context, prediction, film, tmp_path_factory, monkeypatch, method, asked, status
):
    copies = tmp_path_factory.mktemp("copies")
    monkeypatch.setattr(tempfile, "tempdir", str(copies))
    address = ended(client, context, prediction, film).replace("prompts.srt", "subtitled-params.mp4")
    assert client.request(method, address, headers=asked).status_code == status
    assert list(copies.iterdir()) == []


def test_a_film_whose_input_is_none_any_more_has_none_and_says_why(client, context, prediction, film):
    older = film.replace(b'"sampler": "euler"', b'"sampler": "eulor"')
    answer = client.get(ended(client, context, prediction, older))
    assert (answer.status_code, "cannot be read any more" in answer.json()["detail"]) == (404, True)
    assert "sampler" in answer.json()["detail"]


def test_before_there_is_a_film_there_are_none_and_a_foreign_file_says_nothing(client, context, prediction):
    answer = client.get(prediction["urls"]["subtitles"])
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "There is no film yet; its subtitles are there with it.",
    )
    answer = client.get(ended(client, context, prediction, b"{}"))
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "The film does not say what it was made from, so it has no subtitles.",
    )
