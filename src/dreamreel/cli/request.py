"""Options and request files -> the raw input, and the setup beside it."""

import json
import re
from pathlib import Path
from typing import Any

from dreamreel.animation.fields import FIELDS
from dreamreel.engine.rows import parse_rows
from dreamreel.errors import InputError
from dreamreel.settings import Settings
from dreamreel.workers.rendering import Setup


def read_request(path: Path | None) -> dict[str, Any]:
    """The input object in a JSON file: bare, or under "input" as in a prediction's request.

    Raises InputError.
    """
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError("--input", f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError("--input", f"{path} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise InputError(
            "--input", f"{path} is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from None
    except (RecursionError, ValueError):
        raise InputError("--input", f"{path} is not JSON that can be read: too deep, or a number too long") from None
    if isinstance(content, dict) and isinstance(content.get("input"), dict):
        content = {name: value for name, value in content.items() if name in FIELDS} | content["input"]
    if not isinstance(content, dict):
        raise InputError("--input", f'{path} must hold a JSON object of inputs, such as {{"zoom": "0: (1.04)"}}')
    return content


def parse_size(text: str | None) -> tuple[int | None, int | None]:
    """`512x320` -> (512, 320); (None, None) for none. Raises InputError."""
    if text is None:
        return None, None
    match = re.fullmatch(r"([0-9]{1,5})[xX×]([0-9]{1,5})", text.strip())
    if match is None:
        raise InputError("size", f'must be WIDTHxHEIGHT, such as 512x512, got "{text[:40]}"')
    return int(match[1]), int(match[2])


def make_setup(
    model: str,
    size: str | None,
    steps: int | None,
    cfg_scale: float | None,
    device: str,
    precision: str,
    rows: str = "auto",
) -> Setup:
    """The setup that the options describe. Raises InputError."""
    width, height = parse_size(size)
    parse_rows(rows)
    return Setup(model, width, height, steps, cfg_scale, device, precision, rows)


def setup_of(settings: Settings) -> Setup:
    """What the settings say of the model. Raises InputError."""
    return make_setup(
        settings.model,
        settings.size or None,
        settings.steps or None,
        settings.cfg_scale or None,
        settings.device,
        settings.precision,
        settings.rows,
    )
