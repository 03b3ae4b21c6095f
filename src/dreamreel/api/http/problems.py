"""Errors over HTTP: problem documents, as Replicate's clients read them (`detail` is always a string)."""

import http

from starlette.responses import JSONResponse


class Problem(Exception):  # noqa: N818 - it is the document's name (RFC 9457)
    """Ends a request with an error document.

    extra: further members of the document. headers: of the answer.
    """

    def __init__(
        self, status: int, detail: str, title: str = "", headers: dict[str, str] | None = None, **extra: object
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.title, self.headers, self.extra = status, detail, title, headers, extra

    def response(self) -> JSONResponse:
        """The document, as application/problem+json."""
        document: dict[str, object] = {"title": self.title} if self.title else {}
        document |= {"detail": self.detail, "status": self.status, **self.extra}
        return JSONResponse(document, self.status, self.headers, media_type="application/problem+json")


def not_found() -> Problem:
    """The thing is not there, or not the asker's."""
    return Problem(404, "The requested resource could not be found.")


def from_status(status: int, detail: str = "", headers: dict[str, str] | None = None) -> Problem:
    """A problem that says no more than its status does."""
    if status == 404:
        return not_found()
    phrase = http.HTTPStatus(status).phrase
    return Problem(status, detail or f"{phrase}.", title=phrase, headers=headers)


def too_many(retry_after_s: int) -> Problem:
    """The limit of a token is reached; clients read the seconds from three places."""
    detail = f"Request was throttled. Your rate limit resets in ~{retry_after_s}s."
    return Problem(429, detail, headers={"Retry-After": str(retry_after_s)}, retry_after=retry_after_s)


def too_many_unfinished(most: int, retry_after_s: int) -> Problem:
    """No rate is too high, so no time makes it better by itself: an end does."""
    detail = (
        f"{most} of your predictions are unfinished, the most that one token may have (--max-unfinished): "
        "cancel some, or wait until one ends."
    )
    headers = {"Retry-After": str(retry_after_s)}
    return Problem(429, detail, title="Too many unfinished predictions", headers=headers, retry_after=retry_after_s)
