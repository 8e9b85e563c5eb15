"""Every bound of the lending room, with its reason."""

from __future__ import annotations

EVENTS_MAX = 4_000
"""Events of one loan: ten years of a repayment a day; more is a loop, not a borrower."""

FUTURE_DAYS_MAX = 2 * 3_660
"""How far ahead an event may name a day: the longest loan, made as long again."""

CHARGE_NAME_CHARS_MAX = 60
"""The name of a fee as it stands on a statement; longer ones are remarks."""

PROPOSALS_PER_LOAN_MAX = 5
"""Open proposals on one loan: the next waits until somebody has decided."""

TIMELINE_ENTRIES_MAX = 1_000
"""Ledger lines shown on a loan's timeline; older ones are read in the journal."""

TENOR_DAYS_MAX = 3_660
"""Ten years: the longest loan that any product here may promise."""

TENOR_MONTHS_MAX = 120
"""The same ten years, in months."""

QUOTE_DAYS_MAX = 400
"""How far ahead a pay-off is quoted: a year and the odd weeks around it."""

BACKDATE_DAYS_MAX = 3_660
"""How far back a value date may lie: as long as the longest loan."""

CHUNK_LOANS = 2_000
"""Loans in one step of the end of day: under a second of work, so a kill loses little."""

COLUMN_LOANS_FOR_ONE = 25
"""Loans followed in columns in about the time in which one is projected by itself and written."""

CLASS_CHANGES_PER_LOAN_CHUNK = 5
"""Changes of category written in about the time in which one loan is projected and written."""

EVENTS_LOOKUP_LOANS = 2_000
"""Loans whose events are read in one question: far below both databases' parameters."""

RECEIPTS_PER_COMMAND_MAX = 20_000
"""Repayments of one file in one command: about half a second of the only writer."""

RECEIPT_FILE_BYTES_MAX = 8 * 2**20
"""A file of repayments: four hundred bytes a row, of which the longest has half."""

RECEIPTS_SHOWN_MAX = 500
"""Receipts of one page of a list."""

CATCH_UP_DAYS_MAX = 1_000
"""Dates ended by one catching up: nearly three years; more is a slip of the keyboard."""

NIGHTS_PER_COMMIT_MAX = 30
"""Nights of a small book ended in one commit when days are caught up: under a second of work."""

LOANS_PER_SAMPLED = 250
"""Loans of a small book for each that is checked, so that the check costs no more than the work."""


SAMPLE_LOANS = 20
"""Loans of each step whose columns are checked against the scalar projection."""

COLUMN_PRODUCT_MAX = 2**62
"""Above it an interest product might leave int64; such a loan is projected by itself."""

STATEMENT_LOANS_MAX = 500
"""Loans in one facility's statement; the rest are read loan by loan."""

PORTFOLIO_ROWS_MAX = 1_000
"""Rows of one page of a list."""

RAIL_ORDERS_PER_CALL_MAX = 500
"""Payout orders handed to the rail in one sweep after a restart."""

REFERENCE_CHARS_MAX = 120
"""A bank's own reference for a payment; longer ones are not references."""

VERIFY_PAGE = 5_000
"""Loans read at a time when the sub-ledger is verified."""

COURSE_POINTS_MAX = 61
"""Days on which a loan's balance is asked for a chart: a replay each, a screen's width of them."""

VINTAGE_LOANS_MAX = 20_000
"""Newest loans of which vintages are read for a page: a few seconds of replay."""

VINTAGE_MONTHS_MAX = 60
"""Months on book that a vintage is followed: five years, longer than most loans live."""

PLAN_PERIODS_MAX = 3_660
"""Instalments of one schedule: one a day for ten years; forty years of weeks fit as well."""

ANNUAL_RATE_MAX = 1_000
"""A thousand times what was lent, a year: no schedule is written for more."""

NON_WORKING_DAYS_MAX = 31
"""Days off in a row: the longest holiday is a third of it; more is a calendar that is empty."""

CASH_FLOWS_MAX = 8_000
"""Dated flows of which a rate is found: every instalment of the longest schedule, and its fees."""

VECTOR_FILE_BYTES_MAX = 64 * 2**20
"""A file of cases: the largest known has one megabyte."""

RATE_CAPS_MAX = 400
"""Dated caps and published rates in one file: thirty years of monthly publications."""

RATE_SHOWN_PPM_MAX = 10**12
"""A million times what was lent, in a year: whatever is dearer is shown as this."""

PRICE_EXAMPLE_FEN = 1_000_000
"""Ten thousand yuan: large enough that a fen of rounding is no price, small enough to be usual."""

PRICES_REMEMBERED_MAX = 4_096
"""Prices of product, rate, tenor and day that stay in memory: a day has some dozens."""

EXPECTED_PAYMENTS_MAX = 3_660
"""Daily payments that an advance on takings is expected to take: ten years of them."""

RECEIVABLE_LOANS_MAX = 50
"""Loans drawn against one order or sale: it is one shipment, paid for once."""

ADVANCES_OF_ONE_MAX = 50
"""Open advances of one business: each keeps a share of the same takings, and there is one till."""

LEVEL_MOVES_MAX = 12
"""Moves of a level instalment towards the last one: one that has not settled by then never will."""

TAKINGS_BACK_DAYS_MAX = 92
"""How long ago a day may be whose takings are collected from: a quarter, as platforms settle."""

TAKINGS_PARTIES_PER_STEP = 200
"""Businesses whose advances are collected in one commit: under a second of the only writer."""
