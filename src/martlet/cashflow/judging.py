"""What is odd about a series, one question after another: a thin answer, or none, and why.

Questions are asked of all series at once, over columns. The invariant: a finding names one series,
its code has a sentence in both languages, and a refused series has at least one that refuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from martlet.cashflow.limits import (
    ENDED_DAYS,
    FINDINGS_PER_SERIES_MAX,
    REVERSALS_SHARE_MAX,
    SHORT_DAYS,
)
from martlet.cashflow.model import Finding, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from martlet.cashflow.history import ReadingRules

_SERIES, _DATE, _VALUE, _CURRENCY = "series_id", "date", "value", "currency"
_OURS = {_SERIES, _DATE, _VALUE, _CURRENCY, "spilled", "unread"}


class _Question(NamedTuple):
    """Something odd, how it is seen, and what is told of it."""

    code: str
    standing: Standing
    seen: pl.Expr
    details: tuple[str, ...] = ()


def _questions(rules: ReadingRules) -> tuple[_Question, ...]:
    thin, refused = Standing.THIN, Standing.REFUSED
    doubled = refused if rules.duplicates == "refuse" else thin
    below = refused if rules.negatives == "refuse" else thin
    missing = pl.col("gap_days") > 0
    reversals = (pl.col("negative_days") > 0) & (
        pl.col("negative_days") <= pl.col("moving_days") * REVERSALS_SHARE_MAX
    )
    named = pl.col(_SERIES) != ""
    unread = ("unread_count", "first_unread")
    only_later = (pl.col("days") == 0) & (pl.col("later_count") > 0) & named
    return (
        _Question("cashflow.series_unnamed", refused, ~named, ("rows_count",)),
        _Question(
            "cashflow.currencies_mixed",
            refused,
            named & (pl.col("currencies") > 1),
            ("currency_names",),
        ),
        _Question("cashflow.only_future_days", refused, only_later, ("later_count",)),
        _Question(
            "cashflow.nothing_usable",
            refused,
            (pl.col("days") == 0) & ~only_later & named,
            ("rows_count", "first_unread"),
        ),
        _Question(
            f"cashflow.duplicates_{'refused' if doubled is refused else 'added'}",
            doubled,
            pl.col("doubled_days") > 0,
            ("doubled_days",),
        ),
        _Question(
            f"cashflow.negatives_{'refused' if below is refused else 'kept'}",
            below,
            reversals,
            ("negative_days",),
        ),
        _Question("cashflow.rows_spilled", thin, pl.col("spilled_count") > 0, ("spilled_count",)),
        _Question("cashflow.rows_unreadable", thin, pl.col("unread_count") > 0, unread),
        _Question("cashflow.future_days", thin, pl.col("later_count") > 0, ("later_count",)),
        _Question("cashflow.days_too_old", thin, pl.col("older_count") > 0, ("older_count",)),
        _Question("cashflow.all_zero", thin, pl.col("moving_days") == 0, ("known_days",)),
        _Question("cashflow.series_short", thin, pl.col("span_days") < SHORT_DAYS, ("span_days",)),
        _Question("cashflow.series_ended", thin, pl.col("silent_days") >= ENDED_DAYS, ("last_on",)),
        _Question(f"cashflow.gaps_{rules.gaps}", thin, missing, ("gap_days", "span_days")),
        _Question("cashflow.group_changes", thin, pl.col("regrouped"), ()),
    )


CODES = (
    *("cashflow.series_unnamed", "cashflow.currencies_mixed", "cashflow.only_future_days"),
    *("cashflow.nothing_usable", "cashflow.duplicates_refused", "cashflow.duplicates_added"),
    *("cashflow.negatives_refused", "cashflow.negatives_kept", "cashflow.rows_unreadable"),
    "cashflow.rows_spilled",
    *("cashflow.future_days", "cashflow.days_too_old", "cashflow.all_zero"),
    *("cashflow.series_short", "cashflow.series_ended", "cashflow.gaps_no_movement"),
    *("cashflow.gaps_unknown", "cashflow.group_changes"),
)
"""Everything that is ever said of a series here."""


def judged(
    typed: pl.DataFrame, usable: pl.DataFrame, rules: ReadingRules, oldest: date
) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Return every series with its first day and whether it is refused, and all findings.

    `typed` are all rows; `usable` those that are understood, named and inside the grid's days.
    """
    seen = _seen(typed, usable, rules, oldest)
    questions = _questions(rules)
    refusing = [q.seen for q in questions if q.standing is Standing.REFUSED]
    seen = seen.with_columns(refused=pl.any_horizontal(refusing))
    return seen, tuple(_found(seen, questions))


