"""Links that nobody wrote down: inferred, ranked, with the reason of each, never evidence.

Every suggestion carries a probability and what bears it out; it may become an edge only through
a review, as `inferred`. Heavy libraries load when something is asked.
"""
