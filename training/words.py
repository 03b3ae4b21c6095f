"""`python -m training.words`: a tokenizer of whole words, and where MiniLM sees these words.

Every word of the captions and some thousand common English words are one token each; other words fall
into pieces. The table of token embeddings is MiniLM's, turned to 128 dimensions, and stays as it is in
training: a word that no caption had lies near the words that mean the same.
"""

import argparse
import json
import random
import re
from collections import Counter
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import Tensor

from training.grammar import caption, random_scene
from training.runs import default_run

WIDTH, LENGTH, NUM_COMMON = 128, 24, 4600
SPECIAL = ("<|startoftext|>", "<|endoftext|>")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minilm", type=Path, required=True, help="folder with vocab.txt and model.safetensors")
    parser.add_argument("--run", type=Path, default=default_run(), help="folder of the training")
    options = parser.parse_args()
    lines = (options.minilm / "vocab.txt").read_text("utf-8").splitlines()
    said = caption_words(6000, 3)
    common = [word for word in lines if re.fullmatch("[a-z]{2,14}", word)][:NUM_COMMON]
    words = list(dict.fromkeys([*said, *common]))
    vocabulary = write_tokenizer(options.run / "tokenizer", words, said)
    weights = load_file(options.minilm / "model.safetensors")
    table = next(value for key, value in weights.items() if "word_embeddings" in key).float()
    rows = {word: i for i, word in enumerate(lines)}
    torch.save(
        {"table": turned(table, rows, words, vocabulary), "words": words, "said": said}, options.run / "words.pt"
    )


def caption_words(num_captions: int, seed: int) -> dict[str, int]:
    """Each word of that many captions -> how often it came."""
    r, counts = random.Random(seed), Counter[str]()
    for _ in range(num_captions):
        counts.update(re.findall(r"[a-z0-9]+", caption(r, random_scene(r, held_out=False)).lower()))
    return dict(counts)


def write_tokenizer(folder: Path, words: list[str], said: dict[str, int]) -> dict[str, int]:
    """A CLIPTokenizer's files, of byte pairs trained until every word is whole; returns the vocabulary."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(vocab_size=20000, end_of_word_suffix="</w>", special_tokens=[], show_progress=False)
    tokenizer.train_from_iterator([" ".join([w] * (200 if w in said else 20)) for w in words], trainer)
    merges = [m if isinstance(m, list) else m.split() for m in json.loads(tokenizer.to_str())["model"]["merges"]]
    letters = [chr(i) for i in range(33, 127) if not chr(i).isupper()]
    tokens = letters + [letter + "</w>" for letter in letters] + ["".join(merge) for merge in merges]
    vocabulary = {token: i for i, token in enumerate([*dict.fromkeys(tokens), *SPECIAL])}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(" ".join(merge) for merge in merges) + "\n")
    special = dict.fromkeys(("eos_token", "pad_token", "unk_token"), SPECIAL[1]) | {"bos_token": SPECIAL[0]}
    config = special | {"model_max_length": LENGTH, "tokenizer_class": "CLIPTokenizer", "do_lower_case": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1))
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=1))
    return vocabulary


def turned(table: Tensor, rows: dict[str, int], words: list[str], vocabulary: dict[str, int]) -> Tensor:
    """(V, WIDTH): the rows of table (N, 384) seen along the WIDTH directions in which words differ most.

    Pieces of words that MiniLM has as pieces count half; tokens that it lacks are small random vectors.
    """
    mean = table[[rows[word] for word in words if word in rows]].mean(0)
    known = table[[rows[word] for word in words if word in rows]] - mean
    turn = torch.linalg.svd(known, full_matrices=False).Vh[:WIDTH].T
    scale, generator = (known @ turn).std(), torch.Generator().manual_seed(0)
    out = 0.3 * torch.randn(len(vocabulary), WIDTH, generator=generator)
    for token, i in vocabulary.items():
        word = token.removesuffix("</w>")
        if token.endswith("</w>") and word in rows:
            out[i] = (table[rows[word]] - mean) @ turn / scale
        elif "##" + word in rows:
            out[i] = 0.5 * (table[rows["##" + word]] - mean) @ turn / scale
    out[-2:] = torch.randn(2, WIDTH, generator=generator)
    return out


if __name__ == "__main__":
    main()
