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
from martlet.records.features.definition import (
    MONTHS,
    PPM,
    WINDOWS,
    YEAR_DAYS,
    Feature,
    FeatureFamily,
)
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

_RECORDS = "#records"
_SAMPLES: Mapping[str, str] = {
    **{f.slug: f"{family.kind}#{f.sample}" for family in FAMILIES for f in family.features},
    **{feature.slug: _RECORDS for feature in OVERALL_FEATURES},
}
_NONE_THERE = {
    "party_id": pl.String(),
    **{feature.slug: pl.Int64() for feature in OVERALL_FEATURES},
    _RECORDS: pl.Int64(),
    "known_at": _MOMENT,
    "verified_by": pl.String(),
}
"""What is answered where no kind of records is there."""


def features_of(records: Plans, as_of: datetime) -> pl.DataFrame:
    """Return one row a business: `party_id` and a column for every feature, nulls where unknown.

    Sorted by `party_id`. A business without any visible record has no row.
    """
    found = features_with_samples(records, as_of)
    there = set(found.columns)
    return found.select(
        "party_id",
        *(
            pl.col(feature.slug) if feature.slug in there else _nothing(feature.slug)
            for feature in FEATURES
        ),
    )


def features_with_samples(records: Plans, as_of: datetime) -> pl.DataFrame:
    """Return the features of the kinds that are there, and what a signal needs besides.

    `sample_of(slug)` names the column with the number of records behind a figure; `known_at` is
    when the newest of them became known; `verified_by` the kind of records that
    `verified_takings_monthly_fen` rests on.
    """
    families = [
        _family_frame(family, records[family.kind], as_of)
        for family in FAMILIES
        if family.kind in records
    ]
    if not families:
        return pl.DataFrame(schema=_NONE_THERE)
    joined, *others = pl.collect_all(families)
    for other in others:
        joined = joined.join(other, on="party_id", how="full", coalesce=True)
    there = set(joined.columns)
    return (
        joined.with_columns(blank for name, blank in _blanks().items() if name not in there)
        .with_columns(_overall())
        .drop(_blanks())
        .sort("party_id")
    )


def sample_of(slug: str) -> str:
    """Return the column of `features_with_samples` that counts the records behind a figure."""
    return _SAMPLES[slug]


def visible(rows: pl.DataFrame | pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """Return the rows that had happened and were known at `as_of`, each in its newest revision."""
    day = pl.lit(business_date_of(as_of), pl.Date)
    seen = rows.lazy().filter(pl.col("day") <= day, pl.col("known_at") <= as_of.astimezone(UTC))
    if not isinstance(rows, pl.DataFrame) or (rows["revision"] > 0).any():
        seen = _newest(seen)
    age = (day - pl.col("day")).dt.total_days()
    return seen.with_columns(day.alias("as_of_day"), age.alias("age_days")).with_columns(
        (pl.col("age_days") * MONTHS // YEAR_DAYS).alias("month")
    )


def _newest(seen: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows without those that a later revision among them replaces."""
    newest = (
        seen.filter(pl.col("revision") > 0)
        .group_by("party_id", "row_id")
        .agg(pl.col("revision").max().alias("newest"))
    )
    return (
        seen.join(newest, on=["party_id", "row_id"], how="left")
        .filter(pl.col("newest").is_null() | (pl.col("newest") == pl.col("revision")))
        .drop("newest")
    )


def _nothing(name: str) -> pl.Expr:
    return pl.lit(None, pl.Int64).alias(name)


@cache
def _blanks() -> dict[str, pl.Expr]:
    """Return for each column behind the overall features what it is where its kind is missing."""
    kinds: dict[str, pl.DataType] = dict.fromkeys((_COUNTED, _FIRST, _LAST, _ROWS), pl.Int64())
    kinds[_KNOWN] = _MOMENT
    columns = {f"_{kind}_{name}": type_ for kind in Kind for name, type_ in kinds.items()}
    return {name: pl.lit(None, type_).alias(name) for name, type_ in columns.items()}


@cache
def _overall() -> list[pl.Expr]:
    best = pl.max_horizontal(_over(_COUNTED))
    winner = pl.coalesce(
        [pl.when(pl.col(f"_{kind}_{_COUNTED}") == best).then(pl.lit(str(kind))) for kind in Kind]
    )
    return [
        *(feature.expression.cast(pl.Int64).alias(feature.slug) for feature in OVERALL_FEATURES),
        pl.sum_horizontal(_over(_ROWS)).cast(pl.Int64).alias(_RECORDS),
        pl.max_horizontal(_over(_KNOWN)).alias("known_at"),
        winner.alias("verified_by"),
    ]


def _family_frame(
    family: FeatureFamily, rows: pl.DataFrame | pl.LazyFrame, as_of: datetime
) -> pl.LazyFrame:
    """Return one row a business: the family's features, their samples, and what `overall` needs.

    All views start from the same visible rows; polars plans them once for all.
    """
    # Names of businesses as numbers, in a dictionary of their own: grouping by text costs double.
    numbered = pl.col("party_id").cast(pl.Categorical(pl.Categories.random()))
    seen = visible(rows, as_of).with_columns(numbered, *_row_values(family.kind))
    base = seen.group_by("party_id").agg(
        pl.len().cast(pl.Int64).alias(f"_{family.kind}_{_ROWS}"),
        pl.col("age_days").max().alias(f"_{family.kind}_{_FIRST}"),
        pl.col("age_days").min().alias(f"_{family.kind}_{_LAST}"),
        pl.col("known_at").max().alias(f"_{family.kind}_{_KNOWN}"),
        *(value.alias(name) for name, value in family.rows.items()),
    )
    for view in family.views:
        measures = [expression.alias(name) for name, expression in view.measures.items()]
        summed = view.prepare(seen).group_by("party_id").agg(measures)
        base = base.join(summed, on="party_id", how="left")
    return base.select(_told_by(family.kind))


@cache
def _row_values(kind: Kind) -> list[pl.Expr]:
    """Return what each row adds to the measures, and the windows that it is in."""
    family = next(one for one in FAMILIES if one.kind is kind)
    named = {**WINDOWS, **family.values}
    return [value.alias(name) for name, value in named.items()]


@cache
def _told_by(kind: Kind) -> list[pl.Expr]:
    """Return the columns that a kind of records answers with; built once, for they are many."""
    family = next(one for one in FAMILIES if one.kind is kind)
    counted = _MONTHLY[kind].cast(pl.Int128) * COUNTED_AT_PPM[kind] // PPM
    return [
        pl.col("party_id").cast(pl.String),
        *(pl.col(f"_{kind}_{name}") for name in (_ROWS, _FIRST, _LAST, _KNOWN)),
        counted.cast(pl.Int64).alias(f"_{kind}_{_COUNTED}"),
        *(feature.expression.alias(feature.slug) for feature in family.features),
        *(
            pl.col(measure).alias(f"{kind}#{measure}")
            for measure in dict.fromkeys(feature.sample for feature in family.features)
        ),
    ]
