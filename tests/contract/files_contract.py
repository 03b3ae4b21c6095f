"""What every place for files must do (predictions/files.py): a folder and a bucket alike."""

import pytest

from dreamreel.predictions.files import FilesError, first_bytes

CALLS = {
    "check": lambda files: files.check(),
    "size": lambda files: files.size("predictions/a/x"),
    "read": lambda files: list(files.read("predictions/a/x")),
    "put": lambda files: files.put("predictions/a/x", b"abc"),
    "move": lambda files: files.move("predictions/a/x", "predictions/a/y"),
    "sizes": lambda files: files.sizes("predictions/a"),
    "delete": lambda files: files.delete("predictions/a/x"),
}


class FilesContract:
    """Mixed into a class with a fixture `files`, and one of files that cannot be reached, `broken`."""

    def read(self, files, key, *span):
        return b"".join(files.read(key, *span))

    def test_a_file_comes_back_as_it_was_put(self, files, tmp_path):
        (tmp_path / "big").write_bytes(bytes(range(256)) * 4096)
        files.put("predictions/a/out.mp4", tmp_path / "big", "video/mp4")
        files.put("predictions/a/frames/00000.png", b"frame", "image/png")
        assert self.read(files, "predictions/a/out.mp4") == bytes(range(256)) * 4096
        assert self.read(files, "predictions/a/frames/00000.png") == b"frame"
        assert files.size("predictions/a/out.mp4") == 1 << 20
        files.check()

    def test_a_file_put_again_is_replaced(self, files):
        files.put("predictions/b/x", b"a longer one")
        files.put("predictions/b/x", b"short")
        assert self.read(files, "predictions/b/x") == b"short"

    def test_ranges_end_where_the_file_ends(self, files):
        files.put("predictions/c/x", b"0123456789")
        assert self.read(files, "predictions/c/x", 2, 5) == b"234"
        assert self.read(files, "predictions/c/x", 8, 99) == b"89"
        assert self.read(files, "predictions/c/x", 10, 99) == b""
        assert self.read(files, "predictions/c/x", 99) == b""
        assert first_bytes(files, "predictions/c/x", 7, 2) == b"78"

    def test_what_is_not_there_is_empty_and_not_an_error(self, files):
        assert files.size("predictions/none/x") is None
        assert self.read(files, "predictions/none/x") == b""
        assert files.sizes("predictions/none") == {}
        files.delete("predictions/none")
        files.delete("uploads/none")

    def test_everything_below_a_key_is_listed_and_removed_and_nothing_beside_it(self, files):
        for key in ("predictions/d/frames/00000.png", "predictions/d/frames/00001.png", "predictions/d/out.mp4"):
            files.put(key, b"abc")
        files.put("predictions/dd/out.mp4", b"abcd")
        assert files.sizes("predictions/d/frames") == {
            "predictions/d/frames/00000.png": 3,
            "predictions/d/frames/00001.png": 3,
        }
        assert len(files.sizes("predictions/d")) == 3
        assert files.sizes("predictions/d/out.mp4") == {"predictions/d/out.mp4": 3}
        files.delete("predictions/d")
        assert files.sizes("predictions/d") == {}
        assert files.size("predictions/dd/out.mp4") == 4

    def test_a_file_can_get_another_key(self, files):
        files.put("predictions/e/out.mp4", b"abc")
        files.move("predictions/e/out.mp4", "predictions/e/partial.mp4")
        assert files.size("predictions/e/out.mp4") is None
        assert self.read(files, "predictions/e/partial.mp4") == b"abc"

    def test_a_file_takes_the_place_of_what_has_its_new_key(self, files):
        files.put("predictions/f/a", b"new")
        files.put("predictions/f/b", b"the one before")
        files.move("predictions/f/a", "predictions/f/b")
        assert self.read(files, "predictions/f/b") == b"new"

    def test_what_is_not_there_can_be_neither_moved_nor_put(self, files, tmp_path):
        with pytest.raises(FilesError):
            files.move("predictions/none/x", "predictions/none/y")
        with pytest.raises(FilesError):
            files.put("predictions/none/x", tmp_path / "nothing")
        assert files.sizes("predictions/none") == {}

    def test_what_has_files_below_it_is_no_file_itself(self, files):
        files.put("predictions/g/frames/0", b"abc")
        assert files.size("predictions/g/frames") is None
        assert self.read(files, "predictions/g/frames") == b""
        assert files.size("predictions/g/frames/0/below") is None
        assert self.read(files, "predictions/g/frames/0/below") == b""

    @pytest.mark.parametrize("call", CALLS)
    def test_every_method_says_in_the_one_way_that_files_cannot_be_reached(self, broken, call):
        with pytest.raises(FilesError) as raised:
            CALLS[call](broken)
        assert "\n" not in str(raised.value)
