"""What the network of a single checkpoint file predicts: no configuration lies in it, but there are signs.

Its keys (`v_pred`, `ztsnr`: empty tensors by which trainers and user interfaces mark a file), the header of a
.safetensors (ModelSpec, github.com/Stability-AI/ModelSpec), or CompVis' configuration beside it, which has the
file's name and ends in .yaml.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dreamreel.errors import ModelError
from dreamreel.models.layout import is_single_file

_PARAMETERIZATIONS = {"eps": "epsilon", "v": "v_prediction", "x0": "sample"}  # CompVis' words
# Stability AI's configurations (sgm) name a class instead.
_SCALINGS = {"EpsScaling": "epsilon", "VScaling": "v_prediction"}
_SAYS_V = re.compile(r"v[-_ ]?pred", re.IGNORECASE)
MAX_YAML_BYTES = 1_000_000


def scheduler_changes(path: Path, keys: Iterable[str], header: Mapping[str, str]) -> dict[str, Any]:
    """How the scheduler's configuration of the file in path differs from SD 1.x's, in diffusers' words.

    keys: of its tensors. header: its free text, `__metadata__` of a .safetensors. Raises ModelError.
    """
    names = set(keys)
    changes = _from_yaml(path)
    architecture = header.get("modelspec.architecture", "").partition("/")[0]
    if architecture.startswith("stable-diffusion-v2"):
        changes.setdefault("prediction_type", "v_prediction" if architecture.endswith("-v") else "epsilon")
    if (said := said_prediction(header)).startswith(("v", "eps")):
        changes["prediction_type"] = "v_prediction" if said.startswith("v") else "epsilon"
    if names & {"v_pred", "ztsnr"}:
        changes["prediction_type"] = "v_prediction"
    if "ztsnr" in names:
        changes["rescale_betas_zero_snr"] = True
    return changes


def said_prediction(header: Mapping[str, str]) -> str:
    """What a file's header says that it predicts, in small letters; empty if it says nothing."""
    return header.get("modelspec.prediction_type", "").strip().lower()


def only_named_v(path: Path, changes: Mapping[str, Any]) -> bool:
    """Whether the file's name says v, and nothing by which that can be known does. changes: scheduler_changes()'."""
    return "prediction_type" not in changes and _SAYS_V.search(path.stem) is not None


def yaml_beside(path: Path) -> Path | None:
    """The configuration of the file in path, if there is one: file.yaml beside file.ckpt, in capitals too.

    A model.yaml is taken too where it can mean no other checkpoint of the folder.
    """
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:  # a folder that may be entered and not listed
        beside = [path.with_suffix(".yaml"), path.with_suffix(".yml")]
    found = [each for each in beside if each.suffix.lower() in (".yaml", ".yml") and each.is_file()]
    own = [each for each in found if each.stem == path.stem]
    if not own and [each for each in beside if is_single_file(each)] == [path]:
        own = [each for each in found if each.stem == "model"]
    return own[0] if own else None


def _from_yaml(path: Path) -> dict[str, Any]:
    found = yaml_beside(path)
    if found is None:
        return {}
    params = _params(found)
    changes: dict[str, Any] = {}
    if (said := params.get("parameterization")) is not None:
        if said not in _PARAMETERIZATIONS:
            raise ModelError(f"{found}: parameterization is {said!r:.60}; it can be {', '.join(_PARAMETERIZATIONS)}")
        changes["prediction_type"] = _PARAMETERIZATIONS[said]
    if (scaling := _scaling(params)) is not None:
        if scaling not in _SCALINGS:
            raise ModelError(f"{found}: its scaling is {scaling:.60}; it can be {', '.join(_SCALINGS)}")
        changes["prediction_type"] = _SCALINGS[scaling]
    for theirs, ours in (("linear_start", "beta_start"), ("linear_end", "beta_end"), ("timesteps", None)):
        value = params.get(theirs)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise ModelError(f"{found}: {theirs} is {value!r:.60}, not a number above 0")
        changes[ours or "num_train_timesteps"] = value
    if params.get("rescale_betas_zero_snr"):
        changes["rescale_betas_zero_snr"] = True
    return changes


def _scaling(params: dict[str, Any]) -> str | None:
    """The class by which a configuration of sgm says what its network predicts; None where there is none."""
    part: Any = params
    for name in ("denoiser_config", "params", "scaling_config", "target"):
        part = part.get(name) if isinstance(part, dict) else None
    return part.rpartition(".")[2] if isinstance(part, str) else None


def _params(path: Path) -> dict[str, Any]:
    import yaml

    try:
        with path.open("rb") as file:
            content = yaml.safe_load(file.read(MAX_YAML_BYTES))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}") from None
    model = content.get("model") if isinstance(content, dict) else None
    params = model.get("params") if isinstance(model, dict) else None
    found = params if isinstance(params, dict) else content
    return found if isinstance(found, dict) else {}
