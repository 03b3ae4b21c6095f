import struct

import av
import pytest
from tests.unit.video.test_writer import picture

from dreamreel.video.growing import read_fragments
from dreamreel.video.writer import VideoWriter


def write(folder, name, count, growing=True):
    writer = VideoWriter(folder / f"{name}.mp4", 15, 96, 64, folder / f"{name}.growing.mp4" if growing else None)
    for number in range(count):
        writer.add(picture(number))
    return writer


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_it_can_be_played_before_the_video_is_finished(tmp_path):
    writer = write(tmp_path, "a", 60)
    head, fragments = read_fragments(tmp_path / "a.growing.mp4")
    assert head > 0
    assert len(fragments) >= 2
    assert all(fragment.seconds == pytest.approx(1.0) for fragment in fragments)
    assert len(frames_of(tmp_path / "a.growing.mp4")) >= 30
    writer.discard()


def test_finished_it_holds_every_frame_as_the_video_does(tmp_path):
    write(tmp_path, "a", 40).finish()
    growing, final = frames_of(tmp_path / "a.growing.mp4"), frames_of(tmp_path / "a.mp4")
    assert len(growing) == len(final) == 40
    assert all((a == b).all() for a, b in zip(growing, final, strict=True))
    _, fragments = read_fragments(tmp_path / "a.growing.mp4")
    assert sum(fragment.seconds for fragment in fragments) == pytest.approx(40 / 15)


def test_fragments_follow_each_other_without_gaps(tmp_path):
    write(tmp_path, "a", 50).finish()
    head, fragments = read_fragments(tmp_path / "a.growing.mp4")
    ends = [head, *(fragment.offset + fragment.size for fragment in fragments)]
    assert [fragment.offset for fragment in fragments] == ends[:-1]


def test_the_finished_video_is_the_same_with_and_without_it(tmp_path):
    write(tmp_path, "a", 40).finish()
    write(tmp_path, "b", 40, growing=False).finish()
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_made_again_it_has_the_same_bytes_so_that_a_reader_can_go_on(tmp_path):
    write(tmp_path, "a", 40).discard()
    write(tmp_path, "b", 60).discard()
    stopped, longer = ((tmp_path / f"{name}.growing.mp4").read_bytes() for name in "ab")
    assert len(stopped) > 1000
    assert longer.startswith(stopped)


def test_a_file_that_has_only_begun_has_no_fragments(tmp_path):
    (tmp_path / "a").write_bytes(b"\x00\x00\x00\x1cftyp")
    assert read_fragments(tmp_path / "a") == (0, [])


def boxes(data, *path):
    """The content of the box that path leads to in data."""
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        if kind == path[0]:
            content = data[place + 8 : place + size]
            return content if len(path) == 1 else boxes(content, *path[1:])
        place += size
    raise AssertionError(f"no box {path[0]!r}")


@pytest.mark.parametrize(("width", "height"), [(64, 64), (72, 40), (256, 256), (320, 192), (640, 480), (96, 512)])
def test_its_head_says_the_films_true_size_and_so_does_the_finished_file(tmp_path, width, height):
    writer = VideoWriter(tmp_path / "a.mp4", 15, width, height, tmp_path / "a.growing.mp4")
    for number in range(3):
        writer.add(picture(number, width, height))
    writer.finish()
    for name in ("a.mp4", "a.growing.mp4"):
        data = (tmp_path / name).read_bytes()
        tkhd = boxes(data, b"moov", b"trak", b"tkhd")  # ISO/IEC 14496-12, 8.3.2: it ends with 16.16 numbers
        assert struct.unpack(">II", tkhd[-8:]) == (width << 16, height << 16), name
        with av.open(str(tmp_path / name)) as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height) == (width, height)
            assert stream.sample_aspect_ratio in (None, 0, 1)
