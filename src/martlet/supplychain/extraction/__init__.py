"""Facts read in texts: one interface, a closed list of directed relations, one scorer.

The document is data: nothing in it is obeyed, and a fact whose names or quotation are not literally
in it does not exist. A fact is a claim; `staging` decides whether it becomes an edge.
"""

from martlet.supplychain.extraction.choosing import ExtractorName, Training, extractor_named
from martlet.supplychain.extraction.endpoint import EndpointExtractor
from martlet.supplychain.extraction.entering import StagedReport, stage
from martlet.supplychain.extraction.evaluation import LabelledSet, Report, evaluate
from martlet.supplychain.extraction.files import extract_file, fact_json, read_facts
from martlet.supplychain.extraction.model import (
    AS_EDGE,
    AsEdge,
    Document,
    Extractor,
    Fact,
    FactRelation,
)
from martlet.supplychain.extraction.ports import (
    UNKNOWN,
    LabelGuess,
    LabelledPair,
    LabelledSentence,
    Mention,
    MentionRecogniser,
    Pair,
    PairClassifier,
)
from martlet.supplychain.extraction.reading import Mistake, Mistakes
from martlet.supplychain.extraction.staging import Telling

__all__ = [
    "AS_EDGE",
    "UNKNOWN",
    "AsEdge",
    "Document",
    "EndpointExtractor",
    "Extractor",
    "ExtractorName",
    "Fact",
    "FactRelation",
    "LabelGuess",
    "LabelledPair",
    "LabelledSentence",
    "LabelledSet",
    "Mention",
    "MentionRecogniser",
    "Mistake",
    "Mistakes",
    "Pair",
    "PairClassifier",
    "Report",
    "StagedReport",
    "Telling",
    "Training",
    "evaluate",
    "extract_file",
    "extractor_named",
    "fact_json",
    "read_facts",
    "stage",
]
