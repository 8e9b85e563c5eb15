"""`decide` over columns: the same policy, the same scorecard, the same whole numbers, for millions.

The invariant: every row says what `decide` says of it alone (`rows.py` makes the one from the
other). Integers of 64 bits throughout; where a product could leave them it is taken apart first.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from martlet.credit.batch.facts import counted
from martlet.credit.chain import GRADE, NEED, REVENUE
from martlet.credit.decide import pd_ceiling
from martlet.credit.model import Outcome
from martlet.credit.waterfall import HISTORY, TAKINGS
from martlet.kernel.calendar import business_date_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from martlet.credit.policy import ChainCapacity, Policy, ProductTerms, Rule
    from martlet.credit.scorecard import Scorecard

_PPM = 1_000_000
CHAIN_COLUMN = "chain_fen"
CAPS = ("committed", "exposure", "product", "requested")
"""The caps in the order in which they bite."""


def capacity_column(kind: str) -> str:
    """Return the name of the column of what one kind of money adds to the limit."""
    return f"capacity_{kind}"


def cap_column(name: str) -> str:
    """Return the name of the column of what one cap takes away."""
    return f"cap_{name}_fen"


def decide_columns(
    applications: pl.DataFrame,
    signals: pl.DataFrame,
    policy: Policy,
    model: Scorecard,
    as_of: datetime,
) -> pl.DataFrame:
    """Return the answer to each application, in their order: outcome, limit, price, pd, steps.

    Columns as `rows.APPLICATION` and `facts` describe them. Amounts of a refusal are 0.
    """
    asked = applications.join(signals, on="party_id", how="left", maintain_order="left")
    facts = counted(asked, policy, model, as_of)
    asked = asked.select(applications.columns).hstack(facts)
    kinds = {f"scored:{part.kind}": part.kind for part in model.characteristics}
    scored = model.score_columns(facts.select(*kinds).rename(kinds))
    asked = asked.hstack(scored).with_columns(
        band=pl.sum_horizontal(pl.col("pd_ppm") > band.pd_max_ppm for band in policy.bands)
    )
    asked = _with_steps(_with_terms(asked, policy), policy)
    steps = [pl.col(name) for name in step_columns(policy)]
    refused = _refused(policy, pd_ceiling(policy, model))
    asked = asked.with_columns(limit_fen=pl.sum_horizontal(steps)).with_columns(refusal=refused)
    approved = pl.col("refusal").is_null()
    return asked.select(
        "application_id",
        "party_id",
        outcome=pl.when(approved)
        .then(pl.lit(Outcome.APPROVED.value))
        .otherwise(pl.lit(Outcome.REFUSED.value)),
        limit_fen=_where(approved, pl.col("limit_fen")),
        rate_ppm_per_day=_where(approved, _rate(policy, as_of)),
        score=pl.col("score"),
        pd_ppm=pl.col("pd_ppm"),
        band=pl.when(approved)
        .then(_of_band([b.name for b in policy.bands], ""))
        .otherwise(pl.lit("")),
        reason=pl.coalesce("refusal", _price_reason(policy)),
        **{name: _where(approved, pl.col(name)) for name in step_columns(policy)},
    )


def step_columns(policy: Policy) -> list[str]:
    """Return the columns of the waterfall, in the order of its steps."""
    kinds = dict.fromkeys(source.kind for source in policy.capacity)
    chain = [] if policy.chain is None else [CHAIN_COLUMN]
    return [*map(capacity_column, kinds), *chain, "starter_fen", *map(cap_column, CAPS)]


def _where(condition: pl.Expr, value: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(value).otherwise(pl.lit(0, pl.Int64))


def _number(kind: str) -> pl.Expr:
    return pl.col(f"number:{kind}")


def _of_band(values: list[str] | list[int], beyond: str | int) -> pl.Expr:
    """Return the value that belongs to a row's band; `beyond` past the last."""
    found = pl.lit(beyond)
    for place, value in enumerate(values):
        found = pl.when(pl.col("band") == place).then(pl.lit(value)).otherwise(found)
    return found


