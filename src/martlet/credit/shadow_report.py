"""What the shadows would have done: each beside the champion, on the very same applications.

The invariant: only applications that both judged are compared, and what is known of outcomes is
said of loans that were made, hence never of those whom the champion refused. Shares carry 95 %
intervals (Wilson), so does the rank correlation (Spearman's, by Fieller's normal approximation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import and_, func, select

from martlet.credit import queries
from martlet.credit.limits import SHADOW_OUTCOMES_MIN, SHADOW_REPORT_ROWS_MAX
from martlet.credit.model import Outcome
from martlet.credit.monitoring import intervals
from martlet.credit.tables import credit_decision, credit_shadow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.credit.outcomes import DecisionOutcome
    from martlet.credit.queries import RegisteredModel

_PPM = 1_000_000
_FIELLER = 1.06
"""Variance of Spearman's z over that of a normal mean: Fieller, Hartley and Pearson 1957."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One application as the champion and a shadow judged it."""

    decision_id: UUID
    champion_pd_ppm: int
    champion_limit_fen: int
    """0: refused."""
    shadow_pd_ppm: int
    shadow_limit_fen: int
    """0: it would have refused."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of some cases, with its 95 % interval; no figures where there are no cases."""

    of_count: int
    value_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None

    def as_json(self) -> dict[str, int | None]:
        """Return it as a JSON value."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Swapped:
    """Applications on which the two part, and the limits at stake."""

    count: int
    limit_fen: int
    known_count: int
    """Of these, how many loans have an outcome; nobody knows one of a refused application."""
    bad_count: int

    def as_json(self) -> dict[str, int]:
        """Return it as a JSON value."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Lived:
    """How the two did on loans whose outcome is known: all of them approved by the champion."""

    bad: Share
    champion_pd_ppm: int | None
    shadow_pd_ppm: int | None
    """The mean pd of each on those loans, to be held against the share that went bad."""
    champion_auc_ppm: int | None
    shadow_auc_ppm: int | None
    """None while too few loans of either sort are known."""

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "bad": self.bad.as_json(),
            "champion_pd_ppm": self.champion_pd_ppm,
            "shadow_pd_ppm": self.shadow_pd_ppm,
            "champion_auc_ppm": self.champion_auc_ppm,
            "shadow_auc_ppm": self.shadow_auc_ppm,
        }


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """One model in shadow, measured beside the champion."""

    model: RegisteredModel
    asked_count: int
    compared_count: int
    """The newest of those that it answered."""
    failed_count: int
    first_at: datetime | None
    last_at: datetime | None
    agreement: Share
    rank_correlation: Share
    champion_pd_ppm: int | None
    shadow_pd_ppm: int | None
    swapped_out: Swapped
    """Approved by the champion, refused by the shadow; the champion's limits."""
    swapped_in: Swapped
    """Refused by the champion, approved by the shadow; the shadow's limits."""
    lived: Lived

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "model_id": str(self.model.model_id),
            "name": self.model.name,
            "version": self.model.version,
            "kind": self.model.kind.value,
            "content_hash": self.model.content_hash,
            "asked_count": self.asked_count,
            "compared_count": self.compared_count,
            "failed_count": self.failed_count,
            "first_at": None if self.first_at is None else self.first_at.isoformat(),
            "last_at": None if self.last_at is None else self.last_at.isoformat(),
            "agreement": self.agreement.as_json(),
            "rank_correlation": self.rank_correlation.as_json(),
            "champion_pd_ppm": self.champion_pd_ppm,
            "shadow_pd_ppm": self.shadow_pd_ppm,
            "swapped_out": self.swapped_out.as_json(),
            "swapped_in": self.swapped_in.as_json(),
            "lived": self.lived.as_json(),
        }


def shadow_reports(
    connection: Connection, tenant_id: UUID, outcomes: Mapping[UUID, DecisionOutcome]
) -> tuple[ShadowReport, ...]:
    """Return a report on every model that runs in shadow now, by decision outcomes as known."""
    return tuple(
        _report(connection, tenant_id, model, outcomes)
        for model in queries.shadow_models(connection, tenant_id)
    )


def _report(
    connection: Connection,
    tenant_id: UUID,
    model: RegisteredModel,
    outcomes: Mapping[UUID, DecisionOutcome],
) -> ShadowReport:
    shadow = credit_shadow.c
    mine = and_(shadow.tenant_id == tenant_id, shadow.model_hash == model.content_hash)
    asked, answered, first_at, last_at = connection.execute(
        select(
            func.count(),
            func.count(shadow.score),
            func.min(shadow.recorded_at),
            func.max(shadow.recorded_at),
        ).where(mine)
    ).one()
    decision = credit_decision.c
    rows = connection.execute(
        select(
            shadow.decision_id,
            decision.pd_ppm,
            decision.outcome,
            decision.limit_fen,
            shadow.pd_ppm,
            shadow.limit_fen,
        )
        .join(credit_decision, decision.decision_id == shadow.decision_id)
        .where(mine, shadow.score.is_not(None))
        .order_by(shadow.recorded_at.desc())
        .limit(SHADOW_REPORT_ROWS_MAX)
    )
    approved = Outcome.APPROVED.value
    pairs = [
        Pair(found, pd, limit if outcome == approved else 0, shadow_pd, shadow_limit)
        for found, pd, outcome, limit, shadow_pd, shadow_limit in rows
    ]
    return ShadowReport(
        model=model,
        asked_count=asked,
        compared_count=len(pairs),
        failed_count=asked - answered,
        first_at=first_at,
        last_at=last_at,
        **measured(pairs, outcomes),
    )


