"""Signals as columns: one row a business, one column a kind, and which of the cells may count.

A kind's column is named by its slug; `<slug>#n` beside it says how many records stand behind each
value and `<slug>#ppm` how sure it is. `as_of`, `known_at` and `expires_at` speak of the whole row.
What is not said is taken as enough, sure and in force. The invariant: a cell counts exactly where
`facts_of` would let the same signal count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from martlet.credit.chain import GRADE, NEED, REVENUE
from martlet.credit.limits import RECORDS_UNSAID
from martlet.credit.waterfall import HISTORY, TAKINGS
from martlet.kernel.calendar import business_date_of
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.signals import KINDS, Role, SignalKind, Unit
from martlet.signals.model import PPM_WHOLE

if TYPE_CHECKING:
    from datetime import datetime

    from martlet.credit.policy import Policy
    from martlet.credit.scorecard import Scorecard

SAMPLE, SURENESS = "#n", "#ppm"
ROW_COLUMNS = {
    "as_of": pl.Date,
    "known_at": pl.Datetime("us", "UTC"),
    "expires_at": pl.Datetime("us", "UTC"),
}


def value_columns(frame: pl.DataFrame) -> list[SignalKind]:
    """Return the kinds that a frame has columns of, by their slugs in order."""
    return [KINDS[name] for name in sorted(frame.columns) if name in KINDS]


def in_range(kind: SignalKind) -> pl.Expr:
    """Tell where a kind's cells hold what the kind accepts; null where they are empty."""
    value = pl.col(kind.slug)
    if kind.unit in {Unit.TEXT, Unit.FLAG}:
        return value.is_not_null()
    low = -AMOUNT_FEN_MAX if kind.minimum is None else max(kind.minimum, -AMOUNT_FEN_MAX)
    high = AMOUNT_FEN_MAX if kind.maximum is None else min(kind.maximum, AMOUNT_FEN_MAX)
    return value.is_between(low, high)


def counted(asked: pl.DataFrame, policy: Policy, model: Scorecard, as_of: datetime) -> pl.DataFrame:
    """Return `number:<kind>`, `scored:<kind>` and `excluded`, row by row.

    Only kinds that the policy or the model reads; a kind without a column is null throughout.
    """
    scored = {part.kind for part in model.characteristics}
    numbers = {HISTORY, TAKINGS, *(s.kind for s in policy.capacity)}
    numbers |= {rule.kind for rule in policy.eligibility}
    numbers |= {REVENUE, NEED, GRADE} if policy.chain is not None else set()
    chosen: dict[str, pl.Expr] = {}
    for slug in sorted(scored | numbers):
        value = _number(asked, slug, policy, as_of)
        if slug in numbers:
            chosen[f"number:{slug}"] = value
        if slug in scored:
            enough = _sample(asked, slug) >= policy.sample_min
            chosen[f"scored:{slug}"] = pl.when(enough).then(value)
    exclusions = [
        _counts(asked, kind, policy, as_of) & (pl.col(kind.slug).cast(pl.Int64) != 0)
        for kind in value_columns(asked)
        if kind.role == Role.EXCLUSION.value and kind.unit is not Unit.TEXT
    ]
    found = [condition.fill_null(value=False) for condition in exclusions]
    chosen["excluded"] = pl.any_horizontal(pl.lit(value=False), *found)
    return asked.select(**chosen)


def _number(asked: pl.DataFrame, slug: str, policy: Policy, as_of: datetime) -> pl.Expr:
    """Return a kind's whole numbers where they may count, else null."""
    kind = KINDS.get(slug)
    countable = kind is not None and kind.role not in {Role.EXCLUSION.value, Role.CONTEXT.value}
    if kind is None or not countable or slug not in asked.columns:
        return pl.lit(None, pl.Int64)
    if kind.unit in {Unit.TEXT, Unit.FLAG}:
        return pl.lit(None, pl.Int64)
    counts = _counts(asked, kind, policy, as_of)
    return pl.when(counts).then(pl.col(slug).cast(pl.Int64))


def _counts(asked: pl.DataFrame, kind: SignalKind, policy: Policy, as_of: datetime) -> pl.Expr:
    conditions = [in_range(kind), _sample(asked, kind.slug) >= kind.sample_min]
    if f"{kind.slug}{SURENESS}" in asked.columns:
        sure = pl.col(f"{kind.slug}{SURENESS}").fill_null(PPM_WHOLE)
        conditions.append(sure >= policy.confidence_min_ppm)
    known, expires, day = (pl.col(name) for name in ("known_at", "expires_at", "as_of"))
    if "known_at" in asked.columns:
        conditions.append(known.is_null() | (known <= as_of))
    if "expires_at" in asked.columns:
        conditions.append(expires.is_null() | (expires > as_of))
    if "as_of" in asked.columns:
        conditions.append(day.is_null() | (day <= business_date_of(as_of)))
    return pl.all_horizontal(conditions)


def _sample(asked: pl.DataFrame, slug: str) -> pl.Expr:
    if f"{slug}{SAMPLE}" not in asked.columns:
        return pl.lit(RECORDS_UNSAID, pl.Int64)
    return pl.col(f"{slug}{SAMPLE}").fill_null(RECORDS_UNSAID)
