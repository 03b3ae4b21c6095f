"""What addresses that are keys have in common: whom they still open to, and that any page may read what they give."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from starlette.responses import Response

from dreamreel.api.context import Context
from dreamreel.predictions.accounts import LOCAL_OWNER, Token

router = APIRouter()
# Whether what opened an answer that goes on for long still does; it may wait for the database.
IsOpen = Callable[[], bool]
# The address is the key, so pages of any origin may read it; nothing else of the service is open to them.
READABLE: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag",
}
_ASKED_FIRST = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Cache-Control, If-Range, Last-Event-ID, Range",
    "Access-Control-Max-Age": "86400",
}


def still_opens(context: Context, owner: str) -> bool:
    """Whether addresses of what owner made still open: a token of the account is valid, or none is needed."""
    if owner == LOCAL_OWNER and not context.needs_token:
        return True
    now = context.service.clock()
    return any(token.is_valid(now) for token in context.service.store.tokens(owner))


def still_known(context: Context, token: Token) -> bool:
    """Whether a token is still what it was when it opened something: neither deleted nor past its end."""
    kept = context.service.store.token(token.digest)
    return kept is not None and kept.is_valid(context.service.clock())


@router.options("/files/stream/{token}", include_in_schema=False)
@router.options("/files/{file_id}/download", include_in_schema=False)
@router.options("/predictions/{prediction_id}/events", include_in_schema=False)
@router.options("/outputs/{prediction_id}/{until}/{tag}/{name:path}", include_in_schema=False)
def ask_first() -> Response:
    """What a browser asks before a page of another origin may send headers of its own, such as Range."""
    return Response(status_code=204, headers=_ASKED_FIRST)
