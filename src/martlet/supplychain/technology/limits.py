"""Every bound of the technology indicators, with its reason."""

from __future__ import annotations

PATENTS_MAX = 5_000
"""Patents read of one firm: a firm with more needs no line from a small bank."""

TEXTS_MAX = 200
"""Products and chain nodes that a title is compared with."""

TEXT_CHARS_MAX = 300
"""Signs of a title that are compared: an office's titles end before it."""

GRAMS = (2, 3)
"""Lengths of the pieces that texts are compared by: a Chinese word has two signs, a term three."""

INVENTION_YEARS, DESIGN_YEARS, UTILITY_YEARS = 20, 15, 10
"""How long a patent lives from filing: Patent Law of China, article 42 (2021)."""

YEARS_COUNTED = 5
"""Continuity looks at the filing years of the last five: a lender's usual window."""

OTHERS_MAX = 1_000
"""Other holders counted at a node."""
