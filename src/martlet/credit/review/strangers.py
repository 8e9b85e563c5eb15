"""Firms without a credit history, decided as the bank would: a model trained on others, a policy.

The invariant: a firm's figures, and what the checks for fraud find in its invoices, become signals
as they do on the request path, and the decision is `decide`'s own. Firm numbers and names are shown
to the reader and never to the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import polars as pl

from martlet.credit.decide import decide, facts_of, pd_ceiling
from martlet.credit.defaults import default_policy
from martlet.credit.model import Application
from martlet.credit.training.contest import (
    ALL_HISTORY,
    STRANGERS,
    invoices_hash,
    read_invoices,
    read_strangers,
)
from martlet.credit.training.study import fit_folder
from martlet.kernel.calendar import SHANGHAI
from martlet.records import Kind, figures_of
from martlet.records.integrity import signals_together
from martlet.signals import NOTHING, SignalSet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from martlet.credit.model import Decision
    from martlet.credit.policy import Policy
    from martlet.credit.scorecard import Scorecard

PRODUCT = "revolving_daily"
_NAMES = UUID("01900000-0000-7000-8000-000000000302")
"""A made-up party id is made from it and the firm's number, so that a page repeats to the byte."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One firm and the answer it gets."""

    firm: str
    name: str
    figures: Mapping[str, int]
    """All that its records say, thin figures too."""
    scored: Mapping[str, int]
    """What of it the model was shown."""
    decision: Decision


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that the page is written from."""

    as_of: date
    model: Scorecard
    policy: Policy
    asked_fen: int
    ceiling_ppm: int
    """The pd above which the answer is no."""
    firms: tuple[Reviewed, ...]
    taught: pl.DataFrame
    """Figures of the firms that the model was trained on."""
    taught_bad_count: int

    def summary(self) -> dict[str, int | str]:
        """Return the main figures as a JSON value."""
        approved = [firm.decision for firm in self.firms if firm.decision.approved]
        return {
            "model": f"{self.model.name}/{self.model.version}",
            "policy": self.policy.version,
            "firms_count": len(self.firms),
            "approved_count": len(approved),
            "declined_count": len(self.firms) - len(approved),
            "limit_fen": sum(decision.limit_fen for decision in approved),
        }


def review_folder(folder: Path) -> Review:
    """Return every firm without an outcome decided by the default policy, in the file's order."""
    trained, firms = fit_folder(folder)
    model, policy = trained.scorecard, default_policy()
    moment = datetime.combine(ALL_HISTORY, time(23, 59, 59), SHANGHAI).astimezone(UTC)
    named = read_strangers(folder)
    party_of = {code: uuid5(_NAMES, code) for code in named}
    invoices = read_invoices(folder, STRANGERS).with_columns(
        pl.col("party_id").replace_strict({code: str(party) for code, party in party_of.items()})
    )
    evidence = [(Kind.INVOICES, invoices_hash(folder, STRANGERS))]
    records = {Kind.INVOICES: invoices}
    figures = figures_of(records, moment, dict.fromkeys(party_of.values(), evidence))
    checks = signals_together(records, moment)
    asked_fen = policy.products[PRODUCT].limit_max_fen
    reviewed = []
    for code, party_id in party_of.items():
        application = Application(party_id, party_id, PRODUCT, asked_fen, ALL_HISTORY)
        found = figures.get(party_id)
        read = NOTHING if found is None else found.signals(party_id, moment)
        signals = read.merged(SignalSet(checks.get(party_id, ())))
        reviewed.append(
            Reviewed(
                firm=code,
                name=named[code],
                figures={} if found is None else found.values(),
                scored=facts_of(application, signals, policy, moment).scored,
                decision=decide(application, signals, policy, model, moment),
            )
        )
    return Review(
        as_of=ALL_HISTORY,
        model=model,
        policy=policy,
        asked_fen=asked_fen,
        ceiling_ppm=pd_ceiling(policy, model),
        firms=tuple(reviewed),
        taught=firms.features,
        taught_bad_count=int(firms.bad.sum()),
    )
