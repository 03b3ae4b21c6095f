"""A LoRA file -> what it adds to which layers of a model. Runs nothing that is pickled in the file."""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dreamreel.errors import ModelError, first_line
from dreamreel.models.adapters.factors import (
    Decomposed,
    Factors,
    Full,
    Hadamard,
    Kronecker,
    LowRank,
    Product,
    moved,
)
from dreamreel.models.adapters.library import peft_config
from dreamreel.models.adapters.lora_names import Layers, place_of, unsupported
from dreamreel.models.headers import Tensors, read_names
from dreamreel.models.weights import read_weights

log = logging.getLogger(__name__)
# What diffusers writes into a header for PEFT's configuration.
IN_HEADER = "lora_adapter_metadata"


@dataclass(frozen=True, eq=False)
class Change:
    """What a LoRA adds to one layer. bias: (out,), what it adds to its bias, if anything."""

    weight: Factors | None
    bias: Tensor | None = None


@dataclass(frozen=True)
class _Scale:
    """What is said of a layer apart from its tensors. alpha: None for the rank. rank: of factors that show none."""

    alpha: float | None = None
    rank: int | None = None


# By part (unet, text_encoder, text_encoder_2) and the path of a layer in it.
Changes = dict[str, dict[str, Change]]


def read_lora(path: Path, networks: Mapping[str, nn.Module], unet: Mapping[str, Any]) -> Changes:
    """What the LoRA in path adds to a model's networks, by part. unet: the UNet's configuration.

    What means no layer of the model is left out with a warning. Raises ModelError if nothing is left, for a layer of
    another shape, and for kinds that cannot be drawn with.
    """
    tensors = read_weights(path)
    if (kind := unsupported(tensors)) is not None:
        raise ModelError(f"{path.name} is an adapter of the kind {kind}: dreamreel does not draw with those")
    modules = {part: dict(network.named_modules()) for part, network in networks.items()}
    weighted = {
        part: [name for name, module in each.items() if isinstance(getattr(module, "weight", None), Tensor)]
        for part, each in modules.items()
    }
    layers, alphas = Layers(weighted, unet), _Alphas.of(path)
    found: Changes = {part: {} for part in networks}
    strange = []
    for layer, roles in _by_layer(tensors).items():
        if (place := layers.find(layer)) is None:
            strange.append(layer)
            continue
        part, module_path = place
        where, said = f"{path.name}: {layer}", alphas.of_layer(part, module_path)
        found[part][module_path] = _change(roles, modules[part][module_path], where, said)
    if not any(found.values()):
        raise ModelError(f"{path.name} adds to no layer of this model: it is a LoRA for another")
    if strange:
        log.warning("%s: %d layers are none of this model's, such as %s; left out", path, len(strange), strange[0])
    return found


