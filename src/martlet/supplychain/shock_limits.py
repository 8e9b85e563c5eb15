"""Every bound of what an event does along the chain, with its reason."""

from __future__ import annotations

TIERS_MAX = 5
"""As far as the graph is walked: beyond it nobody can say what is left of an event."""

NODES_READ_MAX = 400
"""Nodes whose edges are read for one event, the hardest hit first: some seconds of a request."""

HITS_MAX = 1_000
"""Hits told of one event."""

MAKERS_MAX = 25
"""Makers told of one product that becomes dearer, as many as the graph shows around it."""

EFFECT_MIN_PPM = 1_000
"""Below a thousandth of what is bought or sold an effect is not told from the usual ups and downs
and is not carried on."""

CHANGE_MAX_PPM = 10_000_000
"""Prices that grow elevenfold: beyond it somebody has typed a figure wrongly."""

TRADE_DAYS = 365
"""Whose share is whose is read off the trades of a year, so that a season does not decide it."""

OWED_DAYS = 90
"""What was sold within three months may be unpaid when the customer fails: a usual term."""