def measured(pairs: Sequence[Pair], outcomes: Mapping[UUID, DecisionOutcome]) -> dict[str, Any]:
    """Return what a shadow's answers come to beside the champion's."""
    yes = [(pair.champion_limit_fen > 0, pair.shadow_limit_fen > 0) for pair in pairs]
    out = [p for p, sides in zip(pairs, yes, strict=True) if sides == (True, False)]
    into = [p for p, sides in zip(pairs, yes, strict=True) if sides == (False, True)]
    pds = np.array([(p.champion_pd_ppm, p.shadow_pd_ppm) for p in pairs], np.int64).reshape(-1, 2)
    return {
        "agreement": share(sum(one == other for one, other in yes), len(yes)),
        "rank_correlation": rank_correlation(pds[:, 0], pds[:, 1]),
        "champion_pd_ppm": _mean([p.champion_pd_ppm for p in pairs]),
        "shadow_pd_ppm": _mean([p.shadow_pd_ppm for p in pairs]),
        "swapped_out": _swapped(out, sum(p.champion_limit_fen for p in out), outcomes),
        "swapped_in": _swapped(into, sum(p.shadow_limit_fen for p in into), outcomes),
        "lived": _lived(pairs, outcomes),
    }


def share(count: int, of_count: int) -> Share:
    """Return a share with Wilson's interval, which holds near 0 and 1 and for few cases."""
    found = intervals.Share(count, of_count)
    return Share(of_count, found.ppm, found.low_ppm, found.high_ppm)


def rank_correlation(
    one: np.ndarray[Any, np.dtype[np.int64]], other: np.ndarray[Any, np.dtype[np.int64]]
) -> Share:
    """Return Spearman's correlation (ties share their ranks); no figure where nothing varies."""
    cases = len(one)
    if cases < 4 or np.ptp(one) == 0 or np.ptp(other) == 0:  # noqa: PLR2004 - see the interval
        return Share(cases, None, None, None)
    rho = float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])
    z = math.atanh(min(max(rho, -0.999_999), 0.999_999))
    half = intervals.Z * math.sqrt(_FIELLER / (cases - 3))
    return Share(cases, _ppm(rho), _ppm(math.tanh(z - half)), _ppm(math.tanh(z + half)))


def _ranks(values: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse], dtype=np.float64)


def _swapped(
    pairs: Sequence[Pair], limit_fen: int, outcomes: Mapping[UUID, DecisionOutcome]
) -> Swapped:
    known = _known(pairs, outcomes)
    return Swapped(len(pairs), limit_fen, len(known), sum(bad for _, bad in known))


def _known(
    pairs: Sequence[Pair], outcomes: Mapping[UUID, DecisionOutcome]
) -> list[tuple[Pair, bool]]:
    """Return the pairs whose outcome is known, with it."""
    found = ((pair, outcomes.get(pair.decision_id)) for pair in pairs)
    return [(pair, lived.bad) for pair, lived in found if lived and lived.bad is not None]


def _lived(pairs: Sequence[Pair], outcomes: Mapping[UUID, DecisionOutcome]) -> Lived:
    known = _known(pairs, outcomes)
    bads = sum(bad for _, bad in known)
    aucs: list[int | None] = [None, None]
    if min(bads, len(known) - bads) >= SHADOW_OUTCOMES_MIN:
        bad = np.array([one for _, one in known])
        sides = ([p.champion_pd_ppm for p, _ in known], [p.shadow_pd_ppm for p, _ in known])
        aucs = [_auc_ppm(bad, np.array(side, dtype=np.int64)) for side in sides]
    return Lived(
        bad=share(bads, len(known)),
        champion_pd_ppm=_mean([pair.champion_pd_ppm for pair, _ in known]),
        shadow_pd_ppm=_mean([pair.shadow_pd_ppm for pair, _ in known]),
        champion_auc_ppm=aucs[0],
        shadow_auc_ppm=aucs[1],
    )


def _auc_ppm(
    bad: np.ndarray[Any, np.dtype[np.bool_]], pd_ppm: np.ndarray[Any, np.dtype[np.int64]]
) -> int:
    """Return the chance that a bad loan had the higher pd, ties counting half."""
    bads, goods = int(bad.sum()), int((~bad).sum())
    above = _ranks(pd_ppm)[bad].sum() - bads * (bads + 1) / 2
    return _ppm(float(above) / (bads * goods))


def _mean(values: Sequence[int]) -> int | None:
    return round(sum(values) / len(values)) if values else None


def _ppm(value: float) -> int:
    return round(value * _PPM)
