"""What a parser noticed and did not refuse."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """A sentence about text that is accepted but does not do what it seems to say.

    field: the wire name of the input.
    message: what happens instead, without the field's name.
    column: where in the text, counted from 1; None where a column means nothing.
    ignored: whether something that was written has no effect; strict inputs refuse that.
    """

    field: str
    message: str
    column: int | None = None
    ignored: bool = False

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def quote(text: str, limit: int = 40) -> str:
    """text in double quotes, cut to limit characters so that an error stays one line."""
    cut = text if len(text) <= limit else text[: limit - 3] + "..."
    return '"' + cut.replace("\n", "\\n").replace("\r", "\\r") + '"'
