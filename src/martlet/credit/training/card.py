"""The model card: what a scorecard was made from, what it reached, what it is not for.

Generated from the artefact and the back-test, so that it cannot say anything else than they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.credit.scorecard import Direction
from martlet.credit.sentences import label, value_text
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from martlet.credit.artefact import CreditModel
    from martlet.credit.scorecard import Characteristic, Scorecard
    from martlet.credit.training.backtest import Measured


def model_card(
    scorecard: Scorecard, measured: tuple[Measured, ...], limits_of_use: tuple[str, ...]
) -> str:
    """Return the card as Markdown."""
    lines = [f"# Model card: {scorecard.name} {scorecard.version}", ""]
    lines += [f"- {name.replace('_', ' ')}: {value}" for name, value in scorecard.about.items()]
    lines += [
        f"- artefact: `{scorecard.content_hash}`",
        f"- pd of a business of which nothing is known: {_percent(scorecard.neutral_pd_ppm)}",
        "",
        "## Measured",
        "",
        "Out of fold: bins, choice of characteristics and calibration are learnt inside the folds.",
        "Brackets: 95 % intervals over resampled firms.",
        "",
    ]
    for part in measured:
        lines += [
            (
                f"### {part.horizon} (known by {part.as_of}; {part.firms} firms, {part.bads} bad; "
                f"{part.repeats} repeats)"
            ),
            "",
            "| | this model | turnover alone |",
            "|---|---|---|",
            f"| AUC | {part.auc.text} | {part.turnover_auc.text} |",
            f"| KS | {part.ks.text} | {part.turnover_ks.text} |",
            f"| AUC above turnover | {part.auc_over_turnover.text} | |",
            f"| Brier (base rate {part.brier_of_base_rate:.3f}) | {part.brier.text} | |",
            f"| Calibration error | {part.calibration_error.text} | |",
            "",
            *_fifths(part),
            *_singles(part),
        ]
    lines += pd_by_score(scorecard)
    lines += ["## Limits of use", "", *(f"- {line}" for line in limits_of_use), ""]
    lines += ["## Characteristics", ""]
    for characteristic in scorecard.characteristics:
        lines += _characteristic(characteristic)
    return "\n".join(lines)


def _fifths(part: Measured) -> list[str]:
    """Return what was foretold of each fifth of the firms, and what came, as a table."""
    rows = []
    for place, one in enumerate(part.fifths, 1):
        ends = f"{one.low:.1%} to {one.high:.1%}"
        rows.append(f"| {place} | {one.foretold:.1%} | {ends} | {one.came:.1%} |")
    return [
        "Fifths of the firms by pd, the safest first; means over the repeats.",
        "",
        "| fifth | pd foretold | its 95 % interval | bad came |",
        "|---|---|---|---|",
        *rows,
        "",
    ]


def _singles(part: Measured) -> list[str]:
    """Return the best single figures as a table, called what they are."""
    if not part.singles:
        return []
    rows = [
        f"| {label(one.kind, Locale.EN)} (`{one.kind}`) | {one.auc.text} |" for one in part.singles
    ]
    return [
        "One-feature rankings, the ten best in hindsight. Descriptive: found on these same firms.",
        "",
        "| figure, alone | AUC |",
        "|---|---|",
        *rows,
        "",
    ]


def pd_by_score(model: CreditModel) -> list[str]:
    """Return the pd of every fiftieth score with its interval, where one was measured."""
    if not model.pd_low_ppm_by_score:
        return []
    lines = [
        "## The pd of a score, and how sure it is",
        "",
        "Of the share of bad firms among those of one score, were firms drawn anew: 95 %.",
        "A world that changes is not in it.",
        "",
        "| score | pd | 95 % interval |",
        "|---|---|---|",
    ]
    last = model.first_score + len(model.pd_ppm_by_score)
    for score in range(model.first_score + 200, last, 50):
        bounds = model.pd_interval_ppm(score)
        assert bounds is not None, score
        ends = " to ".join(_percent(end) for end in bounds)
        lines.append(f"| {score} | {_percent(model.pd_ppm(score))} | {ends} |")
    return [*lines, ""]


def _characteristic(part: Characteristic) -> list[str]:
    """Return one characteristic's bins as a table."""
    safer = "higher" if part.direction is Direction.HIGHER else "lower"
    lines = [
        f"### {label(part.kind, Locale.EN)} (`{part.kind}`, {safer} is safer)",
        "",
        "| from | below | points |",
        "|---|---|---|",
    ]
    bounds = [None, *part.edges, None]
    for place, points in enumerate(part.points):
        low, high = bounds[place], bounds[place + 1]
        lines.append(f"| {_bound(part.kind, low)} | {_bound(part.kind, high)} | {points} |")
    return [*lines, f"| not known | | {part.missing_points} |", ""]


def _bound(kind: str, value: int | None) -> str:
    return "" if value is None else value_text(kind, value, Locale.EN)


def _percent(ppm: int) -> str:
    return f"{ppm / 10_000:.2f} %"
