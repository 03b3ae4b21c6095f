"""The operator's folder of LoRAs: what lies in it, by the names that requests call it. Reads headers; no torch.

Sources: kohya's sd-scripts (`ss_...`) and the modelspec of Stability AI (`modelspec...`) for what headers say.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dreamreel.errors import ModelError
from dreamreel.models.adapters.folder import Folder
from dreamreel.models.adapters.lora_names import unsupported
from dreamreel.models.few_steps import FewSteps, few_steps_of_lora
from dreamreel.models.headers import NoTensors, Tensors, read_names
from dreamreel.models.loras import WIDTHS, text_width
from dreamreel.models.recognise import of_contents

log = logging.getLogger(__name__)
MOST_TRIGGERS = 10
# Tags that stand at nearly every picture of a training call what was learned.
OFTEN = 0.8
# Of one tag. A header may say any number, and a larger one says no more.
MOST_PICTURES = 10**9
# What headers say of the model that a LoRA was trained on -> the width of its text.
_BASES = ((r"sdxl|stable-diffusion-xl|xl[-_ ]?base|pony|illustrious", 2048), (r"sd[-_ ]?v?2|v2-|diffusion-v?2", 1024),
          (r"sd[-_ ]?v?1|v1-|diffusion-v?1", 768))  # fmt: skip


@dataclass(frozen=True)
class LoraFile:
    """A LoRA by the name that requests call it.

    width: of the text that the model reads which it is for; None where it does not say. base: that model's family, in
    words. writer: whose names it has. triggers: words by which it was trained, as its header has them. few_steps: how
    it was distilled, where it makes a model draw in few steps. refused: why no model can be drawn with it; or empty.
    """

    name: str
    path: Path
    width: int | None
    base: str | None
    writer: str
    title: str
    triggers: tuple[str, ...]
    num_bytes: int
    few_steps: FewSteps | None = None
    refused: str = ""


def lora_files(path: Path) -> tuple[Path, ...]:
    """The files that decide what the LoRA in path does: it, and PEFT's configuration where there is one."""
    config = peft_config(path)
    return (path,) if config is None else (path, config)


def peft_config(path: Path) -> Path | None:
    """PEFT's configuration beside a LoRA; None where there is none."""
    beside = path.with_name("adapter_config.json")
    return beside if path.stem == "adapter_model" and beside.is_file() else None


@lru_cache(8)
def loras_in(folder: str) -> Folder[LoraFile]:
    """Those in a folder, and in the folders in it; none for "". What is no LoRA is left out with a warning."""
    return Folder(folder, "LoRA", "--loras", read_lora_file)


def said_of(lora: LoraFile) -> Iterator[str]:
    """What people want to know of a LoRA before they draw with it, a line each."""
    if lora.refused:
        yield f"it is {lora.refused}"
    yield f"for {lora.base or 'a model that its header does not name'}"
    if lora.triggers:
        yield f"trigger words: {', '.join(lora.triggers)}"
    if (kind := lora.few_steps) is not None:
        guidance = "the model's guidance" if kind.cfg_scale is None else f"a guidance of {kind.cfg_scale:g}"
        said = f"{kind.steps} steps with {kind.sampler} and {guidance}"
        yield f"{kind.title}: drawn in {said} where nobody says otherwise"


def read_lora_file(name: str, path: Path) -> LoraFile:
    """The LoRA in path, which requests call name, as its header has it. Raises ModelError."""
    found = read_names(path)
    if isinstance(found, NoTensors):
        raise ModelError(found.refusal(path))
    if found.is_pickled and path.suffix.lower() == ".safetensors":
        raise ModelError(f"{path} is a pickle under the name of a .safetensors; call it .pt")
    identity = of_contents(found)
    if identity.kind != "lora" or "motion" in identity.title:
        raise ModelError(f"{path} is {identity.title}, not a LoRA")
    width, said = text_width(found.shapes) or _said_width(found), found.metadata
    words = re.fullmatch(r"(?:a LoRA|an .+ LoRA)(?: for (?P<base>.+?))? \((?P<writer>.+)\)", identity.title)
    assert words is not None
    base = words["base"] or (None if width is None else WIDTHS.get(width))
    shown = said.get("modelspec.title") or said.get("ss_output_name") or path.stem
    kind = few_steps_of_lora(f"{name} {path.stem} {shown[:200]}")
    other, size = unsupported(found.shapes), path.stat().st_size
    refused = f"an adapter of the kind {other}, which is not drawn with here" if other else ""
    return LoraFile(name, path, width, base, words["writer"], shown[:200], _triggers(said), size, kind, refused)


def _said_width(found: Tensors) -> int | None:
    said = " ".join(found.metadata.get(key, "") for key in ("ss_base_model_version", "modelspec.architecture"))
    if any(re.match(r"lora_te2_|text_encoder_2\.|text_encoders\.clip_g\.", name) for name in found.shapes):
        return 2048
    return next((width for pattern, width in _BASES if re.search(pattern, said, re.IGNORECASE)), None)


def _triggers(said: Mapping[str, str]) -> tuple[str, ...]:
    """The words that bring out what was learned: as its maker names them, or else the tags of nearly all pictures."""
    if phrase := said.get("modelspec.trigger_phrase", "").strip():
        return tuple(word.strip()[:100] for word in phrase.split(",") if word.strip())[:MOST_TRIGGERS]
    counts: dict[str, int] = {}
    try:
        for tags in json.loads(said.get("ss_tag_frequency") or "{}").values():
            for tag, count in tags.items():
                counts[tag.strip()] = counts.get(tag.strip(), 0) + max(0, min(int(count), MOST_PICTURES))
    except (ValueError, AttributeError, TypeError, OverflowError, RecursionError):
        return ()
    most = max(counts.values(), default=0)
    often = sorted(
        (tag for tag, count in counts.items() if tag and count >= OFTEN * most), key=lambda tag: -counts[tag]
    )
    return tuple(tag[:100] for tag in often[:MOST_TRIGGERS])
