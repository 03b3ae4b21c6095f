"""`dreamreel verify`: the same, or the first frame that is not."""

import json

import pytest
from tests import tiny
from typer.testing import CliRunner

from dreamreel.cli.main import app
from dreamreel.rendering.output import Output
from dreamreel.video.provenance import append_manifest, pictures_digest, read_manifest


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


def changed(video, versions=None, **fields):
    """Another seed, so that frames differ, and a record that says other things of the machine."""
    manifest = read_manifest(video)
    with_manifest(
        video,
        input={**manifest["input"], "seed": 2},
        versions={**manifest["versions"], **(versions or {})},
        **{"keys": [], **fields},
    )
    return verify(video)


def test_a_record_of_another_input_than_the_one_that_was_drawn_is_named_by_its_keys(video):
    ran = changed(video, keys=read_manifest(video)["keys"], hardware="GenuineIntel AVX512")
    assert "from frame 0 on the input is not the one that the frames were drawn from: it was edited" in ran.stderr
    assert ran.exit_code == 1


def test_another_machine_means_that_only_the_networks_may_differ(video):
    ran = changed(video, hardware="GenuineIntel AVX512")
    assert ran.stdout.startswith("frame 0 differs: ")
    assert "only the networks may differ: their sums are rounded by hardware; " in ran.stderr
    assert ran.exit_code == 3


def test_another_torch_means_the_same_and_is_named(video):
    ran = changed(video, {"torch": "1.0", "av": "1.0"}, device="cuda")
    assert "torch was 1.0 and is" in ran.stderr
    assert "rounded by device and torch;" in ran.stderr
    assert ran.exit_code == 3


def test_another_dreamreel_may_change_more_than_the_networks(video):
    ran = changed(video, {"dreamreel": "0.0", "torch": "1.0"})
    assert "more than the networks may differ: dreamreel can change what is drawn around them, too" in ran.stderr
    assert ran.exit_code == 1


def test_frames_that_differ_on_the_same_machine_were_changed(video):
    ran = changed(video)
    assert "nothing that frames depend on has changed" in ran.stderr
    assert ran.exit_code == 1


def test_a_film_that_does_not_say_its_hardware_may_be_of_another(video):
    ran = changed(video, hardware=None)
    assert "hardware was not recorded and is" in ran.stderr
    assert ran.exit_code == 3


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
    assert ran.exit_code == 2
    assert "does not have the weights that the video was made with" in ran.stderr
