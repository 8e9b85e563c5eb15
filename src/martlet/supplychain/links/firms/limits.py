"""Every bound of firm-to-firm links, with its reason."""

from __future__ import annotations

SNAPSHOTS_MAX = 400
"""A hundred years of quarters."""

SNAPSHOT_BYTES_MAX = 500_000_000
"""About thirty million pairs of short ids; beyond that the work belongs on the whole graph."""

PAIRS_MAX = 20_000_000
"""Pairs of all snapshots together that are held in memory with their features' matrices."""

QUERIES_MAX = 1_000_000
"""Pairs or suppliers asked about at once."""

CANDIDATES_MAX = 1_000
"""Customers of one supplier that are ranked: three times what the lists of the trade show."""

SHOWN_MAX = 1_000
"""Most customers that are given for one supplier."""

PAIRS_PER_WINDOW_MAX = 20_000
"""New pairs of one period that are learnt from; more only repeats them."""

WINDOWS_MAX = 6
"""Periods learnt from: what was a sign six half-years ago may be none today."""

HISTORY_LEAST = 3
"""Snapshots before the first period that is learnt from; fewer show no growth."""

PROPOSED_MAX = 500
"""Links that one run hands to reviewers: more than a day of theirs."""

CHUNK_ROWS = 1_000
"""Suppliers whose paths are counted at once: their rows stay within a few hundred megabytes."""
