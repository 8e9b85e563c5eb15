"""The demo's model and policy: trained on known outcomes, promoted by a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from martlet.cli.demo_state import hold
from martlet.cli.output import progress
from martlet.cli.words import say
from martlet.credit import ModelState, default_policy
from martlet.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.cli.demo_state import Demo

REPEATS = 1
"""Rounds of the five-fold back-test: enough for a demo; `martlet credit backtest` does more."""


def train_model(demo: Demo) -> Iterator[str]:
    """Train on the businesses whose outcome is known, and let a second person promote it."""
    if demo.data is None:
        yield say("No known outcomes here: the scorecard that ships decides (expert prior).")
        return
    from martlet.credit import training

    with progress(say("training"), quiet=demo.quiet) as moved:
        found = training.train_folder(demo.data, repeats=REPEATS, on_progress=moved)
    (demo.home / "model-card.md").write_text(found.card, encoding="utf-8")
    for part in found.measured:
        yield say(
            "{horizon}: AUC {auc} {interval} on firms not seen; turnover alone {turnover}.",
            horizon=say(part.horizon),
            auc=f"{part.auc.value:.3f}",
            interval=f"[{part.auc.low:.3f}, {part.auc.high:.3f}]",
            turnover=f"{part.turnover_auc.value:.3f}",
        )
    credit, maker = demo.bank.credit, demo.staff["modeller"]
    model_id = UUID(
        credit.register_model(maker, "demo:model", found.scorecard, found.card)["model_id"]
    )
    try:
        credit.promote_model(maker, "demo:promote:alone", model_id, ModelState.CHAMPION)
        alone = True
    except Refused:
        alone = False
    hold(say("nobody promotes a model of their own"), kept=not alone)
    credit.promote_model(demo.staff["approver"], "demo:promote", model_id, ModelState.CHAMPION)
    yield say("Registered by one person, promoted by another; the first was refused.")


def publish_policy(demo: Demo) -> Iterator[str]:
    """Publish the policy that ships, under the hand of the risk analyst."""
    policy = default_policy()
    demo.bank.credit.publish_policy(demo.staff["modeller"], "demo:policy", policy.text)
    yield say("Policy {version} published, in force at once.", version=policy.version)
