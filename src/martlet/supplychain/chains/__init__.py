"""Nine industry chains as data: what is made from what, by which public source. No firm is named.

Each chain is a file beside this one; what a file may say is checked as it is read.
"""

from martlet.supplychain.chains.reading import (
    CHAINS,
    Chain,
    ChainEdge,
    ChainNode,
    Source,
    Worded,
    chain_named,
    facts_of,
    read_chain,
)

__all__ = [
    "CHAINS",
    "Chain",
    "ChainEdge",
    "ChainNode",
    "Source",
    "Worded",
    "chain_named",
    "facts_of",
    "read_chain",
]
