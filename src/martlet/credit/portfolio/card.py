"""The report of a run: what was read, what answered, how good it is, who gets what.

Generated from the run itself, so that it cannot say anything else.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from martlet.credit.portfolio.answer import Decision, pd_max_ppm
from martlet.credit.portfolio.features import movement_features
from martlet.kernel.i18n import Locale, explain
from martlet.kernel.money import decimal_text
from martlet.kernel.rates import percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.credit.portfolio.brain import Scored


def summary(scored: Scored) -> dict[str, Any]:
    """Return the main figures of a run as a JSON value."""
    answers = scored.answers
    count = len(answers)
    decisions = Counter(given.decision.value for given in answers)
    aside = {name: len(rows) for name, rows in scored.aside.items() if rows}
    value: dict[str, Any] = {
        "model_version": scored.model_version,
        "answered_count": count,
        "decisions": {choice.value: decisions[choice.value] for choice in Decision},
        "pd_mean_ppm": sum(given.pd_ppm for given in answers) // max(count, 1),
        "limit_total": decimal_text(sum(given.limit_fen for given in answers)),
        "labelled_count": sum(truth is not None for truth in scored.labelled),
        "bad_count": sum(truth is True for truth in scored.labelled),
        "set_aside": aside,
        "cells_counted_as_missing": len(scored.own.odd),
        "columns_used": list(dict.fromkeys(column.heading for column in scored.own.used)),
        "columns_left_out": [part.heading for part in scored.own.dropped],
    }
    if scored.fit is not None:
        value["measured"] = scored.fit.figures.as_json()
    return value


def report(scored: Scored, locale: Locale) -> str:
    """Return the report as Markdown in one language."""
    parts = (_head, _files, _model, _answers, _columns, _features, _limits)
    return "\n".join(line for part in parts for line in part(scored, locale)) + "\n"


def _say(locale: Locale, code: str, **params: object) -> str:
    return explain(f"score.report_{code}", params, locale)


def _head(scored: Scored, locale: Locale) -> Iterator[str]:
    yield f"# {_say(locale, 'title')}"
    yield ""
    yield _say(locale, "version", version=scored.model_version)
    yield ""


def _files(scored: Scored, locale: Locale) -> Iterator[str]:
    yield f"## {_say(locale, 'files')}"
    yield ""
    yield f"| {_say(locale, 'file')} | {_say(locale, 'rows')} | {_say(locale, 'aside')} |"
    yield "|---|---:|---:|"
    for name, sheet in scored.sheets.items():
        bad = len(scored.aside[name])
        yield f"| {_cell(sheet.aside.file)} | {sheet.frame.height:,} | {bad:,} |"
    yield ""
    codes = Counter(bad.code for rows in scored.aside.values() for bad in rows)
    for code, count in sorted(codes.items()):
        yield f"- {count:,} × {explain(code, {}, locale)}"
    if scored.own.odd:
        yield f"- {len(scored.own.odd):,} × {explain('score.cell_counted_as_missing', {}, locale)}"
    if codes or scored.own.odd:
        yield ""


def _model(scored: Scored, locale: Locale) -> Iterator[str]:
    yield f"## {_say(locale, 'model')}"
    yield ""
    labelled = sum(truth is not None for truth in scored.labelled)
    if scored.fit is None:
        yield _say(locale, "zero_shot")
        if scored.why_prior:
            yield ""
            yield explain(scored.why_prior, {}, locale)
        yield ""
        return
    yield _say(locale, "fitted", cases=f"{labelled:,}", bads=f"{scored.fit.bads:,}")
    yield ""
    figures = scored.fit.figures
    yield f"| {_say(locale, 'measure')} | {_say(locale, 'value')} |"
    yield "|---|---|"
    yield f"| AUC | {figures.auc.text} |"
    yield f"| {_say(locale, 'prior_auc')} | {figures.prior_auc:.3f} |"
    single = _heading(scored, figures.single_column, locale)
    yield f"| {_say(locale, 'single_auc', column=_cell(single))} | {figures.single_auc:.3f} |"
    yield f"| KS | {figures.ks.text} |"
    yield f"| Brier | {figures.brier.text} |"
    yield f"| {_say(locale, 'base_brier')} | {figures.brier_of_base_rate:.3f} |"
    yield f"| {_say(locale, 'calibration')} | {figures.calibration_error.text} |"
    yield ""
    yield _say(locale, "nested" if figures.nested else "not_nested")
    yield ""


def _heading(scored: Scored, name: str, locale: Locale) -> str:
    known = movement_features().get(name)
    if known is not None:
        return known.label(locale)
    return next((c.heading for c in scored.own.used if c.name == name), name)


def _answers(scored: Scored, locale: Locale) -> Iterator[str]:
    yield f"## {_say(locale, 'answers')}"
    yield ""
    names = ("decision", "count", "mean_pd", "limits", "mean_rate")
    yield "| " + " | ".join(_say(locale, name) for name in names) + " |"
    yield "|---|---:|---:|---:|---:|"
    for choice in Decision:
        given = [part for part in scored.answers if part.decision is choice]
        if not given:
            yield f"| {_say(locale, choice.value)} | 0 | | | |"
            continue
        pd_ppm = sum(part.pd_ppm for part in given) // len(given)
        rates = [part.annual_rate_ppm for part in given if part.annual_rate_ppm is not None]
        rate = f"{percent_text(sum(rates) // len(rates))}%" if rates else ""
        limits = decimal_text(sum(part.limit_fen for part in given), grouped=True)
        shown = f"{percent_text(pd_ppm)}%"
        yield f"| {_say(locale, choice.value)} | {len(given):,} | {shown} | {limits} | {rate} |"
    yield ""
    yield _say(locale, "ceiling", most=f"{percent_text(pd_max_ppm())}%")
    yield ""


def _columns(scored: Scored, locale: Locale) -> Iterator[str]:
    if not scored.own.used and not scored.own.dropped:
        return
    yield f"## {_say(locale, 'columns')}"
    yield ""
    for column in scored.own.used:
        way = _say(locale, f"way_{column.direction}")
        yield f"- {_cell(column.heading)}: {_say(locale, f'sort_{column.sort}')}, {way}"
    for part in scored.own.dropped:
        yield f"- {_cell(part.heading)}: {explain(part.code, {}, locale)}"
    yield ""
    if scored.own.hindsight:
        names = ", ".join(_cell(name) for name in scored.own.hindsight)
        yield _say(locale, "hindsight", columns=names)
        yield ""


def _features(scored: Scored, locale: Locale) -> Iterator[str]:
    if "records" not in scored.sheets:
        return
    yield f"## {_say(locale, 'features')}"
    yield ""
    yield _say(locale, "features_used", count=str(len(scored.used_features)))
    yield ""
    for name in scored.used_features:
        entry = movement_features()[name]
        yield f"- {entry.label(locale)} (`{name}`)"
    yield ""


def _limits(scored: Scored, locale: Locale) -> Iterator[str]:
    yield f"## {_say(locale, 'limits_of_use')}"
    yield ""
    yield f"- {_say(locale, 'as_of')}"
    yield f"- {_say(locale, 'labelled_seen' if scored.fit is not None else 'prior_only')}"
    yield f"- {_say(locale, 'no_advice')}"


def _cell(text: str) -> str:
    """Return a lender's own text as one harmless cell of a table."""
    return " ".join(text.split()).replace("|", "/").replace("<", "‹").replace("`", "'")[:80]
