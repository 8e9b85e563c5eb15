"""Every bound of the cash-flow room, with its reason."""

from __future__ import annotations

HORIZON_DAYS_MAX = 366
"""A year ahead: beyond it no method here was ever measured."""

LEVELS_MAX = 99
"""Quantiles asked for at once: whole percents; a band needs two."""

STATISTICAL_DAYS_MAX = 1_100
"""Three years: what lies before costs a model time and says nothing of the next weeks."""

WEEKDAY_MEAN_WEEKS = 8
"""Of the weekday mean: long enough to be steady, short enough to follow a season."""

DAYS_FITTED_MIN = 15
"""Two weeks and a day; a shorter series is answered plainly, by the mean of what there is."""

PROCESSES_MAX = 2
"""Of one forecast: it is not alone on the machine."""

SERIES_A_TASK = 8
"""Series go to a process so many at a time; fewer than two such tasks stay in this one."""
