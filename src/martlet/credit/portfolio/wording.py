"""Reasons as sentences in the reader's language: the value, and what a change of it would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.credit.defaults import default_policy
from martlet.credit.portfolio.answer import (
    TAKINGS_MONTHS_PPM,
    Decision,
    annual_rate_ppm,
)
from martlet.credit.portfolio.columns import EPOCH
from martlet.credit.portfolio.features import movement_features
from martlet.credit.portfolio.file_limits import REASONS_MAX
from martlet.credit.portfolio.reading import OWN
from martlet.kernel.i18n import explain
from martlet.kernel.money import decimal_text
from martlet.kernel.rates import percent_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.credit.portfolio.answer import Answer, Case
    from martlet.credit.portfolio.candidates import Value
    from martlet.credit.portfolio.columns import OwnColumn
    from martlet.credit.portfolio.reasons import Cause
    from martlet.kernel.i18n import Locale

_HEADING_CHARS_MAX = 60
_TIMES_FROM_PPM = 2_000_000
_DIGITS_MAX = 6


@dataclass(frozen=True)
class Wording:
    """What the columns of one file are called, in one language."""

    own: Mapping[str, OwnColumn]
    locale: Locale
    pd_max_ppm: int

    def label(self, name: str) -> str:
        """Return what a column is called."""
        known = movement_features().get(name)
        if known is not None:
            return known.label(self.locale)
        heading = " ".join(self.own[name].heading.split())[:_HEADING_CHARS_MAX]
        sort = "score.own_date" if self.own[name].sort == "date" else "score.own_column"
        return explain(sort, {"heading": heading}, self.locale)

    def value(self, name: str, value: Value, beside: Value = None) -> str:
        """Return a value in the unit of its column; two that stand together in the same unit."""
        if value is None:
            return explain("score.not_known", {}, self.locale)
        if isinstance(value, str):
            return explain("score.category", {"name": " ".join(value.split())[:40]}, self.locale)
        if name.startswith(OWN):
            if self.own[name].sort == "calendar":
                return (EPOCH - timedelta(days=value)).isoformat()
            days = self.own[name].sort == "date"
            text = f"{value:,.{_DIGITS_MAX}g}" if abs(value) < 10**_DIGITS_MAX else f"{value:,.0f}"
            return self._days(text) if days else text
        whole = round(value)
        match movement_features()[name].unit:
            case "fen":
                sign = "-" if whole < 0 else ""
                return sign + decimal_text(abs(whole), grouped=True)
            case "ppm" if name.endswith("_of_payment_ppm") or _in_times(value, beside):
                return explain("score.times", {"times": f"{whole / 1_000_000:,.4g}"}, self.locale)
            case "ppm":
                return f"{percent_text(whole, 1)}%"
            case "days":
                return self._days(f"{whole:,}")
            case _:
                return f"{whole:,}"

    def _is_share(self, name: str) -> bool:
        """Tell whether zero of a column is a share or an age rather than nothing at all."""
        known = movement_features().get(name)
        return known is None or known.unit != "count"

    def _days(self, text: str) -> str:
        return explain("score.days", {"days": text}, self.locale)

    def cause(self, cause: Cause, pd_ppm: int) -> str:
        """Return a cause as a sentence: value, comparison, and what the change would do."""
        way = {"higher": "at_least", "lower": "at_most"}.get(cause.way, "with")
        if cause.value is None:
            way = f"unknown_{way}"
        elif cause.way == "lower" and cause.needed == 0 and not self._is_share(cause.name):
            way = "none"
        does = "turns" if cause.turns else "lowers"
        said = explain(
            f"score.cause_{way}",
            {
                "what": self.label(cause.name),
                "value": self.value(cause.name, cause.value, cause.needed),
                "needed": self.value(cause.name, cause.needed, cause.value),
            },
            self.locale,
        )
        does_what = explain(
            f"score.change_{does}",
            {"before": _percent(pd_ppm), "after": _percent(cause.pd_ppm)},
            self.locale,
        )
        return said + does_what


def _in_times(*values: Value) -> bool:
    """Tell whether shares are large enough to be read as multiples."""
    return any(isinstance(v, int | float) and abs(v) >= _TIMES_FROM_PPM for v in values)


def sentences(
    wording: Wording, answer: Answer, case: Case, causes: Sequence[Cause]
) -> tuple[str, ...]:
    """Return the four reasons of an answer, most important first; empty ones fill up."""
    told = [wording.cause(cause, answer.pd_ppm) for cause in causes]
    match answer.decision:
        case Decision.REFUSE:
            found = told or [_verdict(wording, answer)]
        case Decision.REDUCE:
            cut = _cut(wording, answer, case)
            found = [*told[:1], cut, *told[1:]]
        case _:
            found = [_price(wording, answer, case), *told[:2]]
    return tuple((found + [""] * REASONS_MAX)[:REASONS_MAX])


def _verdict(wording: Wording, answer: Answer) -> str:
    params = {"pd": _percent(answer.pd_ppm), "most": _percent(wording.pd_max_ppm)}
    return explain("score.risk_too_high", params, wording.locale)


def _price(wording: Wording, answer: Answer, case: Case) -> str:
    """Return why the rate is what it is, and what a pd lower by half would cost."""
    assert answer.annual_rate_ppm is not None
    half_ppm = answer.pd_ppm // 2
    params = {
        "rate": _percent(answer.annual_rate_ppm),
        "pd": _percent(answer.pd_ppm),
        "half": _percent(half_ppm),
        "lower_rate": _percent(annual_rate_ppm(half_ppm, case.on)),
    }
    return explain("score.price", params, wording.locale)


def _cut(wording: Wording, answer: Answer, case: Case) -> str:
    """Return what holds the limit below the amount asked for."""
    first = answer.steps[0].source if answer.steps else "starter"
    source = answer.bound_by or first
    if case.with_records and not case.takings_month_fen:
        source = "starter"
    band = default_policy().band_of(answer.pd_ppm)
    months_ppm = 0 if band is None else TAKINGS_MONTHS_PPM[band.name]
    params = {
        "months": str(months_ppm // 1_000_000),
        "limit": _money(answer.limit_fen),
        "requested": _money(case.requested_fen or 0),
        "takings": _money(case.takings_month_fen or 0),
        "days": str(case.history_days or 0),
    }
    return explain(f"score.limit_{source}", params, wording.locale)


def _money(amount_fen: int) -> str:
    return decimal_text(amount_fen, grouped=True)


def _percent(ppm: int) -> str:
    return f"{percent_text(ppm, 2)}%"
