"""Every bound of the cash-flow room, with its reason."""

from __future__ import annotations

HORIZON_DAYS_MAX = 366
"""A year ahead: beyond it no method here was ever measured."""

LEVELS_MAX = 99
"""Quantiles asked for at once: whole percents; a band needs two."""

STATISTICAL_DAYS_MAX = 1_100
"""Three years: what lies before costs a model time and says nothing of the next weeks."""

WEEKDAY_MEAN_WEEKS = 8
"""Of the weekday mean: long enough to be steady, short enough to follow a season."""

DAYS_FITTED_MIN = 15
"""Two weeks and a day; a shorter series is answered plainly, by the mean of what there is."""

PROCESSES_MAX = 2
"""Of one forecast: it is not alone on the machine."""

SERIES_A_TASK = 8
"""Series go to a process so many at a time; fewer than two such tasks stay in this one."""

BATCH_SHARDS_MAX = 4_096
"""Thousands of files in a folder are enough; a shard of ten thousand series fits any memory."""

BATCH_CUT_ROWS = 100_000
"""Rows of a row group while a file is cut: some megabytes for each shard that is open."""

RAY_STORE_BYTES = 80 * 2**20
"""About the least that Ray takes: shards lie in files, and only their numbers are passed around."""

FAILURE_CHARS_MAX = 300
"""Of why a shard broke: the line that says it, not a stack."""

HISTORY_DAYS_MAX = 3_660
"""Ten years of a grid: older rows are left out, so that one row of 1900 costs nobody memory."""

VALUE_MAX = 1e15
"""A thousand million millions: beyond it a float no longer tells a cell's hundredths."""

CELL_CHARS_MAX = 40
"""Of a cell that cannot be read, shown to whoever has to find it."""

COLUMNS_MAX = 1_000
"""Of a table in long form; a file with more is none."""

SNIFFED_BYTES = 2**18
"""Of a file's beginning, which tells its encoding and headings."""

CONVERTED_BYTES_MAX = 2**28
"""A spreadsheet's file in another encoding is converted in memory up to 256 MiB."""

NAME_CHARS_MAX = 200
"""The longest name of a series: a chain, a shop and a kind of flow, not a document."""

SHORT_DAYS = 28
"""Fewer days than four weeks show no weekday twice over, and no month."""

ENDED_DAYS = 28
"""A series silent for so long before the newest day of all has perhaps ended."""

REVERSALS_SHARE_MAX = 0.2
"""Up to a fifth of moving days below zero are reversals of an inflow; more are a net flow."""

FINDINGS_PER_SERIES_MAX = 8
"""The most important first; what is odd in more ways is not worth more lines."""

RIDGE_DAYS_MAX = 400
"""Of the past that the calendar ridge reads: a year, so that each holiday is there once."""

SUMS_DAYS_MIN = 56
"""Known days before a sum is foretold by ridge: eight weeks, the longest weekday mean."""

SUMS_PLAY_DAYS = 84
"""Past origins by which the members are weighed: twelve weeks, each of which ends before ours."""

SUMS_SERIES_A_TIME = 64
"""Series played together: some tens of megabytes of plays."""

SUMS_PLAYS_THIN_FROM_DAYS = 30
"""A longer horizon is played from every second, third, ... day, so that plays stay bounded."""

MINT_NODES_MAX = 600
"""Leaves and sums in one covariance; a larger tree agrees without one."""

FOUNDATION_DAYS_MIN = 28
"""Known days below which a model that was never fitted sees no week in a series."""

FOUNDATION_ROWS = 64
"""Series that a foundation model reads at once: some hundred megabytes."""

PROFILE_DAYS_MAX = 1_100
"""Three years: a Spring Festival twice over and one to spare; what is older says nothing new."""

PROFILE_ROWS = 8_192
"""Series computed together: some hundred megabytes, and enough to pool a class from."""

PROFILE_ORIGINS = 16
"""Past origins whose errors make the bands: four months by the week."""

PROFILE_FIT_DAYS_MIN = 28
"""A past origin has at least four weeks behind it."""

CHOOSING_ROWS = 2_048
"""Series on which a class chooses how fast its level moves: more choose no better."""

POOLED_SAMPLES = 100
"""A series' own errors weigh as much as its class's from so many on."""

ACCURATE_SERIES_MAX = 20_000
"""Where nobody says which tier: so many series are answered by the blend within minutes."""

PATHS = 1_000
"""Ways in which the days ahead may go: the worst in a thousand is still one that was drawn."""

PATHS_FITTED = 200
"""Of them that are looked at while it is fitted how days go together."""

SCALE_MIN, SCALE_MAX = 0.5, 2.0
"""By how much paths are scaled to the forecast's mean; beyond it their quantiles would be lost."""

FACTOR_MIN, FACTOR_MAX = 0.2, 5.0
"""By how much a stretch of one path is scaled: further, and it would be another business."""

OUTLOOK_DAYS_MAX = 183
"""Half a year: an owner's plan, and as far as paths bear."""

RECORDS_AGE_DAYS_MAX = 183
"""Records that end earlier say nothing of the next weeks."""

RECORDS_AGE_DAYS_THIN = 14
"""Days since the newest record from which on an outlook is marked as thin."""

OUTLOOK_HISTORY_DAYS = 1_100
"""Three years of a firm's records are read: a Spring Festival twice over."""

CHANGES_MAX = 20
"""Changes thought of at once; more are another business."""

KNOWN_ITEMS_MAX = 500
"""Items ahead of one business: daily instalments of some loans over half a year."""

QUALITY_FIRMS_MAX = 400
"""Firms played again for a page: half a minute of reading; more change no figure."""
