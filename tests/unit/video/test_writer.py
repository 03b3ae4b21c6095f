import resource

import av
import cv2
import numpy as np
import pytest

from dreamreel.errors import VideoError
from dreamreel.video.writer import VideoWriter


def picture(number, width=96, height=64):
    """Smooth colours, another for each number."""
    noise = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 8)


def write(path, fps=15, count=7):
    return fill(VideoWriter(path, fps, 96, 64), count)


def fill(writer, count):
    for number in range(count):
        writer.add(picture(number))
    return writer.finish()


def read(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        return stream, frames, container.duration / 1e6


@pytest.mark.parametrize("fps", [10, 15, 24, 60])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_video_has_every_frame_at_the_exact_rate(tmp_path, suffix, fps):
    stream, frames, seconds = read(write(tmp_path / f"a{suffix}", fps))
    assert (len(frames), stream.average_rate) == (7, fps)
    assert abs(seconds - 7 / fps) < 0.002
    for number, frame in enumerate(frames):
        assert np.abs(frame.astype(int) - picture(number)).mean() < 3


def test_the_mp4_is_what_the_originals_ffmpeg_made_plus_faststart(tmp_path):
    path = write(tmp_path / "a.mp4")
    stream, _, _ = read(path)
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    data = path.read_bytes()
    assert b"crf=17.0" in data
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_same_frames_give_the_same_bytes(tmp_path):
    assert write(tmp_path / "a.mp4").read_bytes() == write(tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("fps", [10, 15, 60])
def test_a_gif_has_every_frame_in_its_own_colours(tmp_path, fps):
    _, frames, seconds = read(write(tmp_path / "a.gif", fps))
    assert len(frames) == 7
    assert abs(seconds - 7 / min(fps, 50)) < 0.02
    assert np.abs(frames[3].astype(int) - picture(3)).mean() < 3


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_one_frame_is_a_video_too(tmp_path, suffix):
    assert len(read(write(tmp_path / f"a{suffix}", count=1))[1]) == 1


def test_an_unfinished_video_leaves_nothing_and_the_old_one_stays(tmp_path):
    path = write(tmp_path / "a.mp4")
    before = path.read_bytes()
    writer = VideoWriter(path, 15, 96, 64)
    writer.add(picture(0))
    writer.discard()
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a.avi", "a video's name ends in .mp4, .webm, .gif"),
        ("a", "a video's name ends in"),
        ("nowhere/a.mp4", "cannot be written: No such file or directory"),
        ("folder.mp4", "is a folder"),
    ],
)
def test_a_name_that_cannot_be_is_refused_before_a_frame_is_drawn(tmp_path, name, sentence):
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(VideoError, match=sentence):
        VideoWriter(tmp_path / name, 15, 96, 64)


def test_no_frames_are_no_video(tmp_path):
    writer = VideoWriter(tmp_path / "a.mp4", 15, 96, 64)
    with pytest.raises(VideoError, match="no frames, no video"):
        writer.finish()
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_no_more_is_one_sentence_and_no_file(tmp_path):
    """A limit on the size of files stands in for a full disk: writing fails in the same place."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = VideoWriter(tmp_path / "a.mp4", 15, 96, 64)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(VideoError, match=r"a.mp4 cannot be written"):
            fill(writer, 200)
    finally:
        writer.discard()
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
