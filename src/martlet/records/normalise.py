"""Rows of any format into the columns of their kind, and a reason for each row that does not fit.

Pure: a chunk of cells in, a frame out. Every rule of a format comes from its spec.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from martlet.records.cells import Cells, fen_of_text, in_utc
from martlet.records.formats.spec import TOLD_AMOUNT
from martlet.records.limits import CELL_CHARS_MAX, FIRST_YEAR, RECORD_AMOUNT_FEN_MAX
from martlet.records.model import COLUMNS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from martlet.records.formats import Format
    from martlet.records.formats.spec import Pattern

REASON = "reason"
"""Column: 'code|column' of the first rule that a row breaks; null where it is good."""
WORKING = ("line", "firm", REASON, "told_flow", "told_fen")
"""Columns beside those of the kind, that never reach the disk."""

Check = tuple[pl.Expr, str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """The columns of a kind as expressions over cells, and what makes a row unfit."""

    columns: dict[str, pl.Expr]
    checks: list[Check]
    told_amount: pl.Expr
    told_flow: pl.Expr
    control: pl.Expr


def normalise(frame: pl.DataFrame, spec: Format, today: date) -> pl.DataFrame:
    """Return the rows in the columns of their kind (without party, revision and `known_at`).

    A row with a `reason` is not to be kept. A row dated after `today` is a mistake.
    """
    cells = Cells(frame.schema, spec)
    reading = _READERS[spec.kind](cells, spec)
    day = reading.columns["day"]
    checks = [
        *((cells.blank(m), "records.row_cell_missing", m) for m in _needed(spec)),
        *reading.checks,
        (day.dt.year() < FIRST_YEAR, "records.row_day_too_early", "day"),
        (day > pl.lit(today), "records.row_day_in_future", "day"),
        *(
            (cells.text(m).str.len_chars() > CELL_CHARS_MAX, "records.row_cell_too_long", m)
            for m in frame.columns
            if m != "line"
        ),
    ]
    reason = pl.coalesce(
        [pl.when(broken).then(pl.lit(f"{code}|{column}")) for broken, code, column in checks]
    )
    return frame.select(
        pl.col("line"),
        cells.text("firm").alias("firm"),
        reason.alias(REASON),
        reading.told_flow.alias("told_flow"),
        reading.control.alias("told_fen"),
        _row_id(cells, spec, reading).alias("row_id"),
        pl.lit(spec.slug).alias("source"),
        *(value.cast(COLUMNS[spec.kind][name]).alias(name) for name, value in
          reading.columns.items()),
    )  # fmt: skip


def _needed(spec: Format) -> list[str]:
    """Return the meanings that no row may leave blank (one of in and out is blank)."""
    may_be_blank = {"amount_in", "amount_out", "status", "flow", "counterparty", "balance"}
    return [meaning for meaning in spec.required if meaning not in may_be_blank]


def _row_id(cells: Cells, spec: Format, reading: Reading) -> pl.Expr:
    parts: list[pl.Expr] = [pl.lit(spec.side or spec.slug)]
    for meaning in spec.identity:
        if meaning == TOLD_AMOUNT:
            part = reading.told_amount.cast(pl.String)
        elif meaning == "day":
            part = reading.columns["day"].cast(pl.String)
        elif meaning == "when":
            part = cells.moment("when").cast(pl.String)
        elif meaning == "balance":
            part = pl.coalesce(cells.fen("balance").cast(pl.String), cells.text("balance"))
        else:
            part = cells.text(meaning)
        parts.append(part.fill_null(""))
    return pl.concat_str(parts, separator="|")


def _amount_checks(amount: pl.Expr, name: str, *, required: bool = True) -> list[Check]:
    checks = [(amount.abs() > RECORD_AMOUNT_FEN_MAX, "records.row_amount_too_large", name)]
    if required:
        checks.insert(0, (amount.is_null(), "records.row_amount_unreadable", name))
    return checks


def _optional_fen(cells: Cells, meaning: str) -> tuple[pl.Expr, list[Check]]:
    """Return an amount that counts as nothing where it is blank, and its checks."""
    amount = cells.fen(meaning)
    broken = amount.is_null() & ~cells.blank(meaning)
    checks: list[Check] = [
        (broken, "records.row_amount_unreadable", meaning),
        (amount < 0, "records.row_amount_negative", meaning),
        *_amount_checks(amount, meaning, required=False),
    ]
    return amount.fill_null(0), checks


def _state(cells: Cells, spec: Format, order: tuple[str, ...]) -> pl.Expr:
    """Return the state that the status word means; null where no pattern knows it."""
    word = cells.text("status").str.to_lowercase()
    known = [pl.when(word.str.contains(spec.status[s])).then(pl.lit(s)) for s in order]
    if "blank" in spec.status:
        known.insert(0, pl.when(word == "").then(pl.lit(spec.status["blank"])))
    return pl.coalesce(known)


def _any_of(cells: Cells, patterns: tuple[Pattern, ...]) -> pl.Expr:
    hits = [cells.text(p.column).str.contains(p.pattern) for p in patterns]
    return pl.any_horizontal(hits) if hits else pl.lit(value=False)


def _invoices(cells: Cells, spec: Format) -> Reading:
    net, tax = cells.fen("net"), cells.fen("tax")
    total = cells.fen("total") if cells.has("total") else net + tax
    state = _state(cells, spec, ("void", "valid")) if cells.has("status") else pl.lit("valid")
    number = pl.when(cells.text("code") == "").then(cells.text("number")).otherwise(
        pl.concat_str([cells.text("code"), cells.text("number")], separator="-")
    )  # fmt: skip
    day = cells.day("day")
    return Reading(
        columns={
            "day": day,
            "side": pl.lit(spec.side),
            "number": number,
            "counterparty": cells.text("counterparty"),
            "net_fen": net,
            "tax_fen": tax,
            "total_fen": total,
            "valid": state == "valid",
        },
        checks=[
            (day.is_null(), "records.row_day_unreadable", "day"),
            *_amount_checks(net, "net"),
            *_amount_checks(tax, "tax"),
            *_amount_checks(total, "total"),
            (state.is_null(), "records.row_status_unknown", "status"),
        ],
        told_amount=total,
        told_flow=pl.lit("in" if spec.side == "sales" else "out"),
        control=total,
    )


def _payments(cells: Cells, spec: Format) -> Reading:
    assert spec.flow is not None, spec.slug
    if cells.has("when"):
        clock = cells.moment("when")
        day = clock.dt.date()
        time_broken = pl.lit(value=False)
    else:
        day = cells.day("day")
        clock = cells.moment_of("day", "time")
        time_broken = ~cells.blank("time") & clock.is_null()
    amount, told_flow, checks = _amount_and_flow(cells, spec)
    refund = _any_of(cells, spec.refund)
    neutral = _any_of(cells, spec.flow.neutral_when)
    flow = (
        pl.when(neutral).then(pl.lit("neutral"))
        .when(refund & (told_flow == "neutral")).then(pl.lit("in"))
        .otherwise(told_flow)
    )  # fmt: skip
    state = _state(cells, spec, ("settled", "unsettled")) if spec.status else pl.lit("settled")
    if spec.fee is not None:
        fee = fen_of_text(cells.text(spec.fee.column).str.extract(spec.fee.pattern, 1))
    else:
        fee = cells.fen("fee")
    taken_back = pl.lit(0)
    if spec.taken_back:
        taken_back = fen_of_text(cells.text("amount").str.extract(spec.taken_back, 1)).fill_null(0)
    purpose = [cells.text(meaning) for meaning in spec.purpose if cells.has(meaning)]
    return Reading(
        columns={
            "day": day,
            "paid_at": in_utc(clock),
            "flow": flow,
            "amount_fen": amount,
            "fee_fen": fee.fill_null(0).abs(),
            "refund": refund,
            "settled": state == "settled",
            "counterparty": cells.text("counterparty"),
            "purpose": pl.concat_str(purpose, separator=" ").str.strip_chars(),
            "balance_fen": cells.fen("balance"),
        },
        checks=[
            (day.is_null(), "records.row_day_unreadable", "when" if cells.has("when") else "day"),
            (time_broken, "records.row_time_unreadable", "time"),
            *_amount_checks(amount, "amount"),
            *checks,
            (state.is_null(), "records.row_status_unknown", "status"),
        ],
        told_amount=amount,
        told_flow=told_flow,
        control=amount - taken_back,
    )


def _amount_and_flow(cells: Cells, spec: Format) -> tuple[pl.Expr, pl.Expr, list[Check]]:
    """Return the amount without sign, the direction as the file tells it, and the checks."""
    assert spec.flow is not None, spec.slug
    if spec.flow.rule == "separate":
        into, out = cells.fen("amount_in"), cells.fen("amount_out")
        no_in, no_out = cells.blank("amount_in"), cells.blank("amount_out")
        checks: list[Check] = [
            (no_in & no_out, "records.row_cell_missing", "amount_in"),
            (~no_in & ~no_out, "records.row_both_directions", "amount_in"),
        ]
        amount = pl.when(no_out).then(into).otherwise(out)
        flow = pl.when(no_out).then(pl.lit("in")).otherwise(pl.lit("out"))
        sign_checks: list[Check] = [(amount < 0, "records.row_amount_negative", "amount")]
        return amount, flow, checks + sign_checks
    signed = cells.fen("amount")
    if spec.flow.rule == "signed":
        flow = pl.when(signed < 0).then(pl.lit("out")).otherwise(pl.lit("in"))
        return signed.abs(), flow, []
    word = cells.text("flow")
    flow = (
        pl.when(word.is_in(list(spec.flow.into))).then(pl.lit("in"))
        .when(word.is_in(list(spec.flow.out))).then(pl.lit("out"))
        .when(word.is_in(list(spec.flow.neutral))).then(pl.lit("neutral"))
    )  # fmt: skip
    return signed, flow, [
        (signed < 0, "records.row_amount_negative", "amount"),
        (flow.is_null(), "records.row_flow_unknown", "flow"),
    ]  # fmt: skip


def _takings(cells: Cells, spec: Format) -> Reading:
    assert spec.kind is Kind.TAKINGS
    taken = cells.fen("taken")
    refunded, refund_checks = _optional_fen(cells, "refunded")
    payments = cells.count("payments")
    day = cells.day("day")
    return Reading(
        columns={
            "day": day,
            "taken_fen": taken,
            "refunded_fen": refunded,
            "payments_count": payments,
        },
        checks=[
            (day.is_null(), "records.row_day_unreadable", "day"),
            *_amount_checks(taken, "taken"),
            (taken < 0, "records.row_amount_negative", "taken"),
            *refund_checks,
            (payments.is_null() & ~cells.blank("payments"), "records.row_count_unreadable",
             "payments"),
        ],
        told_amount=taken,
        told_flow=pl.lit("in"),
        control=taken,
    )  # fmt: skip


def _orders(cells: Cells, spec: Format) -> Reading:
    clock = cells.moment("when")
    total = cells.fen("total")
    refunded, refund_checks = _optional_fen(cells, "refunded")
    stars = fen_of_text(cells.text("rating"))
    promised, delivered = cells.day("promised"), cells.day("delivered")
    state = _state(cells, spec, ("completed", "open", "cancelled"))
    day = clock.dt.date()
    return Reading(
        columns={
            "day": day,
            "customer": cells.text("customer"),
            "total_fen": total,
            "refunded_fen": refunded,
            "status": state,
            "rating_ppm": stars * 10_000 // spec.best_rating,
            "promised_on": promised,
            "delivered_on": delivered,
        },
        checks=[
            (day.is_null(), "records.row_day_unreadable", "when"),
            *_amount_checks(total, "total"),
            (total < 0, "records.row_amount_negative", "total"),
            *refund_checks,
            (refunded > total, "records.row_refund_too_large", "refunded"),
            (state.is_null(), "records.row_status_unknown", "status"),
            (stars.is_null() & ~cells.blank("rating"), "records.row_rating_unreadable", "rating"),
            ((stars < 0) | (stars > spec.best_rating * 100), "records.row_rating_unreadable",
             "rating"),
            (promised.is_null() & ~cells.blank("promised"), "records.row_day_unreadable",
             "promised"),
            (delivered.is_null() & ~cells.blank("delivered"), "records.row_day_unreadable",
             "delivered"),
            (delivered < day, "records.row_delivered_before_order", "delivered"),
        ],
        told_amount=total,
        told_flow=pl.lit("in"),
        control=total,
    )  # fmt: skip


_READERS: dict[Kind, Callable[[Cells, Format], Reading]] = {
    Kind.INVOICES: _invoices,
    Kind.BANK: _payments,
    Kind.PAYMENTS: _payments,
    Kind.TAKINGS: _takings,
    Kind.ORDERS: _orders,
}
