"""On whom a business hangs: how its trade spreads over those it sells to or buys from.

Only counterparties that the records name are counted; a file without names says nothing here.
Who is new, and who has stayed away, is told by the whole history, never by a cut of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from martlet.records.features.definition import (
    M3,
    M12,
    MONTHS,
    PPM,
    YEAR_DAYS,
    Direction,
    Feature,
    Measures,
    amounts_ppm,
    count,
    figure,
    total,
    within,
)

_QUARTER = 3
_FEW = 5
_spent = pl.col("spent")


def by_counterparty(
    rows: pl.LazyFrame, name: str, amount: pl.Expr, *keys: str, months: bool = False
) -> pl.LazyFrame:
    """Return one row a business and named counterparty: what it brought and when it came.

    With `months`, also in how many months of the year it came.
    """
    year = within(MONTHS)
    sums = [
        total(amount, year).alias("spent"),
        total(amount, within(_QUARTER)).alias("spent_3m"),
        count(year).alias("times"),
        pl.col("age_days").min().alias("last_age"),
        pl.col("age_days").max().alias("first_age"),
    ]
    if months:
        sums.append(pl.col("month").filter(year).n_unique().cast(pl.Int64).alias("months"))
    return rows.filter(pl.col(name) != "").group_by("party_id", *keys, name).agg(sums)


def came_within(months: int, age: str = "last_age") -> pl.Expr:
    """Tell of each counterparty whether it last (or first) came at most so many months ago."""
    return pl.col(age) * MONTHS // YEAR_DAYS < months


def spread(prefix: str, *conditions: pl.Expr) -> Measures:
    """Return the measures of the counterparties for whom all conditions hold."""
    here = _spent.filter(*conditions) if conditions else _spent
    share = here.cast(pl.Int128) * PPM // here.sum()
    new, recent = came_within(_QUARTER, "first_age"), came_within(_QUARTER)
    return {
        f"{prefix}_known": here.sum(),
        f"{prefix}_12m": count(pl.col("times") > 0, *conditions),
        f"{prefix}_3m": count(recent, *conditions),
        f"{prefix}_top": here.max(),
        f"{prefix}_top5": here.top_k(_FEW).sum(),
        f"{prefix}_squares": (share * share).sum().cast(pl.Int64),
        f"{prefix}_spent_3m": total(pl.col("spent_3m"), *conditions),
        f"{prefix}_new_3m": total(pl.col("spent_3m"), *conditions, new),
        f"{prefix}_away": total(_spent, *conditions, ~recent),
    }


@dataclass(frozen=True, slots=True)
class Crowd:
    """How a family names its counterparties, and which measure counts the records behind them."""

    name: str
    one: str
    many: str
    sample: str
    prefix: str


def spread_features(crowd: Crowd) -> tuple[Feature, ...]:
    """Return the figures of concentration of one crowd."""
    known = pl.col(f"{crowd.prefix}_known")
    squares = pl.when(known > 0).then(pl.col(f"{crowd.prefix}_squares") // PPM)

    def share(
        name: str, window: str, direction: Direction, parts: tuple[str, str], why: str
    ) -> Feature:
        value = amounts_ppm(*(f"{crowd.prefix}_{measure}" for measure in parts))
        return figure(f"{crowd.name}_{name}_share_ppm", window, direction, value, crowd.sample, why)

    return (
        share(
            f"top_{crowd.one}", M12, "bad", ("top", "known"),
            f"what is lost when the best {crowd.one} leaves",
        ),
        share(
            f"top5_{crowd.many}", M12, "bad", ("top5", "known"),
            f"what hangs on the five largest {crowd.many}",
        ),
        figure(
            f"{crowd.name}_{crowd.one}_concentration_ppm", M12, "bad", squares, crowd.sample,
            f"sum of the squared shares of all {crowd.many} (Herfindahl): 100 % is one alone,"
            " 1 % a hundred of a size",
        ),
        share(
            f"new_{crowd.many}", M3, "neutral", ("new_3m", "spent_3m"),
            f"trade of the last 91 days with {crowd.many} never seen before: growth, or the old"
            " ones gone",
        ),
        share(
            f"lost_{crowd.many}", M12, "bad", ("away", "known"),
            f"trade of the year with {crowd.many} who have stayed away for 91 days",
        ),
    )  # fmt: skip
