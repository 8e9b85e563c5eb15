"""Writes docs/features.md from the definitions themselves; a test fails where it lags behind.

Run `python tools/feature_reference.py` after a feature has changed.
"""

from __future__ import annotations

from pathlib import Path

from martlet.records.features import COUNTED_AT_PPM, FAMILIES, OVERALL_FEATURES, Feature
from martlet.records.model import SOURCE_CONFIDENCE_PPM
from martlet.signals import KINDS

TARGET = Path(__file__).resolve().parent.parent / "docs" / "features.md"

HEAD = """# Features of a business's records

Made by `tools/feature_reference.py` from `martlet.records.features`; do not edit.

One definition is used at the counter (one business) and in training (all of them). Nothing that
happened after the day of `as_of`, and nothing that became known after `as_of`, is looked at. All
values are whole numbers: fen, parts per million (ppm), days, counts. A month is a twelfth of the
365 days that end at `as_of`, so three months are the 91 days of the column "window", and "as many
days before" are counted back from there. A figure without enough records behind it ("cases") has no
effect, and one that the records cannot tell (nothing to divide by, nobody named) is left out.

Shares and ratios are in ppm: 1,000,000 is all, or as much as before; growth stops at ten-fold. Most
families tell level, trend, season, regularity and silence alike, from what each day brought
(`rhythm.py`), and concentration from what each counterparty brought (`spread.py`).

Two questions need the instalment, which is known only when somebody applies: how often the inflow
covers it, and how often the account held less. The ingredients are here: net inflow of a month, the
lowest month, and the balances that 95, 75 and 50 % of days reach. `martlet.credit.coverage` answers
both; for the first a policy may set `[[coverage]]` (`kind`, `min_ppm`), which caps a limit whose
instalments over the longest tenor would not be covered. The starter policy sets none.
"""


def reference() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for family in FAMILIES:
        sure = SOURCE_CONFIDENCE_PPM[family.kind] // 10_000
        counted = COUNTED_AT_PPM[family.kind] // 10_000
        parts.append(
            f"\n## From {family.kind}\n\n{len(family.features)} figures. Confidence {sure} %;"
            f" counted at {counted} % where it becomes `verified_takings_monthly_fen`.\n\n"
        )
        parts.append(_table(family.features))
    parts.append(f"\n## From all of them\n\n{_table(OVERALL_FEATURES)}")
    return "".join(parts)


def _table(features: tuple[Feature, ...]) -> str:
    lines = [
        "| kind | unit | window | more is | cases | what | why |",
        "|---|---|---|---|---|---|---|",
    ]
    for feature in features:
        kind = KINDS[feature.slug]
        lines.append(
            f"| `{feature.slug}` | {feature.unit} | {feature.window} | {feature.direction} |"
            f" {kind.sample_min} | {kind.en} ({kind.zh_cn}) | {feature.why} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
