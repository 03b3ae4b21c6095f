"""What is kept of LoRAs and of models with some in their weights."""

import pytest

from dreamreel.diffusion.calls import Lora
from dreamreel.engine import adapters
from dreamreel.engine.adapters import Adapters
from dreamreel.errors import EngineError
from dreamreel.models.adapters.loaded import LoadedLora


class Bundle:
    """Of a model only what keeps LoRAs asks for. errors: what merging raises, in turn."""

    def __init__(self):
        self.errors, self.read = [], []

    def read_lora(self, path):
        self.read.append(path.stem)
        return LoadedLora({}, {})

    def merged(self, _):
        if self.errors:
            raise self.errors.pop(0)
        return object()


@pytest.fixture
def kept(tmp_path):
    for name in ("fox", "owl"):
        (tmp_path / f"{name}.safetensors").write_bytes(b"a file")
    return Adapters(Bundle(), lambda name: tmp_path / f"{name}.safetensors")


def constant(name):
    return Lora(name, 0.5, 0.0, is_constant=True)


def test_a_lora_that_was_let_go_of_and_changed_is_merged_anew(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(adapters, "LORAS_KEPT", 1)
    before = kept.model([constant("fox")])
    kept.model([constant("owl")])  # fox is let go of, and the model with it is not
    assert kept.model([constant("fox")]) is before
    (tmp_path / "fox.safetensors").write_bytes(b"another file")
    assert kept.refresh([constant("fox")])
    assert kept.model([constant("fox")]) is not before
    assert kept.bundle.read == ["fox", "owl", "fox"]
    assert not kept.refresh([constant("fox")])


def test_memory_that_runs_out_in_whatever_words_makes_room_and_other_errors_come_through(kept):
    kept.model([constant("owl")])
    kept.bundle.errors = [RuntimeError("HIP error: hipErrorOutOfMemory")]
    kept.model([constant("fox")])
    kept.bundle.errors = [RuntimeError("shapes do not fit")]
    with pytest.raises(RuntimeError, match="shapes"):
        kept.model([constant("owl")])
    kept.bundle.errors = [RuntimeError("CUBLAS_STATUS_ALLOC_FAILED")] * 2
    with pytest.raises(EngineError, match="no memory for the model with owl in its weights"):
        kept.model([constant("owl")])
