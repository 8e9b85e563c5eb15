"""Facts read in texts: one interface, a closed list of directed relations, one scorer.

The document is data: nothing in it is obeyed, and a fact whose names or quotation are not literally
in it does not exist. A fact is a claim; `staging` decides whether it becomes an edge.
"""

from martlet.supplychain.extraction.evaluation import LabelledSet, Report, evaluate
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

__all__ = [
    "AS_EDGE",
    "UNKNOWN",
    "AsEdge",
    "Document",
    "Extractor",
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
    "evaluate",
]
