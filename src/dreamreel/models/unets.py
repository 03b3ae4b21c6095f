"""Which UNet lies in a file: by its channels, the width of the text it reads, and what lies beside it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dreamreel.models.headers import Tensors
from dreamreel.models.layout import FAMILIES
from dreamreel.models.parameterization import said_prediction

# The first convolution, under ldm's and diffusers' names; and an EMA copy, whose names have lost their dots.
UNET = (
    r"^(model\.diffusion_model\.)?input_blocks\.0\.0\.weight$"
    r"|^model\.diffusion_model\.(input_blocks|middle_block|out)\."
    r"|\bdown_blocks\.\d+\.attentions\.\d+\.transformer_blocks\.0\.attn2\.to_k\.weight$"
    r"|^model_ema\.diffusion_modelinput_blocks00weight$"
)
WIDTHS = {768: ("sd1", "SD 1.x"), 1024: ("sd2", "SD 2.x"), 2048: ("sdxl", "SDXL"), 1280: ("sdxl_refiner", "SDXL")}
CHANNELS = {
    9: ("inpainting", "an inpainting checkpoint"),
    8: ("instruct_pix2pix", "an instruct-pix2pix checkpoint"),
    5: ("depth", "a depth-to-image checkpoint"),
    7: ("upscaler", "a Stable Diffusion upscaler"),
}
BESIDE = "it holds no VAE; give one as --vae beside it, or take a checkpoint that has it"
DRAWS = "draw with it: give it as --model"
FAMILIES_DRAWN = f"dreamreel draws with {FAMILIES}"
# A running average of the training has the names without their dots.
FIRST = r"(^|\.)(input_blocks\.0\.0|conv_in)\.weight$|^model_ema\.diffusion_modelinput_blocks00weight$"
# By these keys user interfaces know a network of EDM's formulation.
EDM = r"^(edm_mean|edm_std|edm_vpred\.)"
# ComfyUI's: 8-bit numbers that count by a factor beside each tensor.
SCALED = r"^scaled_fp8$|\.(scale_weight|weight_scale|comfy_quant)$"
KEYS = r"attn2\.to_k\.weight$|^model_ema\..*attn2to_kweight$"


@dataclass(frozen=True)
class SeenUNet:
    """As recognise.Identity, before it is one."""

    kind: str
    title: str
    details: tuple[str, ...] = ()
    can_draw: bool = False
    advice: str = FAMILIES_DRAWN
    with_vae: str = ""


def unet(found: Tensors, names: str) -> SeenUNet:
    """What the file with a UNet in it is. names: the tensors', one a line."""
    shapes = found.shapes
    channels, width = _axis(shapes, FIRST, 1), _axis(shapes, KEYS, -1)
    if channels is None and _has(names, r"^model\.diffusion_model\."):
        return SeenUNet("unknown", "a Stable Diffusion checkpoint whose first layer is missing")
    kind, family = WIDTHS.get(width or 0, ("other_width", "Stable Diffusion"))
    if _has(names, r"^cond_stage_model\.model\."):
        kind, family = "sd2", "SD 2.x"
    if _has(names, r"^conditioner\.embedders\."):
        kind, family = "sdxl", "SDXL"
        if _has(names, r"^conditioner\.embedders\.0\.model\.") and not _has(names, r"^conditioner\.embedders\.1\."):
            kind = "sdxl_refiner"
    if channels in CHANNELS:
        special, title = CHANNELS[channels]
        advice = f"its UNet takes {channels} channels, not text to image; {FAMILIES_DRAWN}"
        return SeenUNet(special, f"{title} ({family})", (f"{channels} channels",), advice=advice)
    if _has(names, EDM):
        advice = f"it was trained on noise levels of its own (EDM), which are not drawn with here; {FAMILIES_DRAWN}"
        return SeenUNet("edm", f"an EDM checkpoint ({family}, such as Playground v2.5)", advice=advice)
    if _has(names, SCALED):
        advice = "they cannot be drawn with; take the file in fp16, fp32 or plain fp8"
        return SeenUNet("scaled", f"a checkpoint whose 8-bit weights have scales beside them ({family})", advice=advice)
    details = (f"reads text of width {width}",) if width else ()
    if _has(names, r"\btime_embed(ding)?\.cond_proj\.weight$"):
        details = (*details, "is an LCM (latent consistency model): is told its guidance, draws in 4 to 8 steps")
    if kind == "sdxl_refiner":
        return SeenUNet(kind, "an SDXL refiner", details)
    if kind == "sdxl":
        return _sdxl(names, (*details, _prediction(found)))
    return _sd1(names, kind, family, (*details, _prediction(found, kind == "sd2")))


