"""Technology as a lender may read it: patents weighed one by one, summed, graded T1 to T10.

The one invariant: weights are an expert's and say so; a grade moves a cap and never makes money.
"""

from martlet.supplychain.technology.grade import Business, Doubt, Technology, grade
from martlet.supplychain.technology.indicators import INDICATORS
from martlet.supplychain.technology.patent import (
    LegalState,
    Ownership,
    Patent,
    PatentType,
    patent_of,
)
from martlet.supplychain.technology.text import Rarity, relevance_ppm
from martlet.supplychain.technology.weights import Weights, expert_weights

__all__ = [
    "INDICATORS",
    "Business",
    "Doubt",
    "LegalState",
    "Ownership",
    "Patent",
    "PatentType",
    "Rarity",
    "Technology",
    "Weights",
    "expert_weights",
    "grade",
    "patent_of",
    "relevance_ppm",
]
