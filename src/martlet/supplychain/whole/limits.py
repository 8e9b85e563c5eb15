"""Every bound of whole-graph work, with its reason."""

from __future__ import annotations

NODES_MAX = 2**31 - 1
"""Nodes are numbered in int32; beyond two thousand million the same tables go to a cluster."""

EDGES_MAX = 2_000_000_000
"""Eight bytes an edge in each direction: 16 GB, about what one machine holds in memory."""

DENSE_ID_MAX = 500_000_000
"""Whole numbers up to here are looked up in a table of one byte each; above, by hashing."""

TIERS_MAX = 5
"""A chain is looked at to the fifth tier: "1+N²" reaches the fourth, and its banks the fifth."""

REACHED_MAX = 5_000_000
"""Most nodes that one neighbourhood gives back; an export beyond that is whole-graph work."""

REACHED_DEFAULT = 100_000
"""What a neighbourhood is cut at where nobody says: more than any officer reads."""

ROUNDS_MAX = 200
"""PageRank at damping 0.85 changes by less than 1e-12 of itself after about 170 rounds."""

CORE_FIRMS_MAX = 100_000
"""Core firms that personalise a PageRank."""

THREADS_MAX = 64
"""Beyond this the memory bus is the bound, not the processor."""

BATCH_ROWS = 4_000_000
"""Rows of an edge table held at a time while it is read: a few hundred megabytes with text."""

FILES_MAX = 100_000
"""Files of one edge table; more is a folder that was meant otherwise."""

DAY_MAX = 2**16 - 1
"""A day is kept in 16 bits from 1970 on, which lasts until the year 2149."""

RELATIONS_MAX = 63
"""A relation is kept in six bits, and a choice of them in one signed word."""
