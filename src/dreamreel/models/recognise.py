"""What a file or a folder is, in the words of the field: by the names and widths of its tensors. Loads no weights.

The names are those that CompVis' ldm, diffusers, kohya's sd-scripts, PEFT, LyCORIS and the others write; the
table's order matters: the first entry that fits is the answer.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from dreamreel.errors import ModelError
from dreamreel.models.headers import NoTensors, Tensors, read_names
from dreamreel.models.layout import check_folder, is_xl, read_json
from dreamreel.models.loras import is_whole, lora
from dreamreel.models.unets import DRAWS, FAMILIES_DRAWN, UNET, unet

PART = "it draws nothing alone, and dreamreel has no use for it yet; give --model a whole checkpoint"
VAE = "it draws nothing alone; give it as --vae beside a checkpoint"
LORA = "it draws nothing alone; put it into a folder for --loras beside a checkpoint"
CONTROLNET = "it draws nothing alone; put it into a folder for --controlnets beside a checkpoint"
WORD = "it draws nothing alone; put it into a folder for --embeddings beside a checkpoint"
# A stray key of these changes nothing in a whole checkpoint.
STRAY = ("textual_inversion", "hypernetwork", "ip_adapter", "t2i_adapter")
WEIGHTS = (".safetensors", ".ckpt", ".pt", ".pth", ".bin")
CONTROL = r"^(control_model\.)?(input_hint_block|zero_convs)\."
# kind, title, a pattern that a tensor's name fits, advice.
TABLE = (
    ("textual_inversion", "a textual inversion embedding", r"^(emb_params|clip_[lg])$|^string_to_param\b", WORD),
    ("hypernetwork", "a hypernetwork", r"^(320|640|768|1024|1280)\.[01]\.linear", PART),
    ("controlnet", "a ControlNet (LLLite)", r"^lllite_", PART),
    ("controlnet", "a ControlNet Union", r"^(control_add_embedding|task_embedding|transformer_layes)\b", PART),
    ("control_lora", "a Control-LoRA", r"^lora_controlnet$", PART),
    ("controlnet", "a ControlNet (ldm)", CONTROL, CONTROLNET),
    ("controlnet", "a ControlNet (diffusers)", r"^controlnet_(cond_embedding|down_blocks|mid_block)\b", CONTROLNET),
    ("controlnet", "a ControlNet of a transformer (SD 3, Flux or the like)", r"^controlnet_(single_)?blocks\.", PART),
    ("ip_adapter", "an IP-Adapter", r"^ip_adapter\.", PART),
    ("t2i_adapter", "a T2I-Adapter", r"^(adapter\.)?body\.\d+\.(resnets\.\d+\.)?(block1|in_conv)\.", PART),
    ("other_transformer", "a HunyuanVideo transformer", r"\bdouble_blocks\.\d+\.img_attn_qkv", FAMILIES_DRAWN),
    ("flux", "a Flux checkpoint", r"\bdouble_blocks\.\d+\.|\bsingle_transformer_blocks\.", FAMILIES_DRAWN),
    ("sd3", "an SD 3 checkpoint", r"\bjoint_blocks\.|^transformer_blocks\.\d+\.attn\.add_[qkv]_proj", FAMILIES_DRAWN),
    (
        "other_transformer",
        "another diffusion transformer (PixArt, Wan, Lumina, AuraFlow or Hunyuan-DiT)",
        r"\badaln_single\.|blocks\.\d+\.(scale_shift_table|cross_attn\.|default_modulation)"
        r"|\bcap_embedder\.|\bdouble_layers\.\d",
        FAMILIES_DRAWN,
    ),
    ("unet", "a UNet", UNET, ""),  # unet() says which
    (
        "no_unet",
        "a Stable Diffusion checkpoint whose UNet is missing, or has other names than model.diffusion_model.*",
        r"(?s:\A(?=.*^(cond_stage_model|conditioner)\.)(?=.*^first_stage_model\.))",
        "give one as its author, or a user interface, saves it",
    ),
    ("animatediff", "an AnimateDiff motion module", r"\bmotion_modules\.\d", PART),
    ("vae", "a VAE (ldm names)", r"^(first_stage_model\.)?(encoder\.down|decoder\.up)\.\d", VAE),
    ("vae", "a VAE (diffusers names)", r"^(encoder\.down|decoder\.up)_blocks\.\d", VAE),
    ("taesd", "a TAESD (tiny autoencoder)", r"^((taesd_)?(encoder|decoder)\.)?(layers\.)?\d+\.conv\.\d+\.", VAE),
    (
        "upscaler",
        "an ESRGAN upscaler",
        r"^(params(_ema)?\.)?(RRDB_trunk\.|body\.\d+\.rdb\d|model\.1\.sub\.\d|body\.\d+\.weight)",
        PART,
    ),
    ("upscaler", "a SwinIR upscaler", r"^(params(_ema)?\.)?layers\.\d+\.residual_group\.", PART),
    (
        "text_encoder",
        "a CLIP text encoder",
        r"^(cond_stage_model\.(transformer|model)\.)?(text_model\.)?"
        r"(embeddings\.token_embedding|encoder\.layers\.\d+\.self_attn|transformer\.resblocks\.|token_embedding\.)",
        PART,
    ),
    ("image_encoder", "a CLIP image encoder", r"^(vision_model|visual)\.", PART),
    ("text_encoder", "a T5 text encoder", r"^encoder\.block\.\d+\.layer\.\d+\.SelfAttention\.", PART),
)
# The first word that a pipeline's name has counts.
PIPELINES = (
    ("Refiner", "sdxl_refiner", "an SDXL refiner"),
    ("Inpaint", "inpainting", "an inpainting model"),
    ("InstructPix2Pix", "instruct_pix2pix", "an instruct-pix2pix model"),
    ("StableDiffusionXL", "sdxl", "an SDXL model"),
    ("StableDiffusion3", "sd3", "an SD 3 model"),
    ("Flux", "flux", "a Flux model"),
    ("LatentConsistency", "lcm", "an LCM (latent consistency model)"),
)
PARTS = {
    "ControlNetModel": ("controlnet", "a ControlNet (diffusers)"),
    "AutoencoderKL": ("vae", "a VAE (diffusers names)"),
    "AutoencoderTiny": ("taesd", "a TAESD (tiny autoencoder)"),
    "UNet2DConditionModel": ("unet", "a bare UNet (diffusers names)"),
    "T2IAdapter": ("t2i_adapter", "a T2I-Adapter"),
    "MotionAdapter": ("animatediff", "an AnimateDiff motion module"),
    "CLIPTextModel": ("text_encoder", "a CLIP text encoder"),
}


@dataclass(frozen=True)
class Identity:
    """What a file or folder is.

    kind: a word for programs (sd1, lora, vae ...; unknown). title: in words, with its article. details: facts about
    it. can_draw: it can be --model. advice: what to do to use it, or with it. is_sound: weights of a known kind.
    with_vae: the kind that a VAE beside it makes of it; empty where it needs none, or more than that.
    """

    kind: str
    title: str
    details: tuple[str, ...] = ()
    can_draw: bool = False
    advice: str = ""
    is_sound: bool = True
    with_vae: str = ""

    def beside(self, vae: Path | None) -> "Identity":
        """The same where a VAE lies beside it."""
        return replace(self, kind=self.with_vae, can_draw=True) if vae and self.with_vae else self

    def refusal(self, path: Path) -> str:
        """The sentence that says why the file in path cannot be drawn with."""
        return f"{path} is {self.title}; {self.advice}"


def recognise(path: Path) -> Identity:
    """What lies in path, a file or a folder. Raises ModelError if it cannot be read."""
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file or folder")
    return of_contents(read_names(path))


def check_preview_vae(path: Path) -> None:
    """Raises ModelError if what lies in path, by headers, cannot show pictures between steps."""
    if (found := recognise(path)).kind != "taesd":
        raise ModelError(f"{path} is {found.title}; previews between steps take a TAESD (tiny autoencoder)")


def of_contents(found: Tensors | NoTensors) -> Identity:
    """What the tensors of these names and shapes are."""
    if isinstance(found, NoTensors):
        return Identity(found.kind, found.title, (), False, found.advice, is_sound=False)
    names = "\n".join(found.shapes)
    identity = lora(found.shapes, names)
    if identity is not None:
        return Identity("lora", identity, _size(found), False, PART if "motion" in identity else LORA)
    table = [row for row in TABLE if row[0] not in STRAY] if is_whole(names) else TABLE
    for kind, title, pattern, advice in table:
        if not re.search(pattern, names, re.MULTILINE):
            continue
        if kind == "unet":
            seen = unet(found, names)
            details = (*seen.details, *_size(found))
            return Identity(seen.kind, seen.title, details, seen.can_draw, seen.advice, with_vae=seen.with_vae)
        return Identity(kind, title + _base(kind, found.shapes), _size(found), False, advice)
    title = "a file of tensors that are none of the kinds that dreamreel knows"
    first = (f"its first tensor is {next(iter(found.shapes))}",) if found.shapes else ()
    return Identity("unknown", title, (*first, *_size(found)), False, FAMILIES_DRAWN, is_sound=False)


def _size(found: Tensors) -> tuple[str, ...]:
    count = len(found.shapes)
    return (f"{count} tensor{'s' if count != 1 else ''}",)


def _base(kind: str, shapes: dict[str, tuple[int, ...]]) -> str:
    """` for SD 1.x` and the like, for kinds that have a width of their own."""
    if kind != "textual_inversion":
        return ""
    if "clip_g" in shapes:
        return " for SDXL"
    widths = {shape[-1] for name, shape in shapes.items() if shape and not name.startswith("string_to_token")}
    return next((f" for {base}" for width, base in ((768, "SD 1.x"), (1024, "SD 2.x")) if width in widths), "")


def _folder(folder: Path) -> Identity:
    if (folder / "model_index.json").is_file():
        name = str(read_json(folder / "model_index.json").get("_class_name"))
        try:
            check_folder(folder)
        except ModelError as error:
            kind, title = next(
                ((kind, title) for word, kind, title in PIPELINES if word in name), ("pipeline", f"a {name}")
            )
            named = kind != "pipeline"  # an SD 1.x folder that is refused is damaged
            return Identity(kind, f"{title} (diffusers folder)", (), False, str(error), is_sound=named)
        kind, title = _family(folder)
        return Identity(kind, f"{title} (diffusers folder)", (f"pipeline {name}",), True, DRAWS)
    if (folder / "config.json").is_file():
        config = read_json(folder / "config.json")
        part = config.get("_class_name") or next(iter(config.get("architectures") or ()), None)
        if part in PARTS:
            kind, title = PARTS[part]
            advice = CONTROLNET if kind == "controlnet" else VAE if kind in ("vae", "taesd") else PART
            return Identity(kind, f"{title}, in a folder", (), False, advice)
    weights = sorted(each for each in folder.iterdir() if each.suffix.lower() in WEIGHTS and each.is_file())
    if len(weights) == 1:
        return recognise(weights[0])
    title = f"a folder without a model_index.json, with {len(weights) or 'no'} files of weights"
    return Identity("unknown", title, (), False, "give a diffusers folder, or one of the files in it", is_sound=False)


def _family(folder: Path) -> tuple[str, str]:
    """Which of those that can be drawn with: by its encoders, and SD 2.x by the width of its texts."""
    if is_xl(read_json(folder / "model_index.json")):
        return "sdxl", "an SDXL model"
    unet_, scheduler = (read_json(folder / name) for name in ("unet/config.json", "scheduler/scheduler_config.json"))
    if unet_.get("cross_attention_dim") != 1024:
        return "sd1", "an SD 1.x model"
    is_v = scheduler.get("prediction_type") == "v_prediction"
    return "sd2", f"an SD 2.x model that predicts {'v' if is_v else 'noise'}"
