"""The loan book: by product and status, by age, and vintages; as charts, tables and files."""

import csv
import io
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import NotFound
from martlet.kernel.rates import PPM, percent_text
from martlet.kernel.rounding import divide
from martlet.lending import product_named, products
from martlet.lending.reports import AGE_BUCKETS, OVERDUE_DAYS, Cohorts, book_by_age, book_by_class
from martlet.web.limits import BOOK_VINTAGES_SHOWN
from martlet.web.visitors import Staff, Visitor

router = APIRouter(prefix="/console")
HERE = "/console/portfolio"
_SUMS = ("loans_count", "principal_fen")


@router.get("/portfolio")
def show_portfolio(visitor: Staff, overdue: int = OVERDUE_DAYS[0]) -> Response:
    """Show what is outstanding, how old it is, and how each month's loans have fared."""
    chosen = overdue if overdue in OVERDUE_DAYS else OVERDUE_DAYS[0]
    book = visitor.bank.lending.portfolio(visitor.principal)
    seen = visitor.request.app.state.books.of(visitor.principal)
    return visitor.page(
        "console/portfolio.html",
        here=HERE,
        note="",
        business_date=book["business_date"],
        rows=[{**row, "label": _label(visitor, row["product"])} for row in book["rows"]],
        totals=book["totals"],
        ages=_ages(visitor, _aged(visitor)),
        classes=_classes(visitor),
        seen=seen,
        overdue=chosen,
        choices=OVERDUE_DAYS,
        **_curves(seen, chosen),
    )


def _aged(visitor: Visitor) -> list[dict[str, Any]]:
    with visitor.bank.database.read() as connection:
        return book_by_age(connection, visitor.principal)


def _classes(visitor: Visitor) -> dict[str, Any]:
    """Return the categories with their shares of what is owed."""
    with visitor.bank.database.read() as connection:
        seen = book_by_class(connection, visitor.principal)
    whole = sum(row["owed_fen"] for row in seen["rows"])
    for row in seen["rows"]:
        ppm = divide(row["owed_fen"] * PPM, whole) if whole else 0
        row["share"] = f"{percent_text(ppm, 1)}%"
    provided = sum(row["provision_fen"] for row in seen["rows"])
    return {**seen, "owed_fen": whole, "provision_fen": provided}


def _label(visitor: Visitor, name: str) -> str:
    return product_named(name).label(visitor.locale) if name in products() else name


def _ages(visitor: Visitor, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the running book by bucket, in all and by product."""
    whole = sum(row["principal_fen"] for row in rows)
    buckets = []
    for name, _ in AGE_BUCKETS:
        of = [row for row in rows if row["bucket"] == name]
        sums = {what: sum(row[what] for row in of) for what in _SUMS}
        share = divide(sums["principal_fen"] * PPM, whole) if whole else 0
        buckets.append({"bucket": name, **sums, "share": f"{percent_text(share, 1)}%"})
    by_product = [
        {
            "label": _label(visitor, product),
            "cells": [
                sum(
                    row["principal_fen"]
                    for row in rows
                    if (row["product"], row["bucket"]) == (product, name)
                )
                for name, _ in AGE_BUCKETS
            ],
        }
        for product in sorted({row["product"] for row in rows})
    ]
    return {"buckets": buckets, "products": by_product, "principal_fen": whole}


def _curves(seen: Cohorts, overdue_days: int) -> dict[str, Any]:
    """Return the latest cohorts that have been on book for a month, each with its curve."""
    shown = [one for one in seen.cohorts if one.months_seen >= 1][-BOOK_VINTAGES_SHOWN:]
    curves = [
        {"cohort": one, "shares": [(ppm, f"{percent_text(ppm, 1)}%") for ppm in ppms]}
        for one, ppms in ((one, one.shares_ppm(overdue_days)) for one in shown)
    ]
    return {"curves": curves, "months": max((one.months_seen for one in shown), default=0)}


@router.get("/portfolio/{table}.csv")
def export(visitor: Staff, table: str) -> Response:
    """Return the figures of a table as a file for a spreadsheet."""
    if table == "ages":
        rows = [["product", "bucket", *_SUMS]]
        rows += [[str(row[name]) for name in rows[0]] for row in _aged(visitor)]
    elif table == "classes":
        seen = _classes(visitor)
        rows = [["business_date", "category", "owed_fen", "provision_fen"]]
        rows += [
            [str(seen["business_date"]), *(str(row[name]) for name in rows[0][1:])]
            for row in seen["rows"]
        ]
    elif table == "vintages":
        rows = _vintage_rows(visitor.request.app.state.books.of(visitor.principal))
    else:
        raise NotFound("web.table_not_found", table=table[:40])
    return _file(table, rows)


def _vintage_rows(seen: Cohorts) -> list[list[str]]:
    head = ["month", "loans_count", "amount_fen", "overdue_days", "months_on_book"]
    rows = [[*head, "overdue_count", "overdue_ppm"]]
    for one in seen.cohorts:
        for days in OVERDUE_DAYS:
            for month, ppm in enumerate(one.shares_ppm(days), 1):
                figures = (one.loans, one.amount_fen, days, month, one.count(days, month), ppm)
                rows.append([one.month, *(str(figure) for figure in figures)])
    return rows


def _file(name: str, rows: list[list[str]]) -> Response:
    """Return rows as a CSV that spreadsheets open in the right encoding."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return Response(
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
