"""Weighted words are read as AUTOMATIC1111's webui reads them: its arithmetic, over transformers' own encoder."""

import pytest
import torch
from tests import tiny

from dreamreel.models import catalog
from dreamreel.models.chunking import split_chunks

FOLDER = catalog.locate("tiny-sd").path
LONG = ", ".join(
    f"a {colour} {thing}"
    for colour in ("red", "blue", "green", "grey")
    for thing in ("cat", "dog", "fox", "tree", "sea")
)


@pytest.fixture(scope="module")
def both():
    """Our bundle and (tokenizer, encoder) of transformers; their last norm has a mean, as in published models."""
    from transformers import CLIPTextModel, CLIPTokenizer

    ours = catalog.load(catalog.locate("tiny-sd"), "cpu")
    encoder = CLIPTextModel.from_pretrained(FOLDER / "text_encoder", dtype=torch.float32).eval()
    for module in (ours.modules.text_encoder, encoder):
        norm = getattr(module, "text_model", module).final_layer_norm
        with torch.no_grad():
            norm.bias += torch.linspace(-0.2, 0.6, norm.bias.numel())
    return ours, (CLIPTokenizer.from_pretrained(FOLDER / "tokenizer"), encoder)


def their_chunks(tokenizer, phrase):
    """Tokens and factors, 75 at a time; a full chunk ends at a comma among its last 20, if there is one."""
    comma = tokenizer.get_vocab()[",</w>"]
    chunks, now = [], []
    for words, factor in phrase:
        if (words, factor) == ("BREAK", -1):
            chunks, now = [*chunks, now], []
            continue
        for token in tokenizer(words, add_special_tokens=False)["input_ids"]:
            if len(now) == 75:
                commas = [place for place, (each, _) in enumerate(now) if each == comma]
                cut = commas[-1] + 1 if commas and token != comma and 75 - commas[-1] <= 20 else 75
                chunks, now = [*chunks, now[:cut]], now[cut:]
            now.append((token, factor))
    return [*chunks, now] if now or not chunks else chunks


def their_condition(theirs, phrase, skip=0):
    tokenizer, encoder = theirs
    parts = []
    for chunk in their_chunks(tokenizer, phrase):
        missing = 75 - len(chunk)
        ids = [tokenizer.bos_token_id, *(token for token, _ in chunk), tokenizer.eos_token_id]
        ids += [tokenizer.pad_token_id] * missing
        with torch.no_grad():
            states = encoder(torch.tensor([ids]), output_hidden_states=True)
            z = states.last_hidden_state
            if skip:
                z = getattr(encoder, "text_model", encoder).final_layer_norm(states.hidden_states[-1 - skip])
        factors = torch.tensor([1.0, *(factor for _, factor in chunk), *[1.0] * (missing + 1)])
        weighted = z * factors[None, :, None]
        parts.append(weighted * (z.mean() / weighted.mean()))
    return torch.cat(parts, 1)


@pytest.mark.parametrize(
    "phrase",
    [
        [("a red circle", 1.0)],
        [("a ", 1.0), ("red", 1.4), (" circle", 0.7)],
        [("a", 1.0), ("BREAK", -1), ("b", 1.3)],
        [("BREAK", -1)],
        [("", 1.0)],
        [(LONG, 1.0)],
        [(LONG, 1.2), (" and a house", 0.5)],
        [("x " * 75, 1.0)],
        [("x " * 150 + ", y", 1.1)],
    ],
)
@pytest.mark.parametrize("skip", [0, 1])
def test_a_condition_is_the_webuis(both, phrase, skip):
    bundle, theirs = both
    with torch.inference_mode():
        ours = bundle.read(phrase, 6, skip)[0]
    wanted = their_condition(theirs, phrase, skip)
    assert ours.shape == wanted.shape
    assert torch.allclose(ours, wanted, rtol=1e-4, atol=1e-5)


def test_words_without_factors_are_read_to_the_bit_as_the_original_reads_them():
    with torch.inference_mode():
        assert torch.equal(tiny.bundle().read([("a red circle", 1.0)], 6, 0)[0], tiny.bundle().embed(["a red circle"]))


def test_where_rounding_alone_left_a_mean_weights_are_not_scaled_by_it():
    with torch.inference_mode():
        plain = tiny.bundle().read([("a red circle", 1.0)], 6, 0)[0]
        weighed = tiny.bundle().read([("a red circle", 1.5)], 6, 0)[0]
    assert abs(plain.mean()) < 1e-6
    assert torch.equal(weighed[:, 1:4], plain[:, 1:4] * 1.5)


def test_more_chunks_than_are_allowed_are_cut():
    with torch.inference_mode():
        assert tiny.bundle().read([("x " * 400, 1.0)], 2, 0)[0].shape[1] == 2 * 77
    assert len(split_chunks([("x " * 400, 1.0)], tiny.bundle().modules.tokenizer)) == 6
