"""Every bound of the cash-flow room, with its reason."""

from __future__ import annotations

HORIZON_DAYS_MAX = 366
"""A year ahead: beyond it no method here was ever measured."""

LEVELS_MAX = 99
"""Quantiles asked for at once: whole percents; a band needs two."""
