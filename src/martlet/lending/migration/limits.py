"""Every bound of the migration, with its reason."""

from __future__ import annotations

CELL_CHARS_MAX = 4_000
"""The longest cell: the details of an event are a few words of JSON; more is a broken quote."""

LINE_BYTES_MAX = 65_536
"""The longest line of a file: a hundred ordinary rows; more is not a table."""

REFERENCE_CHARS_MAX = 64
"""The other system's name for a loan, an event or a business."""

PARTITION_BYTES = 4_000_000
"""Bytes of input that are held at a time: some thousand loans with all their events."""

PARTITIONS_MAX = 512
"""Files open at once while the input is dealt out: two gigabytes of input at the size above."""

BATCH_LOANS = 500
"""Loans in one transaction: it holds the only writer for about half a second."""

BATCH_EVENTS_MAX = 20_000
"""Events in one transaction: loans with long histories come in smaller batches."""

SHOWN_MAX = 20
"""Differences and rejected rows that an answer carries; the files have all of them."""

DUE_DATES_MAX = 1_000
"""Due dates that a row may name: weekly for nearly twenty years."""
