"""Predictions as JSON: the strictest client's rules."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dreamreel.animation.views import SEED
from dreamreel.api.http.signing import Signer
from dreamreel.api.schemas import PredictionShape
from dreamreel.api.wire import LISTED_LOGS, Wire, last_lines, page, timestamp
from dreamreel.predictions.events import Kind
from dreamreel.predictions.record import Prediction, Status
from dreamreel.storage.local_files import LocalFiles

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ORIGIN = "http://films.example.com:8000"
QUEUED = Prediction("hdwst0bb05rgp0cf0p29mzk2am", "me", SEED.version, {"fps": 20}, 7, 100, NOW)
RUNNING = replace(QUEUED, status=Status.PROCESSING, started_at=NOW, logs="Using seed: 7\n", frames_done=3)
DONE = replace(RUNNING, status=Status.SUCCEEDED, completed_at=NOW + timedelta(seconds=9), output="out.mp4")
FAILED = replace(RUNNING, status=Status.FAILED, completed_at=NOW, error="zoom: is too large")
CANCELED = replace(QUEUED, status=Status.CANCELED, completed_at=NOW)
REMOVED = replace(DONE, input={}, logs="", output=None, data_removed=True)
ALL = [QUEUED, RUNNING, DONE, FAILED, CANCELED, REMOVED]


@pytest.fixture
def wire(tmp_path):
    return Wire(Signer("secret"), LocalFiles(tmp_path), 24)


@pytest.mark.parametrize("prediction", ALL, ids=lambda each: f"{each.status}")
def test_no_client_finds_a_null_where_it_wants_a_value(wire, prediction):
    document = wire.prediction(prediction, ORIGIN)
    PredictionShape.model_validate(document)
    assert all(isinstance(url, str) and url.startswith(ORIGIN) for url in document["urls"].values())
    assert {"web", "get", "cancel", "stream"} <= document["urls"].keys()
    for name in ("id", "model", "version", "input", "metrics", "source", "data_removed", "logs"):
        assert document[name] is not None, name
    assert {"output", "error", "started_at", "completed_at"} <= document.keys()
    assert (document["error"] is None) == (prediction.status is not Status.FAILED)
    assert "deadline" not in document
    assert "webhook" not in document


def test_a_finished_one_has_one_text_as_its_output(wire):
    output = wire.prediction(DONE, ORIGIN)["output"]
    assert re.fullmatch(rf"{ORIGIN}/v1/outputs/{DONE.id}/\d+/[\w-]{{43}}/out\.mp4", output)


def test_a_small_video_can_come_inside_the_answer(tmp_path):
    LocalFiles(tmp_path).put(f"predictions/{DONE.id}/out.mp4", b"film")
    document = Wire(Signer("secret"), LocalFiles(tmp_path), 24, inline_kb=1).prediction(DONE, ORIGIN)
    assert document["output"] == "data:video/mp4;base64,ZmlsbQ=="


@pytest.mark.parametrize("prediction", [QUEUED, RUNNING])
def test_a_wait_that_ran_out_says_starting_whatever_is_true(wire, prediction):
    document = wire.waiting(prediction, ORIGIN)
    assert (document["status"], document["started_at"], document["output"]) == ("starting", None, None)


@pytest.mark.parametrize("prediction", [DONE, FAILED, CANCELED])
def test_a_wait_that_saw_the_end_says_the_truth(wire, prediction):
    assert wire.waiting(prediction, ORIGIN) == wire.prediction(prediction, ORIGIN)


def test_what_was_asked_for_is_shown_only_if_it_was(wire):
    asked = replace(QUEUED, deadline=NOW, webhook="https://example.com/", webhook_events=("completed",))
    document = wire.prediction(asked, ORIGIN)
    assert document["deadline"] == "2026-01-02T03:04:05.678901Z"
    assert document["webhook_events_filter"] == ["completed"]


def test_times_are_utc_with_microseconds():
    assert timestamp(NOW.replace(microsecond=0)) == "2026-01-02T03:04:05.000000Z"
    assert timestamp(None) is None


def test_the_stream_of_one_prediction_is_not_the_key_to_another(wire):
    token = wire.prediction(QUEUED, ORIGIN)["urls"]["stream"].rsplit("/", 1)[1]
    assert wire.prediction_of_stream(token) == QUEUED.id
    other = "x" * 26 + token[26:]
    assert wire.prediction_of_stream(other) is None
    assert wire.prediction_of_stream("") is None


def test_a_webhook_tells_what_was_true_at_its_event(wire):
    import json

    start = json.loads(wire.webhook_body(DONE, Kind.START, ""))
    assert (start["status"], start["output"], start["completed_at"]) == ("starting", None, None)
    end = json.loads(wire.webhook_body(replace(DONE, origin=ORIGIN), Kind.COMPLETED, ""))
    assert (end["status"], end["output"].startswith(ORIGIN)) == ("succeeded", True)


@pytest.mark.parametrize("prediction", ALL, ids=lambda each: f"{each.status}")
def test_metrics_are_whole_at_any_time(wire, prediction):
    """Clients that are strict about predict_time take none of them or all."""
    metrics = replace(wire, clock=lambda: NOW + timedelta(seconds=5)).prediction(prediction, ORIGIN)["metrics"]
    assert metrics.keys() == {"predict_time", "total_time", "frames"}
    assert 0 <= metrics["predict_time"] <= metrics["total_time"]
    assert metrics["frames"] == prediction.frames_done


def test_what_is_being_drawn_tells_its_seconds_so_far(wire):
    later = replace(wire, clock=lambda: NOW + timedelta(seconds=5))
    running = replace(RUNNING, started_at=NOW + timedelta(seconds=2))
    assert later.prediction(running, ORIGIN)["metrics"] == {"predict_time": 3.0, "total_time": 5.0, "frames": 3}
    assert later.prediction(QUEUED, ORIGIN)["metrics"] == {"predict_time": 0.0, "total_time": 5.0, "frames": 0}


def test_a_list_has_the_last_lines_of_the_logs(wire):
    logs = "".join(f"line {number}\n" for number in range(9999))
    listed = wire.listed(replace(RUNNING, logs=logs), ORIGIN)["logs"]
    assert logs.endswith(listed)
    assert len(listed) <= LISTED_LOGS
    assert listed.startswith("line ")
    assert wire.listed(RUNNING, ORIGIN)["logs"] == RUNNING.logs
    assert wire.listed(RUNNING, ORIGIN, logs=False)["logs"] == ""
    assert len(last_lines("x" * 5000)) == LISTED_LOGS


def test_the_last_page_leads_nowhere():
    assert page([], None, None, str) == {"next": None, "previous": None, "results": []}
    assert page([], "a", None, lambda at: f"https://h/?cursor={at}")["next"] == "https://h/?cursor=a"