def _by_layer(tensors: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Layer, as the file calls it -> role -> tensor."""
    found: defaultdict[str, dict[str, Tensor]] = defaultdict(dict)
    for name, tensor in tensors.items():
        if (place := place_of(name)) is not None:
            found[place.layer][place.role] = tensor
    return {layer: roles for layer, roles in found.items() if roles.keys() != {"alpha"}}


def _change(roles: Mapping[str, Tensor], module: nn.Module, where: str, said: _Scale) -> Change:
    weight = module.weight
    assert isinstance(weight, Tensor)
    for role, tensor in roles.items():
        if not tensor.is_floating_point() and role != "alpha":
            raise ModelError(f"{where}: {role} is {tensor.dtype}: quantised LoRAs cannot be drawn with")
        if not bool(torch.isfinite(tensor.float()).all()):
            raise ModelError(f"{where}: {role} has numbers that are infinite or NaN: the file is damaged")
    factors, bias = _factors(roles, where, said), roles.get("diff_b", roles.get("b_norm"))
    magnitude = roles.get("dora_scale")
    if (of_rows := roles.get("magnitude")) is not None:  # PEFT's has one for each row, in whatever shape
        magnitude = of_rows.reshape(-1, *[1] * (weight.ndim - 1))
    if factors is not None and magnitude is not None:
        factors = Decomposed(factors, magnitude)
    if bias is not None and getattr(module, "bias", None) is None:
        raise ModelError(f"{where} adds to a bias that the model's layer does not have")
    if "up_bias" in roles and isinstance(factors, LowRank):
        bias = factors.scale * roles["up_bias"].float()
    if factors is not None:
        try:  # with shapes alone
            moved(factors, "meta").delta(weight.to("meta"))
        except (RuntimeError, IndexError) as error:
            shape = tuple(weight.shape)
            raise ModelError(f"{where} does not fit the model's weight {shape}: {first_line(error)}") from None
    return Change(factors, None if bias is None else bias.float())


def _factors(roles: Mapping[str, Tensor], where: str, said: _Scale) -> Factors | None:
    """What the tensors of one layer are together. said: where they have no alpha."""
    alpha, otherwise = (float(roles["alpha"]), None) if "alpha" in roles else (said.alpha, said.rank)

    def scale(rank: int | None) -> float:
        rank = rank or otherwise
        return 1.0 if alpha is None or rank is None else alpha / rank

    def needed(role: str) -> Tensor:
        if role not in roles:
            raise ModelError(f"{where} has no {role}: the file is damaged or of another kind")
        return roles[role]

    if "down" in roles or "up" in roles:
        down = needed("down")
        return LowRank(down, needed("up"), scale(len(down)), roles.get("mid"))
    if any(role.startswith("hada_") for role in roles):
        first, second = (
            Product(None, needed(f"hada_w{n}_a"), needed(f"hada_w{n}_b"), roles.get(f"hada_t{n}")) for n in (1, 2)
        )
        return Hadamard(first, second, scale(first.rank))
    if any(role.startswith("lokr_") for role in roles):
        products = []
        for n in (1, 2):
            if (whole := roles.get(f"lokr_w{n}")) is not None:
                products.append(Product(whole))
            else:
                products.append(Product(None, needed(f"lokr_w{n}_a"), needed(f"lokr_w{n}_b"), roles.get(f"lokr_t{n}")))
        first, second = products
        return Kronecker(first, second, scale(first.rank or second.rank))
    difference = roles.get("diff", roles.get("w_norm"))
    return None if difference is None else Full(difference)


@dataclass(frozen=True)
class _Alphas:
    """What files say of their alphas apart from their tensors: by part, or "" for all. ranks have no say in it."""

    by_part: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> "_Alphas":
        """From PEFT's configuration beside path, or from what diffusers writes into a header. Raises ModelError."""
        if (beside := peft_config(path)) is not None:
            try:
                return cls({"": dict(json.loads(beside.read_text("utf-8")))})
            except (OSError, ValueError, TypeError) as error:
                raise ModelError(f"{beside} cannot be read: {first_line(error)}") from None
        header = read_names(path)
        try:
            said = json.loads(header.metadata[IN_HEADER]) if isinstance(header, Tensors) else {}
        except (KeyError, ValueError):
            said = {}
        found: dict[str, dict[str, Any]] = {}
        for name, value in said.items() if isinstance(said, dict) else ():
            part, _, key = str(name).partition(".")
            found.setdefault(part, {})[key] = value
        return cls(found)

    def of_layer(self, part: str, path: str) -> _Scale:
        """Those of a layer."""
        said = self.by_part.get(part) or self.by_part.get("") or {}
        patterns = said.get("alpha_pattern") or {}
        special = next((value for name, value in patterns.items() if f".{path}".endswith(f".{name}")), None)
        alpha = said.get("lora_alpha", said.get("alpha")) if special is None else special
        if not isinstance(alpha, int | float):
            return _Scale()
        rank = said.get("r")
        if not isinstance(rank, int) or rank < 1:
            return _Scale(float(alpha))
        # With rsLoRA alpha / sqrt(rank) in place of alpha / rank.
        return _Scale(alpha * rank**0.5 if said.get("use_rslora") else float(alpha), rank)