def _sdxl(names: str, details: tuple[str, ...]) -> SeenUNet:
    if not _whole(names):
        advice = "it has neither text encoders nor VAE; give a whole checkpoint with all parts"
        return SeenUNet("sdxl", "a bare UNet of SDXL", details, advice=advice)
    texts = all(_has(names, rf"^conditioner\.embedders\.{number}\.") for number in (0, 1))
    if texts and not _vae(names):
        return _without_vae("an SDXL checkpoint", details, "sdxl")
    for there, part in ((_vae(names), "a VAE"), (texts, "both text encoders")):
        if not there:
            advice = f"merge {part} into it, or give a checkpoint that has all parts"
            return SeenUNet("incomplete", f"an SDXL checkpoint without {part}", details, advice=advice)
    return SeenUNet("sdxl", "an SDXL checkpoint", details, True, DRAWS)


def _sd1(names: str, kind: str, family: str, details: tuple[str, ...]) -> SeenUNet:
    article = "an" if family.startswith("SD") else "a"
    averaged = not _has(names, r"^model\.diffusion_model\.")
    if averaged and _has(names, r"^model_ema\.diffusion_model"):
        details = (*details, "its UNet is the running average (EMA) alone")
    elif averaged or not (_vae(names) or _text(names)):
        names_of = "ldm" if "input_blocks." in names else "diffusers"
        advice = "it has neither text encoder nor VAE; give a whole checkpoint with all three parts"
        return SeenUNet("unet", f"a bare UNet ({family}, {names_of} names)", details, advice=advice)
    has_text = _has(names, r"^cond_stage_model\.model\.") if kind == "sd2" else _text(names)
    if has_text and kind != "other_width" and not _vae(names):
        return _without_vae(f"{article} {family} checkpoint", details, kind)
    for there, part in ((_vae(names), "VAE"), (_text(names), "text encoder")):
        if not there:
            advice = f"it holds no {part}; merge one into it, or give a checkpoint that has it"
            return SeenUNet("incomplete", f"{article} {family} checkpoint without a {part}", details, advice=advice)
    if kind == "sd2" and not _has(names, r"^cond_stage_model\.model\."):
        advice = "its text encoder is not OpenCLIP's, with which SD 2.x was trained; give a checkpoint that has that"
        return SeenUNet("incomplete", "an SD 2.x checkpoint without its text encoder", details, advice=advice)
    if kind == "other_width":
        return SeenUNet(kind, "a Stable Diffusion checkpoint of another width", details)
    return SeenUNet(kind, f"an {family} checkpoint", details, True, DRAWS)


def _without_vae(title: str, details: tuple[str, ...], kind: str) -> SeenUNet:
    """A checkpoint of that kind to which a VAE is all that is missing."""
    return SeenUNet("incomplete", f"{title} without a VAE", details, advice=BESIDE, with_vae=kind)


def _prediction(found: Tensors, is_sd2: bool = False) -> str:
    said = said_prediction(found.metadata)
    if said.startswith("v") or {"v_pred", "ztsnr"} & set(found.shapes):
        return "predicts v"
    if said:
        return "predicts the noise (epsilon)"
    if is_sd2:
        return "does not say what it predicts: found out when it is loaded, unless a .yaml beside it says it"
    return "does not say what it predicts: the noise (epsilon), unless a .yaml beside it says v"


def _whole(names: str) -> bool:
    return _vae(names) or _has(names, r"^conditioner\.embedders\.")


def _vae(names: str) -> bool:
    return _has(names, r"^first_stage_model\.")


def _text(names: str) -> bool:
    return _has(names, r"^cond_stage_model\.")


def _has(names: str, pattern: str) -> bool:
    return re.search(pattern, names, re.MULTILINE) is not None


def _axis(shapes: Mapping[str, tuple[int, ...]], pattern: str, axis: int) -> int | None:
    """The size along axis of the first tensor whose name has the pattern and that has two axes or more."""
    for name, shape in shapes.items():
        mine = len(shape) >= 2 and not name.startswith(("first_stage_model.", "encoder.", "decoder."))
        if mine and re.search(pattern, name):
            return shape[axis]
    return None
