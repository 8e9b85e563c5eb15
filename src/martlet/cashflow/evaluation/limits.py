"""Every bound of the evaluation, with its reason."""

from __future__ import annotations

ORIGINS_MAX = 12
"""Of one run: a year of months."""

PROCESSES_MAX = 2
"""Windows that are worked on at once; each holds the whole history."""

ETS_SERIES_MAX = 600
"""Statistical models fit series one by one: larger files are sampled, and the table says so."""

QUALITY_ORIGINS = 6
"""Origins at which the bank's own firms are played again: half a year of months."""

QUALITY_STEP_DAYS = 28
"""From one such origin to the next: windows that do not overlap."""
