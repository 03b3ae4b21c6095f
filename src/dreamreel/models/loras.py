"""Which LoRA lies in a file: who wrote it, by its names, and what it is for, by its widths."""

import re
from collections.abc import Mapping

# The first that fits is the answer. LyCORIS writes kohya's names with its own endings.
FORMATS = (
    ("LyCORIS LoHa", r"\.hada_w1_[ab]$"),
    ("LyCORIS LoKr", r"\.lokr_w[12](_[ab])?$"),
    ("LyCORIS LoCon", r"^lora_unet_.*(resnets|conv|samplers|in_layers|out_layers|_op).*\.lora_(down|up|mid)\.weight$"),
    ("LyCORIS LoCon", r"\.lora_mid\.weight$|^lycoris_.*\.lora_(down|up)\.weight$"),
    ("kohya", r"^lora_(unet|te\d?|transformer|prior).*\.(lora_(down|up)\.weight|alpha)$|^lora_unet_"),
    ("PEFT", r"^base_model\.model\..*\.lora_[AB]\b"),
    ("diffusers, old names", r"\.processor\..*lora\.(down|up)\.weight$|_lora\.(down|up)\.weight$"),
    ("diffusers, old names", r"\.lora(_linear_layer)?\.(down|up)\.weight$"),
    ("diffusers", r"^(unet|text_encoder(_2)?|transformer)\..*\.lora_[AB]\b"),
    ("PEFT", r"\.lora_[AB](\.\w+)?\.weight$"),
    ("kohya's endings", r"\.lora_(down|up)\.weight$"),
    ("full differences", r"^(lycoris|unet|diffusion_model)[._].*\.diff(_b)?$"),
)
# A UNet's blocks lie on the way down, in the middle or up.
TRANSFORMER = (
    r"^transformer\.|joint_blocks|^(diffusion_model|lora_unet|lycoris)[._](transformer_)?(blocks|layers)[._]\d"
)
WHOLE = r"^model\.diffusion_model\.input_blocks\.0\.0\.weight$"
WIDTHS = {768: "SD 1.x", 1024: "SD 2.x", 2048: "SDXL", 1280: "the SDXL refiner"}


def is_whole(names: str) -> bool:
    """Whether a file has a UNet of its own, in which a stray key of a LoRA changes nothing. names: one a line."""
    return re.search(WHOLE, names, re.MULTILINE) is not None


def lora(shapes: Mapping[str, tuple[int, ...]], names: str) -> str | None:
    """Its title, such as "a LoRA for SD 1.x (kohya)"; None if it is no LoRA. names: the tensors', one a line."""
    if is_whole(names):
        return None
    for writer, pattern in FORMATS:
        if re.search(pattern, names, re.MULTILINE):
            what = "an AnimateDiff motion LoRA" if "motion_modules" in names else "a LoRA"
            base = _base(shapes, names)
            return f"{what}{f' for {base}' if base else ''} ({writer})"
    return None


def _base(shapes: Mapping[str, tuple[int, ...]], names: str) -> str | None:
    if re.search(r"(double|single)(_transformer)?_blocks", names):
        return "Flux"
    if re.search(TRANSFORMER, names, re.MULTILINE):
        return "a diffusion transformer"
    if (width := text_width(shapes)) in WIDTHS:
        return WIDTHS[width]
    if re.search(r"^lora_te[12]_|^text_encoder_2\.|^text_encoders\.clip_g\.", names, re.MULTILINE):
        return "SDXL"
    widths = {_reads(name, shapes) for name in shapes if re.match(r"lora_te_|text_encoders\.clip_[lh]\.", name)}
    return next((base for width, base in WIDTHS.items() if width in widths), None)


def text_width(shapes: Mapping[str, tuple[int, ...]]) -> int | None:
    """How wide the text is that the model reads which a LoRA is for; None where its tensors do not say."""
    for name, shape in shapes.items():
        if len(shape) >= 2 and re.search(r"attn2[._](processor\.)?to_k", name):
            width = _reads(name, shapes)
            if width is not None:
                return width
    return None


def _reads(name: str, shapes: Mapping[str, tuple[int, ...]]) -> int | None:
    """How many numbers the layer of which name is a factor takes in; None where this factor does not tell."""
    shape = shapes[name]
    if len(shape) < 2:
        return None
    if re.search(r"(lora_down|lora\.down|lora_linear_layer\.down|lora_A(\.\w+)?)\.weight$|hada_w1_b$|\.diff$", name):
        return shape[1]
    if (kronecker := re.search(r"lokr_w1(_b)?$", name)) is not None:
        stem = name[: kronecker.start()]
        other = shapes.get(stem + "lokr_w2", shapes.get(stem + "lokr_w2_b"))
        return shape[1] * other[1] if other and len(other) >= 2 else None
    return None
