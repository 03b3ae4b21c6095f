"""The networks of our own compute what those of diffusers and transformers do, from the same weights, bit for bit."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from tests import checkpoints

from dreamreel.models import catalog
from dreamreel.models.diffusers_dir import read_folder
from dreamreel.models.layout import read_json
from dreamreel.models.networks.autoencoder_kl import AutoencoderKL
from dreamreel.models.networks.clip_text import CLIPTextModel
from dreamreel.models.networks.unet import UNet2DConditionModel
from dreamreel.models.tokenizer import load_tokenizer

NARROW = {"block_out_channels": [8, 16, 16], "norm_num_groups": 4, "cross_attention_dim": 24, "attention_head_dim": 2}
CROSS, PLAIN = ["CrossAttnDownBlock2D"], ["DownBlock2D"]
CROSS_UP, PLAIN_UP = ["CrossAttnUpBlock2D"], ["UpBlock2D"]
THREE = {"down_block_types": CROSS * 2 + PLAIN, "up_block_types": PLAIN_UP + CROSS_UP * 2}
UNETS = {
    "SD 1.x": {**NARROW, **THREE},
    "SD 2.x": {**NARROW, **THREE, "attention_head_dim": [2, 4, 4], "use_linear_projection": True},
    "SDXL": {
        **NARROW,
        "down_block_types": PLAIN + CROSS * 2,
        "up_block_types": CROSS_UP * 2 + PLAIN_UP,
        "attention_head_dim": [1, 2, 4],
        "transformer_layers_per_block": [1, 2, 3],
        "use_linear_projection": True,
    },
    "built-in": {
        **NARROW,
        "down_block_types": PLAIN + CROSS * 2,
        "up_block_types": CROSS_UP * 2 + PLAIN_UP,
        "layers_per_block": 1,
        "resnet_time_scale_shift": "scale_shift",
        "addition_embed_type": "text",
        "addition_embed_type_num_heads": 4,
    },
    "sines first, one level": {
        **NARROW,
        "block_out_channels": [8],
        "down_block_types": CROSS,
        "up_block_types": CROSS_UP,
        "flip_sin_to_cos": False,
        "freq_shift": 1,
        "in_channels": 12,
        "out_channels": 12,
    },
}


@pytest.mark.parametrize("size", [(8, 8), (12, 20), (10, 6)])
@pytest.mark.parametrize("kind", UNETS)
@torch.no_grad()
def test_a_unet_predicts_what_that_of_diffusers_does(kind, size):
    from diffusers import UNet2DConditionModel as Theirs

    torch.manual_seed(0)
    theirs = Theirs(**UNETS[kind]).eval()
    ours = UNet2DConditionModel.from_config(theirs.config).eval()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, theirs.config.in_channels, *size)
    t, cond = torch.tensor([981.0, 41.0]), torch.randn(2, 77, 24)
    assert torch.equal(ours(x, t, cond), theirs(x, t, encoder_hidden_states=cond).sample)


VAES = {
    "SD 1.x": {"block_out_channels": (8, 16, 16, 16), "layers_per_block": 2},
    "without attention and the convolutions between": {
        "block_out_channels": (8, 16),
        "mid_block_add_attention": False,
        "use_quant_conv": False,
        "use_post_quant_conv": False,
        "latent_channels": 16,
    },
    "one level": {"block_out_channels": (8,)},
}


@pytest.mark.parametrize("kind", VAES)
@torch.no_grad()
def test_an_autoencoder_encodes_and_decodes_as_that_of_diffusers_does(kind):
    from diffusers import AutoencoderKL as Theirs

    torch.manual_seed(0)
    num = len(VAES[kind]["block_out_channels"])
    types = {"down_block_types": ["DownEncoderBlock2D"] * num, "up_block_types": ["UpDecoderBlock2D"] * num}
    theirs = Theirs(**VAES[kind], **types, norm_num_groups=4).eval()
    ours = AutoencoderKL.from_config(theirs.config).eval()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 3, 32, 48)
    mine, other = ours.encode(x).latent_dist, theirs.encode(x).latent_dist
    assert torch.equal(mine.mean, other.mean)
    assert torch.equal(mine.std, other.std)
    assert torch.equal(ours.decode(other.mean).sample, theirs.decode(other.mean).sample)


TEXT_ENCODERS = {
    "CLIP ViT-L": {"hidden_act": "quick_gelu", "num_attention_heads": 4},
    "OpenCLIP": {"hidden_act": "gelu", "num_attention_heads": 2, "projection_dim": 16},
    "short": {"max_position_embeddings": 24},
}


@pytest.mark.parametrize("kind", TEXT_ENCODERS)
@torch.no_grad()
def test_a_text_encoder_gives_what_that_of_transformers_does(kind):
    from transformers import CLIPTextConfig
    from transformers import CLIPTextModel as Theirs

    torch.manual_seed(0)
    size = {"vocab_size": 99, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3}
    config = CLIPTextConfig(**{"num_attention_heads": 4, **size, **TEXT_ENCODERS[kind]})
    theirs = Theirs(config).eval()
    ours = CLIPTextModel.from_config(config.to_dict()).eval()
    ours.load_state_dict(theirs.state_dict())
    ids = torch.randint(0, 99, (3, config.max_position_embeddings))
    assert torch.equal(ours(ids), theirs(input_ids=ids).last_hidden_state)


@pytest.mark.parametrize("name", ["builtin", "tiny-sd"])
@torch.no_grad()
def test_shipped_models_predict_what_diffusers_makes_of_their_folders(name):
    from diffusers import UNet2DConditionModel as Theirs
    from transformers import CLIPTextModel as TheirText

    folder = catalog.locate(name).path
    modules = read_folder(folder)
    variant = "fp16" if name == "builtin" else None
    text = TheirText.from_pretrained(folder / "text_encoder", variant=variant, dtype=torch.float32)
    ids = torch.tensor(modules.tokenizer.padded(["a fox in the snow", ""]))
    cond = text(input_ids=ids).last_hidden_state
    assert torch.equal(modules.text_encoder.float()(ids), cond)
    unet = Theirs.from_pretrained(folder / "unet", variant=variant, low_cpu_mem_usage=False, torch_dtype=torch.float32)
    x, t = torch.randn(2, unet.config.in_channels, 8, 8), torch.tensor([500.0, 3.0])
    assert torch.equal(modules.unet.float()(x, t, cond), unet(x, t, encoder_hidden_states=cond).sample)


TEXTS = [
    "",
    "a fox in the snow",
    "0: (1.04), 30: (1.1)",
    "It's  the\nArtist's\t<|endoftext|> “quoted” — Ünïcödé ẞ ﬁ ½ é",
    "лиса в лесу, 赤い城 👩‍🚀🔥 ١٢٣ x² 12345",
    "word " * 90,
    "\x00\x07 zero \u200b width \u00a0 blank </w> @-@",
]


@pytest.mark.parametrize("folder", ["sd1", "builtin", "tiny-sd"])
def test_a_tokenizer_gives_the_tokens_that_that_of_transformers_does(folder):
    from transformers import CLIPTokenizer

    folder = catalog.locate("tiny-sd").path.parent / folder / "tokenizer"
    ours, theirs = load_tokenizer(folder), CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    assert ours.limit == theirs.model_max_length
    assert ours.padded(TEXTS) == theirs(TEXTS, padding="max_length", truncation=True).input_ids
    for text in TEXTS:
        ids = theirs(text, truncation=False, verbose=False).input_ids
        assert ours.ids(text) == ids


def test_models_with_the_same_words_have_one_tokenizer_however_many_others_come_between(tmp_path):
    shipped = catalog.locate("tiny-sd").path.parent / "tiny-sd" / "tokenizer"
    folder = Path(shutil.copytree(shipped, tmp_path / "words"))
    first = load_tokenizer(shipped)
    for limit in range(60, 67):
        assert load_tokenizer(shipped, limit) is not first
    assert load_tokenizer(shipped) is first  # used again, so the newest
    for limit in range(70, 76):
        assert load_tokenizer(shipped, limit) is not first
    assert load_tokenizer(folder) is first
    (folder / "special_tokens_map.json").write_text(json.dumps({"pad_token": "!"}))
    (folder / "tokenizer_config.json").unlink(missing_ok=True)
    other = load_tokenizer(folder)
    assert other.padded(["a"])[0][-1] != first.padded(["a"])[0][-1]


def test_a_configuration_of_a_folder_makes_the_network_that_its_weights_fit(tmp_path):
    folder = checkpoints.configuration(tmp_path)
    for part, kind, theirs in zip(
        ("unet", "vae", "text_encoder"),
        (UNet2DConditionModel, AutoencoderKL, CLIPTextModel),
        checkpoints.networks(folder),
        strict=True,
    ):
        ours = kind.from_config(read_json(folder / part / "config.json"))
        assert {key: value.shape for key, value in ours.state_dict().items()} == {
            key: value.shape for key, value in theirs.state_dict().items()
        }
