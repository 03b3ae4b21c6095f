"""`dreamreel verify`: the same, or the first frame that is not."""

import json

import pytest
from tests import tiny
from typer.testing import CliRunner

from dreamreel.cli.main import app
from dreamreel.video.provenance import append_manifest, pictures_digest, read_manifest
from dreamreel.workers.output import Output


@pytest.fixture
def video(tmp_path):
    animation = tiny.animation(steps=4, max_frames=3, zoom="0: (1.05)")
    with Output(animation, tmp_path / "out.mp4") as output:
        for frame in animation:
            output.add(frame)
        return output.finish()


def verify(video):
    return CliRunner().invoke(app, ["verify", str(video), "--plain", "--device", "cpu"])


def with_manifest(video, **changes):
    """The same pictures under another manifest."""
    manifest = {**read_manifest(video), **changes}
    size = len(json.dumps(read_manifest(video), ensure_ascii=False, sort_keys=True).encode()) + 24
    video.write_bytes(video.read_bytes()[:-size])
    append_manifest(video, manifest)


def test_what_nobody_touched_is_identical(video):
    ran = verify(video)
    assert (ran.exit_code, ran.stdout) == (0, "identical\n")


def test_the_first_frame_that_differs_is_named_with_how_much(video):
    digests = read_manifest(video)["frames"]
    with_manifest(video, frames=[digests[0], "0" * 64, digests[2]])
    ran = verify(video)
    assert ran.exit_code == 1
    assert ran.stdout.startswith("frame 1 differs: ")
    assert "dB from the picture in the video" in ran.stdout


def test_what_is_not_as_it_was_is_named(video):
    manifest = read_manifest(video)
    changed = {"versions": {**manifest["versions"], "torch": "1.0"}, "input": {**manifest["input"], "seed": 2}}
    with_manifest(video, **changed)
    ran = verify(video)
    assert ran.stdout.startswith("frame 0 differs: ")
    assert "torch was 1.0 and is" in ran.stderr


def test_pictures_that_were_changed_under_the_same_manifest_are_noticed(video):
    digest = pictures_digest(video)
    data = bytearray(video.read_bytes())
    data[data.index(b"mdat") + 60] ^= 1
    video.write_bytes(data)
    assert pictures_digest(video) != digest
    ran = verify(video)
    assert (ran.exit_code, "the frames are the same, but the video is not" in ran.stdout) == (1, True)


def test_other_weights_and_other_files_are_one_sentence(video, tmp_path):
    (tmp_path / "no.mp4").write_bytes(b"nothing")
    assert "does not say what it was made from" in verify(tmp_path / "no.mp4").stderr
    with_manifest(video, weights="0" * 64)
    ran = verify(video)
    assert ran.exit_code == 1
    assert "has other weights than the video was made with" in ran.stderr
