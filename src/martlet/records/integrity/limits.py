"""Every threshold of the checks, with its reason.

The reasons are what honest trade looks like; no data set's outcomes went into them.

A check excludes only where many records agree and a large part of the turnover rests on them. A
number alone is met by chance, a share alone by one large honest sale.
"""

from __future__ import annotations

from datetime import timedelta

YEAR_DAYS = 365
"""The turnover that a decision rests on is a year's, so a check looks at the same year."""

EVIDENCE_ROWS_MAX = 20
"""Records shown with a finding: what a person looks through in a minute."""

PAIRS_MIN = 5
"""Pairs of invoices below which nothing is said: two returns and a correction are three."""

EXCLUDED_SHARE_PPM = 200_000
"""A fifth of the year's sales: less moves a limit by less than the steps between its bands."""

SEEN_SHARE_PPM = 20_000
"""A fiftieth of the year's sales: from here on a person may want to know, and nothing follows."""

CIRCULAR_DAYS = 15
"""Sold and bought back within half a month: one VAT month holds the whole round."""

CIRCULAR_APART_PPM = 5_000
"""Half a percent: a round keeps its amount but for a fee, while a margin in trade is larger."""

CIRCULAR_ALIKE_MAX = 3
"""Purchases from the partner in the year that are about the amount of a sale. More of them say
nothing: where an invoice may carry 100,000 yuan, half of a wholesaler's carry just about that."""

NETTING_APART_PPM = 10_000
"""One percent between all that was sold to a partner in the year and all that was bought from it:
of honest pairs, whose two sums differ by any factor, less than one in a hundred comes so close."""

CIRCULAR_ROWS_MAX = 2_000
"""Invoices of one partner and side that are paired; beyond it the newest are."""

ROUND_FEN = 1_000
"""Multiples of ten yuan are round: prices meet there by chance."""

MIRROR_DAYS = 1
"""The same amount in and out on the same day or the next."""

MIRROR_REPEATS_MAX = 3
"""An amount that stands more often than this on one side is a price list, not a trace."""

MIRROR_CHANCE_DAYS = 45
"""How far around the same amounts are counted that meet by chance, for comparison."""

MIRROR_OVER_CHANCE = 5
"""Mirrors must be five times as many as chance brings together in as many days."""

EQUAL_MIN = 10
"""Sales beyond the first of one buyer, day and odd amount from which they are worth a look."""

EQUAL_NUMBERS_APART = 20
"""Invoices whose numbers are as close as this are one sale cut into equal parts, several goods in
turn, because no invoice may carry more than its kind allows: half of all real firms have many."""

EQUAL_NUMBER_DIGITS = 9
"""The digits of a number that count up; the longer ones of electronic invoices begin with the
year and the place."""

MARK_DAYS = 730
"""Two years of sales leave marks: what a decision looks at, and what was copied a year ago."""

MARKS_PER_MONTH = 3
"""The largest sales of each month: seventy marks a business, however large it is."""

MARKS_SHARED_MIN = 5
"""Equal marks from which two books are the same: one is a typing error, five no accident."""

SHARED_BOOKS_MAX = 20
"""Other businesses with the same invoices that are remembered for one."""

NEW_DAYS = 60
"""A partner first met in the last two months is new."""

HISTORY_DAYS_MIN = 240
"""History needed before 'new' means anything: half a year before the two months."""

NEW_SHARE_PPM = 300_000
"""The share of the last two months' sales that a new partner takes to be told."""

NEW_SALES_MIN = 5
"""Sales to it below which nothing is said."""

BACK_SHARE_PPM = 200_000
"""How much of what a new buyer paid was bought from it, for it to count as both: a tool returned
or a sample bought is less."""

NAMED_SHARE_PPM = 200_000
"""Share of the year's sales to the business itself or its owner: a fifth, as for a round."""

BURST_WINDOWS_DAYS = (30, 14)
"""Months for most, a fortnight for those who hurry."""

BURST_HISTORY_DAYS = 395
"""A year before the last month: then every season, Spring Festival too, is in the comparison."""

BURST_OVER_USUAL = 4
"""Times the median of the windows before: three times is a good month, four is another business."""

BURST_REGULAR_PERCENT = 25
"""Percent of the mean window that the median must reach: who sells by the project has no usual
window, and nothing can burst it."""

BURST_OVER_RECORD_PERCENT = 150
"""Percent of the best window before, whenever it was: seasons have their own records."""

BURST_SALES_MIN = 10
"""Sales in the window, and of those to newcomers days with a buyer: one large contract is no burst,
into however many invoices it is cut."""

BURST_NEW_SHARE_PPM = 666_667
"""Two thirds of it to partners never met before."""

BURST_BUYS_PPM = 300_000
"""Usual purchases over sales from which a business is known to need goods for what it sells."""

BURST_BACKING_PERCENT = 50
"""Percent of the usual goods that must stand behind a burst; stock in hand explains the rest."""

RETURNED_DAYS = 3
"""Money that goes back to who paid it within three days."""

VOIDED_MIN = 5
"""Sales shown as good and void in a later file: below this they are slips of the pen."""

OWNER_DAYS = 30
"""Businesses of one owner put on the books within a month are counted together."""

OWNER_BUSINESSES_MIN = 3
"""From here on they are told; a person may well open two shops."""


SIBLING_DAYS = timedelta(days=45)
"""How long a finding in one business's records speaks for the owner's others: like a signal."""

CLEARED_FOR = timedelta(days=180)
"""How long an explained finding stops nothing: half a year, after which trade is another."""

CLEARED_GROWTH_PERCENT = 10
"""How much an explained finding may grow before it speaks again: a window moves every day."""

REASON_CHARS_MAX = 500
"""The longest reason for clearing a finding: a paragraph."""
