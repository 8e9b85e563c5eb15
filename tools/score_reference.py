"""Writes docs/score-features.md from the registry and the prior; a test fails where it lags.

Run `python tools/score_reference.py` after a feature or the prior has changed.
"""

from __future__ import annotations

from pathlib import Path

from martlet.credit.portfolio.expert import EXPERT_TABLE
from martlet.credit.portfolio.features import movement_features
from martlet.credit.scorecard import Direction

TARGET = Path(__file__).resolve().parent.parent / "docs" / "score-features.md"

HEAD = """# Features and prior of `martlet credit score`

Made by `tools/score_reference.py` from `features.toml` and the prior's table; do not edit.

Windows end before the application's own moment. A month is 30 days; monthly averages divide by the
months that the history covers, at least 1 and at most 12. All values are whole numbers: hundredths
of the money unit (fen), parts per million (ppm), days, counts. A balance is the lowest at the last
moment of its day and holds until the next movement.

## Features from movements
"""

PRIOR = """
## The prior, in points

60 points double the odds of being good; 0 points are odds of 10 to 1. What is not known gives no
points. Written down before any outcome was looked at; nothing was fitted.
"""


def reference() -> str:
    """Return the whole page."""
    lines = [HEAD, "| feature | unit | window | safer | what | how | why |", "|" + "---|" * 7]
    lines += [
        f"| `{entry.name}` | {entry.unit} | {entry.window} | {entry.direction} |"
        f" {entry.en} ({entry.zh_cn}) | {entry.definition} | {entry.why} |"
        for entry in movement_features().values()
    ]
    lines += [PRIOR, "| feature | safer | bins from | points |", "|---|---|---|---|"]
    for part in EXPERT_TABLE:
        safer = "higher" if part.direction is Direction.HIGHER else "lower"
        edges = ", ".join(f"{edge:,}".replace(",", " ") for edge in part.edges)
        points = ", ".join(str(points) for points in part.points)
        lines.append(f"| `{part.kind}` | {safer} | {edges} | {points} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
