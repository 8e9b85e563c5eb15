"""The demo's model and policy: trained on known outcomes, promoted by a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.cli.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.cli.demo_state import Demo


def train_model(demo: Demo) -> Iterator[str]:
    """Train on the businesses whose outcome is known, and let a second person promote it."""
    known = [firm for firm in demo.firms.values() if firm.outcome is not None]
    if not known:
        yield say("No known outcomes here: the scorecard that ships decides (expert prior).")
        return
    yield say("trained")


def publish_policy(demo: Demo) -> Iterator[str]:
    """Publish the policy that ships under the hand of the risk analyst."""
    from martlet.credit import default_policy

    policy = default_policy()
    demo.bank.credit.publish_policy(demo.staff["modeller"], "demo:policy", policy.text)
    yield say("Policy {version} published, in force at once.", version=policy.version)
