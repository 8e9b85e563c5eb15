"""Every bound of the records room, with its reason."""

from __future__ import annotations

SHARDS = 16
"""Parquet shards by party: a job's unit of work, and how far a bulk import spreads its memory."""

CHUNK_ROWS = 100_000
"""Rows in memory at a time while a file is read: some tens of megabytes."""

BUFFER_ROWS = 400_000
"""Rows gathered before they are put into their buckets on disk."""

BUCKET_BYTES = 256 * 1024 * 1024
"""A source is cut into buckets of about this much, so that one bucket fits any memory."""

BUCKETS_PER_SHARD_MAX = 64
"""The finest cut: 16 GB for one business, a terabyte for many."""

ROW_GROUP_ROWS = 16_384
"""Rows of a Parquet row group: what is read at least when one business is asked for."""

SOURCE_BYTES_MAX = 1024**4
"""A terabyte; the web's own limit on uploads is far lower."""

HEADER_LINES_MAX = 100
"""How far down the line of column names is looked for: exports have 5 to 40 lines before it."""

LINE_CHARS_MAX = 1_000_000
"""The longest line of a text file; a longer one is not an export of any kind."""

JOINED_LINES_MAX = 20
"""Lines that one quoted cell may span: a customer's remark, not the rest of the file."""

CELL_CHARS_MAX = 2_000
"""The longest text of a cell that is kept; a longer one goes into quarantine."""

RECORD_AMOUNT_FEN_MAX = 100_000_000_000
"""A billion yuan in one row: no small business has it, and four million such rows stay in int64."""

FIRST_YEAR = 1990
"""Nothing a business exports is older."""

QUARANTINE_ROWS_MAX = 100_000
"""Rows written to one quarantine file; beyond it they are counted only."""

NOTE_LINES_MAX = 200
"""Lines before the header and after the table that are kept to look for control totals."""

CHANGED_RETRIES_MAX = 5
"""How often an import is fitted again when another one was registered in between."""

SIGNAL_DAYS = 45
"""How long a signal of records counts: a month's rhythm and two weeks' grace."""

STORED_SIGNALS_DAYS = 1
"""How old stored signals may be before they are computed anew: windows end each day."""

CONTROL_SHOWN_MAX = 20
"""Control totals reported for one file."""

EVIDENCE_MAX = 50
"""Content hashes kept with one signal: a year of weekly files; older ones are in the imports."""

SIGNALS_PER_STEP = 500
"""Businesses whose signals one step of the refresh writes."""

ORPHAN_HOURS = 24
"""Unregistered files younger than this may belong to an import that is still running."""
