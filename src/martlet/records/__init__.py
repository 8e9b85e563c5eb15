"""A business's own records: read from the files it has, kept whole, told as point-in-time features.

The one invariant: what was not known at a moment never enters an answer about that moment, and a
file is either wholly imported or not at all. It decides nothing about credit.
"""

from martlet.records.controls import ControlTotal
from martlet.records.features import (
    COUNTED_AT_PPM,
    FEATURES,
    Feature,
    features_of,
    features_with_samples,
    sample_of,
)
from martlet.records.figures import Figures, figures_of
from martlet.records.formats import FORMATS, Format
from martlet.records.historic import read_records
from martlet.records.integrity.signals import IntegritySignals
from martlet.records.model import COLUMNS, SOURCE_CONFIDENCE_PPM, Kind, Records
from martlet.records.reading import ConsentSource
from martlet.records.report import ImportProgress, ImportReport
from martlet.records.service import RecordsService
from martlet.records.signals import RecordsSignals

__all__ = [
    "COLUMNS",
    "COUNTED_AT_PPM",
    "FEATURES",
    "FORMATS",
    "SOURCE_CONFIDENCE_PPM",
    "ConsentSource",
    "ControlTotal",
    "Feature",
    "Figures",
    "Format",
    "ImportProgress",
    "ImportReport",
    "IntegritySignals",
    "Kind",
    "Records",
    "RecordsService",
    "RecordsSignals",
    "features_of",
    "features_with_samples",
    "figures_of",
    "read_records",
    "sample_of",
]
