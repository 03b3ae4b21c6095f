"""LoRA files with random numbers, in each of the ways in which such files are written, and what they add to weights."""

import json
import re
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

RANK, ALPHA = 3, 2.0
# Format -> how kohya's and LyCORIS' files say it.
KINDS = ("kohya", "LoCon", "LoHa", "LoHa, Tucker", "LoKr", "LoKr, decomposed", "DoRA", "full")
NAMES = ("kohya", "kohya, ldm names", "diffusers", "diffusers, old names", "PEFT")


def layers_of(network: nn.Module, kinds=(nn.Linear, nn.Conv2d)) -> dict[str, nn.Module]:
    """Path -> layer, for all that LoRAs are for."""
    return {path: module for path, module in network.named_modules() if isinstance(module, kinds)}


def noise(generator, *shape):
    return 0.3 * torch.randn(shape, generator=generator)


def factors(kind: str, weight: torch.Tensor, generator) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """(tensors of one layer by their endings, what they add to weight in float64)."""
    out, wide, *window = weight.shape
    flat, scale = weight[0].numel(), ALPHA / RANK
    alpha = {"alpha": torch.tensor(ALPHA)}

    def n(*shape):
        return noise(generator, *shape)

    def plain(up, down):
        return (up.double().flatten(1) @ down.double().flatten(1)).reshape(weight.shape)

    if kind == "full":
        difference = n(*weight.shape)
        return {"diff": difference}, difference.double()
    if kind == "LoCon" and window and window[0] > 1:
        up, middle, down = n(out, RANK, 1, 1), n(RANK, RANK, *window), n(RANK, wide, 1, 1)
        added = torch.einsum("or,rskl,si->oikl", up[:, :, 0, 0].double(), middle.double(), down[:, :, 0, 0].double())
        return {"lora_up.weight": up, "lora_mid.weight": middle, "lora_down.weight": down, **alpha}, scale * added
    if kind in ("kohya", "LoCon", "DoRA"):
        up, down = n(out, RANK, *[1] * len(window)), n(RANK, wide, *window)
        tensors, added = {"lora_up.weight": up, "lora_down.weight": down, **alpha}, scale * plain(up, down)
        if kind == "DoRA":
            magnitude = 1 + n(out, *[1] * (weight.ndim - 1))
            merged = weight.double() + added
            norm = merged.reshape(out, -1).norm(dim=1).reshape(out, *[1] * (weight.ndim - 1))
            tensors, added = {**tensors, "dora_scale": magnitude}, magnitude.double() * merged / norm - weight.double()
        return tensors, added
    if kind == "LoHa, Tucker" and window and window[0] > 1:
        a1, b1, a2, b2 = n(RANK, out), n(RANK, wide), n(RANK, out), n(RANK, wide)
        t1, t2 = n(RANK, RANK, *window), n(RANK, RANK, *window)
        parts = [
            torch.einsum("ijkl,ip,jr->prkl", t.double(), a.double(), b.double())
            for t, a, b in ((t1, a1, b1), (t2, a2, b2))
        ]
        names = {"hada_w1_a": a1, "hada_w1_b": b1, "hada_w2_a": a2, "hada_w2_b": b2, "hada_t1": t1, "hada_t2": t2}
        return {**names, **alpha}, scale * parts[0] * parts[1]
    if kind.startswith("LoHa"):
        a1, b1, a2, b2 = n(out, RANK), n(RANK, flat), n(out, RANK), n(RANK, flat)
        added = scale * plain(a1, b1) * plain(a2, b2)
        return {"hada_w1_a": a1, "hada_w1_b": b1, "hada_w2_a": a2, "hada_w2_b": b2, **alpha}, added
    rows, columns = (2 if side % 2 == 0 else 1 for side in (out, wide))
    first, second = n(rows, columns), n(out // rows, wide // columns, *window)
    tensors = {"lokr_w1": first, "lokr_w2": second, **alpha}
    if kind == "LoKr, decomposed":
        a, b = n(out // rows, RANK), n(RANK, second[0].numel())
        second, scaled = (a @ b).reshape(second.shape), scale
        tensors = {"lokr_w1": first, "lokr_w2_a": a, "lokr_w2_b": b, **alpha}
        second = (a.double() @ b.double()).reshape(second.shape)
    else:
        scaled = 1.0  # of factors that are whole there is no rank
    spread = first.double().reshape(rows, 1, columns, 1, *[1] * len(window))
    inner = second.double().reshape(1, out // rows, 1, wide // columns, *window)
    return tensors, scaled * (spread * inner).reshape(weight.shape)


def stem(names: str, part: str, path: str, ldm, first="te") -> str:
    """What a file calls a layer. ldm: CompVis' name of the UNet's layer. first: what the first text encoder is."""
    path = path.replace(".original.", ".")
    text = {"text_encoder": first, "text_encoder_2": "te2"}.get(part)
    if names.startswith("kohya"):
        if part == "unet":
            return "lora_unet_" + (ldm(path) if "ldm" in names else path).replace(".", "_")
        return f"lora_{text}_text_model_{path.replace('.', '_')}"
    where = path if part == "unet" else f"text_model.{path}"
    if names == "PEFT":
        return f"base_model.model.{where}"
    if names == "diffusers, old names" and part == "unet":
        where = re.sub(r"(attn[12])\.(to_[qkv])$", r"\1.processor.\2_lora", where)
        where = re.sub(r"(attn[12])\.to_out\.0$", r"\1.processor.to_out_lora", where)
    return f"{part}.{where}"


_ENDINGS = {
    "diffusers": {"lora_up.weight": "lora_B.weight", "lora_down.weight": "lora_A.weight"},
    "PEFT": {
        "lora_up.weight": "lora_B.weight",
        "lora_down.weight": "lora_A.weight",
        "dora_scale": "lora_magnitude_vector",
    },
    "diffusers, old names": {"lora_up.weight": "lora.up.weight", "lora_down.weight": "lora.down.weight"},
}


def write(path: Path, networks, kind="kohya", names="kohya", seed=0, only=None, ldm=None, metadata=None, first="te"):
    """A LoRA file for networks (by part). Returns part -> path of layer -> what it adds, float64.

    only: a pattern of the layers' paths, those of other layers are left out.
    """
    generator = torch.Generator().manual_seed(seed)
    tensors, added = {}, {}
    for part, network in networks.items():
        added[part] = {}
        for layer, module in layers_of(network).items():
            if only and not re.search(only, f"{part}.{layer}"):
                continue
            found, added[part][layer] = factors(kind, module.weight.detach(), generator)
            start = stem(names, part, layer, ldm, first)
            for ending, tensor in found.items():
                ending = _ENDINGS.get(names, {}).get(ending, ending)
                if start.endswith("_lora") and ending.startswith("lora."):
                    ending = ending.removeprefix("lora.")
                if names == "PEFT" and ending == "alpha":
                    continue
                tensors[f"{start}.{ending}"] = tensor.contiguous()
    save_file(tensors, path, metadata)
    if names == "PEFT":
        config = {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA}
        path.with_name("adapter_config.json").write_text(json.dumps(config))
    return added


def few_step_folder(path: Path, model: Path) -> Path:
    """A folder with an LCM-LoRA by its name, a Hyper-SD by its header, and a style, all for the model at that path."""
    from dreamreel.rendering.animation import prepare
    from dreamreel.rendering.setup import Setup

    networks = prepare({}, Setup(str(model), device="cpu")).bundle.modules.adaptable
    headers = {"lcm-lora-sdv1-5": {}, "fast": {"modelspec.title": "Hyper-SD15-6steps-CFG"}, "ink": {}}
    for name, header in headers.items():
        write(path / f"{name}.safetensors", networks, "kohya", only="attn2", metadata=header)
    return path
