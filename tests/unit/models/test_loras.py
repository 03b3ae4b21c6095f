"""LoRAs on random weights: what each format adds is held to its formula in float64, and both ways of drawing to it."""

import copy

import pytest
import torch
from tests import checkpoints, loras

from dreamreel.errors import ModelError
from dreamreel.models.adapters.loaded import Alongside, Counted
from dreamreel.models.diffusers_dir import load_diffusers_dir

CPU, FLOAT = torch.device("cpu"), torch.float32
ATTENTION = r"attn[12]\.to_(q|k|v|out\.0)$|self_attn|mlp"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small SD 1.x model in diffusers' layout, with random weights."""
    return checkpoints.with_weights(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def bundle(folder):
    return load_diffusers_dir(folder, "small", CPU, FLOAT)


def ldm(path):
    named = f"{path}.weight"
    names = [*checkpoints.UNET_NAMES, *([] if "transformer_blocks" in named else checkpoints.UNET_RESNET_NAMES)]
    return checkpoints.rename(named, names).removesuffix(".weight")


def written(tmp_path, bundle, kind="kohya", names="kohya", **options):
    path = tmp_path / ("adapter_model.safetensors" if names == "PEFT" else "some.safetensors")
    added = loras.write(path, bundle.modules.adaptable, kind, names, ldm=ldm, **options)
    return path, added


def inputs(rows=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 4, 8, 8, generator=generator)
    scales = torch.tensor([[1.0, 0.7, -1.3, 5.0, 400.0]]).repeat(rows, 1)
    return x, scales, torch.randn(2 * rows, 77, 32, generator=generator)


def drawn_and_read(bundle, counted, rows=1):
    """(what the network gives, what the text encoder gives) with LoRAs beside the weights."""
    along = Alongside([each.lora for each in counted], torch.tensor([[each.unet for each in counted]] * rows))
    with torch.inference_mode():
        return bundle.denoise(*inputs(rows), along), bundle.embed(["a fox"], counted)


def far(one, other):
    return float((one - other).abs().max() / other.abs().max())


@pytest.mark.parametrize("kind", loras.KINDS)
def test_each_format_adds_what_its_formula_says(tmp_path, bundle, kind):
    path, added = written(tmp_path, bundle, kind)
    lora = bundle.read_lora(path)
    merged = bundle.merged([Counted(lora, 0.8, 0.5)])
    for part, strength in (("unet", 0.8), ("text_encoder", 0.5)):
        before = loras.layers_of(bundle.modules.adaptable[part])
        after = loras.layers_of(merged.modules.adaptable[part])
        assert added[part].keys() == before.keys()
        for layer, difference in added[part].items():
            expected = before[layer].weight.double() + strength * difference
            assert far(after[layer].weight.double(), expected) < 1e-6, layer


@pytest.mark.parametrize("names", loras.NAMES)
@pytest.mark.parametrize("kind", ["kohya", "DoRA"])
def test_each_writers_names_mean_the_same_layers(tmp_path, bundle, names, kind):
    part = {name: each for name, each in bundle.modules.adaptable.items() if names != "PEFT" or name == "unet"}
    only = ATTENTION if names == "diffusers, old names" else None
    path = tmp_path / "adapter_model.safetensors"
    added = loras.write(path, part, kind, names, only=only, ldm=ldm)
    changes = bundle.read_lora(path).changes
    assert {name: each.keys() for name, each in changes.items() if each} == {
        name: each.keys() for name, each in added.items()
    }
    for name, each in added.items():
        weights = loras.layers_of(part[name])
        for layer, difference in each.items():
            ours = changes[name][layer].weight.delta(weights[layer].weight)
            assert far(ours.double(), difference) < 1e-5, layer


@pytest.mark.parametrize("kind", loras.KINDS)
def test_beside_the_weights_a_lora_draws_and_reads_as_in_them(tmp_path, bundle, kind):
    path, _ = written(tmp_path, bundle, kind)
    counted = [Counted(bundle.read_lora(path), 0.8, 0.5)]
    merged = bundle.merged(counted)
    drawn, read = drawn_and_read(bundle, counted)
    with torch.inference_mode():
        assert far(drawn, merged.denoise(*inputs(1))) < 2e-5
        assert far(read, merged.embed(["a fox"])) < 2e-5
        assert far(drawn, bundle.denoise(*inputs(1))) > 0.01
        assert far(read, bundle.embed(["a fox"])) > 0.01


def test_what_a_lora_leaves_as_it_is_is_shared_and_the_model_itself_is_unchanged(tmp_path, bundle):
    before = {name: value.clone() for name, value in bundle.modules.unet.state_dict().items()}
    path, added = written(tmp_path, bundle, only=r"unet\.mid_block")
    merged = bundle.merged([Counted(bundle.read_lora(path), 1.0, 1.0)])
    assert merged.modules.text_encoder is bundle.modules.text_encoder
    assert merged.modules.vae is bundle.modules.vae
    ours, theirs = (dict(each.modules.unet.named_parameters()) for each in (bundle, merged))
    changed = {f"{layer}.weight" for layer in added["unet"]}
    shared = {name for name in ours if ours[name] is theirs[name]}
    assert shared == {name for name in ours if name.rpartition(".")[0] not in added["unet"]}
    assert changed
    assert all(torch.equal(value, before[name]) for name, value in bundle.modules.unet.state_dict().items())


def test_rows_with_other_loras_or_none_share_a_pass_and_no_bit_of_theirs_changes(tmp_path, bundle):
    found = []
    for seed in (1, 2):
        (tmp_path / str(seed)).mkdir()
        path, _ = written(tmp_path / str(seed), bundle, ("kohya", "LoHa")[seed - 1], seed=seed)
        found.append(bundle.read_lora(path))
    one, other = found
    with torch.inference_mode():
        together = bundle.denoise(*inputs(3), Alongside([one, other], torch.tensor([[0.7, 0], [0, -0.4], [0, 0]])))
        first = bundle.denoise(*inputs(3), Alongside([one], torch.tensor([[0.7]] * 3)))
        second = bundle.denoise(*inputs(3), Alongside([other], torch.tensor([[-0.4]] * 3)))
        without = bundle.denoise(*inputs(3))
    assert torch.equal(together[0], first[0])
    assert torch.equal(together[1], second[1])
    assert torch.equal(together[2], without[2])


def test_a_folded_convolution_takes_a_lora_both_ways(tmp_path, bundle):
    from dreamreel.models.diffusers_bundle import DiffusersBundle
    from dreamreel.models.folding import fold_upsampling

    modules = copy.deepcopy(bundle.modules)
    fold_upsampling(modules.unet)
    folded = DiffusersBundle(modules, bundle.facts)
    path, added = written(tmp_path, bundle, only="upsamplers")
    assert added["unet"]
    counted, plain = [Counted(folded.read_lora(path), 0.8, 0.0)], [Counted(bundle.read_lora(path), 0.8, 0.0)]
    with torch.inference_mode():
        expected = bundle.merged(plain).denoise(*inputs(1))
        assert far(folded.merged(counted).denoise(*inputs(1)), expected) < 2e-5
        assert far(drawn_and_read(folded, counted)[0], expected) < 2e-5
        assert far(folded.denoise(*inputs(1)), expected) > 0.001


def test_a_trace_of_a_pass_takes_strengths_that_change(tmp_path, bundle):
    from dreamreel.models.graphs import Graphed, Pass, TraceRecorder

    path, _ = written(tmp_path, bundle, "kohya")
    lora = bundle.read_lora(path)
    other = copy.copy(bundle)
    other._recorder, other._with_more = TraceRecorder(after=1), type(bundle._with_more)()
    with torch.inference_mode():
        for strength in (0.3, 0.9, 0.0, -0.5):
            along = Alongside([lora], torch.tensor([[strength]]))
            assert far(other.denoise(*inputs(1), along), bundle.denoise(*inputs(1), along)) < 1e-6
    recorded, _ = other._with_more[(lora,), ()]
    assert isinstance(recorded, Graphed)
    assert isinstance(recorded._network, Pass)
    assert None not in recorded._recordings.values()


def matrices(tensors, change):
    return {name: change(each) if each.ndim == 2 else each for name, each in tensors.items()}


STRANGE = {"x.lora_down.weight": torch.ones(2, 3), "x.lora_up.weight": torch.ones(3, 2)}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda _: STRANGE, "no layer"),
        (lambda tensors: {**tensors, next(iter(tensors)): torch.full((3, 5), torch.nan)}, "infinite or NaN"),
        (lambda tensors: {name: each for name, each in tensors.items() if "lora_up" not in name}, "has no up"),
        (lambda tensors: matrices(tensors, lambda each: each.repeat(1, 2)), "fit"),
        (lambda tensors: {**tensors, "lora_unet_mid.oft_blocks": torch.ones(2, 2)}, "kind OFT"),
        (lambda tensors: matrices(tensors, lambda each: each.to(torch.int8)), "quantised"),
    ],
)
def test_a_file_that_cannot_be_drawn_with_is_refused_in_a_sentence(tmp_path, bundle, change, sentence):
    from safetensors.torch import load_file, save_file

    path, _ = written(tmp_path, bundle, only=r"attn1")
    save_file(change(load_file(path)), path)
    with pytest.raises(ModelError, match=sentence) as refusal:
        bundle.read_lora(path)
    assert path.name in str(refusal.value)


@pytest.mark.parametrize("rank", [4, 1])
def test_a_whole_lokr_of_pefts_is_scaled_by_its_configuration_and_one_of_lycoris_is_not(tmp_path, bundle, rank):
    import json

    from safetensors.torch import save_file

    layer = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
    first, second = torch.randn(2, 2), torch.randn(4, 4)
    tensors = {f"base_model.model.{layer}.lokr_w1": first, f"base_model.model.{layer}.lokr_w2": second}
    path = tmp_path / "adapter_model.safetensors"
    save_file(tensors, path)
    weight = torch.zeros(8, 8)
    plain = bundle.read_lora(path).changes["unet"][layer].weight.delta(weight)
    assert torch.allclose(plain, torch.kron(first, second))
    (tmp_path / "adapter_config.json").write_text(json.dumps({"peft_type": "LOKR", "r": rank, "alpha": 2}))
    assert torch.allclose(bundle.read_lora(path).changes["unet"][layer].weight.delta(weight), 2 / rank * plain)
