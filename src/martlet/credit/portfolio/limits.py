"""Every bound of scoring a lender's own file, with its reason."""

from __future__ import annotations

LEVELS_MAX = 5_000
"""Levels of one categorical column that get a rate of their own: postcodes of a region."""

LEVEL_CASES = 10.0
"""Cases' worth of the base rate that every level's bad rate is mixed with."""

DERIVED_FROM_COLUMNS_MAX = 40
"""Columns up to which pairs are looked at: beyond it there are too many pairs to mean anything."""

DERIVED_COLUMNS_MAX = 16
"""Derived columns of one table: the closest pairs and the round figures."""

BIN_CASES = 10.0
"""Cases' worth of the base rate that every bin's bad rate is mixed with."""

BINS_MIN = 5
"""Bins of a column of few cases: fewer cannot show a curve."""

BINS_MAX = 20
"""Bins of a column of many cases: more are noise to a reader."""

PENALTY_CASES = 4.0
"""How strongly a scorecard's weights are held at their start, in units of log-likelihood."""

PENALTY_CASES_PER_COLUMN = 0.5
"""And how much more strongly for each further column: many columns find more by chance."""

BOOST_ROUNDS = (60, 120, 250)
"""Numbers of trees of which the held-out cases choose one, in a large table."""

BOOST_ROUNDS_SMALL = (50, 100, 200, 400)
"""And in a small one, where trees are quick and each may say less."""

THREADS = 1
"""Threads of the boosting: sums are then added in one order on any machine, and on a busy one the
threads of a short tree wait for each other longer than they work (15 s for 0.4 s of work)."""

SMALL_TABLE = 5_000
"""Cases up to which models are averaged over many seeds."""

LARGE_TABLE = 40_000
"""Cases from which one boosted model of each kind is enough, and three folds tell enough."""

BLEND_PENALTY = 10.0
"""How strongly the blend's weights are held at their start, in units of log-likelihood."""

BOOSTING_BADS_HALF = 40.0
"""Bad cases at which boosted trees start at half of the blend: below, they find chance."""

BAND_CASES_MIN = 25
"""Cases of a score band: fewer give an interval that says nothing."""

BANDS_OF_SCORE_MAX = 40
"""Score bands of a large table."""

NESTED_CASES_MAX = 2_000
"""Cases up to which the whole way of fitting is judged on folds that it has not seen. In larger
tables the blend's few weights are learnt on the cases that judge it; the report says so."""

BOOTSTRAP_CASES = 2_000_000
"""Cases drawn in all for an interval: a second or two of work."""

BOOTSTRAP_DRAWS_MIN = 40
"""Draws of a large table: enough for a standard deviation."""

BOOTSTRAP_DRAWS_MAX = 500
"""Draws of a small one."""

ENCODINGS = 5
"""Dealings of folds by which the levels of a small table are encoded, one for each seed."""

HELD_OUT_SEEDS = 2
"""Seeds grown on held-out folds, where many models are."""

PRIOR_BADS_HALF = 20.0
"""Bad cases at which the expert prior starts at half of the blend: with few, it knows more."""

PRIOR_SPREAD_MIN = 0.1
"""Spread of the prior's log-odds below which it tells no case from another."""
