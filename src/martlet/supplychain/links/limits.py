"""Every bound of link inference, with its reason."""

from __future__ import annotations

FILE_BYTES_MAX = 500_000_000
"""A file of edges, held whole: some ten million pairs of names."""

EDGES_MAX = 2_000_000
"""Distinct edges that are learnt from: forty times the largest public graph of materials."""

VOCABULARY_MAX = 1_000_000
"""Names of products beyond those of the edges."""

QUERIES_MAX = 1_000_000
"""Products asked about in one run."""

NAME_CHARS_MAX = 60
"""The longest name of a product; a longer cell is a sentence that slipped into the file."""

ANSWERS_MAX = 500
"""Most materials named for one product; nobody reviews more."""

KNOWN_MAX = 200
"""Known materials of one product that are looked at: the first by name; real ones end near 60."""

PARTS_CHARS_MAX = 12
"""The longest stretch of a product's name that is looked up as a material of its own."""

GRAM_CHARS_MAX = 3
"""Names are compared by runs of one to three characters."""

COINED_CHARS = (2, 6)
"""Length of stretches of a name that may be a material nobody has listed yet."""

COINED_PER_PRODUCT = 3
"""Such stretches proposed for one product: the fourth is hardly ever right."""

BLOCK = 128
"""Products looked at together: some 30 sheets of 128 rows by 20,000 materials, 300 MB."""

SHEET_CELLS_MAX = 4_000_000
"""Cells of one such sheet; where there are more materials, fewer products at a time."""

FOLDS = 10
"""Edges are hidden a tenth at a time, about as many as a graph is found to lack later."""

FOLDS_LEARNT = 3
"""Folds the ranker learns from, and one more for the probabilities. Two folds more took half as
much time again and gave .0006 of MRR (docs/supplychain-upstream.md)."""

RANKER_EDGES_MIN = 100
"""Fewer edges than this teach no ranker; a plain sum of the evidence ranks then. On parts of the
public graph with 170 edges the ranker was well ahead of the sum."""

MISTAKES_TOLD_MAX = 20
"""Bad lines that are told one by one; the rest is told as a number."""

PROPOSALS_MAX = 1_000
"""Proposals put before people by one run; a week's work of one reviewer."""

HUB_USES = 300
"""A material that this many products use says little; its reason names the figure."""
