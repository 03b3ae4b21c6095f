"""What is worked out once and kept: nothing of it is lost, and nothing depends on its being kept."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dreamreel.models.remembered import recall, remember


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DREAMREEL_MODELS", str(tmp_path))
    return tmp_path


def test_what_others_added_stays():
    remember("numbers.json", {"a": 1})
    remember("numbers.json", {"b": 2})
    assert recall("numbers.json") == {"a": 1, "b": 2}


def test_threads_that_write_at_once_leave_a_whole_file_and_no_parts(home):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: remember("numbers.json", {str(number): number}), range(64)))
    assert recall("numbers.json")
    assert [path.name for path in home.rglob("numbers.json*")] == ["numbers.json"]


@pytest.mark.parametrize("text", ["", "[1]", "{", "\udcff"])
def test_what_is_no_object_is_nothing(home, text):
    (home / "numbers.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert recall("numbers.json") == {}
