"""The words by which a prediction is found."""

import unicodedata
from collections.abc import Mapping


def plain(text: str) -> str:
    """text without what a database refuses in texts: zero characters, and halves of pairs."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def folded(text: str) -> str:
    """text as it is compared where neither case, nor blanks, nor the way it is composed matter."""
    return " ".join(unicodedata.normalize("NFKC", plain(text)).casefold().split())


def search_text(name: str | None, given: Mapping[str, object]) -> str:
    """What a prediction is found by: its name and its prompts, folded. given: its input."""
    prompts = given.get(PROMPTS)
    return folded(f"{name or ''} {prompts if isinstance(prompts, str) else ''}")


PROMPTS = "animation_prompts"
