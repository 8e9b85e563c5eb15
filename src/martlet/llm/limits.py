"""Every bound of asking a language model, with its reason."""

from __future__ import annotations

PROMPT_CHARS_MAX = 40_000
"""System and text of one question: within the context of any model in use, and its cost is seen."""

ANSWER_BYTES_MAX = 2_000_000
"""A reply that is read at all: 30 times the longest answer that can be asked for."""

ANSWER_TOKENS = 2_000
"""Tokens asked for where the caller names none: a hundred facts with their quotations."""

ANSWER_TOKENS_MAX = 16_000
"""The longest answer that may be asked for."""

FRAME_TOKENS = 100
"""What a chat's frame adds to the words sent: roles, separators, the form's own words."""

TRIES_MAX = 4
"""How often one question is sent: the first and three more."""

PAUSE_MS = 500
"""The pause before the second try; doubled before each further one."""

PAUSE_MS_MAX = 20_000
"""The longest pause, whatever the endpoint asks for."""

CONCURRENT_MAX = 16
"""Questions under way at once; an endpoint that takes more is asked by more than one process."""

QUESTIONS_MAX = 1_000_000
"""Questions in one batch; they are held in memory."""

CACHED_BYTES_MAX = 2_000_000
"""An entry of the cache that is read: what was written is never larger."""

TIMEOUT_MS_MAX = 600_000
"""Ten minutes: a model that thinks longer is not asked for facts of a text."""
