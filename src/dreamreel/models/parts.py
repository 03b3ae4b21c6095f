"""Which files of a folder hold a part's weights: whole or in several, in one precision or another. Loads none."""

import re
from collections import defaultdict
from pathlib import Path

from dreamreel.errors import ModelError

# model.fp16-00001-of-00002.safetensors: diffusers' and transformers' names, the variant before or after the number.
_FILE = re.compile(
    r"(?:diffusion_pytorch_model|pytorch_model|model)(?:\.(?P<variant>\w+))?"
    r"(?:-(?P<number>\d+)-of-(?P<count>\d+))?(?:\.(?P<late_variant>\w+))?\.(?P<suffix>safetensors|bin)"
)
_VARIANTS = ("", "fp32", "bf16", "fp16", "ema")  # taken in this order; others after these


def taesd_files(path: Path) -> list[Path]:
    """The files of a TAESD that path names: it alone, or with the other half beside it, as its author gives them."""
    name = path.name.lower()
    for half, other in (("decoder", "encoder"), ("encoder", "decoder")):
        beside = path.with_name(re.sub(half, other, path.name, flags=re.IGNORECASE))
        if "tae" in name and half in name and beside.is_file():
            return sorted([path, beside])
    return [path]


def weight_files(folder: Path) -> list[Path]:
    """The files that make up the weights of the part in folder; .safetensors before pickles, full before half.

    Raises ModelError that names what is missing.
    """
    sets: dict[tuple[bool, int, str, int], dict[int, Path]] = defaultdict(dict)
    for path in sorted(folder.glob("*")):
        if found := _FILE.fullmatch(path.name):
            variant = found["variant"] or found["late_variant"] or ""
            rank = _VARIANTS.index(variant) if variant in _VARIANTS else len(_VARIANTS)
            count = int(found["count"] or 1)
            sets[found["suffix"] == "bin", rank, variant, count][int(found["number"] or 1)] = path
    if not sets:
        raise ModelError(f"{folder} holds no weights (.safetensors); fetch the folder whole")
    whole = [key for key, files in sets.items() if len(files) == key[3]]
    key = min(whole or sets)
    files = sets[key]
    if not whole:
        number = next(number for number in range(1, key[3] + 1) if number not in files)
        name = re.sub(r"\d+(?=-of-)", f"{number:05}", min(files.values()).name)
        raise ModelError(f"{folder / name} is missing: the weights lie in {key[3]} files; fetch the folder whole")
    return [files[number] for number in sorted(files)]
