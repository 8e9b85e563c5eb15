"""Monitoring: drift, calibration, vintages, fairness and reject inference of stored decisions.

Read in one pass into columns (`read_portfolio`), then told by pure functions. The invariant: what
is not known is counted and never guessed, and no figure of few cases carries a verdict.
"""

from martlet.credit.monitoring.calibration import Calibration, CalibrationBand, Fit, calibration
from martlet.credit.monitoring.fairness import Fairness, Group, Standing, fairness
from martlet.credit.monitoring.intervals import Ratio, Share
from martlet.credit.monitoring.portfolio import Portfolio, read_portfolio
from martlet.credit.monitoring.rejects import RejectInference, rejects
from martlet.credit.monitoring.stability import SCORE, Baseline, Course, Drift, Verdict, drift
from martlet.credit.monitoring.vintages import Vintage, vintages
from martlet.credit.monitoring.yardsticks import Yardsticks, yardsticks

__all__ = [
    "SCORE",
    "Baseline",
    "Calibration",
    "CalibrationBand",
    "Course",
    "Drift",
    "Fairness",
    "Fit",
    "Group",
    "Portfolio",
    "Ratio",
    "RejectInference",
    "Share",
    "Standing",
    "Verdict",
    "Vintage",
    "Yardsticks",
    "calibration",
    "drift",
    "fairness",
    "read_portfolio",
    "rejects",
    "vintages",
    "yardsticks",
]
