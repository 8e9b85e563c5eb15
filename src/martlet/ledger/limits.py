"""Every bound of the ledger, with its reason."""

from __future__ import annotations

from martlet.kernel.limits import AMOUNT_FEN_MAX

TRANSFERS_PER_BATCH_MAX = 20_000
"""Transfers in one command: it holds the only writer for about a quarter of a second, and each
account is read and changed once for all of them."""

TRANSFER_FEN_MAX = AMOUNT_FEN_MAX
"""The largest single transfer; a larger one is a typing error."""

TOTAL_FEN_MAX = 4 * 10**18
"""The largest running total of an account: two of them still add up inside 64 bits."""

PATH_CHARS_MAX = 160
"""The longest account path: six segments of a word or an identifier each."""

KIND_CHARS_MAX = 60
"""The longest kind of a transfer, such as `loan.principal_repaid`."""

SUBJECT_CHARS_MAX = 120
"""The longest subject, such as `loan:` and an identifier."""

JOURNAL_LINES_MAX = 1_000
"""Lines that one reading of the journal returns; the rest follows by cursor."""

BALANCES_MAX = 100_000
"""Accounts that one reading of balances returns."""

LOOKUP_VALUES_MAX = 500
"""Values in one IN list: far below both databases' limits, and one prepared statement."""

EXPIRED_HOLDS_PER_RUN_MAX = 5_000
"""Expired holds released in one transaction; the next run takes the next ones."""

COLLECTOR_RESTS_FROM = 1_000
"""Transfers in a batch from which the garbage collector rests while it is written."""

SEALED_ROWS_PAGE = 20_000
"""Rows of the journal held at a time while its seals are made again: about ten megabytes."""
