"""Every bound of the ground floor, with its reason."""

from __future__ import annotations

AMOUNT_FEN_MAX = 10**15
"""Ten trillion yuan: far above any small business, and ppm products stay inside int64 columns."""

RATE_PPM_PER_DAY_MAX = 10_000
"""One per cent a day: above it a rate is a typing error, whatever the law allows."""

TEXT_CHARS_MAX = 10_000
"""The longest text that a person may enter anywhere; a longer one is an attack or an accident."""

DAYS_SPAN_MAX = 36_600
"""A hundred years: the longest span over which any interest is computed in one call."""
