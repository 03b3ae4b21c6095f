"""Which layer a name in a LoRA file means: in kohya's, LyCORIS', PEFT's and diffusers' old and new names."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dreamreel.models.ldm_keys import UNET, unet_names

# A name ends in what the tensor is; before that stands the layer.
_ENDING = re.compile(
    r"(?P<layer>.+?)(?:"
    r"[._]lora(?:_linear_layer)?[._](?P<factor>down|up|mid|A|B)(?:\.(?!weight$|bias$)\w+)?\.(?P<kind>weight|bias)"
    r"|\.(?P<other>alpha|dora_scale|(?:hada|lokr)_[wt][12](?:_[ab])?|diff|diff_b|w_norm|b_norm)(?:\.weight)?"
    r"|\.(?P<magnitude>lora_magnitude_vector)(?:\.\w+)*)$"
)
_ROLES = {"down": "down", "A": "down", "up": "up", "B": "up", "mid": "mid"}
# PEFT's; LyCORIS' own; and ComfyUI's, of text encoders.
_WHOLE = re.compile(r"^(base_model[._]model[._]|lycoris_|text_encoders[._])")
_PART = re.compile(r"^(?:lora_)?(unet|te1|te2|te|text_encoder_2|text_encoder|clip_[lgh])[._](?=.)")
_ENCODERS = {
    **dict.fromkeys(("te", "te1", "clip_l", "clip_h"), "text_encoder"),
    **dict.fromkeys(("te2", "clip_g"), "text_encoder_2"),
}
_OLD_TEXT = {"to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj"}
UNSUPPORTED = {
    r"\.oft_(blocks|diag)|\.oft_R\b": "OFT",
    r"\.(a1|a2|b1|b2)\.weight$": "GLoRA",
    r"\.on_input$": "IA3",
    r"\.boft_": "BOFT",
}


@dataclass(frozen=True)
class Place:
    """layer: as the file calls it. role: what the tensor is of it: down, up, alpha, hada_w1_a, magnitude ..."""

    layer: str
    role: str


def unsupported(names: Iterable[str]) -> str | None:
    """Which adapter a file of these tensors is that cannot be drawn with, and by which of them; None if it is none."""
    for pattern, kind in UNSUPPORTED.items():
        if (name := next((each for each in names if re.search(pattern, each)), None)) is not None:
            return f"{kind} ({name})"
    return None


def place_of(name: str) -> Place | None:
    """What a tensor of that name is; None if it is no part of a LoRA."""
    found = _ENDING.match(name)
    if found is None:
        return None
    if found["magnitude"]:
        return Place(found["layer"], "magnitude")
    if found["other"]:
        return Place(found["layer"].removesuffix("_lora").removesuffix(".lora"), found["other"])
    role = _ROLES[found["factor"]]
    return Place(found["layer"], role if found["kind"] == "weight" else f"{role}_bias")


class Layers:
    """The layers of a model by the names that LoRA files have for them.

    paths: of each part's layers (unet, text_encoder, text_encoder_2), as our networks call them. unet: its
    configuration.
    """

    def __init__(self, paths: Mapping[str, Iterable[str]], unet: Mapping[str, Any]) -> None:
        self._parts: dict[str, dict[str, str]] = {}
        for part, each in paths.items():
            self._parts[part] = {_flat(path.replace(".original.", ".")): path for path in each}
        ldm = unet_names(unet, [UNET])
        names = self._parts.get("unet", {})
        for path in list(names.values()):
            theirs = ldm(f"{path.replace('.original.', '.')}.weight")[0]
            names.setdefault(_flat(theirs.removeprefix(UNET).removesuffix(".weight")), path)

    def find(self, layer: str) -> tuple[str, str] | None:
        """(part, path) of a layer as a file calls it; None if the model has none such."""
        rest = _WHOLE.sub("", layer)
        found = _PART.match(rest)
        part = _ENCODERS.get(found[1], found[1]) if found else None
        rest = _flat((rest[found.end() :] if found else rest).replace(".processor.", "."))
        for name, layers in self._parts.items():
            if part in (None, name):
                for spelling in _spellings(rest, name):
                    if spelling in layers:
                        return name, layers[spelling]
        return None


def _spellings(flat: str, part: str) -> Iterable[str]:
    yield flat
    if part == "unet":
        yield flat.removeprefix("model_diffusion_model_").removeprefix("diffusion_model_")
        yield f"{flat}_0"  # attn1.to_out, before it was the first of two
        return
    flat = flat.removeprefix("transformer_").removeprefix("text_model_")
    yield flat
    for old, new in _OLD_TEXT.items():
        if flat.endswith(f"self_attn_{old}"):
            yield flat.removesuffix(old) + new


def _flat(path: str) -> str:
    return path.replace(".", "_")
