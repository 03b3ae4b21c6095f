"""Files as trainers, user interfaces and downloads leave them: drawn with alike, or refused by name."""

import logging
import re
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests import families, loras

from dreamreel.errors import InputError, ModelError
from dreamreel.models import catalog
from dreamreel.models.adapters.embeddings import embeddings_in
from dreamreel.models.adapters.library import loras_in, read_lora_file
from dreamreel.models.adapters.loaded import Counted
from dreamreel.models.diffusers_dir import load_diffusers_dir
from dreamreel.models.headers import pickled_shapes, read_names
from dreamreel.models.pickle_outline import outline
from dreamreel.models.pickles import load_content
from dreamreel.models.recognise import recognise
from dreamreel.models.single_file import load_single_file
from dreamreel.models.sizes import num_bytes
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup

CPU, FLOAT = torch.device("cpu"), torch.float32
FAMILIES = ("sd1", "sd2", "sdxl")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """By family: (configuration, tensors of its single file, bundle)."""
    place, found = tmp_path_factory.mktemp("families"), {}
    for family in FAMILIES:
        configuration = families.configuration(family, place / family)
        pipeline = families.pipeline(family, configuration)
        pipeline.save_pretrained(place / f"{family}-folder")
        bundle = load_diffusers_dir(place / f"{family}-folder", "m", CPU, FLOAT)
        found[family] = configuration, families.ldm_tensors(family, pipeline), bundle
    return found


def renamed(path, *changes):
    """Writes the LoRA in path anew; changes: (pattern, replacement) of each name, in their order."""
    tensors = {}
    for name, tensor in load_file(path).items():
        for pattern, text in changes:
            name = re.sub(pattern, text, name)
        tensors[name] = tensor
    save_file(tensors, path)


def weights_with(bundle, path):
    found = bundle.merged([Counted(bundle.read_lora(path), 0.7, 0.4)])
    return {part: network.state_dict() for part, network in found.modules.adaptable.items()}


