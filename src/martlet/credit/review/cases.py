"""Typical cases: firms at even distances from the safest to the riskiest, each with its reasons.

The sentences are those of the decision itself, in the reader's language: nothing is retold.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from martlet.credit.review.counts import SALES_YEAR
from martlet.credit.review.doubts import typical
from martlet.credit.review.markdown import percent, table, whole_yuan
from martlet.credit.sentences import explanation, value_text
from martlet.kernel.i18n import Locale, text

if TYPE_CHECKING:
    from martlet.credit.review.strangers import Review, Reviewed

_CAUSES_SHOWN = 2
"""Causes told of each case, after the verdict."""


def cases(review: Review, locale: Locale) -> list[str]:
    """Return the table of typical cases, then each one's steps, reasons and way out."""
    tell = partial(text, locale=locale)
    chosen = typical(review)
    title = tell(
        "{cases_count} cases at even distances, from the safest to the riskiest",
        cases_count=len(chosen),
    )
    heads = [
        tell("Firm"),
        tell("Sales in the year"),
        tell("Months with a sale"),
        tell("Buyers"),
        tell("Void"),
        tell("pd and its interval"),
        tell("Answer"),
        tell("Limit"),
        tell("A year"),
    ]
    lines = [f"## {title}", "", *table(heads, [_row(review, one, locale) for one in chosen])]
    for one in chosen:
        lines += _told(one, locale)
    return [*lines, ""]


def _row(review: Review, one: Reviewed, locale: Locale) -> tuple[object, ...]:
    tell = partial(text, locale=locale)
    decision, figures = one.decision, one.figures
    bounds = review.model.pd_interval_ppm(decision.score)
    between = "" if bounds is None else f" [{percent(bounds[0])}, {percent(bounds[1])}]"
    void = figures.get("invoice_void_share_ppm")
    year_ppm = decision.rate_ppm_per_day * review.policy.days_per_year
    band = decision.band or tell("Starter line")
    return (
        one.firm,
        whole_yuan(figures.get(SALES_YEAR)),
        figures.get("invoice_sales_months_active", "—"),
        figures.get("invoice_buyers_count", "—"),
        value_text("invoice_void_share_ppm", void, locale),
        f"{percent(decision.pd_ppm)}{between}",
        band if decision.approved else tell("Declined"),
        whole_yuan(decision.limit_fen) if decision.approved else "—",
        percent(year_ppm) if decision.approved else "—",
    )


def _told(one: Reviewed, locale: Locale) -> list[str]:
    """Return one case in words: how the limit comes about, why, and what would change it."""
    tell = partial(text, locale=locale)
    told = explanation(one.decision, locale)
    steps = [
        f"{'−' if step.amount_fen < 0 else '+'}{whole_yuan(abs(step.amount_fen))}{tell(': ')}"
        + step.sentence
        for step in told.steps
        if step.amount_fen
    ]
    name = one.name.replace("*", r"\*")
    lines = [f"**{one.firm}** {name}{tell(': ')}{told.headline}", ""]
    if steps:
        lines.append(f"- {tell('Limit')}{tell(': ')}{' '.join(steps)}")
    reasons = " ".join(reason.sentence for reason in told.reasons[: 1 + _CAUSES_SHOWN])
    lines.append(f"- {tell('Why')}{tell(': ')}{reasons}")
    ways = [reason.way_out for reason in told.reasons[:1]]
    ways += [step.way_out for step in told.steps]
    if way_out := next((way for way in ways if way), ""):
        lines.append(f"- {tell('What would change it')}{tell(': ')}{way_out}")
    return [*lines, ""]
