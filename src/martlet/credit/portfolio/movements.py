"""Movements into features, for all applications at once and as of each one's own moment.

The invariant: a movement counts for an application only if it was known for sure at the
application's moment, and neither the order of movements nor a merchant's id leaves a trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from martlet.credit.portfolio import balances, flows, parties
from martlet.credit.portfolio.dictionary import pattern
from martlet.credit.portfolio.features import movement_features
from martlet.credit.portfolio.file_limits import JOINED_ROWS_MAX
from martlet.credit.portfolio.ratios import ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    OnDone = Callable[[int, int | None], None]

CASE = "case"
"""An application's place among those looked at; it goes no further than this room."""
_MONTH_DAYS = 30
_DEFAULT_TERM = 12
_ZERO_WITHOUT_MOVEMENTS = ("history_days", "movements_count", "movements_all_count")
_TOPICS = ("penalty", "loan", "distress", "cash")


def asked(applications: pl.DataFrame) -> pl.DataFrame:
    """Return what each application asks for: requested, payment, term (null where not told)."""
    names = applications.columns
    told = applications.with_columns(
        _named(names, "requested_amount_fen").alias("requested_fen"),
        _named(names, "term").alias("term_count"),
        _named(names, "monthly_payment_fen").alias("told"),
    )
    spread = pl.col("requested_fen") // pl.col("term_count").fill_null(_DEFAULT_TERM)
    return told.select(
        "requested_fen", "term_count", pl.coalesce("told", spread).alias("payment_fen")
    )


def _named(names: list[str], name: str) -> pl.Expr:
    return pl.col(name) if name in names else pl.lit(None, dtype=pl.Int64)


def features_of_movements(
    applications: pl.DataFrame, records: pl.DataFrame | None, on_done: OnDone
) -> pl.DataFrame:
    """Return one row of whole-number features an application, in the applications' order."""
    told = asked(applications).with_row_index(CASE)
    told = told.with_columns(_application_ratios())
    if records is None:
        return _complete(told)
    cases = applications.select("merchant_id", "as_of_at").with_row_index(CASE)
    cases = cases.join(told.select(CASE, "payment_fen"), on=CASE)
    prepared = _prepared(records, cases)
    parts = []
    done = 0
    for batch in _batches(cases, prepared):
        parts.append(_features(batch, prepared))
        done += batch.height
        on_done(done, cases.height)
    zeros = [pl.lit(0, dtype=pl.Int64).alias(name) for name in _ZERO_WITHOUT_MOVEMENTS]
    if not parts:
        return _complete(told.with_columns(zeros))
    joined = told.join(pl.concat(parts), on=CASE, how="left").sort(CASE)
    known = [pl.col(name).fill_null(0) for name in _ZERO_WITHOUT_MOVEMENTS]
    return _complete(joined.with_columns(known).with_columns(_coverage()))


def _application_ratios() -> pl.Expr:
    paid = pl.col("payment_fen") * pl.col("term_count")
    return ratio(paid, pl.col("requested_fen")).alias("paid_of_requested_ppm")


def _prepared(records: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Return the movements of merchants that apply, with what their words give away."""
    merchants = cases.select("merchant_id").unique()
    kept = records.join(merchants, on="merchant_id", how="semi")
    said = pl.concat_str(
        [pl.col("category").fill_null(""), pl.col("counterparty").fill_null("")], separator=" | "
    )
    texts = kept.select(said.alias("said")).unique()
    topics = [pl.col("said").str.contains(pattern(topic)).alias(topic) for topic in _TOPICS]
    texts = texts.with_columns(topics)
    hour = pl.col("ts_at").dt.hour()
    timed = pl.col("ts_at").dt.truncate("1d") != pl.col("ts_at")
    return (
        kept.with_columns(said.alias("said"))
        .join(texts, on="said", how="left")
        .with_columns(
            pl.when(timed).then((hour >= 23) | (hour < 5)).alias("night"),  # noqa: PLR2004
            pl.col("amount_fen").alias("amount"),
            pl.col("balance_fen").alias("balance"),
        )
        .select(
            "merchant_id", "known_at", "day", "is_in", "amount", "balance", "category",
            "counterparty", "night", *_TOPICS,
        )
    )  # fmt: skip


def _batches(cases: pl.DataFrame, records: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the cases in parts whose movements fit into memory together."""
    counts = records.group_by("merchant_id").len("movements")
    sized = cases.join(counts, on="merchant_id", how="inner").sort("merchant_id", CASE)
    part = (pl.col("movements").cast(pl.Int64).cum_sum() // JOINED_ROWS_MAX).alias("part")
    for _, batch in sized.with_columns(part).group_by("part", maintain_order=True):
        yield batch.drop("part", "movements")


def _features(cases: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Return the features of some cases that may have movements."""
    age = (pl.col("as_of_at").dt.date() - pl.col("day")).dt.total_days()
    joined = (
        cases.join(records, on="merchant_id")
        .filter(pl.col("known_at") <= pl.col("as_of_at"))
        .with_columns(age.cast(pl.Int64).alias("age"))
        .drop("merchant_id", "as_of_at")
        .with_columns(((pl.col("age") - 1).clip(0) // _MONTH_DAYS).alias("month"))
    )
    found = flows.level(joined)
    for part in (
        flows.months(joined, found),
        balances.rhythm(joined, found),
        balances.levels(joined, found),
        parties.concentration(joined),
        parties.recurring(joined),
    ):
        found = found.join(part, on=CASE, how="left")
    return found.with_columns(pl.col("recurring_in_month_fen").fill_null(0))


def _coverage() -> list[pl.Expr]:
    """Return what sets the movements against what is asked for."""
    payment, inflow = pl.col("payment_fen"), pl.col("in_month_12m_fen")
    burden = pl.col("out_month_12m_fen") + payment
    return [
        ratio(payment, inflow, worst=True).alias("payment_of_in_ppm"),
        ratio(burden, inflow, worst=True).alias("burden_of_in_ppm"),
        ratio(pl.col("requested_fen"), inflow * 12, worst=True).alias("requested_of_yearly_in_ppm"),
        *(
            ratio(pl.col(name), payment).alias(made)
            for name, made in {
                "net_month_12m_fen": "net_of_payment_ppm",
                "in_lowest_month_6m_fen": "lowest_month_of_payment_ppm",
                "recurring_in_month_fen": "recurring_of_payment_ppm",
                "balance_mean_fen": "balance_mean_of_payment_ppm",
                "balance_min_6m_fen": "balance_min_of_payment_ppm",
                "balance_last_fen": "balance_last_of_payment_ppm",
            }.items()
        ),
    ]


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every feature of the registry as a column of whole numbers, null where not known."""
    there = set(frame.columns)
    return frame.select(
        (pl.col(name) if name in there else pl.lit(None)).cast(pl.Int64).alias(name)
        for name in movement_features()
    )
