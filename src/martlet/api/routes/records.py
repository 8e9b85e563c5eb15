"""Record imports: a file streamed in, checked line by line, counted, never half imported."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.limits import NAME_CHARS_MAX, UPLOAD_PARTS_MAX
from martlet.api.schemas import ROWS, Limit
from martlet.kernel.errors import Invalid
from martlet.kernel.principal import Scope

router = APIRouter(prefix="/v1", tags=["records"])

_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "format": {"type": "string", "default": "auto", "maxLength": 40},
                    },
                }
            }
        },
    }
}


@router.post(
    "/businesses/{party_id}/record-imports",
    status_code=201,
    summary="Bring in a file of records",
    openapi_extra=_UPLOAD,
)
async def import_file(request: Request, order: Order, party_id: UUID) -> Response:
    """Take in a file; rows that cannot be read are set aside with their line and the reason."""
    order.principal.require(Scope.RECORDS_WRITE)
    order.principal.require_party(party_id)
    form = await _form(request)
    try:
        upload, chosen = form.get("file"), form.get("format", "auto")
        if not isinstance(upload, UploadFile) or not isinstance(chosen, str):
            raise Invalid("api.upload_missing")
        return await run_in_threadpool(_import, order, party_id, upload, chosen[:NAME_CHARS_MAX])
    finally:
        await form.close()


async def _form(request: Request) -> FormData:
    """Return the parts of an upload; what is no multipart body is refused as unreadable."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Invalid("api.upload_missing")
    try:
        return await request.form(max_files=1, max_fields=UPLOAD_PARTS_MAX)
    except HTTPException as error:
        raise Invalid("api.upload_unreadable") from error


def _import(order: Order, party_id: UUID, upload: UploadFile, chosen: str) -> Response:
    report = order.bank.records.import_file(
        order.principal,
        order.key,
        upload.file,
        party_id=party_id,
        format=chosen,
        name=(upload.filename or "")[:NAME_CHARS_MAX],
    )
    answer = order.answer(report.as_json(), 201)
    if report.replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


@router.get("/record-imports", summary="Files brought in")
def list_imports(ask: Ask, party_id: UUID | None = None, limit: Limit = ROWS) -> Response:
    """Return the latest imports that the caller may see."""
    found = ask.bank.records.imports(ask.principal, party_id, limit=limit)
    return ask.answer({"imports": [report.as_json() for report in found]})
