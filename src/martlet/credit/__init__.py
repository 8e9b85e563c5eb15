"""The decision heart: one pure decision from signals, a policy and a model.

`decide` reads signals and nothing else, and is replayable byte for byte; policies and models are
versioned data that change without a restart. No eye writes a limit, and no float touches one.
"""

from martlet.credit.decide import decide
from martlet.credit.defaults import default_policy, expert_scorecard
from martlet.credit.model import (
    Application,
    Change,
    Component,
    Decision,
    Outcome,
    Reason,
    WouldChange,
)
from martlet.credit.policy import Policy, difference, parse_policy
from martlet.credit.scorecard import Scorecard, read_scorecard
from martlet.credit.service import (
    CreditService,
    ReplayReport,
    decide_and_record,
    record_decision,
)

__all__ = [
    "Application",
    "Change",
    "Component",
    "CreditService",
    "Decision",
    "Outcome",
    "Policy",
    "Reason",
    "ReplayReport",
    "Scorecard",
    "WouldChange",
    "decide",
    "decide_and_record",
    "default_policy",
    "difference",
    "expert_scorecard",
    "parse_policy",
    "read_scorecard",
    "record_decision",
]
