"""Compute every feature of one business or of a million from the same definitions.

Nothing that happened after the day of `as_of` and nothing that became known after `as_of` is
looked at, so the answer for a past moment is the same today as it was then.
"""

from __future__ import annotations

from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from martlet.kernel.calendar import business_date_of
from martlet.records.features.definition import MONTHS, PPM, YEAR_DAYS, Feature, FeatureFamily
from martlet.records.features.invoices import INVOICE_FEATURES, INVOICE_MONTHLY_FEN
from martlet.records.features.orders import ORDER_FEATURES, ORDERS_MONTHLY_FEN
from martlet.records.features.payments import (
    BANK_FEATURES,
    PAYMENT_FEATURES,
    RECEIVED_MONTHLY_FEN,
)
from martlet.records.features.takings import TAKINGS_FEATURES, TAKINGS_MONTHLY_FEN
from martlet.records.model import Kind
from martlet.signals import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from martlet.records.model import Plans

FAMILIES = (INVOICE_FEATURES, BANK_FEATURES, PAYMENT_FEATURES, ORDER_FEATURES, TAKINGS_FEATURES)

COUNTED_AT_PPM: Mapping[Kind, int] = {
    Kind.INVOICES: 1_000_000,  # both sides and the tax office hold the same figure
    Kind.BANK: 800_000,  # real money, but some of it is not trade
    Kind.PAYMENTS: 800_000,  # ditto
    Kind.ORDERS: 700_000,  # not all of it was paid
    Kind.TAKINGS: 500_000,  # nobody else has seen it
}
"""How much of a source's takings counts as verified. The best source counts, not their sum: the
same sale stands in several. So a further source can raise the figure and never lowers it."""

_MONTHLY: Mapping[Kind, pl.Expr] = {
    Kind.INVOICES: INVOICE_MONTHLY_FEN,
    Kind.BANK: RECEIVED_MONTHLY_FEN,
    Kind.PAYMENTS: RECEIVED_MONTHLY_FEN,
    Kind.ORDERS: ORDERS_MONTHLY_FEN,
    Kind.TAKINGS: TAKINGS_MONTHLY_FEN,
}
_MOMENT = pl.Datetime("us", "UTC")
_COUNTED, _FIRST, _LAST, _ROWS, _KNOWN = "counted_fen", "first_age", "last_age", "rows", "known_at"


def _over(measure: str) -> list[pl.Expr]:
    return [pl.col(f"_{kind}_{measure}") for kind in Kind]


OVERALL_FEATURES = (
    Feature(
        "verified_takings_monthly_fen",
        Unit.FEN,
        "365 days",
        "good",
        pl.max_horizontal(_over(_COUNTED)),
        "records",
        "mean monthly takings of the best source, cut by how far it can be trusted",
    ),
    Feature(
        "records_history_days",
        Unit.DAYS,
        "all history",
        "good",
        pl.max_horizontal(_over(_FIRST)) - pl.min_horizontal(_over(_LAST)),
        "records",
        "from the first record to the last, whatever they are",
    ),
    Feature(
        "records_days_since_last_days",
        Unit.DAYS,
        "all history",
        "bad",
        pl.min_horizontal(_over(_LAST)),
        "records",
        "how old the newest record is",
    ),
    Feature(
        "records_sources_count",
        Unit.COUNT,
        "all history",
        "good",
        pl.sum_horizontal([(rows > 0).cast(pl.Int64) for rows in _over(_ROWS)]),
        "records",
        "how many kinds of records tell the same story",
    ),
)

FEATURES: tuple[Feature, ...] = (
    *(feature for family in FAMILIES for feature in family.features),
    *OVERALL_FEATURES,
)


def features_of(records: Plans, as_of: datetime) -> pl.DataFrame:
    """Return one row a business: `party_id` and a column for every feature, nulls where unknown.

    Sorted by `party_id`. A business without any visible record has no row.
    """
    return _computed(records, as_of).select(
        "party_id", *(pl.col(feature.slug) for feature in FEATURES)
    )


def features_with_samples(records: Plans, as_of: datetime) -> pl.DataFrame:
    """Return the same and what a signal needs besides.

    `<slug>#n`, the number of records behind each figure; `known_at`, when the newest of them
    became known; `verified_by`, the kind of records that `verified_takings_monthly_fen` rests on.
    """
    return _computed(records, as_of)


