"""Every bound of the allocation, with its reason."""

from __future__ import annotations

HORIZONS_DAYS = (1, 7, 14, 28)
"""Looks ahead between which a lot counts as locked; the locks of the products are added."""

CAP_LOOK_DAYS = 14
"""How far ahead the account is stocked because of a daily cap: a fortnight of caps is more than
any payment that was seen."""

AGE_DAYS_MIN = 20
"""Origins younger than this teach the month after opening, not the business."""

WEALTH_FEN_MIN = 50_000
"""Below 500 yuan a share of wealth says nothing; such a morning is not learnt from."""

RATIO_MAX = 1.2
"""A need cannot pass wealth by much: only an overdraft makes it."""

SCORE_OFFSET = 0.05
"""Added to need and forecast before one is divided by the other, so that a forecast of nothing
can be scaled as well."""

FOLDS = 4
"""Parts of the accounts: each is forecast by models that never saw it."""

ROUNDS = 120
"""Trees of a head; more of them learnt the accounts by heart."""

ROWS_MAX = 400_000
"""Rows that heads are fitted on: past that, mornings are thinned evenly, but the calibration
still sees every one of them."""

TERM_LEVELS = (0.9999, 0.9998, 0.9995, 0.9993, 0.999, 0.9985, 0.998, 0.9965, 0.995, 0.99, 0.98)
"""How sure to be that a term need not be broken; careful to bold."""

ACCOUNT_LEVELS = (0.9998, 0.9995, 0.9992, 0.999, 0.9985, 0.998, 0.997)
"""How sure to be that a daily cap does not bind; careful to bold."""

CHOOSING_DAYS = 160
"""Days before the window on which levels are chosen: enough for some shortfalls to be seen."""

CHOOSING_PARTS = 2
"""Parts of the accounts on which levels are chosen; on the other half they are confirmed."""

CONFIRM_PROBABILITY = 0.95
"""A level is confirmed unless so few shortfalls were to be expected that the other accounts' count
would be seen less often than once in twenty."""

RISK_PER_1000 = 0.2
"""Shortfall days per 1,000 account-days, above what nobody could avoid, that an owner accepts who
says nothing."""

RISK_CAPPED_PER_1000 = 0.8
"""The same where T+0 pays out only so much a day: then everything in T+0 alone is many times
that."""

LADDER_TERMS_MAX = 40
"""Columns of a ladder's program: products times instalments."""
