"""Every bound of the REST face, with its reason."""

from __future__ import annotations

JSON_BODY_BYTES_MAX = 1_048_576
"""A megabyte: the largest honest body, a policy with its whole price grid, is under 100 kB."""

UPLOAD_BYTES_MAX = 1_073_741_824
"""A gigabyte: about ten million invoice lines; it is streamed to disk, never held in memory."""

UPLOAD_PARTS_MAX = 8
"""Parts of a multipart upload: one file and a few fields beside it."""

NAME_CHARS_MAX = 200
"""A file's or a format's name: what is longer is cut, for it only helps to recognise the file."""

IN_FLIGHT_MAX = 1_024
"""Requests worked on at once; the next is told to come back, so no queue grows without bound."""

THREADS_MAX = 64
"""Threads that carry out requests: most of them wait for the one writer's commit together."""

RETRY_AFTER_SECONDS = 1
"""What a refused caller is asked to wait where nothing better is known."""

MACHINE_REQUESTS_PER_SECOND = 4_000
"""An API key is an integrator's whole traffic; the guard is against a loop gone wild."""

PERSON_REQUESTS_PER_SECOND = 20
"""A person with a page open, htmx and double clicks included."""

STRANGER_REQUESTS_PER_SECOND = 10
"""Requests from one address that carry no valid key or session."""

BURST_SECONDS = 4
"""How many seconds' worth may come at once."""

BUCKETS_MAX = 20_000
"""Callers remembered at once for the rate limit; the longest silent is forgotten first."""

KEY_CACHE_SECONDS = 2
"""How long a checked API key is believed: the longest that a withdrawn key still works here."""

KEY_CACHE_MAX = 1_024
"""Keys and sessions believed at once."""

PAGE_ROWS_DEFAULT = 50
"""Rows of a list when the caller does not say."""

PAGE_ROWS_MAX = 500
"""Rows of a list at most: a page stays under a megabyte."""

PORTFOLIO_DECISIONS_DEFAULT = 2_000
"""The newest decisions that a portfolio question looks at when the caller does not say."""

PORTFOLIO_DECISIONS_MAX = 10_000
"""At most: some ten seconds of work; for more there is the command line."""

RECEIPTS_PER_REQUEST_MAX = 2_000
"""Repayments of one request: half a megabyte of JSON; a longer file comes by the command line."""

CATCH_UP_DAYS_PER_REQUEST_MAX = 31
"""Nights of one request: a month of a small book is seconds; more is for the command line."""
