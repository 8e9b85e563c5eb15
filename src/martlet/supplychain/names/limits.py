"""Every bound of the name matcher, with its reason."""

from __future__ import annotations

NAME_CHARS_MAX = 120
"""Registered names have at most some 60 characters; what is longer is not a name but a text."""

CELL_CHARS_MAX = 10_000
"""A cell beyond it is a quote that was never closed, not a name."""

ALIGNED_CHARS_MAX = 32
"""Characters of a name that are aligned: beyond them stand only branches and legal forms."""

BLOCK_CANDIDATES = 60
"""Names that share the weightiest characters with a query and are aligned with it."""

RANKED_CANDIDATES = 12
"""Names that are ranked after the alignment: more bought no recall that ranking could use."""

QUERIES_AT_ONCE = 256
"""Queries blocked in one sparse product: bounds its memory at any size of register."""

PAIRS_AT_ONCE = 4096
"""Pairs aligned in one block of arrays, so that a block stays in the processor's cache."""

FILE_BYTES_MAX = 1024**3
"""A gigabyte: ten million names."""

ROWS_MAX = 5_000_000
"""Rows of one file: a country's register in parts; a million names take some 2 GB of memory."""

LEARN_PAIRS_MIN = 200
"""Confirmed pairs below which habits of shortening are not learnt but the built-in ones used."""

ONE_NAME_SHARE_MAX = 0.01
"""Firms with several confirmed names, as a share, up to which one name per firm is the rule."""

LEARN_PAIRS_MAX = 20_000
"""Confirmed pairs that are learnt from: more bought nothing and training stays within a minute."""

QUERIES_SCORED_AT_ONCE = 4_096
"""Queries whose candidates are aligned and ranked together: some 200 MB at sixty candidates."""

CANDIDATES_SHOWN_MAX = 10
"""Candidates that an answer carries."""

RECORD_COLUMNS_MAX = 40
"""Columns that two tables of records are compared by."""

BLOCK_PAIRS_A_RECORD = 30
"""Pairs that one rule of blocking may make for a record: a hundred million for a few million."""

LINK_SAMPLE_PAIRS = 2_000_000
"""Random pairs that tell how often columns agree by chance."""

TRAINING_BLOCKS = 3
"""Blocks in which agreement in truth is estimated: each leaves its own columns out."""
