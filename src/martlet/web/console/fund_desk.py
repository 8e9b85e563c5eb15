"""The fund desk: subscriptions and redemptions ahead, and the reserve that their settlement needs.

Of the bank's own products from its store, or of a partner's file that is looked at and not kept.
"""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from martlet.cashflow import ReadingRules, chinese_calendar, read_history
from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Invalid, NotFound, TooLarge
from martlet.kernel.principal import Scope
from martlet.ledger import current_business_date
from martlet.treasury.funds import flows_of, group_frame, series_frame
from martlet.treasury.funds.desk import HORIZON_DAYS, Desk, desk_of, history_of
from martlet.treasury.limits import FLOW_DAYS_MAX
from martlet.web.desk_units import (
    Shown,
    reserve_rows,
    shown_reserves,
    shown_so_far,
    shown_tried,
    shown_unit,
    units_of,
)
from martlet.web.limits import DESK_FILE_BYTES_MAX, DESK_SERIES_MAX
from martlet.web.sources import fund_samples
from martlet.web.visitors import Staff, Visitor, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.datastructures import UploadFile

    from martlet.cashflow import History
    from martlet.web.reckonings import Reckonings

router = APIRouter(prefix="/console/fund-desk")
HERE = "/console/fund-desk"
_ENDINGS = {".csv", ".parquet"}

Chosen = Annotated[str, Query(max_length=300)]


@router.get("")
def show_own(visitor: Staff, show: Chosen = "") -> Response:
    """Show the desk of the bank's own products, as of the last day that is closed."""
    return _page(visitor, HERE, _own(visitor), show, Shown(visitor.locale))


@router.get("/{table}.csv")
def export_own(visitor: Staff, table: str) -> Response:
    """Return a table of the bank's own products as a file."""
    return _export(_own(visitor), table, "own", Shown(visitor.locale))


@router.post("")
def look_at_file(visitor: Staff) -> Response:
    """Take a partner's file of daily flows and show its desk; nothing of it is stored."""
    visitor.principal.require(Scope.LEDGER_READ)
    refusals: list[str] = []
    with shown(refusals, visitor):
        history = _brought(visitor)
        flows_of(history)  # what cannot be a fund's flows is refused here, not beside the pages
        name = visitor.new_key()
        key = (visitor.principal.tenant_id, "fund-file", name)
        _reckonings(visitor).of(key, lambda: desk_of(history, chinese_calendar()))
        return visitor.go(f"{HERE}/files/{name}")
    return _page(visitor, HERE, _own(visitor), "", Shown(visitor.locale), refusals)


@router.get("/files/{name}")
def show_file(visitor: Staff, name: str, show: Chosen = "") -> Response:
    """Show the desk of a file that was brought a moment ago."""
    words = Shown(visitor.locale, own=False)
    return _page(visitor, f"{HERE}/files/{name}", _of_file(visitor, name), show, words)


@router.get("/files/{name}/{table}.csv")
def export_file(visitor: Staff, name: str, table: str) -> Response:
    """Return a table of a file's desk as a file."""
    return _export(_of_file(visitor, name), table, "file", Shown(visitor.locale, own=False))


def _reckonings(visitor: Visitor) -> Reckonings:
    found: Reckonings = visitor.request.app.state.reckonings
    return found


def _own(visitor: Visitor) -> Desk | str | None:
    """Return the desk of our own flows, None where nothing ever moved, a word while it is made."""
    bank, principal = visitor.bank, visitor.principal
    principal.require(Scope.LEDGER_READ)
    with bank.database.read() as connection:
        last = current_business_date(connection, principal.tenant_id) - timedelta(days=1)

    def make() -> tuple[Desk | None]:
        first = last - timedelta(days=FLOW_DAYS_MAX - 1)
        history = history_of(bank.treasury.daily_flows(principal, first, last), last)
        return (None if history is None else desk_of(history, chinese_calendar()),)

    found = _reckonings(visitor).of((principal.tenant_id, "fund-desk", last), make)
    return "pending" if found is None else found[0]


