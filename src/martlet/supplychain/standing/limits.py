"""Every bound of computing a business's standing, with its reason."""

from __future__ import annotations

TRADE_ROWS_MAX = 20_000
"""Months of ties of one business that are read: ten years of 160 counterparties."""

COUNTERPARTIES_MAX = 60
"""Customers looked at one by one, the largest first: beyond them a firm's revenue is scattered."""

NODES_READ_MAX = 400
"""Nodes that one search of a path reads from the database: about a second at the worst."""

OWNERS_DEPTH_MAX = 3
"""Steps up the owners of two firms until they meet: a holding, its group, its founder's company."""

MAKERS_MAX = 25
"""Makers of the same product whose patents are looked at."""

CORES_MAX = 500
"""Core firms that one bank follows; each costs a search for every business in the night."""

HELD_DAYS = 35
"""How old a stored standing may be: it rests on whole months."""

RENEWED_DAYS = 7
"""After a week a standing is computed anew even where nothing came."""

EXPIRES_DAYS = 60
"""From when a stored figure no longer counts: two months without a new one."""

STORED_PER_COMMAND = 200
"""Businesses written in one commit."""

PATHS_CHARS_MAX = 20_000
"""Characters of the paths kept with a decision: three of ten hops are some 9,000."""

NOTE_CHARS_MAX = 200
"""A reason for following a core firm: a sentence."""
