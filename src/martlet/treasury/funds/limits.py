"""Every bound of the fund desk, with its reason."""

from __future__ import annotations

FUND_SERIES_MAX = 5_000
"""Products times partners times directions: a desk, not a nation; each is played many times."""

SETTLEMENT_DAYS_MAX = 10
"""From a redemption to the money: one or two days for a money fund, ten for a slow one."""

RESERVE_DAYS_MAX = 366
"""Days on which a reserve is tested in one run: a year."""

UNITS_MAX = 200
"""Products or partners whose reserve is reckoned in one run."""

CALIBRATION_DAYS = 182
"""Half a year of misses sets the reserve's margin; three half-lives, so what is older is spent."""

MISSES_HALF_LIFE_DAYS = 60
"""A miss of two months ago counts half: quiet months lower the margin, and no single day stays."""

CALIBRATION_DAYS_MIN = 28
"""Fewer misses than four weeks' say nothing about a rare day."""

HISTORY_DAYS_MIN = 120
"""To test a reserve at all: eight weeks to learn, four to calibrate, and days to be tested on."""

RATIO_DAYS = 28
"""A fixed ratio is taken of what four weeks redeemed on average."""

SCALE_DAYS = 7
"""Misses are measured in a whole recent week's gross flow: it follows a fund that grows."""
