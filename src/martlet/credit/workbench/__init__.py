"""The policy workbench: stored applications decided again under a changed policy or model.

Each is decided as of its own day, from the signals that were stored with it, so nothing known later
counts. The invariant: under an unchanged policy and model nobody moves and every decision comes
out byte for byte as it was stored.
"""

from martlet.credit.workbench.assumptions import Assumptions, Money, expected
from martlet.credit.workbench.compare import Comparison, compare
from martlet.credit.workbench.movers import Move
from martlet.credit.workbench.replay import Replayed, replayed
from martlet.credit.workbench.stored import Changed, StoredBacktest, backtest_stored

__all__ = [
    "Assumptions",
    "Changed",
    "Comparison",
    "Money",
    "Move",
    "Replayed",
    "StoredBacktest",
    "backtest_stored",
    "compare",
    "expected",
    "replayed",
]
