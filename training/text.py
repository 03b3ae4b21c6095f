"""`python -m training.text`: a CLIP text encoder that says what a caption asks for, before any picture.

Its last hidden states, from the end of the text on, are trained to tell subject, place, time, style and
portrait; so the UNet starts with conditions that mean something, and the encoder can stay as it is.
"""

import argparse
import random
import re
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.models.clip.configuration_clip import CLIPTextConfig
from transformers.models.clip.modeling_clip import CLIPTextModel
from transformers.models.clip.tokenization_clip import CLIPTokenizer

from training.grammar import NAMES, PLACES, STYLES, TIMES, Scene, caption, random_scene
from training.runs import append_csv, default_run, load, prepare, save, set_rate
from training.words import LENGTH, WIDTH

NUM_CLASSES = (len(NAMES) + 1, len(PLACES), len(TIMES), len(STYLES), 2)
RATE = 2e-3


class TextEncoder:
    """The tokenizer and the encoder of a run: captions -> (B, LENGTH, WIDTH)."""

    def __init__(self, run: Path, device: str = "cpu") -> None:
        self.tokenizer = CLIPTokenizer.from_pretrained(run / "tokenizer", local_files_only=True)
        self.model, self.device = build_encoder(torch.load(run / "words.pt")["table"]), device
        if state := load(run / "text.pt"):
            self.model.load_state_dict(state["model"])
        self.model.to(device)

    def tokens(self, captions: list[str]) -> tuple[Tensor, Tensor]:
        """(B, LENGTH) ids, and which of them are the end of the text or after it."""
        found = self.tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt")
        length = found.attention_mask.sum(1, keepdim=True)
        return found.input_ids.to(self.device), (torch.arange(LENGTH) >= length - 1).to(self.device)

    @torch.inference_mode()
    def embed(self, captions: list[str]) -> Tensor:
        self.model.eval()
        hidden: Tensor = self.model(input_ids=self.tokens(captions)[0]).last_hidden_state
        return hidden


def build_encoder(table: Tensor) -> CLIPTextModel:
    """A new encoder over the frozen table (V, WIDTH)."""
    config = CLIPTextConfig(
        vocab_size=len(table), hidden_size=WIDTH, intermediate_size=4 * WIDTH, projection_dim=WIDTH,
        num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=LENGTH,
        bos_token_id=len(table) - 2, eos_token_id=len(table) - 1, pad_token_id=len(table) - 1,
    )  # fmt: skip
    model = CLIPTextModel(config)
    embedding = model.get_input_embeddings()
    with torch.no_grad():
        embedding.weight.copy_(table * 0.5)
    embedding.weight.requires_grad_(False)
    return model


def labels(scene: Scene) -> list[int]:
    """The classes of scene, in the order of NUM_CLASSES."""
    subject = NAMES.index(scene.subject) if scene.subject else len(NAMES)
    place, time, style = PLACES.index(scene.place), TIMES.index(scene.time), STYLES.index(scene.style)
    return [subject, place, time, style, int(scene.portrait)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=default_run())
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    prepare(1, options.seed)
    encoder, r = TextEncoder(options.run, options.device), random.Random(options.seed)
    heads = nn.ModuleList(nn.Linear(WIDTH, num) for num in NUM_CLASSES).to(options.device)
    state = load(options.run / "text.pt")
    if state:
        heads.load_state_dict(state["heads"])
    parameters = [p for p in encoder.model.parameters() if p.requires_grad] + list(heads.parameters())
    optimizer = torch.optim.AdamW(parameters, RATE, weight_decay=0.01)
    strange = strange_words(options.run)
    for step in range(state.get("step", 0), options.steps):
        set_rate(optimizer, RATE * min(1.0, (step + 1) / 100) * max(0.02, 1 - step / options.steps))
        scenes = [random_scene(r, held_out=False) for _ in range(64)]
        loss = _loss(encoder, heads, [_disturbed(r, caption(r, scene), strange) for scene in scenes], scenes)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if step % 50 == 49 or step + 1 == options.steps:
            append_csv(options.run / "text.csv", "step,loss", step + 1, loss.item())
            content = {"model": encoder.model.state_dict(), "heads": heads.state_dict(), "step": step + 1}
            save(options.run / "text.pt", content)


def strange_words(run: Path) -> list[str]:
    """Words of the tokenizer that no caption has: they come into captions to be overheard."""
    content = torch.load(run / "words.pt")
    return [word for word in content["words"] if word not in content["said"]]


def _disturbed(r: random.Random, text: str, strange: list[str]) -> str:
    if r.random() < 0.25:
        joint = r.choice((", ", " by ", " with ", ", very ", ", in the style of "))
        text += joint + " ".join(r.sample(strange, r.choice((1, 1, 2, 2, 3))))
    if r.random() < 0.1:
        text = r.choice(("a picture of ", "an image of ", "photo of ", "a painting of ", "the ")) + text
    if r.random() < 0.1:
        at = r.choice([match.start() for match in re.finditer(r"\b\w", text)] or [0])
        text = f"{text[:at]}{r.choice(strange)} {text[at:]}"
    return text


def _loss(encoder: TextEncoder, heads: nn.ModuleList, captions: list[str], scenes: list[Scene]) -> Tensor:
    ids, after = encoder.tokens(captions)
    hidden = encoder.model(input_ids=ids).last_hidden_state
    weight = after / after.sum(1, keepdim=True)
    wanted = torch.tensor([labels(scene) for scene in scenes], device=ids.device)
    total = torch.zeros((), device=ids.device)
    for i, head in enumerate(heads):
        each = wanted[:, i, None].expand(-1, LENGTH)
        missed = functional.cross_entropy(head(hidden).permute(0, 2, 1), each, reduction="none", label_smoothing=0.02)
        total = total + (missed * weight).sum(1).mean()
    return total


if __name__ == "__main__":
    main()
