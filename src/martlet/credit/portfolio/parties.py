"""Whom the money comes from and goes to, and what of it comes again and again."""

from __future__ import annotations

import polars as pl

from martlet.credit.portfolio.flows import YEAR_DAYS
from martlet.credit.portfolio.ratios import PPM, ratio

_REGULAR_MONTHS = 6
_REGULAR_MONTHS_MIN = 4
_CASE = "case"


def concentration(joined: pl.DataFrame) -> pl.DataFrame:
    """Return shares of the largest payer and category, and how many parties there are."""
    year = joined.filter(pl.col("age") <= YEAR_DAYS)
    inflow, outflow = year.filter(pl.col("is_in")), year.filter(~pl.col("is_in"))
    payers = _shares(inflow, "counterparty").select(
        _CASE,
        pl.col("top").alias("in_top_party_ppm"),
        pl.col("count").alias("in_parties_count"),
        pl.col("squares").alias("in_concentration_ppm"),
    )
    kinds = _shares(inflow, "category").select(_CASE, pl.col("top").alias("in_top_category_ppm"))
    payees = _shares(outflow, "counterparty").select(
        _CASE, pl.col("count").alias("out_parties_count")
    )
    cases = joined.select(_CASE).unique()
    for part in (payers, kinds, payees):
        cases = cases.join(part, on=_CASE, how="left")
    return cases


def _shares(flow: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the top share, the number and the squared shares of whoever is named."""
    named = (
        flow.filter(pl.col(name).is_not_null())
        .group_by(_CASE, name)
        .agg(pl.col("amount").sum())
        # Squared shares are doubles: a fixed order of adding keeps the last digit the same.
        .sort(_CASE, "amount")
    )
    share = pl.col("amount").cast(pl.Float64) / pl.col("amount").sum().over(_CASE)
    squares = ((pl.col("share") ** 2).sum() * PPM / 10).round(0).cast(pl.Int64, strict=False) * 10
    return (
        named.with_columns(share.alias("share"))
        .group_by(_CASE)
        .agg(
            ratio(pl.col("amount").max(), pl.col("amount").sum()).alias("top"),
            pl.len().cast(pl.Int64).alias("count"),
            squares.alias("squares"),
        )
    )


def recurring(joined: pl.DataFrame) -> pl.DataFrame:
    """Return the largest inflow that comes in the same amount from the same party most months."""
    recent = joined.filter(pl.col("is_in") & (pl.col("month") < _REGULAR_MONTHS))
    repeated = (
        recent.group_by(_CASE, "amount", "counterparty")
        .agg(pl.col("month").n_unique().alias("months"), pl.col("amount").sum().alias("sum"))
        .filter(pl.col("months") >= _REGULAR_MONTHS_MIN)
    )
    return repeated.group_by(_CASE).agg(
        (pl.col("sum").max() // _REGULAR_MONTHS).alias("recurring_in_month_fen")
    )
