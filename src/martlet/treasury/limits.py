"""Every bound of the treasury room, with its reason."""

from __future__ import annotations

EVENTS_MAX = 20_000
"""Events of one position: ten years of five sweeps a day; more is a loop, not a till."""

YIELD_LINES_MAX = 400
"""Dated lines of one yield table: thirty years of monthly changes."""

YIELD_PPM_PER_YEAR_MAX = 1_000_000
"""What was put in, once a year: whatever pays more is a slip of the keyboard."""

DAYS_WITHOUT_YIELD_MAX = 3_660
"""Days of one position whose yield is not known yet: ten years of a partner's silence."""

TENOR_DAYS_MAX = 3_660
"""Ten years: the longest holding period that a product here may promise."""

INSTALMENTS_MAX = 120
"""Monthly instalments of one plan: the same ten years."""

NON_BUSINESS_DAYS_MAX = 31
"""Days off in a row: the longest holiday is a third of it; more is a calendar that is empty."""

CALENDAR_DAYS_MAX = 4_000
"""Days named by one calendar: thirty years of holidays and make-up days."""

CHUNK_POSITIONS = 500
"""Positions in one commit of the night: under a second of the only writer."""

YIELDS_PER_COMMAND_MAX = 31
"""Days whose yields are published at once: a long holiday, or a month come late."""

REFERENCE_CHARS_MAX = 120
"""A bank's own reference for a payment; longer ones are not references."""

POSITIONS_SHOWN_MAX = 500
"""Positions of one page of a list."""

STATEMENT_EVENTS_MAX = 1_000
"""Lines of one statement; older ones are read page by page."""

ORDERS_PER_CALL_MAX = 500
"""Payout orders handed to the rail in one sweep."""

SWEEPS_MAX = 2_000
"""Such calls in a row: a million payouts of one day; what is left goes with the next night."""

VERIFY_PAGE = 1_000
"""Positions read at a time when the room is verified."""

EARNINGS_DAYS_SHOWN_MAX = 366
"""Days of earnings shown one by one: a year."""

FLOW_DAYS_MAX = 800
"""Days of flows read at once: two years and a bit; a forecast of flows reads no more."""

BUSINESS_FLOW_DAYS_MAX = 1_100
"""Days of money in and out that a plan looks back on: three years, with three Spring Festivals."""

SHORT_PPM_MIN, SHORT_PPM_MAX = 100, 50_000
"""How likely it may be to be short: surer than 99.99 % no history here can say, and one in twenty
is no plan any more."""

CONSENT_PRODUCTS_MAX = 20
"""Products named by one standing order: more than the bank offers."""

ORDERS_SHOWN_MAX = 200
"""Orders of one page of a business's history."""

YIELDS_SHOWN_DAYS = 30
"""Published yields shown of a product: a month."""

HISTORY_PER_HORIZON = 3
"""How many times a look ahead must have been seen before its need is told: three windows that do
not overlap are the fewest whose largest says anything."""

UNSEEN_EXTRA_PPM = 250_000
"""What is kept above the largest need that was seen, where the accepted chance is finer than the
number of windows: a quarter more."""

CAP_LOOK_DAYS = 14
"""How far ahead the balance is stocked because of a daily cap: a fortnight of caps."""

LOT_SHARE_LEAST_PPM = 50_000
"""A lot below a twentieth of everything is not worth its line in the statement."""

MOVE_FEN_LEAST = 10_000
"""Below 100 yuan nothing is moved between balance and surplus by itself."""

NEED_DAYS = (1, 2, 3, 5, 7, 14, 28, 56, 91, 182)
"""Looks ahead of a plan; the ends of offers are added."""

PLANS_SHOWN_MAX = 100
"""Plans of one page of a business's history."""

PARTIES_PER_READ = 500
"""Businesses with a standing order read at a time."""
