"""The part of the page that argues against its own decisions: turnover, oddities, doubts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from martlet.credit.review.counts import turnover_of
from martlet.credit.review.doubts import (
    Moved,
    against_turnover,
    compared,
    oddities,
    unsure,
)
from martlet.credit.review.markdown import percent, table, whole_yuan
from martlet.credit.sentences import label, reason_text, value_text
from martlet.kernel.i18n import Locale, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit.review.strangers import Review, Reviewed

FIRMS_NAMED = 12
"""Firms named in one line: beyond it the count says enough."""
_MOVED_NAMED = 8
"""Firms of either sort that are shown where the model and turnover part."""


def beside_turnover(review: Review, locale: Locale) -> list[str]:
    """Return where a ranking by turnover alone would have answered otherwise."""
    tell = partial(text, locale=locale)
    found = against_turnover(review)
    summed = tell(
        "Were as many firms approved by turnover alone, {both_count} would be the same and"
        " {other_count} would change places. Rank correlation of the two orders: {correlation}.",
        both_count=found.both,
        other_count=len(found.only_model),
        correlation=f"0.{found.correlation_percent:02d}",
    )
    lines = [f"## {tell('Beside a ranking by turnover')}", "", summed, ""]
    for title, moved in (
        (tell("Approved here, refused by turnover"), found.only_model),
        (tell("Refused here, approved by turnover"), found.only_turnover),
    ):
        if moved:
            lines += [f"**{title}**", "", *_moved_table(moved, locale)]
    return lines


def _moved_table(moved: Sequence[Moved], locale: Locale) -> list[str]:
    tell = partial(text, locale=locale)
    heads = [
        tell("Firm"),
        tell("Sales without VAT, all history"),
        tell("pd"),
        tell("What moves it most"),
        tell("Points from the mean"),
    ]
    rows = []
    for one in moved[:_MOVED_NAMED]:
        decision, shown = one.firm.decision, one.firm.scored.get(one.kind)
        points = f"{one.points:+d}"
        moved_by = tell("hardly anything is known")
        if shown is not None:
            moved_by = f"{label(one.kind, locale)}{tell(': ')}{value_text(one.kind, shown, locale)}"
        if not decision.approved and decision.reasons[0].code != "credit.risk_too_high":
            moved_by, points = reason_text(decision.reasons[0], locale), "—"
        rows.append(
            (
                one.firm.firm,
                whole_yuan(turnover_of(one.firm)),
                percent(decision.pd_ppm),
                moved_by,
                points,
            )
        )
    return table(heads, rows)


def odd(review: Review, locale: Locale) -> list[str]:
    """Return what a risk officer would ask about, with the firms by number."""
    tell = partial(text, locale=locale)
    lines = [f"## {tell('What looks odd')}", ""]
    for one in oddities(review):
        count = f"{len(one.firms)}{tell(' — ')}{_names(one.firms, locale)}"
        lines.append(f"- **{tell(one.phrase)}**{tell(': ')}{count}")
    season = tell(
        "The day matters: it lies four weeks after the New Year of 2020, in the first lockdown, so"
        " silence and a weak half-year say less here than they would in another month."
    )
    return [*lines, "", season, ""]


def doubts(review: Review, locale: Locale) -> list[str]:
    """Return how sure the answers are, and how far these firms are from those taught by."""
    tell = partial(text, locale=locale)
    near = unsure(review)
    summed = tell(
        "The pd of {unsure_count} firms has an interval that holds the ceiling of {ceiling}: either"
        " answer could be right. {names}",
        unsure_count=len(near),
        ceiling=percent(review.ceiling_ppm),
        names=_names(near, locale),
    )
    rows = [
        (label(kind, locale), _value(kind, taught, locale), _value(kind, here, locale))
        for kind, taught, here in compared(review)
    ]
    heads = [tell("Median"), tell("Firms taught by"), tell("These firms")]
    other = tell("A model taught by some firms is used here on others. How like are they?")
    return [f"## {tell('How sure is this')}", "", summed, "", other, "", *table(heads, rows)]


def _value(kind: str, value: int | None, locale: Locale) -> str:
    return whole_yuan(value) if kind.endswith("_fen") else value_text(kind, value, locale)


def _names(firms: Sequence[Reviewed], locale: Locale) -> str:
    named = text(", ", locale).join(firm.firm for firm in firms[:FIRMS_NAMED])
    return named + (" …" if len(firms) > FIRMS_NAMED else "")
