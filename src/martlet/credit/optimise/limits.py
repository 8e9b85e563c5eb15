"""Every bound of the optimiser, with its reason."""

from __future__ import annotations

APPLICANTS_MAX = 500_000
"""Five times what the benchmark measures; a larger book is planned shard by shard."""

APPLICANTS_BYTES_MAX = 134_217_728
"""`APPLICANTS_MAX` lines of a few hundred characters each."""

MARKET_BYTES_MAX = 4_194_304
"""A table of a few dozen rates; a workbook with its styles is about 30 kB."""

SHEET_BYTES_MAX = 8_388_608
"""One unpacked part of a workbook: more is a zip bomb, not a table."""

SHEET_CELLS_MAX = 100_000
"""Cells read of one sheet, for the same reason."""

MARKET_RATES_MAX = 500
"""Rows of the rate-to-churn table: the contest's has 29."""

RATINGS_MAX = 20
"""Ratings of the table: as many as a policy may have bands."""

RATES_MAX = 1_000
"""Daily rates on the menu: every whole ppm up to 36.5 % a year."""

TENOR_DAYS_MAX = 366
"""The pd is of one year, so a plan looks no further."""

CAPS_MAX = 100
"""Concentration caps: each is a price to be found and a line to be read."""

CUTS_ROUNDS_MAX = 400
"""Rounds of the search for shadow prices; it needs 10 to 60, and the bound holds at any of them."""

CANDIDATES_MAX = 500
"""Applicants next in line that may still take up what rounding left over."""

GRID_BANDS_MAX = 8
"""Bands of a fitted price grid: a grid is for people, and more would not be read."""
