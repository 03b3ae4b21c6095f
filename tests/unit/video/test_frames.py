import numpy as np
import pytest

from dreamreel.errors import VideoError
from dreamreel.video.frames import FrameFolder

IMAGE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


def test_frames_come_back_to_the_last_bit(tmp_path):
    folder = FrameFolder(tmp_path / "new" / "frames")
    folder.save(3, IMAGE)
    assert np.array_equal(folder.load(3), IMAGE)
    assert [file.name for file in folder.folder.iterdir()] == ["00003.png"]


@pytest.mark.parametrize("image", [IMAGE, np.float32(IMAGE) / np.float32(3)], ids=["levels", "fractions"])
def test_a_picture_that_is_not_shown_comes_back_to_the_last_bit_and_is_no_frame(tmp_path, image):
    folder = FrameFolder(tmp_path)
    folder.save_hidden(("exact", 12), image)
    folder.save_hidden(("key", 9), image)
    found = folder.load_hidden(("exact", 12))
    assert found.dtype == image.dtype
    assert np.array_equal(found, image)
    assert (folder.count(), folder.load(12), folder.load_hidden(("exact", 13))) == (0, None, None)
    folder.drop_hidden({("key", 9)})
    assert folder.load_hidden(("exact", 12)) is None
    assert folder.load_hidden(("key", 9)) is not None
    folder.delete()
    assert not tmp_path.exists()


@pytest.mark.parametrize("damage", ["cut", "empty", "noise", "flip"])
def test_a_damaged_frame_counts_as_missing(tmp_path, damage):
    folder = FrameFolder(tmp_path)
    for idx in range(3):
        folder.save(idx, IMAGE)
    path = tmp_path / "00001.png"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes({"cut": data[:-9], "empty": b"", "noise": b"x" * 99, "flip": bytes(data)}[damage])
    assert folder.load(1) is None
    assert len(list(folder.load_all(10))) == 1


def test_the_manifest_comes_back_and_a_broken_one_is_a_sentence(tmp_path):
    folder = FrameFolder(tmp_path)
    assert folder.read_manifest() is None
    folder.write_manifest({"input": {"seed": 1}})
    assert folder.read_manifest() == {"input": {"seed": 1}}
    (tmp_path / "render.json").write_text("{")
    with pytest.raises(VideoError, match=r"render.json cannot be read"):
        folder.read_manifest()


def test_deleting_takes_only_what_is_ours(tmp_path):
    folder = FrameFolder(tmp_path / "frames")
    folder.save(0, IMAGE)
    folder.write_manifest({})
    (tmp_path / "frames" / "mine.txt").write_text("keep")
    folder.delete()
    assert [file.name for file in (tmp_path / "frames").iterdir()] == ["mine.txt"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(VideoError, match="cannot be a folder of frames"):
        FrameFolder(tmp_path / "file")
