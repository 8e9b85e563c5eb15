"""From log-odds to points and from points to pd: one scale for every scorecard of the house.

500 points are odds of 10 to 1 (a pd of 9.1 %); every 50 points more double the odds.
"""

from __future__ import annotations

import math

from martlet.credit.limits import PD_PPM_MAX, PD_PPM_MIN

ANCHOR_SCORE = 500
ANCHOR_ODDS = 10
POINTS_TO_DOUBLE = 50
POINTS_PER_LOGIT = POINTS_TO_DOUBLE / math.log(2)
FIRST_SCORE = 0
LAST_SCORE = 1_000


def points_of_logit(logit_good: float) -> int:
    """Return the points of a difference in log-odds of being good."""
    return round(logit_good * POINTS_PER_LOGIT)


def base_points_of(logit_good: float) -> int:
    """Return the score of log-odds of being good, on the absolute scale."""
    return ANCHOR_SCORE + points_of_logit(logit_good - math.log(ANCHOR_ODDS))


def logit_of_score(score: int) -> float:
    """Return the log-odds of being good that a score stands for."""
    return math.log(ANCHOR_ODDS) + (score - ANCHOR_SCORE) / POINTS_PER_LOGIT


def pd_table(slope: float = 1.0, shift: float = 0.0) -> tuple[int, ...]:
    """Return the pd in ppm of each score from first to last, after a calibration of the logit."""
    table = []
    for score in range(FIRST_SCORE, LAST_SCORE + 1):
        logit = shift + slope * logit_of_score(score)
        pd_ppm = round(1_000_000 / (1 + math.exp(logit)))
        table.append(min(max(pd_ppm, PD_PPM_MIN), PD_PPM_MAX))
    return tuple(table)
