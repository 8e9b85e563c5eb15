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
365 days that end at `as_of`. A figure without enough records behind it ("cases") has no effect.
"""


def reference() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for family in FAMILIES:
        sure = SOURCE_CONFIDENCE_PPM[family.kind] // 10_000
        counted = COUNTED_AT_PPM[family.kind] // 10_000
        parts.append(
            f"\n## From {family.kind}\n\nConfidence {sure} %; counted at {counted} % where it"
            " becomes `verified_takings_monthly_fen`.\n\n"
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
