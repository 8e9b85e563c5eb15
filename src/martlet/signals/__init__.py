"""The contract between what the bank sees and what it decides: tiny and pure.

An eye (records, crops, the supply chain, …) answers with signals; the decision reads nothing
else. A signal says what it is, for which period, since when it has been known, until when it
holds, how sure it is, and on what evidence. Floats do not occur: ratios are parts per million.
"""

from martlet.signals.kinds import KINDS, SignalKind, Unit, kind_of
from martlet.signals.model import (
    GroupSignalProvider,
    Role,
    Signal,
    SignalProvider,
    SignalRequest,
)
from martlet.signals.sets import NOTHING, Origin, Reading, Row, SignalSet, usable

__all__ = [
    "KINDS",
    "NOTHING",
    "GroupSignalProvider",
    "Origin",
    "Reading",
    "Role",
    "Row",
    "Signal",
    "SignalKind",
    "SignalProvider",
    "SignalRequest",
    "SignalSet",
    "Unit",
    "kind_of",
    "usable",
]
