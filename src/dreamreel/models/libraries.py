"""Manners for the libraries that hold the networks."""

import logging
from typing import Any

from torch import Tensor


def quiet_libraries() -> None:
    """Stops diffusers' and transformers' own progress bars and advice: stderr is ours to fill."""
    import diffusers.utils.logging
    import transformers.utils.logging

    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.disable_progress_bar()
        library.set_verbosity_error()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)


def first_line(error: BaseException) -> str:
    """What a library's error says, cut to one line of 200 characters."""
    text = str(error).strip().split("\n", 1)[0][:200]
    return text or type(error).__name__


def fill(network: Any, tensors: dict[str, Tensor]) -> None:
    """Loads tensors into network: leftovers are allowed, gaps raise ValueError."""
    report = network.load_state_dict(tensors, strict=False)
    gaps = [key for key in report.missing_keys if not key.endswith("position_ids")]
    if gaps:
        raise ValueError(f"it has no weights for {gaps[0]} ({len(gaps)} are missing)")
