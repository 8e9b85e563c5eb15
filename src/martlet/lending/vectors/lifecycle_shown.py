"""What a life-cycle case expects beside what the bank shows: schedule, totals, transactions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from martlet.lending.plan.delinquency import delinquency
from martlet.lending.plan.rules import FEE, INTEREST, PENALTY, PRINCIPAL
from martlet.lending.vectors.lifecycle_terms import fen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from martlet.lending.plan.rows import Row
    from martlet.lending.vectors.lifecycle import Shown

STATUSES = {
    "Approved": "APPROVED",
    "Active": "ACTIVE",
    "Overpaid": "OVERPAID",
    "Closed (obligations met)": "CLOSED",
    "CLOSED_OBLIGATIONS_MET": "CLOSED",
    "Submitted and pending approval": "SUBMITTED",
    "SUBMITTED_AND_PENDING_APPROVAL": "SUBMITTED",
}
AMOUNTS = ("principal", "interest", "fees", "penalties", "due", "paid")
RANGES = {1: "RANGE_1", 4: "RANGE_3", 31: "RANGE_30", 61: "RANGE_60", 91: "RANGE_90"}
"""The names that the source gives its ranges, by their first day."""
LATER_RANGES = {121: "RANGE_120", 151: "RANGE_150", 181: "RANGE_180", 241: "RANGE_240"}


def compare(step: Mapping[str, Any], shown: Shown) -> list[str]:
    """Return how what is shown differs from what a step expects."""
    match step["what"]:
        case "schedule":
            return _tables("schedule", step["rows"], list(_schedule(shown)))
        case "totals":
            return _row("totals", step, _totals(shown.account.rows))
        case "transactions":
            return _transactions(step["rows"], shown)
        case "status":
            wanted = STATUSES.get(step["status"], step["status"])
            return _differs("status", wanted, shown.status)
        case "outstanding":
            found = shown.account.outstanding_fen
            return _differs("outstanding", fen(step["amount"]), found)
        case "overpaid":
            return _differs("overpaid", fen(step["amount"]), shown.account.overpaid_fen)
        case "delinquency":
            return _delinquency(step, shown)
        case other:
            return [f"nothing shows {other}"]


def _differs(what: str, wanted: object, found: object) -> list[str]:
    return [] if wanted == found else [f"{what}: expected {wanted}, got {found}"]


def _row(what: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Compare the fields that are expected; amounts as whole minor units."""
    differences = []
    for name, text in wanted.items():
        if name in {"step", "what"}:
            continue
        got = found.get(name, "nothing")
        expected: object = text
        if isinstance(got, int) and not isinstance(got, bool) and text is not None:
            expected = int(text) if name in {"n", "days"} else fen(text)
        differences += _differs(f"{what} {name}", expected, got)
    return differences


def _tables(
    what: str, wanted: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> list[str]:
    differences = _differs(f"{what} rows", len(wanted), len(found))
    for number, (row, got) in enumerate(zip(wanted, found, strict=False), start=1):
        differences += _row(f"{what} row {number}", row, got)
    return differences


def _schedule(shown: Shown) -> Iterator[dict[str, Any]]:
    """Show drawdowns and rows in the order of their days, with the balance that each leaves."""
    waiting, balance = list(shown.drawdowns), 0
    for number, row in enumerate(shown.account.rows, start=1):
        while waiting and _comes_first(waiting[0][0], row, on_due_date=shown.on_due_date):
            on, amount_fen = waiting.pop(0)
            balance += amount_fen
            yield {"disbursement": True, "date": on.isoformat(), "amount": amount_fen}
        balance += row.credited_fen - row.due[PRINCIPAL]
        yield {
            "n": number,
            "days": (row.due_on - row.from_on).days,
            "date": row.due_on.isoformat(),
            "paid_date": row.met_on.isoformat() if row.met_on else None,
            "balance": max(0, balance),
            **_amounts(row),
        }


def _comes_first(drawn_on: date, row: Row, *, on_due_date: bool) -> bool:
    """Tell whether a drawdown is shown before a row."""
    if on_due_date and drawn_on == row.due_on:
        return True
    return drawn_on < row.due_on or drawn_on == row.from_on


def _amounts(row: Row) -> dict[str, int]:
    return {
        "principal": row.due[PRINCIPAL],
        "interest": row.due[INTEREST],
        "fees": row.due[FEE],
        "penalties": row.due[PENALTY],
        "due": row.due_fen,
        "paid": row.paid_fen,
        "in_advance": row.advance_fen,
        "late": row.late_fen,
        "outstanding": row.open_fen,
    }


def _totals(rows: Sequence[Row]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for row in rows:
        totals.update(_amounts(row))
    return {name: totals[name] for name in (*AMOUNTS, "in_advance", "late", "outstanding")}


def _transactions(wanted: Sequence[Mapping[str, Any]], shown: Shown) -> list[str]:
    """Compare transactions in the order of their days; within a day their order is free."""
    found = []
    for label, entry, reverted in shown.transactions:
        found.append(
            {
                "date": entry.value_date.isoformat(),
                "type": label,
                "amount": entry.amount_fen,
                "principal": entry.parts[PRINCIPAL],
                "interest": entry.parts[INTEREST],
                "fees": entry.parts[FEE],
                "penalties": entry.parts[PENALTY],
                "balance": entry.balance_fen,
                "Overpayment": entry.overpaid_fen,
                "reverted": str(reverted).lower(),
            }
        )
    for one in shown.accruals:
        parts = {
            "interest": one.parts[INTEREST],
            "fees": one.parts[FEE],
            "penalties": one.parts[PENALTY],
        }
        head = {"date": one.on.isoformat(), "type": "Accrual", "amount": one.amount_fen}
        rest = {"principal": 0, "balance": 0, "Overpayment": 0, "reverted": "false"}
        found.append({**head, **parts, **rest})
    return _tables("transaction", sorted(wanted, key=_order), sorted(found, key=_order))


def _order(row: Mapping[str, Any]) -> tuple[str, str, int]:
    amount = row["amount"]
    return (row["date"], row["type"], fen(amount) if isinstance(amount, str) else amount)


def _delinquency(step: Mapping[str, Any], shown: Shown) -> list[str]:
    now = delinquency(shown.account, shown.today)
    names = {**RANGES, **LATER_RANGES}
    first = now.range_from_days
    shown_range = "NO_DELINQUENCY" if first is None else names[first]
    differences = _differs("delinquency", step["range"], shown_range)
    if "since" in step:
        since = now.since.isoformat() if now.since else None
        differences += _differs("delinquent since", step["since"], since)
    return differences