def visible(rows: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """Return the rows that had happened and were known at `as_of`, each in its newest revision."""
    day = pl.lit(business_date_of(as_of), pl.Date)
    seen = rows.filter(pl.col("day") <= day, pl.col("known_at") <= as_of.astimezone(UTC))
    newest = (
        seen.filter(pl.col("revision") > 0)
        .group_by("party_id", "row_id")
        .agg(pl.col("revision").max().alias("newest"))
    )
    age = (day - pl.col("day")).dt.total_days()
    return (
        seen.join(newest, on=["party_id", "row_id"], how="left")
        .filter(pl.col("newest").is_null() | (pl.col("newest") == pl.col("revision")))
        .drop("newest")
        .with_columns(day.alias("as_of_day"), age.alias("age_days"))
        .with_columns((pl.col("age_days") * MONTHS // YEAR_DAYS).alias("month"))
    )


def _computed(records: Plans, as_of: datetime) -> pl.DataFrame:
    families = [
        _family_frame(family, records[family.kind].lazy(), as_of)
        for family in FAMILIES
        if family.kind in records
    ]
    if not families:
        return pl.DataFrame(schema=_schema())
    plans = pl.collect_all(families)
    joined = plans[0]
    for plan in plans[1:]:
        joined = joined.join(plan, on="party_id", how="full", coalesce=True)
    there = set(joined.columns)
    missing = [nothing for name, nothing in _nothings().items() if name not in there]
    joined = joined.with_columns(missing)
    rows = pl.sum_horizontal(_over(_ROWS)).cast(pl.Int64)
    best = pl.max_horizontal(_over(_COUNTED))
    winner = pl.coalesce(
        [pl.when(pl.col(f"_{kind}_{_COUNTED}") == best).then(pl.lit(str(kind))) for kind in Kind]
    )
    return (
        joined.with_columns(
            pl.max_horizontal(_over(_KNOWN)).alias("known_at"), winner.alias("verified_by")
        )
        .with_columns(feature.expression.alias(feature.slug) for feature in OVERALL_FEATURES)
        .with_columns(rows.alias(f"{feature.slug}#n") for feature in OVERALL_FEATURES)
        .select(_casts())
        .sort("party_id")
    )


@cache
def _casts() -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in _schema().items()]


@cache
def _nothings() -> dict[str, pl.Expr]:
    """Return for each column the expression that fills it where no record tells it."""
    columns = {**_schema(), **_overall_schema()}
    return {name: pl.lit(None, kind).alias(name) for name, kind in columns.items()}


def _family_frame(family: FeatureFamily, rows: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """Return one row a business: the family's features, their samples, and what `overall` needs."""
    seen = visible(rows, as_of)
    base = seen.group_by("party_id").agg(
        pl.len().cast(pl.Int64).alias(f"_{family.kind}_{_ROWS}"),
        pl.col("age_days").max().alias(f"_{family.kind}_{_FIRST}"),
        pl.col("age_days").min().alias(f"_{family.kind}_{_LAST}"),
        pl.col("known_at").max().alias(f"_{family.kind}_{_KNOWN}"),
    )
    for view in family.views:
        measures = [expression.alias(name) for name, expression in view.measures.items()]
        summed = view.prepare(seen).group_by("party_id").agg(measures)
        base = base.join(summed, on="party_id", how="left")
    return base.select(_told_by(family.kind))


@cache
def _told_by(kind: Kind) -> list[pl.Expr]:
    """Return the columns that a kind of records answers with; built once, for they are many."""
    family = next(one for one in FAMILIES if one.kind is kind)
    counted = _MONTHLY[kind].cast(pl.Int128) * COUNTED_AT_PPM[kind] // PPM
    return [
        pl.col("party_id"),
        *(pl.col(f"_{kind}_{name}") for name in (_ROWS, _FIRST, _LAST, _KNOWN)),
        counted.cast(pl.Int64).alias(f"_{kind}_{_COUNTED}"),
        *(feature.expression.cast(pl.Int64).alias(feature.slug) for feature in family.features),
        *(pl.col(f.sample).cast(pl.Int64).alias(f"{f.slug}#n") for f in family.features),
    ]


def _schema() -> dict[str, pl.DataType]:
    columns: dict[str, pl.DataType] = {"party_id": pl.String()}
    for feature in FEATURES:
        columns[feature.slug] = pl.Int64()
    for feature in FEATURES:
        columns[f"{feature.slug}#n"] = pl.Int64()
    columns["known_at"] = _MOMENT
    columns["verified_by"] = pl.String()
    return columns


def _overall_schema() -> dict[str, pl.DataType]:
    kinds: dict[str, pl.DataType] = dict.fromkeys((_COUNTED, _FIRST, _LAST, _ROWS), pl.Int64())
    kinds[_KNOWN] = _MOMENT
    return {f"_{kind}_{name}": type_ for kind in Kind for name, type_ in kinds.items()}
