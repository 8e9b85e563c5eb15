"""Point-in-time features: one definition for one business at the counter and for all in training.

`FEATURES` is the whole list, as data; docs/features.md is generated from it.
"""

from martlet.records.features.definition import Feature
from martlet.records.features.engine import (
    COUNTED_AT_PPM,
    FAMILIES,
    FEATURES,
    OVERALL_FEATURES,
    features_of,
    features_with_samples,
    sample_of,
)

__all__ = [
    "COUNTED_AT_PPM",
    "FAMILIES",
    "FEATURES",
    "OVERALL_FEATURES",
    "Feature",
    "features_of",
    "features_with_samples",
    "sample_of",
]
