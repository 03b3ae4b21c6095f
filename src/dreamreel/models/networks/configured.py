"""Networks that know what they were made from: the keys of a config.json are the arguments of their constructor."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import torch
from torch import nn
from torch.overrides import TorchFunctionMode


class Network(nn.Module):
    """A module with a `config` of its constructor's arguments, see records_config."""

    config: SimpleNamespace

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A new network; keys of config that the constructor does not take are left out."""
        known = inspect.signature(cls.__init__).parameters
        return cls(**{key: value for key, value in config.items() if key in known})

    @classmethod
    def outline(cls, config: Mapping[str, Any]) -> Self:
        """The same on the meta device: names and shapes of weights without memory or numbers."""
        with torch.device("meta"), _Unfilled():
            return cls.from_config(config)

    def save_config(self, folder: Path) -> None:
        """Writes config.json into folder."""
        content = {"_class_name": type(self).__name__, **vars(self.config)}
        (folder / "config.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """What the weights are."""
        return next(self.parameters()).dtype


def records_config(constructor: Callable[..., None]) -> Callable[..., None]:
    """For a Network's __init__: keeps its arguments, the defaults included, as self.config."""
    signature = inspect.signature(constructor)

    @wraps(constructor)
    def construct(self: Network, *arguments: object, **options: object) -> None:
        bound = signature.bind(self, *arguments, **options)
        bound.apply_defaults()
        constructor(self, *arguments, **options)
        self.config = SimpleNamespace(**dict(list(bound.arguments.items())[1:]))

    return construct


class _Unfilled(TorchFunctionMode):
    """Layers come without random numbers. On the meta device these would import torch's compiler, in two seconds."""

    def __torch_function__(
        self,
        function: Callable[..., object],
        types: object,
        arguments: Sequence[object] = (),
        options: Mapping[str, object] | None = None,
    ) -> object:
        options = options or {}
        if getattr(function, "__module__", "") == nn.init.__name__:
            return options["tensor"] if "tensor" in options else arguments[0]
        return function(*arguments, **options)
