"""Rows of the two files as values: a loan's terms and what was stated of it, and its events.

The invariant: a row becomes a value whole or is refused with its column and the reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import ValidationError, convert

from martlet.kernel.errors import Invalid, MartletError
from martlet.kernel.ids import parse_id
from martlet.kernel.limits import AMOUNT_FEN_MAX, RATE_PPM_PER_DAY_MAX
from martlet.lending.advances import TakingsTerms
from martlet.lending.events import AMOUNT_NEEDED, EventKind, LoanEvent, read_details
from martlet.lending.limits import REFERENCE_CHARS_MAX as BANKS_REFERENCE_CHARS_MAX
from martlet.lending.limits import TENOR_DAYS_MAX, TENOR_MONTHS_MAX
from martlet.lending.loan import LoanTerms
from martlet.lending.migration.limits import CELL_CHARS_MAX, DUE_DATES_MAX, REFERENCE_CHARS_MAX
from martlet.lending.product import Conventions, Product, TenorUnit, product_named
from martlet.parties import Registration

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from martlet.lending.migration.cells import Cells

COMPONENTS = ("principal", "interest", "fee", "penalty")
"""What may be stated of a loan's balance."""


@dataclass(frozen=True, slots=True)
class SourceLoan:
    """One row of the loans' file."""

    line: int
    reference: str
    party_id: UUID | None
    """A business that the bank knows already."""
    party_reference: str
    registration: Registration | None
    """Who to register, where the business is not known yet."""
    product: Product
    terms: LoanTerms
    disbursed_on: date
    stated_on: date
    stated_fen: dict[str, int]
    """By component; one that is not there was not stated."""


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """One row of the events' file, not yet bound to the ids of this bank."""

    line: int
    reference: str
    kind: EventKind
    value_date: date
    booked_on: date
    amount_fen: int
    details: dict[str, Any] | None
    note: str
    principal_after_fen: int | None
    """What the other system says was outstanding after it."""


def read_loan(cells: Cells, usual: date, today: date) -> SourceLoan:
    """Read a row of the loans' file; its balances are stated on the usual day if on no other."""
    product = _product(cells)
    disbursed_on = cells.needed_day("disbursed_on")
    stated = {name: cells.amount_fen(f"stated_{name}") for name in COMPONENTS}
    party_id, reference, registration = _party(cells)
    stated_on = cells.day("stated_on") or usual
    for column, day in (("disbursed_on", disbursed_on), ("stated_on", stated_on)):
        if day > today:
            raise Invalid("lending.migration_in_the_future", column=column, on=day.isoformat())
    return SourceLoan(
        line=cells.line,
        reference=cells.needed("loan_id", REFERENCE_CHARS_MAX),
        party_id=party_id,
        party_reference=reference,
        registration=registration,
        product=product,
        terms=_terms(cells, product),
        disbursed_on=disbursed_on,
        stated_on=stated_on,
        stated_fen={name: amount for name, amount in stated.items() if amount is not None},
    )


def _product(cells: Cells) -> Product:
    name = cells.needed("product", REFERENCE_CHARS_MAX)
    try:
        return product_named(name)
    except MartletError as error:
        raise _out_of_range("product", name) from error


def _party(cells: Cells) -> tuple[UUID | None, str, Registration | None]:
    known = cells.text("party_id", REFERENCE_CHARS_MAX)
    if known:
        try:
            return parse_id(known), "", None
        except MartletError as error:
            raise _out_of_range("party_id", known) from error
    reference = cells.needed("party_reference", REFERENCE_CHARS_MAX)
    name, phone, owner, trade, region = (
        cells.needed(column, CELL_CHARS_MAX)
        for column in ("party_name", "owner_phone", "owner_name", "trade", "region")
    )
    row = Registration(name, phone, owner, trade, region)
    try:
        return None, reference, row.checked()
    except MartletError as error:
        column = str(error.details.get("field") or "owner_phone")
        raise Invalid("lending.migration_party_bad", column=column) from error


def _terms(cells: Cells, product: Product) -> LoanTerms:
    principal = cells.amount_fen("principal")
    if principal is None:
        raise Invalid("lending.migration_cell_missing", column="principal_fen")
    if not 0 < principal <= AMOUNT_FEN_MAX:
        raise _out_of_range("principal_fen", str(principal))
    longest = TENOR_DAYS_MAX if product.tenor_unit is TenorUnit.DAYS else TENOR_MONTHS_MAX
    tenor = cells.number("tenor", longest)
    if not tenor:
        raise Invalid("lending.migration_cell_missing", column="tenor")
    first = cells.day("first_due_on")
    due_dates = tuple(_days(cells, "due_dates"))
    agreed = _conventions(cells, product)
    daily, yearly = _rate(cells, agreed)
    if yearly is not None:
        daily = LoanTerms.yearly(principal, yearly, tenor, agreed).rate_ppm_per_day
    takings = _takings(cells, product, principal)
    return LoanTerms(principal, daily, tenor, agreed, yearly, first, due_dates, takings)


