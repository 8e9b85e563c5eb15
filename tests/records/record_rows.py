"""Small books for tests of features: one line is one thing that happened, in whole yuan."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from martlet.records import COLUMNS, Kind, features_of

AS_OF = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
"""A Monday."""
LONG_AGO = datetime(2016, 1, 1, tzinfo=UTC)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def _row(day: date, what: str, party: str, known: datetime | None, revision: int):
    return {
        "party_id": party,
        "row_id": f"{day}|{what}",
        "revision": revision,
        "known_at": known or LONG_AGO,
        "source": "test",
        "day": day,
    }


def invoice(day, yuan, *, side="sales", who="甲店", valid=True, party="p1", known=None, revision=0):
    return {
        **_row(day, f"{side}|{who}|{yuan}", party, known, revision),
        "side": side,
        "number": "1",
        "counterparty": who,
        "net_fen": yuan * 100,
        "tax_fen": 0,
        "total_fen": yuan * 100,
        "valid": valid,
    }


def payment(
    day, yuan, *, flow="in", refund=False, settled=True, who="甲", at=None, balance=None,
    fee=0, party="p1", known=None, revision=0,
):  # fmt: skip
    return {
        **_row(day, f"{flow}|{who}|{yuan}|{balance}", party, known, revision),
        "paid_at": at,
        "flow": flow,
        "amount_fen": yuan * 100,
        "fee_fen": fee * 100,
        "refund": refund,
        "settled": settled,
        "counterparty": who,
        "purpose": "",
        "balance_fen": None if balance is None else balance * 100,
    }


def order(
    day, yuan, *, who="甲", back=0, status="completed", stars=None, promised=None, delivered=None,
    party="p1", known=None, revision=0,
):  # fmt: skip
    return {
        **_row(day, f"{who}|{yuan}|{status}|{back}", party, known, revision),
        "customer": who,
        "total_fen": yuan * 100,
        "refunded_fen": back * 100,
        "status": status,
        "rating_ppm": None if stars is None else stars * 200_000,
        "promised_on": promised,
        "delivered_on": delivered,
    }


def taking(day, yuan, *, back=0, payments=None, party="p1", known=None, revision=0):
    return {
        **_row(day, f"{yuan}", party, known, revision),
        "taken_fen": yuan * 100,
        "refunded_fen": back * 100,
        "payments_count": payments,
    }


def book(kind: Kind, rows) -> dict[Kind, pl.DataFrame]:
    return {kind: pl.DataFrame(rows, schema=COLUMNS[kind], orient="row")}


def told(kind: Kind, rows, as_of: datetime = AS_OF) -> dict[str, int | None]:
    """What is told of the one business of a book."""
    return features_of(book(kind, rows), as_of).row(0, named=True)
