"""Every bound of the loaders, with its reason."""

from __future__ import annotations

LINE_BYTES_MAX = 4_000_000
"""The longest line of a table or of JSON lines; a longer one is not a row of any form."""

DOCUMENT_BYTES_MAX = 512_000_000
"""The largest JSON document that is read whole: a year of a country's tender releases."""

HEADER_LINES_MAX = 20
"""How far down the line of column names is looked for."""

FIRST_YEAR = 1900
"""Firms and patents are older than the books of a bank; nothing is older than this."""

NAMES_KEPT_MAX = 5_000_000
"""Names that a loader remembers of one file: about a gigabyte."""

PARTS_MAX = 50
"""Applicants, products or suppliers named in one row; more are a list, not a row."""

ICKG_CONFIDENCE_PPM = 890_000
"""ICKG-25's own experts found 1,781 of 2,000 of its triples correct."""

SNAPSHOT_MONTHS = 6
"""GDES tells who supplies whom every half year."""
