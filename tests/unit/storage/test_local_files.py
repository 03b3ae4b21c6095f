"""Files in a folder: what was put is there, whole, after a power cut too."""

import os
from pathlib import Path

import pytest

from dreamreel.storage.local_files import LocalFiles


@pytest.mark.parametrize("as_file", [False, True])
def test_what_is_put_is_on_the_disk_before_it_gets_its_name_and_then_the_name_is(tmp_path, monkeypatch, as_file):
    files, synced, fsync = LocalFiles(tmp_path / "data"), [], os.fsync

    def watched(descriptor):
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), files.size("uploads/a")))
        fsync(descriptor)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("names of open files are known on Linux only")
    monkeypatch.setattr(os, "fsync", watched)
    source = tmp_path / "source"
    source.write_bytes(b"abc")
    files.put("uploads/a", source if as_file else b"abc")
    folder = tmp_path / "data" / "uploads"
    assert synced == [(str(folder / "a.part"), None), (str(folder), 3)]
    assert [path.name for path in folder.iterdir()] == ["a"]
