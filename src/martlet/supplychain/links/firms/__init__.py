"""Firm-to-firm links that dated snapshots make likely: learnt from earlier periods' new pairs.

The invariant: what is learnt for a day knows no snapshot after it; a link that comes out is
inferred, ranked, told with its probability and reason, and enters the graph by review alone.
"""

from martlet.supplychain.links.firms.evaluation import evaluate
from martlet.supplychain.links.firms.learning import Learnt, learn
from martlet.supplychain.links.firms.proposals import proposal_of
from martlet.supplychain.links.firms.ranked import FirmLink, probabilities_of, suggest
from martlet.supplychain.links.firms.snapshots import Snapshots, read_queries, read_snapshots

__all__ = [
    "FirmLink",
    "Learnt",
    "Snapshots",
    "evaluate",
    "learn",
    "probabilities_of",
    "proposal_of",
    "read_queries",
    "read_snapshots",
    "suggest",
]
