import errno
import os

import pytest
from tests.contract.files_contract import FilesContract

from dreamreel.errors import InputError
from dreamreel.predictions.files import NoRoomError
from dreamreel.storage.files import open_files
from dreamreel.storage.local_files import LocalFiles


class TestLocalFiles(FilesContract):
    @pytest.fixture
    def files(self, tmp_path):
        return LocalFiles(tmp_path / "files")

    @pytest.fixture
    def broken(self, tmp_path):
        # A link that leads to itself: whoever runs the tests, root too, cannot open it.
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        return LocalFiles(tmp_path / "loop")


@pytest.mark.parametrize("as_file", [False, True])
def test_a_disk_without_room_is_said_as_that_and_nothing_half_written_stays(tmp_path, monkeypatch, as_file):
    files, source = LocalFiles(tmp_path / "files"), tmp_path / "source"
    source.write_bytes(b"new")
    files.put("uploads/a", b"old")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoRoomError, match="No space left"):
        files.put("uploads/a", source if as_file else b"new")
    assert files.sizes("uploads") == {"uploads/a": 3}
    assert b"".join(files.read("uploads/a")) == b"old"


def test_a_url_names_a_folder_and_none_names_the_data_folder(tmp_path):
    assert open_files("", tmp_path).path("x") == tmp_path / "x"
    assert open_files(f"file://{tmp_path}/a%20b", tmp_path).path("x") == tmp_path / "a b" / "x"


@pytest.mark.parametrize("url", ["ftp://host/x", "films", "file://host/x", "s3://", "s3:///x"])
def test_a_url_of_another_kind_is_refused_with_what_would_do(tmp_path, url):
    with pytest.raises(InputError, match="files_url: must be s3://bucket/prefix"):
        open_files(url, tmp_path)
