import contextlib
import resource
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dreamreel.errors import VideoError
from dreamreel.video.writer import VideoWriter, check_output, frame_rate


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


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        *((23.976, (24000, 1001)), (23.98, (24000, 1001)), (24000 / 1001, (24000, 1001)), (29.97, (30000, 1001))),
        *(
            (59.94, (60000, 1001)),
            (119.88, (120000, 1001)),
            (12.5, (25, 2)),
            (1.25, (5, 4)),
            (1, (1, 1)),
            (24, (24, 1)),
        ),
        *((24.1, (241, 10)), (29.9, (299, 10)), (14.985, (15000, 1001))),
    ],
)
def test_a_rate_of_ntsc_is_known_by_its_rounded_number(fps, rate):
    assert frame_rate(fps) == Fraction(*rate)


@pytest.mark.parametrize("fps", [1, 10, 12.5, 15, 23.976, 24, 29.97, 60])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_video_has_every_frame_at_the_exact_rate(tmp_path, suffix, fps):
    stream, frames, seconds = read(write(tmp_path / f"a{suffix}", fps))
    assert (len(frames), stream.average_rate) == (7, frame_rate(fps))
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


@pytest.mark.parametrize("fps", [10, 12.5, 15, 29.97, 60])
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


NAMES = [
    "12:30.mp4",
    "file:a.mp4",
    "pipe:1.mp4",
    "http:example.mp4",
    "-a.mp4",
    "a b.mp4",
    'it\'s "quoted".mp4',
    "100% %d %05d %s.mp4",
    "film 🎬 é.mp4",
    "new\nline.mp4",
    "back\\slash?*[a]{b}.mp4",
    "a.MP4",
    "a.Mp4",
    "12:30.WEBM",
    "12:30%d.GIF",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("relative", [False, True])
def test_every_name_that_a_file_can_have_is_the_films(tmp_path, monkeypatch, name, relative):
    monkeypatch.chdir(tmp_path)
    path = Path(name) if relative else tmp_path / name
    check_output(path)
    assert list(tmp_path.iterdir()) == []
    write(path, count=2)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    with av.open(path.open("rb")) as container:
        assert len(list(container.decode(video=0))) == 2


@pytest.mark.parametrize("name", ["nul\0.mp4", f"{'a' * 252}.mp4", f"{'a' * 250}.mp4"])
def test_a_name_that_no_file_can_have_is_refused_at_once(tmp_path, name):
    with pytest.raises(VideoError, match="cannot be written"):
        check_output(tmp_path / name)


@pytest.mark.parametrize("room", [0, 40, 500, 1000])
@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_a_disk_that_is_full_is_said_before_the_first_frame(tmp_path, suffix, room):
    path = write(tmp_path / f"a{suffix}", count=1)
    before = path.read_bytes()
    size = len(before)
    with files_of_at_most(min(room, size // 2)), pytest.raises(VideoError, match="cannot be written"):
        check_output(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_name_do_not_write_into_each_others_file(tmp_path):
    writer = VideoWriter(tmp_path / "a.mp4", 15, 96, 64)
    with pytest.raises(VideoError, match=r"a\.mp4 is being written by another process; name another file"):
        check_output(tmp_path / "a.mp4")
    fill(writer, 3)
    assert len(read(tmp_path / "a.mp4")[1]) == 3
    check_output(tmp_path / "a.mp4")


def test_what_a_killed_writer_left_is_not_in_the_way(tmp_path):
    (tmp_path / "a.mp4.part").write_bytes(b"half a film" * 10_000)
    assert len(read(write(tmp_path / "a.mp4"))[1]) == 7
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


def test_a_film_that_cannot_take_its_name_is_not_lost(tmp_path):
    path = tmp_path / "a.mp4"
    writer = VideoWriter(path, 15, 96, 64)
    path.mkdir()  # meanwhile
    with pytest.raises(VideoError, match=r"the video is whole and lies at .*a.mp4.part"):
        fill(writer, 3)
    writer.discard()
    assert len(read(tmp_path / "a.mp4.part")[1]) == 3


def test_no_frames_are_no_video(tmp_path):
    writer = VideoWriter(tmp_path / "a.mp4", 15, 96, 64)
    with pytest.raises(VideoError, match="no frames, no video"):
        writer.finish()
    writer.discard()
    assert list(tmp_path.iterdir()) == []


@contextlib.contextmanager
def files_of_at_most(size):
    """A limit on the size of files stands in for a full disk: writing fails in the same place."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_takes_no_more_is_one_sentence_and_no_file(tmp_path):
    writer = VideoWriter(tmp_path / "a.mp4", 15, 96, 64)
    with files_of_at_most(1000):
        with pytest.raises(VideoError, match=r"a.mp4 cannot be written"):
            fill(writer, 200)
        writer.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_a_disk_that_is_full_at_the_very_end_is_an_error_too(tmp_path, suffix):
    size = write(tmp_path / f"a{suffix}").stat().st_size
    for missing in (1, 2, 30, 300):
        with files_of_at_most(size - missing):
            writer = VideoWriter(tmp_path / f"b{suffix}", 15, 96, 64)
            with pytest.raises(VideoError, match="cannot be written"):
                fill(writer, 7)
            writer.discard()
