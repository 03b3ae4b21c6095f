import shutil

import pytest

from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.vocabulary import Vocabulary


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DREAMREEL_MODELS", str(tmp_path))
    return tmp_path


def test_shipped_models_are_found_by_name_and_say_what_they_were_made_for():
    location = catalog.locate("tiny-sd")
    defaults = catalog.check(location)
    assert location.shipped
    assert (defaults.width, defaults.height, defaults.multiple) == (64, 64, 8)


def test_a_pulled_model_is_found_by_its_hub_id(home):
    shutil.copytree(catalog.locate("tiny-sd").path, home / "owner--model")
    assert catalog.locate("owner/model").path == home / "owner--model"
    assert [location.name for location in catalog.installed()] == ["builtin", "tiny-sd", "owner/model"]


def test_a_folder_of_the_hubs_cache_is_its_snapshot(tmp_path):
    cache = tmp_path / "models--owner--name"
    shutil.copytree(catalog.locate("tiny-sd").path, cache / "snapshots" / "abc")
    (cache / "snapshots" / "old").mkdir()
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("abc")
    location = catalog.locate(str(cache))
    assert location.path == cache / "snapshots" / "abc"
    assert catalog.check(location).width == 64


def test_a_folder_of_the_hubs_cache_is_found_by_every_path_to_it(tmp_path, monkeypatch):
    cache = tmp_path / "models--owner--name"
    shutil.copytree(catalog.locate("tiny-sd").path, cache / "snapshots" / "abc")
    (tmp_path / "link").symlink_to(cache)
    monkeypatch.chdir(cache)
    for path in (tmp_path / "link", ".", "../models--owner--name", cache / "snapshots", cache / "snapshots" / "abc"):
        location = catalog.locate(str(path))
        assert location.path.resolve() == cache / "snapshots" / "abc"
        assert location.short_name == "owner/name"
        assert catalog.in_folder(str(path)) == [str(path)]


def test_a_snapshot_of_one_checkpoint_is_that_and_of_several_names_them(tmp_path):
    snapshot = tmp_path / "models--owner--name" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "one.safetensors").touch()
    location = catalog.locate(str(tmp_path / "models--owner--name"))
    assert (location.path, location.short_name) == (snapshot / "one.safetensors", "owner/name")
    (snapshot / "two.ckpt").touch()
    with pytest.raises(ModelError, match=r"give one of the files in it: one.safetensors, two.ckpt"):
        catalog.check(catalog.locate(str(tmp_path / "models--owner--name")))


@pytest.mark.parametrize("left", ["snapshots", "blobs"])
def test_a_download_into_the_hubs_cache_that_did_not_end_is_refused(tmp_path, left):
    (tmp_path / "models--owner--name" / left).mkdir(parents=True)
    with pytest.raises(ModelError, match=r"without a snapshot: the download did not end|not a diffusers folder"):
        catalog.check(catalog.locate(str(tmp_path / "models--owner--name")))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("models/v1-5.safetensors", "there is no such file or folder$"),
        ("owner/model", "model owner/model is not here; `dreamreel models pull owner/model` fetches it"),
        ("nothing", "there is no such file or folder; shipped models: builtin, tiny-sd"),
        ("../../nowhere", "there is no such file or folder"),
        ("", "there is no such file or folder"),
    ],
)
@pytest.mark.usefixtures("home")
def test_a_model_that_is_not_here_is_named_with_the_way_out(name, sentence):
    with pytest.raises(ModelError, match=sentence):
        catalog.locate(name)


def test_a_file_of_another_kind_is_refused_before_it_is_read(tmp_path):
    (tmp_path / "model.zip").write_bytes(b"")
    with pytest.raises(ModelError, match=r"a folder or a file ending in .safetensors or .ckpt"):
        catalog.check(catalog.locate(str(tmp_path / "model.zip")))


def test_an_absent_device_and_an_unknown_precision_are_named():
    with pytest.raises(ModelError, match="device cuda:7 is not available here"):
        catalog.load(catalog.locate("tiny-sd"), "cuda:7")
    with pytest.raises(ModelError, match="device warp is not available here"):
        catalog.load(catalog.locate("tiny-sd"), "warp")
    with pytest.raises(ModelError, match="precision must be auto, float32, float16, bfloat16; got fp8"):
        catalog.load(catalog.locate("tiny-sd"), "cpu", "fp8")


def test_unknown_words_are_named_with_the_nearest_known_one():
    vocabulary = Vocabulary(frozenset({"a", "cat", "castle", "sea"}), {"kitten": "cat"})
    assert vocabulary.remarks("A cat, two castles!") == ['the model was not trained on "two"']
    assert vocabulary.remarks("a kitten by the castel") == [
        'the model was not trained on "kitten" (nearest: cat), "by", "the", "castel" (nearest: castle)'
    ]
    assert vocabulary.remarks("a cat") == []
