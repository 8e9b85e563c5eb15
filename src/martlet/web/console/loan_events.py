"""An event on a loan: chosen, previewed with all that it would change, then recorded or undone."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import explain, write
from martlet.kernel.rates import parse_percent
from martlet.lending import EventKind
from martlet.lending.event_commands import AskedEvent, asked_event
from martlet.web.console.book import account_label
from martlet.web.console.loans import course_of
from martlet.web.event_fields import FIELDS, Field
from martlet.web.limits import NUMBER_DIGITS_MAX
from martlet.web.visitors import Staff, Visitor, shown

router = APIRouter(prefix="/console/loans/{loan_id}")
HERE = "/console/loans"
_FIGURES = (
    "principal_outstanding_fen",
    "interest_fen",
    "fee_fen",
    "penalty_fen",
    "outstanding_fen",
    "due_fen",
    "overpaid_fen",
    "days_overdue",
    "next_due_on",
    "matures_on",
)
"""What a preview sets side by side, in the order of reading."""


@router.get("/event")
def choose_event(visitor: Staff, loan_id: UUID, kind: str = "repaid") -> Response:
    """Offer the fields of an event of a kind."""
    return _form(visitor, loan_id, kind if kind in FIELDS else "repaid", [], None)


@router.post("/event")
def do_event(visitor: Staff, loan_id: UUID) -> Response:
    """Show what an event would change, or record it."""
    kind, refusals = visitor.field("kind"), list[str]()
    seen: dict[str, Any] | None = None
    with shown(refusals, visitor):
        asked = _asked(visitor, kind)
        if visitor.field("do") == "record":
            told = visitor.bank.lending.record_event(visitor.principal, visitor.key, loan_id, asked)
            return visitor.go(f"{HERE}/{loan_id}?note={told['state']}")
        seen = visitor.bank.lending.preview_event(visitor.principal, loan_id, asked)
    return _form(visitor, loan_id, kind if kind in FIELDS else "repaid", refusals, seen)


@router.get("/events/{event_id}/undo")
def show_undoing(visitor: Staff, loan_id: UUID, event_id: UUID) -> Response:
    """Show what undoing an event would change."""
    return _undoing(visitor, loan_id, event_id, [])


@router.post("/events/{event_id}/undo")
def undo(visitor: Staff, loan_id: UUID, event_id: UUID) -> Response:
    """Undo an event by a new one."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        visitor.bank.lending.reverse_event(
            visitor.principal, visitor.key, loan_id, event_id, visitor.field("reason")
        )
        return visitor.go(f"{HERE}/{loan_id}?note=undone")
    return _undoing(visitor, loan_id, event_id, refusals)


@router.post("/proposals/{proposal_id}")
def decide(visitor: Staff, loan_id: UUID, proposal_id: UUID) -> Response:
    """Carry out, or decline, what somebody else has proposed."""
    refusals: list[str] = []
    approved = visitor.field("do") == "approve"
    with shown(refusals, visitor):
        visitor.bank.lending.decide_proposal(
            visitor.principal, visitor.key, proposal_id, approved=approved
        )
        return visitor.go(f"{HERE}/{loan_id}?note={'recorded' if approved else 'declined'}")
    course = course_of(visitor, loan_id)
    return visitor.page("console/loan.html", 422, **course, refusals=refusals)


def _undoing(visitor: Visitor, loan_id: UUID, event_id: UUID, refusals: list[str]) -> Response:
    seen: dict[str, Any] | None = None
    with shown(refusals, visitor):
        seen = visitor.bank.lending.preview_reversal(visitor.principal, loan_id, event_id)
    return visitor.page(
        "console/loan_undo.html",
        422 if refusals else 200,
        here=HERE,
        note="",
        loan_id=loan_id,
        event_id=event_id,
        preview=_preview(visitor, seen) if seen is not None else None,
        refusals=refusals,
    )


def _form(
    visitor: Visitor, loan_id: UUID, kind: str, refusals: list[str], seen: dict[str, Any] | None
) -> Response:
    fields = FIELDS[kind]
    loan = visitor.bank.lending.loan(visitor.principal, loan_id)
    return visitor.page(
        "console/loan_event.html",
        422 if refusals else 200,
        here=HERE,
        note="",
        loan=loan,
        kinds=list(FIELDS),
        kind=kind,
        fields=[
            {"field": one, "label": visitor.say(one.label), "value": visitor.field(one.name)}
            for one in fields
        ],
        value_date=visitor.field("value_date"),
        preview=_preview(visitor, seen) if seen is not None else None,
        refusals=refusals,
    )


