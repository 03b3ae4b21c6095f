"""Files of other programs as requests: settings, manifests, films."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dreamreel.animation.views import ANIMATE
from dreamreel.api import create_request, schemas
from dreamreel.api.context import context_of
from dreamreel.api.http.bodies import read_body, work
from dreamreel.api.input_schema import FieldProblem
from dreamreel.api.openapi import ERRORS, IMPORT_BODY, INVALID
from dreamreel.api.routes.predictions import Owner
from dreamreel.api.squeeze import squeezed
from dreamreel.errors import InputError
from dreamreel.importers.reading import MOST_BYTES
from dreamreel.importers.recognise import FIELD, import_file

router = APIRouter(tags=["predictions"])


@router.post(
    "/import",
    operation_id="import",
    summary="Turn a file of another program into a request",
    responses={200: {"model": schemas.ImportShape}, **INVALID, **ERRORS},
    openapi_extra={"requestBody": IMPORT_BODY},
)
async def import_request(request: Request, owner: Owner) -> Response:  # noqa: ARG001
    """The file as an `input` of `dreamreel/animate`, and what became of each of its keys; 422 for one of no known kind.

    The body is the file itself: settings of the A1111 extension or of a notebook, a Parseq manifest, a prediction's
    JSON, a manifest or an mp4 of dreamreel's. It is known by what it holds. Nothing is kept, and
    no address in it is fetched.
    """
    limit = min(MOST_BYTES >> 20, context_of(request).settings.max_upload_mb)
    content = await read_body(request, limit, "of a file to import")
    request.state.is_large = True  # however small, what it becomes is planned

    def made() -> Response:
        try:
            imported = import_file(content, ANIMATE.view)
        except InputError as error:
            raise create_request.invalid([FieldProblem("invalid_file", FIELD, error.message)]) from None
        return squeezed(request, JSONResponse({"model": ANIMATE.name, **imported.document()}))

    return await work(request, made)
