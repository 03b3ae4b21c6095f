"""Settings from variables and flags: what is none, and what cannot be one, is said with its source."""

import pytest
import torch
from safetensors.torch import save_file

from dreamreel.cli.request import models_in, setup_of
from dreamreel.errors import InputError
from dreamreel.models import catalog
from dreamreel.settings import Settings, load, to_environment


def test_flags_win_over_variables_and_both_over_defaults():
    settings = load({"DREAMREEL_SLOTS": "3", "DREAMREEL_STEPS": "9"}, slots="2")
    assert (settings.slots, settings.steps, settings.port) == (2, 9, Settings().port)


@pytest.mark.parametrize(
    ("variables", "flags", "said"),
    [
        ({"DREAMREEL_SLOTZ": "1"}, {}, "did you mean DREAMREEL_SLOTS"),
        ({"DREAMREEL_SLOTS": "two"}, {}, 'DREAMREEL_SLOTS: must be a whole number, got "two"'),
        ({"DREAMREEL_SLOTS": "-1"}, {}, "DREAMREEL_SLOTS: must be between 0 and 1000, got -1"),
        ({}, {"slots": "-2"}, "--slots: must be between 0 and 1000, got -2"),
        ({}, {"slots": -2}, "--slots: must be between 0 and 1000, got -2"),
        ({}, {"lease_s": "nan"}, "--lease-s: must be between 0 and 1000000, got nan"),
        ({}, {"keep_hours": "inf"}, "--keep-hours: must be between 0 and 1000000, got inf"),
        ({}, {"port": "99999"}, "--port: must be between 0 and 65535, got 99999"),
        ({"DREAMREEL_PORT": "65536"}, {}, "DREAMREEL_PORT: must be between 0 and 65535, got 65536"),
        ({}, {"workers": "99999999"}, "--workers: must be between 0 and 1000, got 99999999"),
        ({}, {"webhook_timeout_s": "0.5"}, "--webhook-timeout-s: must be between 1 and 1000000, got 0.5"),
        ({}, {"webhook_hours": "99999999999"}, "--webhook-hours: must be between 0 and 1000000, got 99999999999"),
        ({}, {"max_pixels": "1" + "0" * 30}, f"--max-pixels: must be between 0 and 1000000000, got 1{'0' * 30}"),
    ],
)
def test_what_cannot_be_is_one_sentence(variables, flags, said):
    with pytest.raises(InputError) as caught:
        load(variables, **flags)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "models"),
    [
        ("tiny-sd", ["tiny-sd"]),
        ("tiny-sd,owner/model, builtin", ["tiny-sd", "owner/model", "builtin"]),
        ("tiny-sd\nowner/model\ntiny-sd", ["tiny-sd", "owner/model"]),
        ("", [""]),
    ],
)
def test_several_models_have_commas_or_line_breaks_between_them(text, models):
    assert models_in(text) == models


def test_a_folder_of_models_is_each_model_in_it_and_nothing_else(tmp_path, caplog):
    models = tmp_path / "my,models"
    models.mkdir()
    tiny = catalog.locate("tiny-sd").path
    (models / "b").symlink_to(tiny)
    layer = "lora_unet_down_blocks_0_attentions_0_proj_in.lora"
    save_file({f"{layer}_{side}.weight": torch.ones(4, 4) for side in ("down", "up")}, models / "style.safetensors")
    (models / "half.safetensors").write_bytes(b"")
    (models / "notes.txt").write_text("mine")
    assert models_in(str(models)) == [str(models / "b")]
    assert "half.safetensors cannot be read as a checkpoint: it is an empty file" in caplog.text
    assert "style.safetensors is a LoRA" in caplog.text
    assert models_in(f"{models / 'b'}") == [str(models / "b")]


def test_a_setting_that_may_come_several_times_reaches_the_setup():
    setup = setup_of(load({}, model="tiny-sd\nbuiltin", memory_gb="1.5"))
    assert (setup.model, setup.others, setup.memory_gb) == ("tiny-sd", ("builtin",), 1.5)
    assert list(setup.by_name()) == ["tiny-sd", "builtin"]


def test_a_worker_gets_what_the_server_has():
    settings = load({}, slots=2, lease_s=1.5, presign=True, model="tiny-sd\nbuiltin")
    assert load(to_environment(settings)) == settings


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"port": 65_536}, "port: must be between 0 and 65535, got 65536"),
        ({"lease_s": -1.0}, "lease_s: must be between 0 and 1000000, got -1.0"),
        ({"keep_hours": float("nan")}, "keep_hours: must be between 0 and 1000000, got nan"),
        ({"max_body_mb": 10**12}, "max_body_mb: must be between 0 and 1000000000"),
    ],
)
def test_a_number_that_a_program_gives_is_checked_like_that_of_a_variable(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        Settings(**wrong)
