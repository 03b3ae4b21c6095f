"""A disk that fills while a film is drawn: a real one of a few hundred kB."""

import contextlib
import subprocess

import pytest
from tests import forked
from tests.workbench import FRAMES, Bench, Switched, num_pictures, wait_for

from dreamreel.predictions.record import Status

COMMAND = ["render", "--model", "tiny-sd", "--size", "128x128", "--steps", "2", "--plain", "-n", "6", "--seed", "1"]


@pytest.fixture
def disk(tmp_path):
    """A folder on a disk of 1 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no disk can be made here: {mounted.stderr.strip()}")
    yield folder
    wait_for(lambda: subprocess.run(["umount", folder], capture_output=True).returncode == 0, "the disk to be let go")


def leave(disk, room_kb):
    """Fills the disk but for that much. Returns the file that is in the way."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    with ballast.open("r+b") as file:
        file.truncate(ballast.stat().st_size - room_kb * 1024)
    return ballast


def run(tmp_path, *arguments):
    """(exit code, stderr)."""
    with (tmp_path / "stdout").open("w") as stdout, (tmp_path / "stderr").open("w+") as stderr:
        code = forked.begin([*COMMAND, *arguments], stdout, stderr, cwd=tmp_path).wait(120)
        stderr.seek(0)
        return code, stderr.read()


def test_a_film_that_fills_the_disk_ends_in_one_sentence_and_goes_on_when_there_is_room(tmp_path, disk):
    ballast = leave(disk, room_kb=100)
    film = disk / "a.mp4"
    code, stderr = run(tmp_path, "-o", str(film), "--resume")
    kept = sorted(file.name for file in (disk / "a.mp4.frames").iterdir())
    assert code == 1
    error = stderr.splitlines()[-1]
    assert error.startswith("error: ")
    assert "cannot be written: No space left on device; " in error
    assert f"{len(kept) - 1} frames are kept in {film}.frames: make room and go on with --resume" in error
    assert kept == [*(f"{idx:05}.png" for idx in range(len(kept) - 1)), "render.json"]
    assert 0 < len(kept) - 1 < 6
    assert {file.name for file in disk.iterdir()} == {"ballast", "a.mp4.frames"}
    ballast.unlink()
    assert run(tmp_path, "-o", str(film), "--resume")[0] == 0
    assert run(tmp_path, "-o", "undisturbed.mp4")[0] == 0
    assert film.read_bytes() == (tmp_path / "undisturbed.mp4").read_bytes()
    assert {file.name for file in disk.iterdir()} == {"a.mp4"}


def test_a_prediction_that_meets_a_full_disk_is_given_back_and_goes_on_when_there_is_room(tmp_path, disk, caplog):
    (tmp_path / "predictions").symlink_to(disk)
    bench, bundle = Bench(tmp_path), Switched()
    prediction_id = bench.add()
    with bench.working(bundle=bundle):
        bench.wait_for_frames(prediction_id, 2)
        bundle.gate.clear()
        wait_for(lambda: bundle.waiting, "the worker at the closed gate")
        ballast = leave(disk, room_kb=0)
        bundle.gate.set()
        wait_for(lambda: "given back: " in caplog.text, "the prediction to be given back")
        assert "No space left on device" in caplog.text
        assert not bench.get(prediction_id).status.is_terminal
        ballast.unlink()
        assert bench.wait(prediction_id).status is Status.SUCCEEDED
    undisturbed = bench.add()
    assert bench.run_to_end(undisturbed).status is Status.SUCCEEDED
    assert bench.frames(prediction_id) == bench.frames(undisturbed)
    assert num_pictures(bench.folder(prediction_id) / "out.mp4") == FRAMES
