import json
import os
import pickle
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests import checkpoints

from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.diffusers_dir import load_diffusers_dir
from dreamreel.models.single_file import load_single_file

CPU, FLOAT = torch.device("cpu"), torch.float32


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """(configuration folder, tensors under CompVis' names, networks) of a small SD 1.x."""
    folder = checkpoints.configuration(tmp_path_factory.mktemp("small"))
    networks = checkpoints.networks(folder)
    return folder, checkpoints.ldm_tensors(*networks), networks


@pytest.fixture
def tiny(tmp_path):
    """A copy of the tiny model's folder, to be damaged."""
    return shutil.copytree(catalog.locate("tiny-sd").path, tmp_path / "tiny")


class Payload:
    """Unpickling it runs a command: the attack of a poisoned checkpoint."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


class LightningCallback:
    """Stands for the classes that a training framework pickles beside the weights."""

    def __init__(self):
        self.state = {"best": 1}


def assert_same_weights(bundle, networks):
    for mine, theirs in zip(
        (bundle.modules.unet, bundle.modules.vae, bundle.modules.text_encoder), networks, strict=True
    ):
        theirs = theirs.state_dict()
        for key, value in mine.state_dict().items():
            assert torch.equal(value, theirs[key].float()), key


def test_a_safetensors_checkpoint_loads_weight_for_weight(small, tmp_path):
    folder, tensors, networks = small
    save_file(tensors, tmp_path / "model.safetensors")
    bundle = load_single_file(tmp_path / "model.safetensors", "m", CPU, FLOAT, folder)
    assert_same_weights(bundle, networks)
    assert (bundle.facts.title, bundle.facts.latent_channels, bundle.facts.latent_factor) == ("model", 4, 8)


def test_a_lightning_ckpt_loads_weight_for_weight_and_runs_nothing_of_it(small, tmp_path):
    folder, tensors, networks = small
    content = {
        "state_dict": tensors,
        "callbacks": {LightningCallback: LightningCallback()},
        "evil": Payload(tmp_path / "ran"),
    }
    torch.save(content, tmp_path / "model.ckpt")
    bundle = load_single_file(tmp_path / "model.ckpt", "m", CPU, FLOAT, folder)
    assert_same_weights(bundle, networks)
    assert not (tmp_path / "ran").exists()


def test_a_half_precision_checkpoint_is_computed_in_float32_on_a_cpu(small, tmp_path):
    folder, tensors, _ = small
    save_file(
        {key: value.half() if value.is_floating_point() else value for key, value in tensors.items()},
        tmp_path / "m.safetensors",
    )
    assert load_single_file(tmp_path / "m.safetensors", "m", CPU, FLOAT, folder).modules.unet.dtype == FLOAT


def test_a_single_file_draws_a_picture(small, tmp_path):
    from dreamreel.rendering.animation import prepare
    from dreamreel.rendering.setup import Setup

    folder, tensors, _ = small
    save_file(tensors, tmp_path / "m.safetensors")
    animation = prepare({"max_frames": 2, "sampler": "euler"}, Setup("tiny-sd", 64, 64, 3, 7, "cpu"))
    animation.bundle = load_single_file(tmp_path / "m.safetensors", "m", CPU, FLOAT, folder)
    assert [frame.image.shape for frame in animation] == [(64, 64, 3)] * 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"conditioner.embedders.0.x": (1,)}, "is an SDXL checkpoint without both text encoders; merge both"),
        ({"cond_stage_model.model.x": (1,)}, "has no weights for embeddings.token_embedding.weight"),
        ({"double_blocks.0.x": (1,)}, "is a Flux checkpoint"),
        (
            {
                "lora_unet_down.x": (1,),
                "model.diffusion_model.input_blocks.0.0.weight": None,
            },
            "is a LoRA",
        ),
        (
            {"model.diffusion_model.input_blocks.0.0.weight": (8, 9, 3, 3)},
            "is an inpainting checkpoint .*; its UNet takes 9 channels",
        ),
        (
            {"model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (8, 1024)},
            "is an SD 2.x checkpoint without its text encoder; its text encoder is not OpenCLIP's",
        ),
        ({"model.diffusion_model.out.2.weight": None}, r"has no weights for model.diffusion_model.out.2.weight \(1 of"),
        (
            {"model.diffusion_model.out.2.weight": (4, 9, 3, 3)},
            r"out.2.weight is \(4, 9, 3, 3\), SD 1.x wants \(4, 8, 3, 3\)",
        ),
        (
            {"model.diffusion_model.input_blocks.0.0.weight": None},
            "is a Stable Diffusion checkpoint whose first layer is missing",
        ),
    ],
)
def test_another_architecture_is_named(small, tmp_path, change, sentence):
    folder, tensors, _ = small
    changed = {**tensors, **{key: torch.zeros(shape) for key, shape in change.items() if shape}}
    for key, shape in change.items():
        if shape is None:
            del changed[key]
    save_file(changed, tmp_path / "m.safetensors")
    with pytest.raises(ModelError, match=sentence):
        load_single_file(tmp_path / "m.safetensors", "m", CPU, FLOAT, folder)


@pytest.mark.parametrize("name", ["m.safetensors", "m.ckpt"])
@pytest.mark.parametrize("content", [b"", b"garbage" * 100, b"\x80\x04.", b"PK\x03\x04", b"{}"])
def test_a_damaged_checkpoint_is_one_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load_single_file(tmp_path / name, "m", CPU, FLOAT)
    assert "cannot be read as a checkpoint" in str(caught.value) or "holds no" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["m.safetensors", "m.ckpt"])
def test_a_truncated_checkpoint_is_one_sentence(small, tmp_path, name):
    _, tensors, _ = small
    path = tmp_path / name
    save_file(tensors, path) if name.endswith("safetensors") else torch.save({"state_dict": tensors}, path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ModelError, match="cannot be read as a checkpoint"):
        load_single_file(path, "m", CPU, FLOAT)


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, {"state_dict": {}}, 7])
def test_a_pickle_of_something_else_is_one_sentence(tmp_path, content):
    torch.save(content, tmp_path / "m.ckpt")
    with pytest.raises(ModelError, match="holds no"):
        load_single_file(tmp_path / "m.ckpt", "m", CPU, FLOAT)


def test_a_plain_pickle_is_not_run(tmp_path):
    (tmp_path / "m.ckpt").write_bytes(pickle.dumps({"state_dict": Payload(tmp_path / "ran")}))
    with pytest.raises(ModelError):
        load_single_file(tmp_path / "m.ckpt", "m", CPU, FLOAT)
    assert not (tmp_path / "ran").exists()


def test_a_whole_file_with_a_stray_lora_key_loads(small, tmp_path):
    folder, tensors, networks = small
    save_file({**tensors, "lora_unet_x.alpha": torch.ones(1)}, tmp_path / "m.safetensors")
    assert_same_weights(load_single_file(tmp_path / "m.safetensors", "m", CPU, FLOAT, folder), networks)


@pytest.mark.parametrize("name", ["state_dict", "model", "module"])
def test_a_state_dict_is_found_in_what_trainers_put_around_it(small, tmp_path, name):
    folder, tensors, networks = small
    torch.save({"epoch": 3, name: tensors}, tmp_path / "m.ckpt")
    assert_same_weights(load_single_file(tmp_path / "m.ckpt", "m", CPU, FLOAT, folder), networks)


def load(folder):
    return load_diffusers_dir(folder, "m", CPU, FLOAT)


def test_a_folder_loads_with_its_card(tiny):
    facts = load(tiny).facts
    assert facts.title == "tiny-sd: coloured shapes, for tests"
    assert (facts.defaults.width, facts.defaults.height, facts.defaults.steps) == (64, 64, 50)
    assert (facts.device, facts.precision) == ("cpu", "float32")


@pytest.mark.parametrize("prefix", ["", "text_model."])
def test_text_encoders_saved_by_old_and_new_transformers_load_alike(tiny, prefix):
    path = tiny / "text_encoder" / "model.safetensors"
    expected = load(tiny).modules.text_encoder.state_dict()
    saved = {prefix + key.removeprefix("text_model."): value for key, value in load_file(path).items()}
    save_file(saved, path, metadata={"format": "pt"})
    for key, value in load(tiny).modules.text_encoder.state_dict().items():
        assert torch.equal(value, expected[key])


def test_half_precision_variants_are_found(tiny):
    for part, stem in (
        ("unet", "diffusion_pytorch_model"),
        ("vae", "diffusion_pytorch_model"),
        ("text_encoder", "model"),
    ):
        (tiny / part / f"{stem}.safetensors").rename(tiny / part / f"{stem}.fp16.safetensors")
    assert load(tiny).modules.unet.dtype == FLOAT


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda f: (f / "model_index.json").unlink(), "is not a diffusers folder: it has no model_index.json"),
        (lambda f: (f / "model_index.json").write_text("{"), "model_index.json cannot be read"),
        (lambda f: (f / "model_index.json").write_text("[]"), "is not a JSON object"),
        (
            lambda f: edit(f / "model_index.json", transformer=["a", "b"]),
            "dreamreel draws with SD 1.x, SD 2.x and SDXL models",
        ),
        (lambda f: edit(f / "model_index.json", vae=["a", "AsymmetricVAE"]), "vae is AsymmetricVAE"),
        (lambda f: edit(f / "scheduler/scheduler_config.json", prediction_type="flow"), "prediction_type is flow"),
        (
            lambda f: edit(f / "scheduler/scheduler_config.json", rescale_betas_zero_snr=True),
            "at a level without signal the noise says nothing",
        ),
        (lambda f: edit(f / "scheduler/scheduler_config.json", beta_schedule="linear"), "beta_schedule is linear"),
        (lambda f: (f / "unet/diffusion_pytorch_model.safetensors").unlink(), "unet holds no weights"),
        (lambda f: (f / "unet/diffusion_pytorch_model.safetensors").write_bytes(b"x" * 99), "is no checkpoint"),
        (lambda f: (f / "vae/config.json").unlink(), "vae/config.json cannot be read"),
        (lambda f: (f / "tokenizer/vocab.json").unlink(), "vocab.json is missing: prompts would have no effect"),
        (lambda f: (f / "tokenizer/merges.txt").unlink(), "merges.txt is missing: prompts would have no effect"),
        (lambda f: (f / "tokenizer/vocab.json").write_text(""), "vocab.json is empty"),
        (lambda f: edit(f / "unet/config.json", in_channels=9), "takes 9 channels: an inpainting model"),
        (lambda f: edit(f / "unet/config.json", in_channels=7), "takes 7 channels: an upscaling model"),
        (lambda f: edit(f / "unet/config.json", out_channels=8), "takes 4 channels and gives 8, its autoencoder has 4"),
        (lambda f: edit(f / "unet/config.json", in_channels="4"), "takes '4' channels and gives 4"),
        (
            lambda f: edit(f / "vae/config.json", latent_channels=16),
            "and gives 4, its autoencoder has 16",
        ),
        (
            lambda f: (f / "vae/diffusion_pytorch_model.safetensors").write_bytes(b"version https://git-lfs.github"),
            "is a Git LFS pointer",
        ),
        (lambda f: cut(f / "text_encoder/model.safetensors"), "100 of its 172128 bytes are missing"),
        (
            lambda f: edit(f / "unet/config.json", block_out_channels=[32, 48]),
            r"is \(40, 32, 3, 3\), its config.json wants \(48, 32,",
        ),
        (
            lambda f: edit(f / "unet/config.json", block_out_channels=[32]),
            "config.json describes no UNet2DConditionModel",
        ),
        (lambda f: edit(f / "unet/config.json", norm_num_groups=7), "config.json describes no UNet2DConditionModel"),
        (lambda f: edit(f / "vae/config.json", block_out_channels=[]), r"block_out_channels is \[\], not a list"),
        (lambda f: edit(f / "unet/config.json", class_embed_type="timestep"), "class_embed_type is 'timestep'; dream"),
        (lambda f: edit(f / "unet/config.json", down_block_types=["AttnDownBlock2D"]), "down_block_types is 'AttnDown"),
        (lambda f: edit(f / "text_encoder/config.json", hidden_act="relu"), "hidden_act is 'relu'"),
        (
            lambda f: edit(f / "tokenizer/vocab.json", **{"a fox": 2014}),
            "has 2015 tokens, but the text encoder learned 2014",
        ),
        (lambda f: edit(f / "dreamreel.json", sha256={"vae/config.json": "0" * 64}), "is damaged"),
        (lambda f: edit(f / "dreamreel.json", sha256={"gone": "0" * 64}), "gone cannot be read"),
    ],
)
def test_a_damaged_folder_is_one_sentence(tiny, damage, sentence):
    damage(tiny)
    with pytest.raises(ModelError, match=sentence) as caught:
        load(tiny)
    assert "\n" not in str(caught.value)


def edit(path, **change):
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def test_a_folder_with_a_weight_missing_is_refused(tiny):
    path = tiny / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    del tensors["conv_in.weight"]
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"unet has no weights for conv_in.weight"):
        load(tiny)
