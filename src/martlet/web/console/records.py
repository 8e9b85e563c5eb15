"""The files brought in."""

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.principal import Scope
from martlet.web.limits import LIST_ROWS
from martlet.web.sources import shown_import
from martlet.web.visitors import Staff

router = APIRouter(prefix="/console")


@router.get("/imports")
def list_imports(visitor: Staff) -> Response:
    """Show the latest imports with what was set aside."""
    visitor.principal.require(Scope.RECORDS_READ)
    found = visitor.bank.records.imports(visitor.principal, limit=LIST_ROWS)
    return visitor.page(
        "console/imports.html",
        here="/console/imports",
        note="",
        imports=[shown_import(visitor, item) for item in found],
    )