def _asked(visitor: Visitor, kind: str) -> AskedEvent:
    """Read the form into an event; each field by its kind, an empty one that may be left out."""
    if kind not in FIELDS:
        raise Invalid("lending.event_kind_unknown", kind=kind[:40])
    values = {one.name: _value(visitor, one) for one in FIELDS[kind]}
    amount_fen = values.pop("amount", None) or 0
    reference = values.pop("reference", None) or ""
    details: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if kind == EventKind.RATE_CHANGED:
        details["rate"] = {"ppm": details.get("rate", 0), "days": 1}
    if kind == EventKind.RE_AGED:
        every, unit = details.pop("every", 1), details.pop("unit", "months")
        details["frequency"] = {"every": every, "unit": unit}
    day = visitor.field("value_date")
    return asked_event(
        kind, amount_fen, details or None, _day(day) if day else None, str(reference)
    )


def _value(visitor: Visitor, field: Field) -> Any:  # noqa: ANN401 - what the field's kind says
    written = visitor.field(field.name)
    if not written:
        if field.needed:
            raise Invalid("web.field_missing", field=visitor.say(field.label))
        return None
    match field.kind:
        case "amount":
            return visitor.amount_fen(field.name)
        case "day":
            return _day(written).isoformat()
        case "number":
            if not (written.isascii() and written.isdigit() and len(written) <= NUMBER_DIGITS_MAX):
                raise Invalid("web.number_unreadable", text=written[:20])
            return int(written)
        case "percent":
            return parse_percent(written)
        case _:
            return written


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise Invalid("web.date_unreadable", text=written[:20]) from error


def _preview(visitor: Visitor, seen: dict[str, Any]) -> dict[str, Any]:
    """Return a preview as a page shows it: figures side by side, transfers by their names."""
    before, after, locale = seen["before"], seen["after"], visitor.locale
    figures = [
        {
            "name": name,
            "before": _written(name, before.get(name), visitor),
            "after": _written(name, after.get(name), visitor),
            "changed": before.get(name) != after.get(name),
        }
        for name in _FIGURES
        if name in before
    ]
    return {
        **seen,
        "figures": figures,
        "transfers": [
            {
                **move,
                "debit_label": account_label(move["debit"], locale),
                "credit_label": account_label(move["credit"], locale),
            }
            for move in seen["transfers"]
        ],
        "schedule": _side_by_side(seen["schedule"]),
        "rates": _rates(seen["rates"], visitor),
    }


def _rates(rates: dict[str, Any] | None, visitor: Visitor) -> dict[str, Any] | None:
    """Return what a loan costs a year before and after, and the sentence if the law forbids it."""
    if rates is None:
        return None
    figures = [
        {"name": name, "before": rates["before"][name], "after": rates["after"][name]}
        for name in ("simple_annual_ppm", "internal_annual_ppm")
    ]
    told = {
        "before_ppm": rates["before"]["highest_ppm"],
        "highest_ppm": rates["after"]["highest_ppm"],
        "cap_ppm": rates["cap_ppm"],
        "effective_from": rates["cap_effective_from"],
    }
    forbidden = (
        explain("lending.event_above_cap", told, visitor.locale) if rates["above_cap"] else ""
    )
    return {"figures": figures, "cap_ppm": rates["cap_ppm"], "forbidden": forbidden}


def _written(name: str, value: Any, visitor: Visitor) -> str:  # noqa: ANN401 - of a figure
    if isinstance(value, str):
        return write("on", date.fromisoformat(value), visitor.locale)
    return write(name, value, visitor.locale)


def _side_by_side(schedule: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is unpaid of each due date, without the event and with it."""
    due: dict[str, dict[str, int]] = {}
    for side in ("before", "after"):
        for row in (*schedule[side]["fallen_due"], *schedule[side]["coming"]):
            of_day = due.setdefault(row["due_on"], {"before": 0, "after": 0})
            of_day[side] += row["unpaid_fen"]
    return [{"due_on": day, **due[day]} for day in sorted(due)]
