"""Strangers' files: what loads, and what `check` and `models inspect` refuse by name, with exit code 2."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests import checkpoints
from typer.testing import CliRunner

from dreamreel.cli.main import app
from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.ldm_keys import unet_names
from dreamreel.models.single_file import load_single_file

CPU, FLOAT = torch.device("cpu"), torch.float32
UNET, VAE = "model.diffusion_model.", "first_stage_model."
OUT = UNET + "out.2.weight"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """(configuration folder, tensors under CompVis' names) of a small SD 1.x."""
    folder = checkpoints.configuration(tmp_path_factory.mktemp("small"))
    return folder, checkpoints.ldm_tensors(*checkpoints.networks(folder))


@pytest.fixture
def tiny(tmp_path):
    """A copy of the tiny model's folder, to be damaged."""
    return shutil.copytree(catalog.locate("tiny-sd").path, tmp_path / "tiny")


def written(path, tensors):
    save_file(tensors, path) if path.suffix == ".safetensors" else torch.save({"state_dict": tensors}, path)
    return path


def loaded(path, folder):
    """The state dicts of the parts that a file gives."""
    modules = load_single_file(path, "m", CPU, FLOAT, folder).modules
    return [part.state_dict() for part in (modules.unet, modules.vae, modules.text_encoder)]


def same(ours, theirs):
    return all(
        torch.equal(value, each[key]) for mine, each in zip(ours, theirs, strict=True) for key, value in mine.items()
    )


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


SUFFIXES = pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])


@SUFFIXES
def test_a_file_with_the_running_average_alone_loads(small, tmp_path, suffix):
    folder, tensors = small
    expected = loaded(written(tmp_path / "plain.safetensors", tensors), folder)
    config = json.loads((folder / "unet" / "config.json").read_text())
    averaged = {key: value for key, value in tensors.items() if not key.startswith(UNET)}
    names = unet_names(config, averaged)
    averaged |= {names(key)[0]: value for key, value in expected[0].items()} | {"model_ema.decay": torch.tensor(0.9999)}
    assert "model_ema.diffusion_modelinput_blocks00weight" in averaged
    assert same(loaded(written(tmp_path / f"m{suffix}", averaged), folder), expected)


@SUFFIXES
@pytest.mark.parametrize("names", ["to_q to_k to_v to_out.0 group_norm", "query key value proj_attn group_norm"])
@pytest.mark.parametrize("flat", [True, False])
def test_a_vae_whose_attention_has_the_names_of_diffusers_loads(small, tmp_path, suffix, names, flat):
    folder, tensors = small
    expected = loaded(written(tmp_path / "plain.safetensors", tensors), folder)
    renamed = dict(tensors)
    for part in ("encoder", "decoder"):
        for theirs, name in zip(["q", "k", "v", "proj_out", "norm"], names.split(), strict=True):
            for rest in ("weight", "bias"):
                value = renamed.pop(f"{VAE}{part}.mid.attn_1.{theirs}.{rest}")
                value = value[:, :, 0, 0].contiguous() if flat and value.ndim == 4 else value
                renamed[f"{VAE}{part}.mid.attn_1.{name}.{rest}"] = value
    assert same(loaded(written(tmp_path / f"m{suffix}", renamed), folder), expected)


@SUFFIXES
@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.float8_e5m2, torch.bfloat16])
def test_weights_of_8_and_16_bits_load_alike_from_both_kinds_of_files(small, tmp_path, suffix, kind):
    folder, tensors = small
    halved = {key: value.to(kind) if value.is_floating_point() else value for key, value in tensors.items()}
    whole = {key: value.float() if value.is_floating_point() else value for key, value in halved.items()}
    expected = loaded(written(tmp_path / "whole.safetensors", whole), folder)
    assert same(loaded(written(tmp_path / f"m{suffix}", halved), folder), expected)


@SUFFIXES
@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda t: t[OUT].view(-1).__setitem__(3, float("nan")), f"{OUT} has numbers that are infinite or NaN"),
        (lambda t: t[OUT].view(-1).__setitem__(3, float("-inf")), f"{OUT} has numbers that are infinite or NaN"),
        (lambda t: t.update({OUT: t[OUT].to(torch.int8)}), f"{OUT} is int8: quantised weights cannot be drawn with"),
        (lambda t: t.update({OUT: torch.zeros(4, 9, 3, 3)}), f"{OUT} is (4, 9, 3, 3), SD 1.x wants (4, 8, 3, 3)"),
        (lambda t: t.pop(OUT), f"has no weights for {OUT} (1 of"),
        (lambda t: t.pop(VAE + "decoder.conv_in.bias"), f"has no weights for {VAE}decoder.conv_in.bias (1 of"),
    ],
)
def test_a_weight_that_cannot_be_drawn_with_is_named_with_the_name_that_the_file_has_for_it(
    small, tmp_path, suffix, damage, sentence
):
    folder, tensors = small
    tensors = {key: value.clone() for key, value in tensors.items()}
    damage(tensors)
    with pytest.raises(ModelError) as caught:
        load_single_file(written(tmp_path / f"m{suffix}", tensors), "m", CPU, FLOAT, folder)
    assert str(caught.value).startswith(f"{tmp_path / 'm'}{suffix}")
    assert sentence in str(caught.value)


def poison(path, number=float("nan")):
    tensors = load_file(path)
    tensors["conv_in.weight"].view(-1)[0] = number
    save_file(tensors, path, {"format": "pt"})


def split(path):
    """The same weights in two files, of which the first is lost."""
    tensors = load_file(path)
    save_file(dict(list(tensors.items())[9:]), path.with_name(f"{path.stem}-00002-of-00002.safetensors"))
    path.unlink()


