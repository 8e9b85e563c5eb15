"""Every bound of the graph, with its reason."""

from __future__ import annotations

TIERS_MAX = 5
"""Beyond five tiers nobody published that a bank had lent, and everything is around everything."""

LEG_EDGES_MAX = 200
"""Edges read of one node for one relation and strength of source: a hub is never read whole."""

LOOKED_THROUGH_MAX = 2_000
"""Edges looked through for those: a hub's newest, whether or not their period is over."""

HISTORY_EDGES_MAX = 5_000
"""The same where the months of past trade are asked for: forty customers over ten years."""

HUB_EDGES = 60
"""A product that goes into more products than this (steel, water, sugar) joins nothing to nothing:
it is shown, and not walked through. CKG's median product that is a material goes into 2."""

MAKERS_MAX = 25
"""Makers shown of one product of the chain: as many as a page lists."""

PLACED_MAX = 2_000
"""Nodes of one neighbourhood: what a page can draw and a person can read, many times over."""

EDGES_MAX = 20_000
"""Edges of one neighbourhood; a year of months between each pair of its firms still fits."""

COUNTED_MAX = 100_000
"""How far the edges that a bound left out are counted: ten milliseconds of an index."""

ALIASES_MAX = 50
"""Other names and merged entries of one firm that are read as the same firm."""

ALIAS_EDGES_MAX = 20_000
"""Edges between entries of the same firms read at once, for some hundred firms."""

TRACE_DAYS = 365
"""How long the trace of a trade (an invoice, a transfer, a contract, a tender) speaks of a tie
after the period that it describes: a year, so that a firm of one season does not vanish."""

BATCH_NODES_MAX = 20_000
BATCH_EDGES_MAX = 10_000
"""What one commit of an import writes: below a second, so that nobody else waits long."""

BULK_NODES_MAX = 5_000
BULK_EDGES_MAX = 5_000
"""What one request of the API brings."""

KEY_CHARS_MAX = 600
"""The longest key: an invention's title may have 200 signs; products of encyclopedias fewer."""

NAME_CHARS_MAX = 500
REFERENCE_CHARS_MAX = 300
ATTRIBUTES_MAX = 40
ATTRIBUTE_CHARS_MAX = 2_000
"""A register's row has about thirty fields, the longest of them the scope of business."""

CANDIDATES_MAX = 20
"""Candidates shown where a name is not one firm's alone."""

CONTAINS_NODES_MAX = 2_000_000
"""Above so many names only exact names and beginnings are looked up: the rest is a whole scan."""

FINDINGS_SHOWN_MAX = 200
"""Findings kept of one import; beyond it they are counted by their kind only."""

FINDINGS_OF_KIND_MAX = 20
"""Findings of one kind that are kept: the twentieth row says what the first has said."""

CYCLES_SHOWN_MAX = 20
"""Cycles of ownership told of one import."""

OWNERSHIP_EDGES_MAX = 2_000_000
"""Edges of ownership of one import that are looked through for cycles: some 300 MB."""

REVIEW_PAYLOAD_BYTES_MAX = 65_536
"""One proposal: some edges with their evidence, not a document."""

REVIEW_ROWS_MAX = 500
"""Proposals listed at once."""

REASON_CHARS_MAX = 500
"""A reviewer's reason: a few sentences."""

REPORT_BYTES_MAX = 200_000
"""An import's report as it is kept."""

SENT_KEYS_MAX = 3_000_000
"""Keys that an import remembers having sent: half a gigabyte; beyond it they are sent again."""

CONFLICTS_TOLD_MAX = 100
"""Conflicts told of one batch; the rest are counted."""
