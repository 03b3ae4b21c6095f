"""What is worked out once on a machine and read again at later starts: JSON objects beside the pulled models."""

import json
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dreamreel.models.catalog import models_home

log = logging.getLogger(__name__)


def recall(name: str) -> dict[str, object]:
    """What the file of that name holds; nothing where it is not there, or no JSON object."""
    try:
        known = json.loads((models_home() / name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def remember(name: str, found: Mapping[str, object]) -> None:
    """Adds found to the file of that name, which others may have added to meanwhile. Where nothing can be written, a
    line of the log says so, and it is worked out anew at the next start."""
    folder = models_home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=f"{name}.", delete=False) as part:
            json.dump({**recall(name), **found}, part, indent=1)
        Path(part.name).replace(folder / name)
    except OSError as error:
        log.info("%s is not kept: %s", folder / name, error.strerror)
