"""One row of the columns as `decide` takes it, and a decision as a row of the answers.

What makes the law of the batch a law: any row can be lifted out, decided alone, and compared.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import polars as pl

from martlet.credit.batch.columns import (
    CHAIN_COLUMN,
    cap_column,
    capacity_column,
    step_columns,
)
from martlet.credit.batch.facts import SAMPLE, SURENESS, in_range, value_columns
from martlet.credit.chain import SOURCE as CHAIN
from martlet.credit.limits import RECORDS_UNSAID
from martlet.credit.model import Application
from martlet.kernel.calendar import business_date_of
from martlet.signals import Signal, SignalSet, Unit
from martlet.signals.model import PPM_WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from martlet.credit.model import Decision
    from martlet.credit.policy import Policy

APPLICATION = {
    "application_id": pl.String,
    "party_id": pl.String,
    "product": pl.String,
    "requested_fen": pl.Int64,
    "tenor_days": pl.Int64,
    "tenor_months": pl.Int64,
    "committed_fen": pl.Int64,
}
"""The columns of an application; the tenors may be empty, one of them at least."""
PROVIDER, VERSION = "batch", "1"
_NAMES = UUID("3f1c6c2e-7d0b-5d0e-9a55-6f3c2b1d4e10")
"""Turns names that are no UUIDs into UUIDs, always the same ones."""
_UNSAID_DAYS = 1
"""How long a signal holds that does not say: past the moment of the decision, no more."""


def identity(text: str) -> UUID:
    """Return the UUID that a text is, or one made from it."""
    try:
        return UUID(text)
    except ValueError:
        return uuid5(_NAMES, text)


def lifted(
    applications: pl.DataFrame, signals: pl.DataFrame, as_of: datetime
) -> Iterator[tuple[Application, SignalSet]]:
    """Yield each application with the signals of its business, as `decide` takes them."""
    asked = applications.join(signals, on="party_id", how="left", maintain_order="left")
    kinds = value_columns(signals)
    fits = asked.select(in_range(kind).alias(kind.slug) for kind in kinds)
    for row, good in zip(asked.iter_rows(named=True), fits.iter_rows(named=True), strict=True):
        application = Application(
            application_id=identity(row["application_id"]),
            party_id=identity(row["party_id"]),
            product=row["product"],
            requested_fen=row["requested_fen"],
            applied_on=business_date_of(as_of),
            tenor_days=row["tenor_days"],
            tenor_months=row["tenor_months"],
            committed_fen=row["committed_fen"],
        )
        found = [
            _signal(application.party_id, kind.slug, kind.unit, row, as_of)
            for kind in kinds
            if good[kind.slug]
        ]
        yield application, SignalSet(tuple(one for one in found if one is not None))


def _signal(
    party_id: UUID, slug: str, unit: Unit, row: dict[str, Any], as_of: datetime
) -> Signal | None:
    """Return a cell as a signal; None where it says that it was never in force."""
    known_at = row.get("known_at") or min(as_of, row.get("expires_at") or as_of)
    expires_at = row.get("expires_at") or max(as_of, known_at) + timedelta(days=_UNSAID_DAYS)
    if known_at >= expires_at:
        return None
    sample, sure = row.get(f"{slug}{SAMPLE}"), row.get(f"{slug}{SURENESS}")
    return Signal(
        party_id=party_id,
        kind=slug,
        value=bool(row[slug]) if unit is Unit.FLAG else row[slug],
        as_of=row.get("as_of") or business_date_of(as_of),
        known_at=known_at,
        expires_at=expires_at,
        confidence_ppm=PPM_WHOLE if sure is None else sure,
        sample_size=RECORDS_UNSAID if sample is None else sample,
        provider=PROVIDER,
        provider_version=VERSION,
    )


def answer_row(decision: Decision, policy: Policy) -> dict[str, int | str]:
    """Return a decision as the columns hold it, without the ids."""
    steps = dict.fromkeys(step_columns(policy), 0)
    for step in decision.components:
        if step.source == "starter":
            place = "starter_fen"
        elif step.source == CHAIN:
            place = CHAIN_COLUMN
        elif step.cap_applied and step.source == step.cap_applied:
            place = cap_column(step.source)
        else:
            place = capacity_column(step.source)
        steps[place] += step.amount_fen
    return {
        "outcome": decision.outcome.value,
        "limit_fen": decision.limit_fen,
        "rate_ppm_per_day": decision.rate_ppm_per_day,
        "score": decision.score,
        "pd_ppm": decision.pd_ppm,
        "band": decision.band,
        "reason": decision.reasons[0].code,
        **steps,
    }