def _rate(policy: Policy, as_of: datetime) -> pl.Expr:
    day, thin = business_date_of(as_of), policy.thin_history
    rates = [policy.lawful_rate(band.rate_ppm_per_day, day) for band in policy.bands]
    return _of_band(rates, policy.lawful_rate(thin.rate_ppm_per_day, day)).cast(pl.Int64)


def _price_reason(policy: Policy) -> pl.Expr:
    beyond = pl.col("band") == len(policy.bands)
    starter, banded = pl.lit("credit.price_starter"), pl.lit("credit.price_band")
    return pl.when(beyond).then(starter).otherwise(banded)


def _with_terms(asked: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return the rows with the terms of their product; none where it is not offered."""

    def of_product(value: str) -> pl.Expr:
        known = {name: getattr(terms, value) for name, terms in policy.products.items()}
        return pl.col("product").replace_strict(known, default=None, return_dtype=pl.Int64)

    return asked.with_columns(
        limit_min_fen=of_product("limit_min_fen"), limit_max_fen=of_product("limit_max_fen")
    )


def _with_steps(asked: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return the rows with the steps of the waterfall, each a column."""
    days = _number(HISTORY).fill_null(0)
    by_kind: dict[str, pl.Expr] = {}
    for source in policy.capacity:
        value = pl.max_horizontal(_number(source.kind), 0)
        shares = [source.share_ppm[band.name] for band in policy.bands]
        before = _part(value, _of_band(shares, 0).cast(pl.Int64), policy)
        locked = (days < source.history_min_days) | (pl.col("band") == len(policy.bands))
        none = _number(source.kind).is_null() | locked
        cap = source.cap_fen - source.cap_fen % policy.limit_unit_fen
        adds = pl.when(before > source.cap_fen).then(pl.lit(cap, pl.Int64)).otherwise(before)
        so_far = by_kind.get(capacity_column(source.kind), pl.lit(0, pl.Int64))
        by_kind[capacity_column(source.kind)] = so_far + _where(~none, adds)
    asked = asked.with_columns(**by_kind)
    total = pl.sum_horizontal(pl.lit(0, pl.Int64), *by_kind)
    if policy.chain is not None:
        lifts = (_chain_line(policy, policy.chain, days) - total).clip(lower_bound=0)
        asked = asked.with_columns(lifts.alias(CHAIN_COLUMN))
        total += pl.col(CHAIN_COLUMN)
    asked = asked.with_columns(starter_fen=(_line(policy, days) - total).clip(lower_bound=0))
    asked = asked.with_columns(total=total + pl.col("starter_fen"))
    room = (policy.exposure_max_fen - pl.col("committed_fen")).clip(lower_bound=0)
    most = {
        "committed": (pl.col("total") - pl.col("committed_fen")).clip(lower_bound=0),
        "exposure": _whole(room, policy),
        "product": pl.col("limit_max_fen"),
        "requested": _whole(pl.col("requested_fen"), policy),
    }
    left = pl.col("total")
    for name in CAPS:
        cut = (most[name] - left).clip(upper_bound=0).fill_null(0)
        asked = asked.with_columns(cut.alias(cap_column(name)))
        left += pl.col(cap_column(name))
    return asked


def _chain_line(policy: Policy, chain: ChainCapacity, days: pl.Expr) -> pl.Expr:
    """Return the line through the chain: the least of the three, 0 without verified revenue."""
    revenue = pl.max_horizontal(_number(REVENUE), 0)
    shares = _of_band([chain.share_ppm[band.name] for band in policy.bands], 0).cast(pl.Int64)
    least = _part(revenue, pl.lit(chain.need_least_ppm, pl.Int64), policy)
    worst = len(chain.grade_caps_fen)
    grade = _number(GRADE).fill_null(worst).clip(1, worst)
    caps = dict(enumerate(chain.grade_caps_fen, 1))
    line = pl.min_horizontal(
        _part(revenue, shares, policy),
        pl.max_horizontal(_whole(_number(NEED).fill_null(0), policy), least),
        _whole(grade.replace_strict(caps, return_dtype=pl.Int64), policy),
    )
    counts = (days >= chain.history_min_days) & (pl.col("band") < len(policy.bands))
    return _where(counts & (revenue > 0), line)


def _line(policy: Policy, days: pl.Expr) -> pl.Expr:
    """Return the starter line: the least, or the step of the days up to a share of the takings."""
    thin = policy.thin_history
    step = reduce(
        lambda found, s: pl.max_horizontal(
            found, _where(days >= s.history_min_days, pl.lit(s.limit_fen, pl.Int64))
        ),
        thin.steps,
        pl.lit(0, pl.Int64),
    )
    takings = pl.max_horizontal(_number(TAKINGS), 0)
    share = pl.lit(thin.takings_share_ppm, pl.Int64)
    shown = pl.min_horizontal(step, _part(takings, share, policy))
    return pl.max_horizontal(pl.lit(thin.least_fen, pl.Int64), _whole(shown, policy))


def _part(value_fen: pl.Expr, share_ppm: pl.Expr, policy: Policy) -> pl.Expr:
    """Return a share of an amount in whole units; by halves, so that no product overflows."""
    whole, rest = value_fen // _PPM, value_fen % _PPM
    return _whole(whole * share_ppm + rest * share_ppm // _PPM, policy)


def _whole(amount_fen: pl.Expr, policy: Policy) -> pl.Expr:
    return amount_fen - amount_fen % policy.limit_unit_fen


def _refused(policy: Policy, ceiling_ppm: int) -> pl.Expr:
    """Return the code of the first reason for a no; null where the answer is yes."""
    unit = policy.limit_unit_fen
    least = pl.max_horizontal(pl.col("limit_min_fen"), pl.lit(unit, pl.Int64))
    return _first(
        (
            (pl.col("limit_min_fen").is_null(), pl.lit("credit.product_not_offered")),
            (pl.col("excluded"), pl.lit("credit.excluded")),
            *((_other_tenor(*one), _tenor_code(one[1])) for one in policy.products.items()),
            (pl.col("requested_fen") < least, pl.lit("credit.request_too_small")),
            *(_broken(rule) for rule in policy.eligibility),
            (pl.col("pd_ppm") > ceiling_ppm, pl.lit("credit.risk_too_high")),
            (
                pl.col("limit_fen") < pl.col("limit_min_fen"),
                pl.lit("credit.limit_too_small"),
            ),
        )
    )


def _first(cases: Iterable[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """Return the code of the first case that holds; null where none does."""
    return pl.coalesce(*(pl.when(condition).then(code) for condition, code in cases))


def _tenor_code(terms: ProductTerms) -> pl.Expr:
    return pl.lit(f"credit.tenor_not_offered_{terms.tenor_unit}")


def _other_tenor(name: str, terms: ProductTerms) -> pl.Expr:
    """Tell where a product was asked for with a tenor that it does not have."""
    units = ("tenor_days", "tenor_months")
    wanted, other = units if terms.tenor_unit == "days" else units[::-1]
    offered = pl.col(wanted).is_in(list(terms.tenors))
    unmet = pl.col(wanted).is_not_null() & ~offered.fill_null(value=False)
    return (pl.col("product") == name) & (pl.col(other).is_not_null() | unmet)


def _broken(rule: Rule) -> tuple[pl.Expr, pl.Expr]:
    """Tell where a rule is broken, and from which side; who is not known meets it."""
    value, never = _number(rule.kind), pl.lit(value=False)
    above = never if rule.at_most is None else value > rule.at_most
    below = never if rule.at_least is None else value < rule.at_least
    most, least = pl.lit("credit.rule_at_most"), pl.lit("credit.rule_at_least")
    return (above | below).fill_null(value=False), pl.when(above).then(most).otherwise(least)