KOHYAS = (("lora_A", "lora_down"), ("lora_B", "lora_up"))
COMFYUIS = (
    (r"^unet\.", "diffusion_model."),
    (r"^text_encoder\.", "text_encoders.clip_l.transformer."),
    (r"^text_encoder_2\.", "text_encoders.clip_g.transformer."),
)
WRITERS = {
    "OneTrainer": KOHYAS,
    "ComfyUI": (*KOHYAS, *COMFYUIS),
    "ComfyUI, PEFT's endings": COMFYUIS,
    "an adapter with a name": ((r"(lora_[AB])\.", r"\1.default."),),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("family", FAMILIES)
def test_each_writers_lora_is_listed_and_means_the_same_layers(made, tmp_path, family, writer):
    bundle = made[family][2]
    plain, other = tmp_path / "plain.safetensors", tmp_path / "other.safetensors"
    for path in (plain, other):
        loras.write(path, bundle.modules.adaptable, "kohya", "diffusers", only="attn|mlp|conv")
    renamed(other, *WRITERS[writer])
    assert set(loras_in(str(tmp_path)).files) == {"plain", "other"}
    same, expected = weights_with(bundle, other), weights_with(bundle, plain)
    for part, weights in expected.items():
        before = bundle.modules.adaptable[part].state_dict()
        assert any(not torch.equal(weights[name], before[name]) for name in weights)
        assert all(torch.equal(weights[name], same[part][name]) for name in weights)


@pytest.mark.parametrize("kind", ["kohya", "LoKr", "LoHa", "full"])
def test_lycoris_own_prefix_means_the_unet(made, tmp_path, kind):
    bundle = made["sdxl"][2]
    plain, other = tmp_path / "plain.safetensors", tmp_path / "other.safetensors"
    for path in (plain, other):
        loras.write(path, {"unet": bundle.modules.unet}, kind, only="attn")
    renamed(other, ("^lora_unet_", "lycoris_"))
    assert set(loras_in(str(tmp_path)).files) == {"plain", "other"}
    same, expected = weights_with(bundle, other), weights_with(bundle, plain)
    assert all(torch.equal(value, same["unet"][name]) for name, value in expected["unet"].items())


def test_a_lora_without_alphas_counts_by_its_rank_and_one_in_8_bits_or_in_a_pickle_counts_as_it_is(made, tmp_path):
    bundle = made["sd1"][2]
    path = tmp_path / "l.safetensors"
    added = loras.write(path, {"unet": bundle.modules.unet}, only="attn2")["unet"]
    tensors = load_file(path)
    save_file({name: each for name, each in tensors.items() if not name.endswith("alpha")}, tmp_path / "n.safetensors")
    torch.save({"state_dict": tensors, "epoch": 3}, tmp_path / "p.pt")
    eighth = {name: each.to(torch.float8_e4m3fn) if each.ndim else each for name, each in tensors.items()}
    save_file(eighth, tmp_path / "e.safetensors")
    save_file({name: each.float() for name, each in eighth.items()}, tmp_path / "w.safetensors")
    layers = loras.layers_of(bundle.modules.unet)
    for layer, difference in added.items():
        expected = layers[layer].weight.double() + 0.7 * difference * loras.RANK / loras.ALPHA
        without = weights_with(bundle, tmp_path / "n.safetensors")["unet"][f"{layer}.weight"]
        assert torch.allclose(without.double(), expected, atol=1e-6)
    for one, other in (("l.safetensors", "p.pt"), ("w.safetensors", "e.safetensors")):
        same, expected = weights_with(bundle, tmp_path / other), weights_with(bundle, tmp_path / one)
        assert all(torch.equal(value, same["unet"][name]) for name, value in expected["unet"].items())


def test_what_lies_in_a_lora_beside_it_changes_nothing_and_layers_of_no_model_are_named(made, tmp_path, caplog):
    bundle, path = made["sd1"][2], tmp_path / "l.safetensors"
    loras.write(path, {"unet": bundle.modules.unet}, only="attn2")
    plain, tensors = weights_with(bundle, path), load_file(path)
    strange = {
        "lora_unet_nowhere.lora_down.weight": torch.ones(2, 2),
        "lora_unet_nowhere.lora_up.weight": torch.ones(2, 2),
    }
    more = {"step": torch.tensor(3), "bundle_emb.fox.string_to_param.*": torch.ones(2, 32)}
    save_file({**tensors, **strange, **more}, path)
    with caplog.at_level(logging.WARNING):
        found = weights_with(bundle, path)
    assert "1 layers are none of this model's, such as lora_unet_nowhere" in caplog.text
    assert all(torch.equal(value, found["unet"][name]) for name, value in plain["unet"].items())
    assert read_lora_file("l", path).name == "l"


def test_a_lora_of_text_encoders_alone_says_by_their_width_which_models_it_is_for(tmp_path):
    named = {768: "SD 1.x", 1024: "SD 2.x"}
    for width, base in named.items():
        layer = "lora_te_text_model_encoder_layers_0_mlp_fc1"
        tensors = {
            f"{layer}.lora_down.weight": torch.ones(2, width),
            f"{layer}.lora_up.weight": torch.ones(4 * width, 2),
        }
        save_file(tensors, tmp_path / "l.safetensors")
        assert read_lora_file("l", tmp_path / "l.safetensors").base == base


ATTENTION = "down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([f"lora_unet_{ATTENTION}.oft_blocks"], '"strange" is an adapter of the kind OFT'),
        (
            [f"lora_unet_{ATTENTION}.on_input", f"lora_unet_{ATTENTION}.weight"],
            '"strange" is an adapter of the kind IA3',
        ),
        (["diffusion_model.blocks.0.self_attn.k.lora_A.weight"], 'the LoRA "strange" is for a diffusion transformer'),
        (
            ["lycoris_transformer_blocks_0_attn_to_k.lora_up.weight"],
            'the LoRA "strange" is for a diffusion transformer',
        ),
    ],
)
def test_a_lora_that_no_model_here_can_be_drawn_with_is_refused_with_the_request(tmp_path, names, sentence):
    save_file({name: torch.ones(2, 2) for name in names}, tmp_path / "strange.safetensors")
    with pytest.raises(InputError, match=sentence):
        prepare({"loras": "strange: 0.5"}, Setup("tiny-sd", loras=str(tmp_path)))