def _takings(cells: Cells, product: Product, principal_fen: int) -> TakingsTerms | None:
    """Return what was agreed of an advance on takings; of any other loan there is nothing."""
    told = _json(cells, "takings")
    if told is None:
        if product.defers_fees:
            raise Invalid("lending.migration_cell_missing", column="takings")
        return None
    if not product.defers_fees:
        raise _out_of_range("takings", product.name)
    try:
        agreed = convert(told, TakingsTerms)
        agreed.check(principal_fen)
    except (ValidationError, AssertionError) as error:
        raise _out_of_range("takings", str(error) or "takings") from error
    return agreed


def _conventions(cells: Cells, product: Product) -> Conventions:
    """Return the product's conventions, with those in their place that a loan names for itself."""
    own = _json(cells, "conventions")
    if own is None:
        return product.conventions
    known = product.conventions.as_json()
    if own.keys() - known.keys():
        raise _out_of_range("conventions", ", ".join(sorted(own.keys() - known.keys())))
    try:
        return Conventions.from_json({**known, **own})
    except (ValidationError, AssertionError, ValueError) as error:
        raise _out_of_range("conventions", str(error) or "conventions") from error


def _days(cells: Cells, column: str) -> list[date]:
    """Return dates parted by semicolons, each later than the one before."""
    written = cells.text(column, CELL_CHARS_MAX * 4)
    days = [type(cells)(cells.line, {column: part}).needed_day(column)
            for part in written.split(";")] if written else []  # fmt: skip
    if days != sorted(set(days)) or len(days) > DUE_DATES_MAX:
        raise _out_of_range(column, written)
    return days


def _rate(cells: Cells, conventions: Conventions) -> tuple[int, int | None]:
    """Return the daily rate, and the annual one where the rate was given by the year."""
    daily_most = RATE_PPM_PER_DAY_MAX
    yearly_most = daily_most * conventions.days_per_year
    given = {
        "rate_ppm_per_day": cells.number("rate_ppm_per_day", daily_most),
        "daily_rate_percent": cells.percent_ppm("daily_rate_percent"),
        "annual_rate_ppm": cells.number("annual_rate_ppm", yearly_most),
        "annual_rate_percent": cells.percent_ppm("annual_rate_percent"),
    }
    told = [(column, ppm) for column, ppm in given.items() if ppm is not None]
    if not told:
        raise Invalid("lending.migration_cell_missing", column="annual_rate_percent")
    if len(told) > 1:
        raise Invalid("lending.migration_given_twice", column=told[1][0])
    column, ppm = told[0]
    if ppm > (yearly_most if column.startswith("annual") else daily_most):
        raise _out_of_range(column, str(ppm))
    return (0, ppm) if column.startswith("annual") else (ppm, None)


def read_event(cells: Cells, today: date) -> SourceEvent:
    """Read a row of the events' file."""
    written = cells.needed("kind", REFERENCE_CHARS_MAX)
    if written not in set(EventKind):
        raise _out_of_range("kind", written)
    kind, value_date = EventKind(written), cells.needed_day("value_date")
    if value_date > today:
        raise Invalid(
            "lending.migration_in_the_future", column="value_date", on=value_date.isoformat()
        )
    amount = cells.amount_fen("amount")
    if not amount and kind in AMOUNT_NEEDED:
        raise Invalid("lending.migration_cell_missing", column="amount_fen")
    return SourceEvent(
        line=cells.line,
        reference=cells.text("event_id", REFERENCE_CHARS_MAX),
        kind=kind,
        value_date=value_date,
        booked_on=cells.day("booked_on") or value_date,
        amount_fen=amount or 0,
        details=_json(cells, "details"),
        note=cells.text("reference", BANKS_REFERENCE_CHARS_MAX),
        principal_after_fen=cells.amount_fen("principal_after"),
    )


def _json(cells: Cells, column: str) -> dict[str, Any] | None:
    """Return a cell that holds a JSON object, or nothing."""
    written = cells.text(column, CELL_CHARS_MAX)
    if not written:
        return None
    try:
        found = json.loads(written)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Invalid("lending.migration_cell_unreadable", column=column, text=written[:20])
    return found


def bind(event: SourceEvent, event_id: UUID, sequence: int, ids: dict[str, UUID]) -> LoanEvent:
    """Return an event of this bank; another one that it names is found by the other's name."""
    told = dict(event.details or {})
    named = told.get("event_id")
    if isinstance(named, str) and named in ids:
        told["event_id"] = str(ids[named])
    try:
        details = read_details(event.kind, told)
        return LoanEvent(
            event_id, sequence, event.kind, event.value_date, event.amount_fen, details
        )
    except (ValidationError, AssertionError) as error:
        shown = str(error)[:60] or event.kind.value
        raise Invalid("lending.migration_details_bad", column="details", text=shown) from error


def _out_of_range(column: str, text: str) -> Invalid:
    return Invalid("lending.migration_out_of_range", column=column, text=text[:20])
