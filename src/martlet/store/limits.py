"""Every bound of the vault, with its reason."""

from __future__ import annotations

GROUP_COMMANDS_MAX = 256
"""Commands in one commit: enough to spread an fsync, few enough that nobody waits long."""

QUEUE_COMMANDS_MAX = 4_096
"""Commands that may wait for the writer; beyond it callers are told to come back (503)."""

COMMAND_WAIT_SECONDS_MAX = 120
"""How long a caller waits for its answer; a batch job's step is far shorter."""

RETRIES_MAX = 8
"""How often a group is tried after a lost race or a lost connection."""

RETRY_PAUSE_MS = 50
"""The pause before the second try, longer before each further: 1.4 s in all, a server's restart."""

READERS_MAX = 16
"""Reading connections; the web server has 40 threads but few of them read at once."""

IDEMPOTENCY_KEY_CHARS_MAX = 200
"""A UUID is 36; longer keys are made by joining business identifiers."""

PAYLOAD_BYTES_MAX = 262_144
"""One event's payload: a decision with all its inputs is about 20 kB."""

JOB_STEPS_MAX = 1_000_000
"""Steps of one job: a guard against a step that never moves its cursor."""

CHAIN_PAGE = 10_000
"""Entries read at a time when the chain is verified or listed."""

ROWS_PER_INSERT = 64
"""Rows in one INSERT on SQLite: fewer calls than one each, far from its 32,766 parameters."""

BACKUP_ROWS_PAGE = 10_000
"""Rows held at a time while a table is written to a backup: about ten megabytes."""

BACKUP_CHUNK_BYTES = 1_048_576
"""Bytes of a file held at a time while it is copied to or from a backup."""

DISK_FREE_MB_LOW = 5_000
"""Below it `doctor` warns: an end of day of a million loans writes about a gigabyte."""

DISK_FREE_MB_MIN = 500
"""Below it `doctor` fails: the next checkpoint or backup may not fit."""

FSYNC_SAMPLES = 21
"""Commits that `doctor` times; it tells the middle one, so one slow one does not mislead."""

FSYNC_US_SLOW = 20_000
"""Above 20 ms a single command is felt by who waits for it, and a busy bank has long queues."""
