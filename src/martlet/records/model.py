"""What a business's records look like once they are read: one set of columns a kind, whole numbers.

Every importer, whatever the file was called and however it was written, ends in these columns;
features know nothing else. Amounts are int64 fen, days are days in Shanghai, `known_at` is the
moment since when the bank has known the row. A row is never changed: a later export that says
something else about the same row (an invoice since declared void) adds a row with the same
`row_id` and the next `revision`, and from its `known_at` on the newest revision counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import polars as pl


class Kind(StrEnum):
    """The kinds of records; a consent is given kind by kind, in these words."""

    INVOICES = "invoices"
    """VAT invoices that the business issued (sales) or received (purchases)."""
    BANK = "bank"
    """Lines of its bank statements."""
    PAYMENTS = "payments"
    """Payments through Alipay, WeChat Pay, Meituan, JD."""
    ORDERS = "orders"
    """Its orders, with ratings, refunds and deliveries."""
    TAKINGS = "takings"
    """What it says it took, day by day."""


Records = Mapping[Kind, pl.DataFrame]
"""Rows of each kind, in the columns below; a kind may be missing."""

Plans = Mapping[Kind, pl.DataFrame | pl.LazyFrame]
"""The same, or plans to read it: nothing is held in memory that is not needed."""

COMMON: dict[str, pl.DataType] = {
    "party_id": pl.String(),  # the business, as the text of its UUID
    "row_id": pl.String(),  # what makes it this row: numbers, day, amount; and #n for the n-th twin
    "revision": pl.Int32(),  # 0 as first read, 1 where a later export said otherwise, ...
    "known_at": pl.Datetime("us", "UTC"),
    "source": pl.String(),  # slug of the format it was read with
    "day": pl.Date(),  # on which it happened, in Shanghai
}

INVOICES: dict[str, pl.DataType] = {
    **COMMON,
    "side": pl.String(),  # sales | purchases
    "number": pl.String(),
    "counterparty": pl.String(),
    "net_fen": pl.Int64(),  # before tax; negative on a refund (red-letter) invoice
    "tax_fen": pl.Int64(),
    "total_fen": pl.Int64(),  # net + tax, as printed
    "valid": pl.Boolean(),  # False: declared void, never summed
}

PAYMENTS: dict[str, pl.DataType] = {
    **COMMON,
    "paid_at": pl.Datetime("us", "UTC"),  # null where the statement has only the day
    "flow": pl.String(),  # in | out | neutral (moved between the business's own accounts)
    "amount_fen": pl.Int64(),  # never negative: `flow` says the direction
    "fee_fen": pl.Int64(),
    "refund": pl.Boolean(),  # money coming or going back
    "settled": pl.Boolean(),  # False: closed, failed or still pending; never summed
    "counterparty": pl.String(),
    "purpose": pl.String(),
    "balance_fen": pl.Int64(),  # after the payment; null where the statement does not say
}

TAKINGS: dict[str, pl.DataType] = {
    **COMMON,
    "taken_fen": pl.Int64(),  # before refunds
    "refunded_fen": pl.Int64(),
    "payments_count": pl.Int64(),  # null where the file does not say
}

ORDERS: dict[str, pl.DataType] = {
    **COMMON,
    "customer": pl.String(),
    "total_fen": pl.Int64(),
    "refunded_fen": pl.Int64(),
    "status": pl.String(),  # completed | open | cancelled
    "rating_ppm": pl.Int64(),  # of the best possible; null without a rating
    "promised_on": pl.Date(),
    "delivered_on": pl.Date(),
}

COLUMNS: Mapping[Kind, dict[str, pl.DataType]] = {
    Kind.INVOICES: INVOICES,
    Kind.BANK: PAYMENTS,
    Kind.PAYMENTS: PAYMENTS,
    Kind.ORDERS: ORDERS,
    Kind.TAKINGS: TAKINGS,
}

AMOUNTS: Mapping[Kind, str] = {
    Kind.INVOICES: "total_fen",
    Kind.BANK: "amount_fen",
    Kind.PAYMENTS: "amount_fen",
    Kind.ORDERS: "total_fen",
    Kind.TAKINGS: "taken_fen",
}
"""The column that an import's totals add up."""

SOURCE_CONFIDENCE_PPM: Mapping[Kind, int] = {
    Kind.INVOICES: 950_000,  # the tax office keeps the other copy
    Kind.BANK: 900_000,  # a bank wrote it, but the file came through the owner's hands
    Kind.PAYMENTS: 850_000,  # a payment platform wrote it, ditto; part of it is private life
    Kind.ORDERS: 700_000,  # the shop's own system
    Kind.TAKINGS: 500_000,  # the owner's word
}
"""How sure a signal is that rests on records of a kind: by who else could contradict them."""


def empty(kind: Kind) -> pl.DataFrame:
    """Return no rows, in the columns of a kind."""
    return pl.DataFrame(schema=COLUMNS[kind])
