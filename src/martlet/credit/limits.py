"""Every bound of the decision heart, with its reason."""

from __future__ import annotations

POLICY_BYTES_MAX = 65_536
"""A policy is read by people; one that needs more text than this is not a policy."""

ARTEFACT_BYTES_MAX = 262_144
"""A scorecard of 40 characteristics with 40 bins is about 50 kB."""

BANDS_MAX = 20
"""Price bands: more are noise at the precision of any pd."""

CAPACITY_SOURCES_MAX = 20
"""Kinds of money that may add to a limit; one eye has at most a few."""

CHAIN_GRADES = 10
"""Grades of a place in a supply chain, 1 the best; the signal's kind has the same range."""

CHARACTERISTICS_MAX = 40
"""Characteristics of a scorecard: few, so that each can be explained."""

BINS_MAX = 40
"""Bins of one characteristic: fine, for ties between businesses cost separation; more than one in
forty businesses cannot be told apart from chance."""

SCORE_SPAN_MAX = 20_000
"""Entries of the table from score to pd; a span beyond it is a mistake of training."""

REASONS_FEATURES_MAX = 4
"""Causes named to an owner: beyond four, law and habit agree that nobody reads on."""

PRICE_CAUSES_MAX = 2
"""Causes named beside a price: it was granted, so a hint is enough."""

PD_PPM_MIN = 100
"""No business is surer than 1 in 10,000: no data set of ours could show it."""

PD_PPM_MAX = 990_000
"""No business is more certain to fail than this, for the same reason."""

DECISIONS_PAGE_MAX = 500
"""Decisions listed at a time."""

SIGNALS_MAX = 400
"""Signals in one decision: the registry of kinds is smaller, so more is a mistake of an eye."""

CARD_CHARS_MAX = 60_000
"""A model card with every bin of 40 characteristics is about 40,000 characters."""

BOOSTED_BYTES_MAX = 2_097_152
"""A boosted artefact: 600 trees of 15 splits are about 1 MB."""

TREES_MAX = 600
"""Trees of a challenger: more add nothing at the sizes of our data, and each costs time live."""

TREE_LEAVES_MAX = 64
"""Leaves of one tree: a tree beyond it remembers cases instead of learning."""

TREE_DEPTH_MAX = 12
"""Questions from root to leaf: what one scoring may cost is trees times this."""

MICRO_LOGIT_MAX = 50_000_000
"""Log-odds of one leaf, in millionths, either way: beyond 50 every probability is 0 or 1."""

SHADOWS_MAX = 3
"""Models that run in shadow at a time: each is paid for in every decision."""

SHADOW_MODELS_KEPT = 32
"""Models held ready in memory for the shadows of all tenants; read again beyond it."""

SHADOW_ERROR_CHARS_MAX = 120
"""Why a shadow failed, as kept: a name or a code, never a story."""

REPLAY_PAGE = 500
"""Stored decisions read at a time when many are made again: about 10 MB of inputs."""

REPLAY_DECISIONS_MAX = 200_000
"""Stored decisions in one back-test: some minutes and half a gigabyte; beyond, choose a period."""

REPLAY_MOVERS_TOP = 10
"""Movers of one sort that are named with their reasons: as many as a person reads."""

SEGMENTS_MAX = 30
"""Groups of a breakdown that are shown apart; what is smaller goes into one remainder."""

DECISIONS_IN_ONE_COMMAND_MAX = 1_000
"""Applications of one command: its answer, 90 bytes for each, must fit into a payload."""

DECISIONS_IN_ONE_BATCH = 512
"""Applications decided and kept together: an fsync and a message between processes cost little
beyond it, and nobody waits long for the others."""

BATCHES_AHEAD = 3
"""Batches waiting for each deciding process: one in hand, one ready, so that none is idle."""

DECIDED_TOGETHER = 128
"""Applications whose signals are read in one question: enough to share it, few enough that what
was read is still near the processor when it is decided on."""

GARBAGE_THRESHOLD = 500_000
"""Values made between two searches for cycles, in a process that only decides."""

SHADOW_REPORT_ROWS_MAX = 200_000
"""Answers of one shadow that a report compares, the newest: far past where intervals narrow."""

SHADOW_OUTCOMES_MIN = 10
"""Bad and good loans each, before a ranking of them is worth a figure."""

VINTAGE_MONTHS_MAX = 24
"""Months on book that a vintage is followed: as long as our longest loans."""

RECORDS_UNSAID = 1_000_000
"""Records behind a value whose file does not say how many: enough for any policy."""

BATCH_SHARDS_MAX = 1_024
"""Shards of one batch: a hundred million applications in shards of a hundred thousand."""

BATCH_ROWS_PROVEN = 200
"""Rows of each shard that are decided again one by one: 0.1 s, and an error that touches one row in
a hundred is missed by a run of 64 shards once in 10^55."""

PAIRS_MAX = 10_000_000
"""Pairs of a bad and a good firm looked at in one back-test: a tenth of a gigabyte."""

BATCH_CUT_ROWS = 8_192
"""Rows held for each shard while a file is cut: with 64 shards of 50 columns 0.2 GB, however long
the file is."""
