"""A folder of LoRAs, whatever files in it say and however it changes."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from dreamreel.errors import ModelError
from dreamreel.models import layout
from dreamreel.models.adapters.library import loras_in
from dreamreel.models.headers import read_names

LAYER = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"


def write(path, metadata=None):
    path.parent.mkdir(exist_ok=True)
    tensors = {f"{LAYER}.lora_down.weight": torch.ones(2, 768), f"{LAYER}.lora_up.weight": torch.ones(320, 2)}
    save_file(tensors, path, metadata)


@pytest.mark.parametrize(
    ("count", "triggers"),
    [("Infinity", ()), ("NaN", ()), ("1" + "0" * 400, ("fox",)), ("-1" + "0" * 400, ("fox",)), ("20", ("fox",))],
)
def test_a_count_of_any_size_in_a_header_hides_no_lora(tmp_path, count, triggers):
    write(tmp_path / "fox.safetensors", {"ss_tag_frequency": f'{{"5_fox": {{"fox": {count}}}}}'})
    write(tmp_path / "other.safetensors")
    found = loras_in(str(tmp_path)).files
    assert set(found) == {"fox", "other"}
    assert found["fox"].triggers == triggers


def test_a_shape_that_is_no_number_hides_no_other_file(tmp_path):
    write(tmp_path / "fox.safetensors")
    header = json.dumps({"x": {"dtype": "F32", "shape": [float("inf")], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "bad.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    assert set(loras_in(str(tmp_path)).files) == {"fox"}


def test_a_lora_is_called_by_its_own_name_once_the_other_of_that_name_is_gone(tmp_path):
    for folder in ("a", "b"):
        write(tmp_path / folder / "fox.safetensors")
    assert {name: each.name for name, each in loras_in(str(tmp_path)).files.items()} == {
        "fox": "fox",
        "b/fox": "b/fox",
    }
    (tmp_path / "a" / "fox.safetensors").unlink()
    found = loras_in(str(tmp_path)).files
    assert {name: each.name for name, each in found.items()} == {"fox": "fox"}
    assert found["fox"].path == tmp_path / "b" / "fox.safetensors"


def test_a_lora_that_lies_there_twice_in_one_folder_is_listed_once(tmp_path):
    write(tmp_path / "a" / "fox.safetensors")
    torch.save(load_file(tmp_path / "a" / "fox.safetensors"), tmp_path / "a" / "fox.pt")
    (tmp_path / "b").mkdir()
    write(tmp_path / "b" / "owl" / "pytorch_lora_weights.safetensors")
    write(tmp_path / "b" / "owl" / "pytorch_lora_weights.fp16.safetensors")
    assert set(loras_in(str(tmp_path)).files) == {"fox", "owl"}


def test_inspect_says_what_a_lora_is_for_its_trigger_words_and_in_how_few_steps_it_draws(tmp_path):
    from typer.testing import CliRunner

    from dreamreel.cli.main import app

    stem = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    tensors = {f"{stem}.lora_down.weight": torch.ones(2, 768), f"{stem}.lora_up.weight": torch.ones(640, 2)}
    path = tmp_path / "Hyper-SD15-4steps-lora.safetensors"
    save_file(tensors, path, {"modelspec.trigger_phrase": "sks fox, ink"})
    ran = CliRunner().invoke(app, ["models", "inspect", str(path)])
    assert ran.exit_code == 0, ran.output
    few = "Hyper-SD: drawn in 4 steps with euler and a guidance of 1"
    for said in ("for SD 1.x", "trigger words: sks fox, ink", few):
        assert said in ran.output


def test_a_pickle_under_the_name_of_a_safetensors_is_inspected_as_what_it_is_with_the_way_out(tmp_path):
    from typer.testing import CliRunner

    from dreamreel.cli.main import app

    path = tmp_path / "fox.safetensors"
    torch.save({f"{LAYER}.lora_down.weight": torch.ones(2, 768), f"{LAYER}.lora_up.weight": torch.ones(320, 2)}, path)
    ran = CliRunner().invoke(app, ["models", "inspect", str(path)])
    assert ran.exit_code == 2
    assert "fox.safetensors is a LoRA for SD 1.x (kohya)" in ran.output
    assert "is a pickle under the name of a .safetensors; call it .pt" in ran.output


def test_the_header_of_a_model_is_read_once_for_all_loras_and_again_when_the_file_is_another(tmp_path, monkeypatch):
    reads, model = [], tmp_path / "model.safetensors"
    monkeypatch.setattr(layout, "read_names", lambda path, **given: reads.append(path) or read_names(path, **given))
    for count, width in enumerate((768, 1024), start=1):
        # Of another size, so that it differs even where two writes have one time.
        save_file({f"{count * 'a'}.attn2.to_k.weight": torch.ones(count, width)}, model)
        assert [layout.text_width(model) for _ in range(3)] == [width] * 3
        assert len(reads) == count
    model.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        layout.text_width(model)