def _found(seen: pl.DataFrame, questions: tuple[_Question, ...]) -> Iterator[Finding]:
    told: dict[str, int] = {}
    for question in questions:
        odd = seen.filter(question.seen)
        if question.standing is Standing.THIN:
            odd = odd.filter(~pl.col("refused"))
        for name, *values in odd.select(_SERIES, *question.details).iter_rows():
            told[name] = told.get(name, 0) + 1
            if told[name] <= FINDINGS_PER_SERIES_MAX:
                details = dict(zip(question.details, values, strict=True))
                yield Finding(name, question.standing, question.code, details)


def _seen(
    typed: pl.DataFrame, usable: pl.DataFrame, rules: ReadingRules, oldest: date
) -> pl.DataFrame:
    """Return one row a series with everything that the questions look at."""
    later = pl.lit(value=False)
    if rules.as_of is not None:
        later = pl.col(_DATE) > rules.as_of
    groups = [n for n in typed.columns if n not in _OURS]
    currency = [_CURRENCY] if _CURRENCY in typed.columns else []
    names = pl.col(_CURRENCY).unique().sort().str.join(", ").str.head(40)
    regrouped = pl.any_horizontal([pl.col(g).n_unique() > 1 for g in groups] or [pl.lit(False)])  # noqa: FBT003
    rows = (
        typed.with_columns(pl.col(_SERIES).fill_null(""))
        .group_by(_SERIES)
        .agg(
            *[pl.col(name).first() for name in [*groups, *currency]],
            pl.len().cast(pl.Int64).alias("rows_count"),
            (pl.col("unread").is_not_null() & ~pl.col("spilled")).sum().alias("unread_count"),
            pl.col("unread")
            .sort_by("spilled", maintain_order=True)
            .drop_nulls()
            .first()
            .fill_null("")
            .alias("first_unread"),
            pl.col("spilled").sum().alias("spilled_count"),
            later.sum().alias("later_count"),
            (pl.col(_DATE) < oldest).sum().alias("older_count"),
            (pl.col(_CURRENCY).n_unique() if currency else pl.lit(1)).alias("currencies"),
            (names if currency else pl.lit("")).alias("currency_names"),
            regrouped.alias("regrouped"),
        )
    )
    daily = usable.group_by(_SERIES, _DATE).agg(pl.col(_VALUE).sum(), pl.len().alias("rows"))
    newest = rules.last_day or usable[_DATE].max()
    days = daily.group_by(_SERIES).agg(
        pl.col(_DATE).min().alias("first"),
        pl.col(_DATE).max().alias("last"),
        pl.len().cast(pl.Int64).alias("days"),
        (pl.col("rows") > 1).sum().cast(pl.Int64).alias("doubled_days"),
        (pl.col(_VALUE) < 0).sum().cast(pl.Int64).alias("negative_days"),
        (pl.col(_VALUE) != 0).sum().cast(pl.Int64).alias("moving_days"),
    )
    silent = (pl.lit(newest, pl.Date) - pl.col("last")).dt.total_days()
    span = (pl.lit(newest, pl.Date) - pl.col("first")).dt.total_days() + 1
    whole = rows.join(days, on=_SERIES, how="left").with_columns(
        pl.col("days", "doubled_days", "negative_days").fill_null(0),
        silent_days=silent,
        span_days=span,
        known_days=pl.col("days"),
        gap_days=span - pl.col("days"),
        last_on=pl.col("last").cast(pl.String),
    )
    numbers = [n for n, dtype in whole.schema.items() if dtype.is_integer()]
    return whole.with_columns(pl.col(numbers).cast(pl.Int64))