WEIGHTS = "unet/diffusion_pytorch_model.safetensors"
DAMAGES = {
    "NaN": (lambda f: poison(f / WEIGHTS), "conv_in.weight has numbers that are infinite or NaN"),
    "infinite": (lambda f: poison(f / WEIGHTS, float("inf")), "conv_in.weight has numbers that are infinite"),
    "one file of two": (lambda f: split(f / WEIGHTS), "diffusion_pytorch_model-00001-of-00002.safetensors is missing"),
    "web page": (lambda f: (f / WEIGHTS).write_text("<!DOCTYPE html><html>Log in</html>"), "it is a web page"),
    "pointer": (
        lambda f: (f / WEIGHTS).write_text("version https://git-lfs.github.com/spec/v1\n"),
        "a Git LFS pointer",
    ),
    "cut": (lambda f: (f / WEIGHTS).write_bytes((f / WEIGHTS).read_bytes()[:-7]), "7 of its 916872 bytes are missing"),
    "empty": (lambda f: (f / WEIGHTS).write_bytes(b""), "it is an empty file"),
    "no words": (lambda f: (f / "tokenizer/vocab.json").write_text("{}"), "vocab.json is empty"),
    "other words": (lambda f: (f / "tokenizer/merges.txt").write_text("foo bar\n"), "do not fit its vocabulary"),
    "shape": (
        lambda f: (f / "unet/config.json").write_text(
            (f / "unet/config.json").read_text().replace('"cross_attention_dim": 32', '"cross_attention_dim": 48')
        ),
        "attn2.to_k.weight is (32, 32), its config.json wants (32, 48)",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused_by_check_and_by_inspect(tiny, damage):
    change, sentence = DAMAGES[damage]
    change(tiny)
    ran = run("check", "--model", tiny, "-n", 2)
    assert (ran.exit_code, sentence in ran.stderr, ran.stdout) == (2, True, "")
    ran = run("models", "inspect", tiny, "--json")
    found = json.loads(ran.stdout)
    assert (ran.exit_code, sentence in found["advice"], found["can_draw"], found["is_sound"]) == (2, True, False, False)


def test_a_damaged_folder_is_not_drawn_with(tiny):
    poison(tiny / WEIGHTS)
    out = tiny.parent / "out.mp4"
    ran = run("render", "--model", tiny, "-n", 1, "--size", "64x64", "--steps", 1, "--device", "cpu", "-o", out)
    assert (ran.exit_code, "conv_in.weight has numbers" in ran.stderr, out.exists()) == (2, True, False)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<html>Not found</html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (b"PK\x03\x04", "cut off"),
    ],
)
@SUFFIXES
def test_a_file_that_is_no_checkpoint_is_refused_by_check_and_inspect(tmp_path, suffix, content, sentence):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(content)
    for arguments in (("check", "-n", 2, "--model", path), ("models", "inspect", path)):
        ran = run(*arguments)
        assert (ran.exit_code, sentence in ran.output) == (2, True)


def test_check_reads_the_weights_of_a_pickle(small, tmp_path):
    reads = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
    # Known as SD 1.x by it, and as narrow as a test in all else.
    path = written(tmp_path / "m.ckpt", {**small[1], reads: torch.zeros(8, 768)})
    ran = run("check", "-n", 2, "--model", path)
    assert ran.exit_code == 2
    assert "SD 1.x wants" in ran.stderr


def test_a_whole_folder_is_sound_and_inspect_takes_a_models_name(tiny):
    ran = run("models", "inspect", tiny)
    assert (ran.exit_code, "an SD 1.x model (diffusers folder)" in ran.stdout) == (0, True)
    assert run("models", "inspect", "builtin").exit_code == 0
    assert run("check", "--model", tiny, "-n", 2).exit_code == 0


def test_weights_in_several_files_and_a_tokenizer_json_alone_load_like_a_whole_folder(tiny):
    from transformers import CLIPTokenizerFast

    expected = catalog.load(catalog.Location("m", tiny), "cpu").modules
    tokenizer = CLIPTokenizerFast.from_pretrained(tiny / "tokenizer", local_files_only=True)
    shutil.rmtree(tiny / "tokenizer")
    tokenizer.save_pretrained(tiny / "tokenizer")
    for name in ("vocab.json", "merges.txt"):
        (tiny / "tokenizer" / name).unlink(missing_ok=True)
    assert (tiny / "tokenizer" / "tokenizer.json").is_file()
    path = tiny / WEIGHTS
    tensors = list(load_file(path).items())
    for number, part in ((1, tensors[:9]), (2, tensors[9:])):
        save_file(dict(part), path.with_name(f"{path.stem}-0000{number}-of-00002.safetensors"))
    path.unlink()
    modules = catalog.load(catalog.Location("m", tiny), "cpu").modules
    assert same([modules.unet.state_dict()], [expected.unet.state_dict()])
    texts = ["a red circle on a blue background", "It's <|endoftext|> 日本語 " * 40]
    assert modules.tokenizer.padded(texts) == expected.tokenizer.padded(texts)
    assert modules.tokenizer.limit == expected.tokenizer.limit


def test_an_autoencoder_in_a_folder_may_have_the_attention_names_of_old_diffusers(tiny):
    expected = catalog.load(catalog.Location("m", tiny), "cpu").modules.vae.state_dict()
    path = tiny / "vae" / "diffusion_pytorch_model.safetensors"
    old = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
    renamed = {}
    for key, value in load_file(path).items():
        for new, former in old.items():
            key = key.replace(new, former)
        renamed[key] = value
    save_file(renamed, path)
    assert same([catalog.load(catalog.Location("m", tiny), "cpu").modules.vae.state_dict()], [expected])
