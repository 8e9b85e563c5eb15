"""The card of a challenger: what it was made from, what it reached beside the champion, its limits.

Generated from the artefact and the comparison, so that it cannot say anything else than they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.credit.scorecard import Direction
from martlet.credit.sentences import label
from martlet.credit.training.card import pd_by_score
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit.boosted import BoostedTrees
    from martlet.credit.training.comparison import Compared

ONLY_IN_SHADOW = (
    "For running in shadow beside a scorecard, and for finding what the scorecard misses. It"
    " cannot decide: a decision owes its owner exact reasons, and trees give none."
)


def challenger_card(
    model: BoostedTrees, compared: Sequence[Compared], limits_of_use: Sequence[str]
) -> str:
    """Return the card as Markdown."""
    lines = [f"# Model card: {model.name} {model.version}", ""]
    lines += [f"- {name.replace('_', ' ')}: {value}" for name, value in model.about.items()]
    leaves = sum(len(tree.leaf_micro) for tree in model.trees)
    lines += [
        f"- artefact: `{model.content_hash}`",
        f"- kind: monotone trees in whole numbers; {len(model.trees)} trees, {leaves} leaves",
        (f"- pd of a business of which nothing is known: {model.neutral_pd_ppm / 10_000:.2f} %"),
        "",
        "## Measured",
        "",
        "Out of fold, on the same folds as the scorecard: the prior's weight, the length of",
        "boosting and the calibration are learnt inside the folds. Brackets: 95 % intervals over",
        "resampled firms.",
        "",
    ]
    for part in compared:
        lines += _horizon(part)
    lines += [*pd_by_score(model), "## Limits of use", "", f"- {ONLY_IN_SHADOW}"]
    lines += [*(f"- {line}" for line in limits_of_use), "", "## Features", ""]
    lines += [
        "The gain is a feature's share of what boosting added to the expert's curves; a feature",
        "without any still counts through its curve.",
        "",
        "| feature | kind | safer | share of the gain |",
        "|---|---|---|---|",
    ]
    for feature in sorted(model.features, key=lambda each: -each.gain_ppm):
        safer = "higher" if feature.direction is Direction.HIGHER else "lower"
        name = label(feature.kind, Locale.EN)
        lines.append(f"| {name} | `{feature.kind}` | {safer} | {feature.gain_ppm / 10_000:.1f} % |")
    return "\n".join([*lines, ""])


def _horizon(part: Compared) -> list[str]:
    """Return what was measured on one day's knowledge, as a table."""
    mine, card = part.challenger, part.scorecard
    return [
        (
            f"### {part.horizon} (known by {part.as_of}; {part.firms} firms, {part.bads} bad; "
            f"{part.repeats} repeats)"
        ),
        "",
        "| | this model | the scorecard | turnover alone |",
        "|---|---|---|---|",
        f"| AUC | {mine.auc.text} | {card.auc.text} | {part.turnover_auc.text} |",
        f"| AUC above the scorecard | {part.auc_gain.text} | | |",
        f"| KS | {mine.ks.text} | {card.ks.text} | {part.turnover_ks.text} |",
        (
            f"| Brier (base rate {part.brier_of_base_rate:.3f}) | {mine.brier.text} "
            f"| {card.brier.text} | |"
        ),
        (
            f"| Calibration error | {mine.calibration_error.text} "
            f"| {card.calibration_error.text} | |"
        ),
        "",
    ]
