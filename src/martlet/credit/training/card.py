"""The model card: what a scorecard was made from, what it reached, what it is not for.

Generated from the artefact and the back-test, so that it cannot say anything else than they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.credit.scorecard import Direction
from martlet.credit.sentences import label, value_text
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
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
        ]
    lines += ["## Limits of use", "", *(f"- {line}" for line in limits_of_use), ""]
    lines += ["## Characteristics", ""]
    for characteristic in scorecard.characteristics:
        lines += _characteristic(characteristic)
    return "\n".join(lines)


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
