"""What every place for files must do (predictions/files.py): a folder and a bucket alike."""

from dreamreel.predictions.files import first_bytes


class FilesContract:
    """Mixed into a class with a `files` fixture."""

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
