"""Every bound of a path and of the search for it, with its reason."""

from __future__ import annotations

PRODUCT_DEGREE_MAX = 60
"""Edges of a product beyond which it explains nothing: in an encyclopedia's product graph of 91,000
products some 300 are above it, and they are salt, tofu, systems and materials."""

FIRM_DEGREE_MAX = 50
"""Neighbours of a firm beyond which "both trade with it" is chance: a conglomerate, a market. Of
17,600 firms in a year's news some hundred are above it, and each of them is in a dozen trades."""

TRACED_DEGREE_MAX = 1_000
"""The same for a firm that is passed between two trades which left their own trace: a maker of
battery packs has hundreds of suppliers, and the invoices show on both sides which goods run."""

NAME_CHARS_MIN = 2
"""A product's name of one character is a stuff or an accident."""

HOPS_MAX = 10
"""Hops of a path: five tiers, each through a tender, which are two hops."""

FIRM_HOPS_MAX = 5
"""Hops from firm to firm: five tiers, beyond which nobody in the trade follows a claim."""

BOUGHT_HOPS_MAX = 2
"""Firms between a distributor and the brand, and the brand: beyond a region's agent and its own
source nobody is called a brand's distributor."""

PRODUCT_HOPS_MAX = 4
"""Hops from product to product: beyond four everything is made of everything."""

SCORE_MIN_PPM = 100_000
"""A path that is less sure than one in ten is not shown: it would be longer than it is true."""

PATHS_MAX = 3
"""Paths shown for a claim: people read three."""

NODES_READ_MAX = 4_000
"""Nodes whose edges one search reads; a claim that needs more is not found."""

EDGES_READ_MAX = 1_000
"""Edges of one node that a search looks at: all that a node has which is no hub of its kind, and
the first of a hub that a path starts from."""

LENGTH_DISCOUNT_PPM = 850_000
"""What each hop after the first leaves of a path's score: a claim of five hops counts half."""

HUB_DISCOUNT = 0.25
"""Weight of the log of an inner node's degree: ten edges leave 0.8 of the score, a hundred 0.67."""
