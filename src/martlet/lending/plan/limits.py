"""Every bound of plans, with its reason."""

from __future__ import annotations

ROWS_MAX = 4_000
"""Rows of one plan: ten years of an instalment a day; more is a loop, not a loan."""