def _of_file(visitor: Visitor, name: str) -> Desk | str:
    visitor.principal.require(Scope.LEDGER_READ)
    asked, found = _reckonings(visitor).known((visitor.principal.tenant_id, "fund-file", name))
    if not asked:
        raise NotFound("web.desk_file_gone")
    return found or "pending"


def _brought(visitor: Visitor) -> History:
    """Return the series of what was brought: a sample of this installation, or a file."""
    today = business_date_of(visitor.bank.clock.now())
    if sample := visitor.field("sample"):
        for path in fund_samples(visitor):
            if path.name == sample:
                return read_history(path, ReadingRules(as_of=today))
        raise NotFound("web.source_unknown")
    return _read(visitor.upload("file"), today)


def _read(upload: UploadFile, today: date) -> History:
    """Return the series of a file, refused where it is too large for a page."""
    ending = Path(upload.filename or "").suffix.lower()
    if ending not in _ENDINGS:
        raise Invalid("web.desk_file_kind", ending=ending[:20])
    if (upload.size or 0) > DESK_FILE_BYTES_MAX:
        raise TooLarge("web.desk_file_large", max_mb=DESK_FILE_BYTES_MAX // 2**20)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"flows{ending}"
        path.write_bytes(upload.file.read())
        history = read_history(path, ReadingRules(as_of=today))
    if len(history.series_ids) > DESK_SERIES_MAX:
        raise TooLarge("web.desk_series_many", max_count=DESK_SERIES_MAX)
    return history


def _page(
    visitor: Visitor,
    address: str,
    desk: Desk | str | None,
    show: str,
    words: Shown,
    refusals: list[str] | None = None,
) -> Response:
    context: dict[str, Any] = {
        "here": HERE,
        "note": "",
        "address": address,
        "own": words.own,
        "horizon": HORIZON_DAYS,
        "refusals": refusals or [],
        "samples": [path.name for path in fund_samples(visitor)],
        "desk": desk if isinstance(desk, Desk) else None,
        "pending": desk == "pending",
        "unit": None,
    }
    if isinstance(desk, Desk):
        units = units_of(desk, words)
        chosen = next((unit for unit in units if unit.key == show), units[0] if units else None)
        context |= {
            "units": units,
            "unit": chosen and shown_unit(desk, chosen, words),
            "so_far": [] if desk.found else shown_so_far(desk, words),
            "tried": shown_tried(desk),
            "reserves": shown_reserves(desk, words),
            "findings": desk.found.leaves.findings if desk.found else (),
            "first_day": desk.flows.history.first_day,
            "last_day": desk.flows.history.last_day,
        }
    return visitor.page("console/fund_desk.html", 422 if refusals else 200, **context)


def _export(desk: Desk | str | None, table: str, name: str, words: Shown) -> Response:
    """Return a table as a CSV that spreadsheets open in the right encoding."""
    if not isinstance(desk, Desk):
        raise NotFound("web.table_not_found", table=table[:40])
    found, writers = desk.found, _writers(desk, words)
    if table not in writers or (found is None and table != "reserves"):
        raise NotFound("web.table_not_found", table=table[:40])
    text = writers[table]()
    return Response(
        text.encode("utf-8-sig"),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="fund-desk-{name}-{table}.csv"'},
    )


def _writers(desk: Desk, words: Shown) -> dict[str, Callable[[], str]]:
    found = desk.found
    assert found is not None or not desk.reserves, "a reserve needs more days than a forecast"

    def reserves() -> str:
        text = io.StringIO()
        csv.writer(text).writerows(reserve_rows(desk, words))
        return text.getvalue()

    if found is None:
        return {"reserves": reserves}
    return {
        "reserves": reserves,
        "series": lambda: series_frame(desk.flows, found).write_csv(),
        "sums": lambda: group_frame(found).write_csv(),
    }
