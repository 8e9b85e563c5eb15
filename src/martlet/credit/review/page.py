"""The page: who gets what and why, once in Chinese and once in English, for a reader to judge.

Everything on it is counted from the decisions themselves; the sentences of the cases are the ones
that an owner would read. It claims nothing about how these firms turned out, which nobody knows.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from martlet.credit.review.argument import beside_turnover, doubts, odd
from martlet.credit.review.cases import cases
from martlet.credit.review.counts import (
    LOST_PPM,
    approved_of,
    by_band,
    by_size,
    excluded,
    limits_spread,
    median,
    points_apart,
    refusal_codes,
    turning,
    weighted_pd_ppm,
)
from martlet.credit.review.markdown import bar, percent, share, table, whole_yuan
from martlet.credit.sentences import label
from martlet.kernel.i18n import Locale, text

if TYPE_CHECKING:
    from martlet.credit.review.strangers import Review

_TURNING_NAMED = 4
"""Single changes named: the rest are a handful."""


def review_page(review: Review) -> str:
    """Return the whole page as Markdown."""
    chinese, english = (_half(review, locale) for locale in (Locale.ZH_CN, Locale.EN))
    return "\n".join(["[English](#english)", "", *chinese, '<a id="english"></a>', "", *english])


def _half(review: Review, locale: Locale) -> list[str]:
    parts = (_head, _glance, _limits, _sizes, _refusals, beside_turnover, cases, odd, doubts)
    return [line for part in parts for line in part(review, locale)]


def _head(review: Review, locale: Locale) -> list[str]:
    tell = partial(text, locale=locale)
    title = tell(
        "{firms_count} firms without a credit history: who gets what, and why",
        firms_count=len(review.firms),
    )
    lead = tell(
        "Decided by {model} under policy {policy}, on what their invoices showed on {day}. Every"
        " firm asks for {asked}, the most that the product gives. How these firms turned out is"
        " not known: this page is there to be argued with, and proves nothing.",
        model=f"{review.model.name}/{review.model.version}",
        policy=review.policy.version,
        day=review.as_of,
        asked=whole_yuan(review.asked_fen),
    )
    base = tell(
        "The model learnt from {taught_count} other firms, {bad_count} of them bad: far more than"
        " in a portfolio, so every pd here is high. Trust the order more than the level, and"
        " recalibrate before lending.",
        taught_count=review.taught.height,
        bad_count=review.taught_bad_count,
    )
    return [f"# {title}", "", lead, "", base, ""]


def _glance(review: Review, locale: Locale) -> list[str]:
    tell = partial(text, locale=locale)
    lent, every = approved_of(review), review.firms
    summed = tell(
        "**{approved_count} approved, {refused_count} refused** ({approved_share} approved)."
        " Limits together {limits}, in the middle {middle}; expected bad, by limit, {pd}.",
        approved_count=len(lent),
        refused_count=len(every) - len(lent),
        approved_share=share(len(lent), len(every)),
        limits=whole_yuan(sum(firm.decision.limit_fen for firm in lent)),
        middle=whole_yuan(median(firm.decision.limit_fen for firm in lent)),
        pd=percent(weighted_pd_ppm(lent)),
    )
    heads = [
        tell("Band"),
        tell("Firms"),
        tell("Limits"),
        tell("Median limit"),
        tell("A day"),
        tell("A year"),
        tell("Expected bad, by limit"),
        tell("Interest less loss, a year"),
    ]
    rows = [
        (
            row.name or tell("Starter line"),
            row.firms,
            whole_yuan(row.limit_fen),
            whole_yuan(row.median_fen),
            percent(row.rate_ppm_per_day, 3),
            percent(row.rate_year_ppm),
            percent(row.pd_ppm),
            percent(row.margin_ppm),
        )
        for row in by_band(review)
    ]
    note = tell(
        "Interest less loss: on limits fully drawn for a year, {lost} lost of what fails (an"
        " assumption), before the cost of money.",
        lost=percent(LOST_PPM, 0),
    )
    return [f"## {tell('At a glance')}", "", summed, "", *table(heads, rows), note, ""]


def _limits(review: Review, locale: Locale) -> list[str]:
    tell = partial(text, locale=locale)
    refused = len(review.firms) - len(approved_of(review))
    counted = [(tell("Declined"), refused)]
    low = 0
    for high, count in limits_spread(review):
        name = tell("The product's most") if high is None else ""
        counted.append((name or f"{whole_yuan(low)} – {whole_yuan(high)}", count))
        low = low if high is None else high
    most = max(count for _, count in counted)
    rows = [(name, count, f"`{bar(count, most)}`") for name, count in counted]
    return table([tell("Limit"), tell("Firms"), ""], rows)


def _sizes(review: Review, locale: Locale) -> list[str]:
    tell = partial(text, locale=locale)
    rows = []
    for row in by_size(review):
        if row.low_fen is None:
            name = tell("under {high}", high=whole_yuan(row.high_fen))
        elif row.high_fen is None:
            name = tell("{low} and more", low=whole_yuan(row.low_fen))
        else:
            name = f"{whole_yuan(row.low_fen)} – {whole_yuan(row.high_fen)}"
        approved = f"{row.approved} ({share(row.approved, row.firms)})"
        middle = whole_yuan(row.median_fen) if row.approved else "—"
        part = percent(row.year_ppm) if row.approved else "—"
        rows.append((name, row.firms, approved, middle, part, percent(row.pd_ppm)))
    heads = [
        tell("Sales in the year"),
        tell("Firms"),
        tell("Approved"),
        tell("Median limit"),
        tell("Limit over sales"),
        tell("Median pd"),
    ]
    return [f"## {tell('Who gets what, by size')}", "", *table(heads, rows)]


def _refusals(review: Review, locale: Locale) -> list[str]:
    tell = partial(text, locale=locale)
    counted = [
        "- " + tell("{verdict}: {count}", verdict=tell(_VERDICTS.get(code, code)), count=number)
        for code, number in refusal_codes(review).most_common()
    ]
    counted += [
        f"- {label(kind, locale)}{tell(': ')}{tell(', ').join(firms)}"
        for kind, firms in excluded(review).items()
    ]
    turned = turning(review)
    singles = tell("; ").join(
        f"{label(kind, locale)} × {number}"
        for kind, number in turned.by_one.most_common(_TURNING_NAMED)
    )
    way_out = tell(
        "One change would turn {one_count} of the refusals for risk ({singles}); {several_count}"
        " need several, {nothing_count} cannot be turned by anything that the model knows.",
        one_count=turned.by_one.total(),
        singles=singles or "—",
        several_count=turned.by_several,
        nothing_count=turned.by_nothing,
    )
    rows = [
        (label(row.kind, locale), row.approved, row.refused, row.refused - row.approved)
        for row in points_apart(review)
    ]
    heads = [
        tell("Characteristic"),
        tell("Mean points, approved"),
        tell("Mean points, refused"),
        tell("Apart"),
    ]
    apart = tell("What sets the refused apart, in points (50 points double the odds):")
    return [
        f"## {tell('Why not')}",
        "",
        *counted,
        "",
        way_out,
        "",
        apart,
        "",
        *table(heads, rows),
    ]


_VERDICTS = {
    "credit.risk_too_high": "Riskier than a firm of which nothing is known",
    "credit.rule_at_most": "Dormant: the newest record is too old",
    "credit.rule_at_least": "Falls short of a rule of the policy",
    "credit.excluded": "Excluded by a check",
    "credit.limit_too_small": "Nothing left to lend",
}
