"""Retention: what is kept no longer goes, what is not finished stays."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.contract.store_contract import accepted
from typer.testing import CliRunner

from dreamreel.cli.main import app
from dreamreel.predictions.accounts import Upload
from dreamreel.predictions.record import Status
from dreamreel.predictions.store import Ending
from dreamreel.storage.local_files import LocalFiles
from dreamreel.storage.retention import Removal, keeping_of, sweep

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def add(store, tmp_path):
    """Adds a prediction with ten bytes of video and five of frames, which ended so many hours before NOW."""

    def add(ended_hours_ago=None):
        prediction = accepted(created_at=NOW - 100 * HOUR)
        store.add(prediction)
        folder = tmp_path / "predictions" / prediction.id
        (folder / "frames").mkdir(parents=True)
        (folder / "out.mp4").write_bytes(b"0123456789")
        (folder / "frames" / "00000.png").write_bytes(b"01234")
        if ended_hours_ago is not None:
            ended = NOW - ended_hours_ago * HOUR
            claimed = store.claim("w", ("v1",), ended, ended + HOUR, 3)
            assert claimed.id == prediction.id
            store.finish(prediction.id, 1, Ending(Status.SUCCEEDED, output="out.mp4"), ended)
        return prediction.id

    return add


def swept(store, tmp_path, hours, frames_hours, **options):
    return list(sweep(store, LocalFiles(tmp_path), keeping_of(hours, frames_hours), NOW, **options))


def test_by_default_everything_stays(store, add, tmp_path):
    add(90)
    assert swept(store, tmp_path, 0, 0) == []


def test_what_ended_long_ago_goes_and_its_record_stays(store, add, tmp_path):
    old, new, running = add(10), add(1), add()
    assert swept(store, tmp_path, 5, 0) == [Removal("data", old, 15)]
    removed = store.get(old)
    assert (removed.data_removed, removed.input, removed.output, removed.logs) == (True, {}, None, "")
    assert removed.status is Status.SUCCEEDED
    assert [path.name for path in (tmp_path / "predictions").iterdir() if path.name not in (new, running)] == []
    assert swept(store, tmp_path, 5, 0) == []


def test_frames_can_go_before_the_video(store, add, tmp_path):
    old, done = add(10), add(3)
    assert swept(store, tmp_path, 5, 2) == [Removal("data", old, 15), Removal("frames", done, 5)]
    assert (tmp_path / "predictions" / done / "out.mp4").exists()
    assert not (tmp_path / "predictions" / done / "frames").exists()
    assert not store.get(done).data_removed


def test_a_dry_run_says_the_same_and_removes_nothing(store, add, tmp_path):
    add(10)
    add(3)
    would = swept(store, tmp_path, 5, 2, dry_run=True)
    assert would == swept(store, tmp_path, 5, 2)
    assert len(would) == 2


def test_uploads_go_when_their_time_is_over(store, tmp_path):
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "f1").write_bytes(b"abc")
    store.add_upload(Upload("f1", "anna", "a", "text/plain", 3, "0" * 64, "0" * 32, NOW - HOUR, NOW, {}))
    assert swept(store, tmp_path, 0, 0) == [Removal("upload", "f1", 3)]
    assert (store.upload("f1"), list((tmp_path / "uploads").iterdir())) == (None, [])


def test_prune_takes_however_much_there_is_and_says_how_much(add, tmp_path, monkeypatch):
    monkeypatch.setattr("dreamreel.storage.retention.BATCH", 1)
    ids = {add(10) for _ in range(3)}
    command = ["prune", "--data", str(tmp_path), "--keep-hours", "1"]
    dry = CliRunner().invoke(app, [*command, "--dry-run"])
    assert "would free 0.0 MB" in dry.stderr
    wet = CliRunner().invoke(app, command)
    assert dry.stdout == wet.stdout
    assert {line.split("\t")[1] for line in wet.stdout.splitlines()} == ids
    assert CliRunner().invoke(app, command).stdout == ""
