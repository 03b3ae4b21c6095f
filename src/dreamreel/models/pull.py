"""Fetching a model from the Hugging Face hub, the one place that needs a network."""

import shutil
from pathlib import Path

from dreamreel.errors import HubError, ModelError, first_line
from dreamreel.models.catalog import pulled_path
from dreamreel.models.layout import SECOND, SUPPORTED, check_folder

PARTS = (*SUPPORTED, *SECOND)
# JSON and text of all parts, weights of the parts that are used, never pickles.
WANTED = [
    "model_index.json",
    "scheduler/*.json",
    *(f"{words}/*.{kind}" for words in ("tokenizer", "tokenizer_2") for kind in ("json", "txt")),
    *(f"{part}/{name}" for part in PARTS for name in ("config.json", "*.safetensors")),
]


def pull(model_id: str) -> Path:
    """Downloads `owner/name` and returns its folder; resumes a broken download.

    Half-precision weights are taken where the hub has them (`*.fp16.safetensors`), as half the bytes.

    Raises ModelError if the id is malformed or the model is of another kind, and HubError if there is no such model, no
    network, or no room.
    """
    target = pulled_path(model_id)
    if target is None:
        raise ModelError(f'{model_id} is not a hub id; write owner/name, such as "runwayml/stable-diffusion-v1-5"')
    from httpx2 import HTTPError  # what huggingface_hub lets through when there is no network
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError

    part = target.with_name(target.name + ".part")
    try:
        listed = [file.rfilename for file in HfApi().model_info(model_id).siblings or []]
        snapshot_download(model_id, local_dir=part, allow_patterns=WANTED, ignore_patterns=_unwanted(listed))
    except RepositoryNotFoundError:
        raise HubError(f"there is no model {model_id} on the hub (or it asks for a login: set HF_TOKEN)") from None
    except (HfHubHTTPError, HFValidationError, HTTPError, OSError, ValueError) as error:
        raise HubError(f"{model_id} could not be fetched: {first_line(error)}") from error
    check_folder(part)
    shutil.rmtree(part / ".cache", ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    return target


def _unwanted(listed: list[str]) -> list[str]:
    """Patterns of weights that come twice: full precision beside half, and training leftovers."""
    patterns = ["*non_ema*"]
    for part in PARTS:
        weights = [name for name in listed if name.startswith(f"{part}/") and name.endswith(".safetensors")]
        if any(".fp16." in name for name in weights):
            patterns += [name for name in weights if ".fp16." not in name]
    return patterns
