"""Every bound of the back-test, with its reason."""

from __future__ import annotations

ACCOUNTS_MAX = 200_000
"""A day of the walk holds about 2 kB an account; more accounts are played file by file."""

DAYS_MAX = 3_660
"""Ten years of days: movements further apart are two files."""

CELLS_MAX = 200_000_000
"""Accounts times days: 1.6 GB as whole fen."""

FILE_BYTES_MAX = 1_073_741_824
"""A file of movements; about 30 million of them."""

AMOUNT_FEN_MAX = 10**13
"""A hundred billion yuan in one account: ppm products of it stay inside int64 columns."""

TERMS_MAX = 8
"""Term products played beside each other."""

LOCK_DAYS_MAX = 366
"""The longest term: each day of it is a column of lots."""

HISTORY_DAYS_MIN = 48
"""Days an account must have lived before the window, as in the reference protocol (499 Berka
accounts): less says nothing about a month."""

WINDOW_DAYS = 182
"""Half a year: long enough for six terms of 28 days, short enough to leave history to learn."""
