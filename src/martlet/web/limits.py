"""Every bound of the pages, with its reason."""

from __future__ import annotations

FORM_FIELDS_MAX = 80
"""Fields of a form; our longest, a relief programme, has some fifty."""

FIELD_BYTES_MAX = 262_144
"""One text field: a whole policy is under 100 kB. A file is not a field and goes to disk."""

NUMBER_DIGITS_MAX = 15
"""Digits of a whole number in a form: the largest amount in fen has as many."""

LANGUAGE_COOKIE_SECONDS = 31_536_000
"""A year: the choice of language sticks."""

STATIC_CACHE_SECONDS = 31_536_000
"""A year: the address of a static file carries its hash, so it never changes."""

QUARANTINE_ROWS_SHOWN = 5
"""Rows set aside that are shown; enough to see what is wrong with the file."""

LIST_ROWS = 50
"""Rows of a list on one page."""

DIFF_LINES_MAX = 2_000
"""Lines of a policy that are compared for a page."""

CHART_DAYS = 30
"""Days shown in the portfolio's chart: a month."""

ROLL_MONTHS_SHOWN = 6
"""Months of roll rates on the arrears board: half a year; the API gives three."""

HISTORY_DAYS = 14
"""Closed days listed under the end of day: two weeks."""

LOANS_SHOWN_MAX = 30
"""Loans of a business on its first page; an owner with more finds them under the line."""

TRIAL_DECISIONS = 1_000
"""Stored applications decided again for a page: about a second of work; the CLI takes them all."""

TRIAL_MOVERS_SHOWN = 5
"""Movers of one sort named on a page, the largest first."""

MONITORED_DECISIONS = 2_000
"""The newest decisions that the monitoring pages look at; the CLI takes them all."""

PORTFOLIO_KEPT_SECONDS = 60
"""How old what monitoring shows may be: it changes by the month."""

PORTFOLIOS_KEPT_MAX = 16
"""Tenants whose portfolio is kept at once."""

DRIFT_MONTHS_SHOWN = 8
"""Months of a heat table, the latest first: as many as fit a laptop's width."""

VINTAGES_SHOWN = 9
"""Cohorts of the vintage chart, the latest: more lines are not told apart."""

VINTAGE_MONTHS_MIN = 4
"""Months on book before a cohort is shown: until then nothing can be ninety days overdue."""

LOAN_ENTRIES_SHOWN = 200
"""Ledger rows of one loan on its page, the newest; `martlet ledger journal` has them all."""

BOOK_VINTAGES_SHOWN = 9
"""Months of disbursement in the book's vintage chart: more lines are not told apart."""

BOOK_KEPT_SECONDS = 300
"""How old the book's vintages on a page may be: they change by the day and take seconds."""

RELIEF_STEPS_SHOWN = 4
"""Measures that the form of a relief programme offers; longer ones come as a file."""

FAN_GRID_LINES = 4
"""Lines of a chart of what lies ahead, about: more are not read on a phone."""

FAN_TICKS = 4
"""Dates under such a chart: as many as do not touch on a phone."""

RECKONING_WAIT_SECONDS = 0.2
"""How long a page waits for a slow answer before it says that it is being reckoned."""

RECKONINGS_KEPT_MAX = 32
"""Slow answers kept at once: a few of each tenant, some megabytes each."""

RECKONINGS_WAITING_MAX = 8
"""Slow answers waiting their turn; whoever comes after them is asked to come again."""

DESK_FILE_BYTES_MAX = 32 * 1024 * 1024
"""A partner's flows: a million lines of a day, a series and an amount."""

DESK_SERIES_MAX = 400
"""Series of a partner's file on a page: some seconds of work; the command line takes more."""

DRIVERS_SHOWN = 6
"""Parts of the way to the lowest point, the largest first; the rest are small change."""

KNOWN_ITEMS_SHOWN = 30
"""Known flows ahead that are listed: eight weeks of a shop with some loans."""

STORE_OPENS_DAYS = 14
"""A store that is thought of opens in two weeks."""

PROMOTION_DAYS = 14
"""A promotion that is thought of lasts two weeks."""

WHAT_IF_PERCENT_MAX = 100
"""A store as large as all there is, a promotion that doubles sales: the end of a slider."""

WHAT_IF_DAYS_MAX = 60
"""Two months late: the end of a slider."""

QUALITY_PAGE = 200
"""Businesses listed at a time where forecasts are played again."""

QUALITY_FIRMS_LISTED_MAX = 4_000
"""Businesses from which a sample is played again; a page says where there are more."""

CUSTOMERS_SHOWN = 6
"""Customers told one by one to their owner, the largest first, and as many lost ones."""

CUSTOMERS_CHOSEN_MAX = 30
"""Customers that a what-if may lose: the largest; the others move nothing that is seen."""

CHAIN_NODES_DRAWN = 400
"""Nodes of a chain drawn at once, the nearest first: more are no picture, and slow on a phone."""

CHAIN_TIES_LISTED = 1_200
"""Ties of a chain drawn and listed at once: three to a node."""

CHAIN_ROWS_OF_LANE = 16
"""Nodes of a tier below each other before a second lane begins: a laptop's height."""

CHAIN_NODES_OF_LINE = 3
"""Nodes of a tier beside each other on a phone: as many as can be read without moving about."""

CHAIN_TIES_OF_NODE = 60
"""Ties of one node told in full, those that most facts of the strongest sources tell first."""

CHAIN_FACTS_OF_TIE = 24
"""Facts of one tie told one by one, the newest first: two years of months."""

CHAIN_REVIEWS_SHOWN = 30
"""Proposals on a page of the review queue: what a person decides in one sitting."""

CHAIN_PATHS_SHOWN = 3
"""Ways to a core firm that a decision shows, as many as are looked for."""

CHAIN_HOPS_SHOWN = 12
"""Steps of one way: more are never found."""

CHAIN_HITS_SHOWN = 100
"""Firms hit by an event that a page lists, the hardest hit first."""

QUERY_CHARS_MAX = 700
"""One answer in a page's address: the longest is a node's key, of six hundred signs."""
