"""Every bound of this room, with its reason."""

from __future__ import annotations

from datetime import timedelta

REGISTRATIONS_MAX = 2_000
"""Businesses in one command: their ids fit the answer's bound, and nobody waits for the writer."""

NAME_CHARS_MAX = 100
"""The longest registered firm name that a Chinese registrar accepts is far shorter."""

LABEL_CHARS_MAX = 60
"""A trade, a region, a purpose, the label of an API key: a word or two, not a text."""

CONSENT_DAYS_MAX = 1_830
"""Five years: a consent that outlives the relation it was given for must be asked for again."""

CONSENTS_IN_ONE_COMMAND_MAX = 10_000
"""Rows written by one bulk consent (businesses times kinds of records)."""

CODE_DIGITS = 6
"""What a person copies from a message without a mistake."""

CODE_LIFE = timedelta(minutes=5)
"""Long enough for a slow message, short enough that an overheard code is worthless."""

CODE_ATTEMPTS_MAX = 5
"""Tries against one code: five in a million is the best that a guesser gets from it."""

CODES_PER_PHONE_PER_HOUR_MAX = 5
"""Each message costs money and wakes its owner; with 5 tries each, 25 guesses an hour."""

CODE_INTERVAL = timedelta(seconds=60)
"""Between two codes to one phone: what an owner needs to look for the first."""

CODES_PER_MINUTE_MAX = 300
"""For a whole tenant: a flood of invented phones ends here and not in the database."""

CODE_KEPT = timedelta(days=1)
"""How long a code's row is kept: as long as the throttle looks back, and room to investigate."""

LINK_LIFE = timedelta(minutes=30)
"""A one-time link is used right after it is printed."""

SESSION_TOKEN_BYTES = 16
"""128 bits (ASVS 5.0, 7.2.3): not guessable at any rate of tries."""

SESSION_IDLE = timedelta(minutes=30)
"""An untouched page on a lost phone closes by itself."""

SESSION_LIFE = timedelta(hours=12)
"""A working day; after it everyone logs in again, however busy."""

SESSION_TOUCH = timedelta(minutes=5)
"""How stale the last-seen moment may be: a read must not cost a commit each time."""

API_KEY_SECRET_BYTES = 32
"""256 random bits: a slow hash would add nothing, since there is no dictionary to try."""

API_KEY_PREFIX_BYTES = 6
"""Enough that two keys never share the public part by which they are found."""

API_KEY_DAYS_MAX = 400
"""A key is renewed about yearly; one that never ends is one that nobody owns."""

PAGE_MAX = 500
"""Rows in one answer of a list."""

WHOLE_NAME_CHARS_MIN = 6
"""A firm's name of this length is not found inside another by accident: place, name and trade."""

OWNER_BUSINESSES_MAX = 50
"""Businesses of one owner that are looked at together; a larger chain is known to its officer."""