WRAPPED = {
    "bare": lambda tensors: tensors,
    "state_dict": lambda tensors: {"state_dict": tensors, "global_step": 3, "callbacks": {"best": torch.ones(2)}},
    "twice": lambda tensors: {"model": {"state_dict": tensors, "epoch": 3}},
    "a leftover in it": lambda tensors: {"state_dict": {**tensors, "state_dict": {}}},
}


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_ckpt_of_each_family_loads_to_its_folders_weights_however_it_is_wrapped(made, tmp_path, family, wrapped):
    configuration, tensors, bundle = made[family]
    path = tmp_path / "m.ckpt"
    torch.save(WRAPPED[wrapped](tensors), path, _use_new_zipfile_serialization=wrapped != "twice")
    found = load_single_file(path, "m", CPU, FLOAT, configuration).modules
    for part, network in bundle.modules.adaptable.items():
        same = found.adaptable[part].state_dict()
        assert all(torch.equal(value, same[name]) for name, value in network.state_dict().items())
    assert read_names(path).shapes == pickled_shapes(load_content(path))


def whole(family, channels=4):
    """Names and shapes by which a checkpoint of real width is known."""
    width = {"sd1": 768, "sd2": 1024, "sdxl": 2048}[family]
    texts = {
        "sd1": {"cond_stage_model.transformer.x": (1,)},
        "sd2": {"cond_stage_model.model.x": (1,)},
        "sdxl": {"conditioner.embedders.0.transformer.x": (1,), "conditioner.embedders.1.model.x": (1,)},
    }
    unet = "model.diffusion_model.input_blocks"
    attention = {f"{unet}.1.1.transformer_blocks.0.attn2.to_k.weight": (1, width)}
    vae = {"first_stage_model.encoder.down.0.x": (1,)}
    shapes = {f"{unet}.0.0.weight": (1, channels, 3, 3), **attention, **texts[family], **vae}
    return {name: torch.zeros(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("old", [False, True])
def test_of_a_ckpt_its_family_its_size_and_its_refusal_are_known_before_it_is_loaded(tmp_path, old):
    path = tmp_path / "m.ckpt"
    for family, side in (("sd1", 512), ("sd2", 512), ("sdxl", 1024)):
        torch.save({"state_dict": whole(family)}, path, _use_new_zipfile_serialization=not old)
        assert catalog.check(catalog.locate(str(path))).width == side
    torch.save({"state_dict": whole("sd1", channels=9)}, path, _use_new_zipfile_serialization=not old)
    with pytest.raises(ModelError, match=r"is an inpainting checkpoint \(SD 1.x\)"):
        catalog.check(catalog.locate(str(path)))


def test_what_a_ckpt_takes_follows_from_its_weights_and_not_from_its_file(made, tmp_path):
    tensors = made["sd1"][1]
    averaged = {f"model_ema.{name.replace('.', '')}": each for name, each in tensors.items() if "diffusion" in name}
    sizes = set()
    for number, (more, kind) in enumerate([({}, FLOAT), (averaged, FLOAT), ({}, torch.float16)]):
        path = tmp_path / f"{number}.ckpt"
        torch.save({"state_dict": {name: each.to(kind) for name, each in {**tensors, **more}.items()}}, path)
        sizes.add(num_bytes(catalog.locate(str(path)), 4))
    assert sizes == {4 * sum(each.numel() for each in tensors.values())}


def test_a_file_of_sd_2_in_8_bits_is_asked_what_it_predicts(made, tmp_path):
    configuration, tensors, _ = made["sd2"]
    eighth = {name: each.to(torch.float8_e4m3fn) if each.ndim > 1 else each.half() for name, each in tensors.items()}
    save_file(eighth, tmp_path / "m.safetensors")
    assert load_single_file(tmp_path / "m.safetensors", "m", CPU, FLOAT, configuration).facts.prediction == "epsilon"


@pytest.mark.parametrize("name", ["scaled_fp8", "model.diffusion_model.out.2.scale_weight", "x.comfy_quant"])
@pytest.mark.parametrize("family", FAMILIES)
def test_weights_with_scales_beside_them_are_refused_by_name(tmp_path, family, name):
    save_file({**whole(family), name: torch.ones(1)}, tmp_path / "m.safetensors")
    title = {"sd1": "SD 1.x", "sd2": "SD 2.x", "sdxl": "SDXL"}[family]
    with pytest.raises(ModelError, match=rf"8-bit weights have scales beside them \({title}\); .* plain fp8"):
        catalog.check(catalog.locate(str(tmp_path / "m.safetensors")))


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_checkpoint_without_a_vae_is_drawn_with_where_one_lies_beside_it(made, tmp_path, family, suffix):
    def written(name, tensors):
        path = tmp_path / f"{name}{suffix}"
        torch.save({"state_dict": tensors}, path) if suffix == ".ckpt" else save_file(tensors, path)
        return path

    def without(tensors):
        return {name: each for name, each in tensors.items() if not name.startswith("first_stage_model.")}

    vae = tmp_path / "vae.safetensors"
    save_file({name: each for name, each in made[family][1].items() if name not in without(made[family][1])}, vae)
    bare = str(written("bare", without(whole(family))))
    with pytest.raises(ModelError, match=r"checkpoint without a VAE; it holds no VAE; give one as --vae beside it"):
        catalog.check(catalog.locate(bare))
    assert catalog.in_folder(bare, str(vae)) == [bare]
    side = 1024 if family == "sdxl" else 512
    assert catalog.check(catalog.with_vae(catalog.locate(bare), str(vae))).width == side
    configuration, tensors, bundle = made[family]
    # Known as SD 1.x by a tensor of its width, which is left over, and otherwise as narrow as a test.
    narrow = {"model.diffusion_model.a.attn2.to_k.weight": torch.zeros(1, 768), **tensors}
    found = load_single_file(written("narrow", without(narrow)), "m", CPU, FLOAT, configuration, vae=vae)
    same = found.modules.vae.state_dict()
    assert all(torch.equal(value, same[name]) for name, value in bundle.modules.vae.state_dict().items())


def test_of_a_folder_each_checkpoint_is_taken_however_it_is_called_and_what_is_none_is_named(tmp_path, caplog):
    save_file(whole("sd1"), tmp_path / "ONE.SAFETENSORS")
    torch.save({"state_dict": whole("sdxl")}, tmp_path / "two.ckpt")
    torch.save({"state_dict": whole("sd1")}, tmp_path / "ONE.ckpt")
    torch.save({"lora_unet_x_attn2_to_k.lora_down.weight": torch.ones(2, 768)}, tmp_path / "style.ckpt")
    torch.save({"state_dict": {"encoder.down.0.block.0.conv1.weight": torch.ones(1)}}, tmp_path / "colours.vae.ckpt")
    (tmp_path / "folder.safetensors").mkdir()
    (tmp_path / "empty").mkdir()
    with caplog.at_level(logging.WARNING):
        found = catalog.in_folder(str(tmp_path))
    assert [Path(each).name for each in found] == ["ONE.SAFETENSORS", "two.ckpt"]
    for said in (
        "style.ckpt is a LoRA for SD 1.x",
        "colours.vae.ckpt is a VAE",
        "folder.safetensors is an empty folder",
        "ONE.ckpt, since",
    ):
        assert said in caplog.text
    (tmp_path / "folder.safetensors" / "unet").mkdir()
    for name, sentence in (("folder.safetensors", r"it has no model_index\.json"), ("empty", "is an empty folder")):
        with pytest.raises(ModelError, match=sentence):
            catalog.check(catalog.locate(str(tmp_path / name)))
        assert recognise(tmp_path / name).title == "a folder without a model_index.json, with no files of weights"


def test_an_embedding_in_a_folder_of_its_own_has_the_folders_name(tmp_path):
    for name in ("cat-toy", "birb-style"):
        (tmp_path / name).mkdir()
        torch.save({f"<{name}>": torch.ones(768)}, tmp_path / name / "learned_embeds.bin")
    found = embeddings_in(str(tmp_path)).files
    assert {name: each.family for name, each in found.items()} == {"birb-style": "SD 1.x", "cat-toy": "SD 1.x"}


def test_links_that_lead_round_in_a_circle_are_followed_once(made, tmp_path):
    loras.write(tmp_path / "l.safetensors", {"unet": made["sd1"][2].modules.unet}, only="attn2")
    for name in ("again", "and again"):
        (tmp_path / name).symlink_to(tmp_path)
    assert list(loras_in(str(tmp_path)).files) == ["l"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02J\xff", "zip"])
def test_a_ckpt_that_torch_did_not_write_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "film.ckpt"
    if content == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "a film")
    else:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"film\.ckpt cannot be read as a checkpoint: \w+"):
        outline(path)
