"""The decision heart: one pure decision from signals, a policy and a model.

`decide` reads signals and nothing else, and is replayable byte for byte; policies and models are
versioned data that change without a restart. No eye writes a limit, and no float touches one.
"""

from martlet.credit.artefact import CreditModel, ModelKind, read_deciding, read_model
from martlet.credit.boosted import BoostedTrees
from martlet.credit.decide import decide
from martlet.credit.deciders import Deciders
from martlet.credit.defaults import default_policy, expert_scorecard
from martlet.credit.docket import KeptDecision
from martlet.credit.drafting import Drafting
from martlet.credit.history import Period, staff_only
from martlet.credit.model import (
    Application,
    Change,
    Component,
    Decision,
    Outcome,
    Reason,
    WouldChange,
)
from martlet.credit.outcomes import BadDefinition, LoanOutcome, OutcomeSource
from martlet.credit.policy import Policy, PolicyDifference, difference, parse_policy
from martlet.credit.queries import (
    ModelState,
    PublishedPolicy,
    RegisteredModel,
    StoredDecision,
    champion,
    policy_in_force,
)
from martlet.credit.recording import decide_and_record, record_decision
from martlet.credit.scorecard import Scorecard, read_scorecard
from martlet.credit.segments import size_label
from martlet.credit.sentences import Explanation, explanation, reason_text, value_text, way_out_text
from martlet.credit.service import CreditService, ReplayReport

__all__ = [
    "Application",
    "BadDefinition",
    "BoostedTrees",
    "Change",
    "Component",
    "CreditModel",
    "CreditService",
    "Deciders",
    "Decision",
    "Drafting",
    "Explanation",
    "KeptDecision",
    "LoanOutcome",
    "ModelKind",
    "ModelState",
    "Outcome",
    "OutcomeSource",
    "Period",
    "Policy",
    "PolicyDifference",
    "PublishedPolicy",
    "Reason",
    "RegisteredModel",
    "ReplayReport",
    "Scorecard",
    "StoredDecision",
    "WouldChange",
    "champion",
    "decide",
    "decide_and_record",
    "default_policy",
    "difference",
    "expert_scorecard",
    "explanation",
    "parse_policy",
    "policy_in_force",
    "read_deciding",
    "read_model",
    "read_scorecard",
    "reason_text",
    "record_decision",
    "size_label",
    "staff_only",
    "value_text",
    "way_out_text",
]
