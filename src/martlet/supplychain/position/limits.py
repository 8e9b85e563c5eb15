"""Every bound of the position indicators, with its reason."""

from __future__ import annotations

MONTHS_COUNTED = 12
"""Revenue is the mean of a year: a shorter window would lend against a season."""

MONTHS_REGULAR = 24
"""Regularity looks at two years: one is a season and its chance."""

TENURE_MONTHS_MAX = 240
"""Twenty years: beyond it a longer tie says nothing more."""

TIERS_MAX = 5
"""Tiers that are followed; a firm further away has no place in this chain."""

ALTERNATIVES_MAX = 1_000
"""Other suppliers counted: beyond it "many" is all that anybody reads."""

CORENESS_MAX = 1_000
"""Deepest core of a graph of firms that is told: nobody's customers go beyond it."""

TRADES_MAX = 200_000
"""Months of ties of one firm: ten years of 1,600 counterparties."""
