"""What ships with the house: a starting policy and the expert prior, to decide from day one."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from martlet.credit.artefact import read_model
from martlet.credit.policy import parse_policy
from martlet.credit.scorecard import read_scorecard

if TYPE_CHECKING:
    from martlet.credit.artefact import CreditModel
    from martlet.credit.policy import Policy
    from martlet.credit.scorecard import Scorecard


@cache
def default_policy() -> Policy:
    """Return the policy in force where none has been published."""
    return policy_of((files("martlet.credit") / "policies/default.toml").read_text("utf-8"))


@cache
def expert_scorecard() -> Scorecard:
    """Return the model that decides where none has been promoted."""
    return scorecard_of((files("martlet.credit") / "scorecards/expert.json").read_text("utf-8"))


@lru_cache(maxsize=64)
def policy_of(text: str) -> Policy:
    """Return the policy of a text; parsed once however often it is read."""
    return parse_policy(text)


@lru_cache(maxsize=64)
def scorecard_of(text: str) -> Scorecard:
    """Return the scorecard of an artefact; parsed once however often it is read."""
    return read_scorecard(text)


@lru_cache(maxsize=16)
def model_of(text: str) -> CreditModel:
    """Return the model of an artefact of any kind; parsed once however often it is read."""
    return read_model(text)
