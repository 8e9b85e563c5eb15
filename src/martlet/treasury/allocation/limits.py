"""Every bound of the allocation, with its reason."""

from __future__ import annotations

HORIZONS_DAYS = (1, 7, 14, 28)
"""Looks ahead between which a lot counts as locked; the locks of the products are added."""

CAP_LOOK_DAYS_MIN = 2
CAP_LOOK_DAYS_MAX = 14
"""How far ahead the account is stocked because of a daily cap: as many caps as a payment takes
that one morning in a hundred brings."""

CAP_SHARES = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.3, 1.7, 2.2, 3.0, 4.5)
"""Amounts on the account, in caps, at which the chance of a shortfall is forecast."""

CAP_DRAWS = 4
"""Amounts drawn for each morning that is learnt from, beside nothing at all."""

QUIET_ROWS_EVERY = 3
"""Of the mornings that ask nothing of the account every third is learnt from, and counts thrice."""

SHORT_ROWS_MIN = 50
"""Mornings on which a cap has to have bound before what foretells them is learnt."""

AGE_DAYS_MIN = 20
"""Origins younger than this teach the month after opening, not the business."""

WEALTH_FEN_MIN = 50_000
"""Below 500 yuan a share of wealth says nothing; such a morning is not learnt from."""

RATIO_MAX = 1.2
"""A need cannot pass wealth by much: only an overdraft makes it."""

SCORE_OFFSET = 0.05
"""Added to need and forecast before one is divided by the other, so that a forecast of nothing
can be scaled as well."""

SMOOTHED_MORNINGS = 3
"""Mornings whose forecasts are averaged: whoever buys whenever a forecast dips buys its errors."""

BUYING_EVERY_DAYS = 4
BOUGHT_PPM = 500_000
"""On every fourth morning an account locks half of what is free: its terms then end on different
days, so that some of it comes back soon, and one morning's error locks little."""

LOT_LEAST_PPM = 10_000
"""A lot below 1 % of wealth waits: every lot is a message to the owner."""

FOLDS = 4
"""Parts of the accounts: each is forecast by models that never saw it."""

ROUNDS = 120
"""Trees of a head; more of them learnt the accounts by heart."""

ROWS_MAX = 40_000
"""Rows that a head is fitted on: past that, mornings are thinned evenly, but the calibration
still sees every one of them."""

CHANCE_ROUNDS = 150
"""Trees that foretell a cap that binds: such days are rare, and every one of them is learnt."""

TAILS = (0.0003, 0.0006, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.006, 0.01)
TAILS_CAPPED = (0.001, 0.002, 0.004, 0.006, 0.008, 0.011, 0.015, 0.02, 0.03)
"""How likely a typical account's term may have to be broken; careful to bold. Between them the
dial is read off, and beyond them nothing is known. Under a cap most shortfalls are the cap's, so
terms are bought more boldly at the same risk."""

TAIL_LEAST = 1e-5
TAIL_MOST = 0.2
"""No account's own probability leaves these, whatever its wealth."""

WEALTH_POWER = 0.5
"""How much more risk goes where more money stands: 0 gives every account the same level, 1 puts
every short day where it buys most interest. Between them small accounts are served as well, and
on the days before the window nothing earned more (docs/allocation.md)."""

PRICE_TIMES_TAIL = 6.0
"""One dial for two risks: the price of a short day at the account is this over the tail of the
terms. On the days before the window the best pairs lay along that line."""

CHOOSING_DAYS = 160
"""Days before a morning on which the dial is set: enough for some shortfalls to be seen."""

CURVE_SLOPE_LEAST = 0.5
CURVE_SLOPE_MOST = 3.0
"""How fast shortfalls rise with the dial, as a power of it: few of them say it badly."""

REFIT_DAYS = 28
"""Days after which everything is learnt again from what has happened by then."""

DIAL_DAYS = 7
"""Days after which the dial is set again from the shortfalls that have happened: sooner than
anything can be learnt from them."""

MAKING_GOOD_DAYS = 84
"""Days over which shortfalls above the accepted risk are made good."""

MAKING_GOOD_MOST = 0.5
"""Of the accepted risk: no more of it is given up at a time to make good. Days with fewer
shortfalls than accepted are never spent: the accepted risk is a ceiling."""

CONFIDENCE_DEVIATIONS = 1.645
"""Standard deviations of a Poisson count: what is accepted is kept 19 times in 20."""

YEAR_DAYS = 365
UNSEEN_SEASON_PART = 0.5
"""While less than a year is known, the season ahead has not been seen: half of the risk is kept
for it."""

RISK_PER_1000 = 0.2
"""Shortfall days per 1,000 account-days, above what nobody could avoid, that an owner accepts who
says nothing."""

RISK_CAPPED_PER_1000 = 0.8
"""The same where T+0 pays out only so much a day: then everything in T+0 alone is many times
that."""

LADDER_TERMS_MAX = 40
"""Columns of a ladder's program: products times instalments."""
