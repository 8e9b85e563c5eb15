"""A business's own records: read from the files it has, kept whole, told as point-in-time features.

The one invariant: what was not known at a moment never enters an answer about that moment, and a
file is either wholly imported or not at all. It decides nothing about credit.
"""

from martlet.records.features import FEATURES, Feature, features_of
from martlet.records.model import COLUMNS, Kind, Records

__all__ = ["COLUMNS", "FEATURES", "Feature", "Kind", "Records", "features_of"]
