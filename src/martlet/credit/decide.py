"""The one decision: pure, total, the same bytes whenever the same inputs come again.

Signals that may count → exclusions and eligibility → score → pd → band and price → the limit as a
waterfall. The invariant is law 6: a signal that is better than its absence never lowers the limit,
because every step is monotone and nothing is taken away for being known. It reads no clock and no
database, and it refuses nothing without a reason and a way out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.credit.changes import reasons_of_price, reasons_of_risk
from martlet.credit.model import (
    Application,
    Change,
    Component,
    Decision,
    Outcome,
    Parameter,
    Reason,
    WouldChange,
)
from martlet.credit.waterfall import waterfall
from martlet.kernel.calendar import business_date_of
from martlet.kernel.canonical import content_hash
from martlet.signals import KINDS, Role, SignalSet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from martlet.credit.artefact import CreditModel
    from martlet.credit.policy import Band, Policy, ProductTerms
    from martlet.credit.scorecard import Scorecard


_EXCLUSION, _CONTEXT = Role.EXCLUSION.value, Role.CONTEXT.value


@dataclass(frozen=True, slots=True)
class Facts:
    """What may count of the signals, as the model and the policy read it."""

    numbers: Mapping[str, int]
    scored: Mapping[str, int]
    exclusions: tuple[tuple[str, str], ...]
    """What forbids credit: its kind, and which eye says so."""


def decide(
    application: Application,
    signals: SignalSet,
    policy: Policy,
    model: Scorecard,
    as_of: datetime,
) -> Decision:
    """Return the answer to an application: never an exception for anything a signal may say."""
    facts = facts_of(application, signals, policy, as_of)
    score = model.score(facts.scored)
    verdict = _Verdict(
        application=application,
        policy=policy,
        model=model,
        as_of=as_of,
        score=score,
        pd_ppm=model.pd_ppm(score),
        inputs_hash=inputs_hash(application, signals, policy, model, as_of),
    )
    terms = policy.products.get(application.product)
    refusals = _refusals(application, terms, facts, policy)
    if terms is None or refusals:
        return verdict.refused(refusals)
    if verdict.pd_ppm > pd_ceiling(policy, model):
        return verdict.refused(
            reasons_of_risk(model, facts.scored, score, pd_ceiling(policy, model))
        )
    band = policy.band_of(verdict.pd_ppm)
    components = waterfall(application, facts.numbers, band, policy, terms)
    limit_fen = sum(component.amount_fen for component in components)
    if limit_fen < terms.limit_min_fen:
        return verdict.refused(_too_little(components, limit_fen, terms))
    return verdict.approved(components, band, terms, facts)


def limit_under(
    application: Application, facts: Facts, policy: Policy, pd_ppm: int, ceiling_ppm: int
) -> int:
    """Return the limit that a pd would lead to, by the same steps; 0 where the answer is no."""
    terms = policy.products.get(application.product)
    if terms is None or pd_ppm > ceiling_ppm or _refusals(application, terms, facts, policy):
        return 0
    components = waterfall(application, facts.numbers, policy.band_of(pd_ppm), policy, terms)
    limit_fen = sum(component.amount_fen for component in components)
    return limit_fen if limit_fen >= terms.limit_min_fen else 0


def facts_of(
    application: Application, signals: SignalSet, policy: Policy, as_of: datetime
) -> Facts:
    """Return what of the signals may count: `usable`, sure enough, of this business."""
    numbers: dict[str, int] = {}
    scored: dict[str, int] = {}
    exclusions = []
    party_id, sample_min = application.party_id, policy.sample_min
    for origin, rows in signals.readings:
        if origin.party_id != party_id or not origin.holds(as_of):
            continue
        if origin.confidence_ppm < policy.confidence_min_ppm:
            continue
        for kind, value, sample_size in rows:
            known = KINDS[kind]
            if sample_size < known.sample_min:
                continue
            role = known.role
            if role == _EXCLUSION:
                if value and not isinstance(value, str):
                    exclusions.append((kind, origin.provider))
            elif role != _CONTEXT and type(value) is int:
                numbers[kind] = value
                if sample_size >= sample_min:
                    scored[kind] = value
    return Facts(numbers, scored, tuple(exclusions))


def pd_ceiling(policy: Policy, model: CreditModel) -> int:
    """Return the pd above which the answer is no.

    The policy's last band, but never below the pd of a business of which nothing is known: a
    business is refused for risk only when what is known makes it worse than a stranger.
    """
    return max(policy.bands[-1].pd_max_ppm, model.neutral_pd_ppm)


def inputs_hash(
    application: Application,
    signals: SignalSet,
    policy: Policy,
    model: Scorecard,
    as_of: datetime,
) -> str:
    """Return the hash of everything that the decision depends on, by the texts that are kept."""
    everything = (
        application.text(),
        signals.text(),
        policy.content_hash,
        model.content_hash,
        as_of.isoformat(),
    )
    return content_hash("\n".join(everything).encode())


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What every answer to one application has in common."""

    application: Application
    policy: Policy
    model: Scorecard
    as_of: datetime
    score: int
    pd_ppm: int
    inputs_hash: str

    def refused(self, reasons: list[Reason]) -> Decision:
        return self._decision(Outcome.REFUSED, (), tuple(reasons), 0, None, None)

    def approved(
        self,
        components: tuple[Component, ...],
        band: Band | None,
        terms: ProductTerms,
        facts: Facts,
    ) -> Decision:
        asked = self.policy.asked_rate(band)
        rate = self.policy.lawful_rate(asked, business_date_of(self.as_of))
        reasons = reasons_of_price(
            self.policy, self.model, facts.scored, (self.score, self.pd_ppm), (asked, rate)
        )
        return self._decision(Outcome.APPROVED, components, tuple(reasons), rate, band, terms)

    def _decision(
        self,
        outcome: Outcome,
        components: tuple[Component, ...],
        reasons: tuple[Reason, ...],
        rate: int,
        band: Band | None,
        terms: ProductTerms | None,
    ) -> Decision:
        return Decision(
            outcome=outcome,
            limit_fen=sum(component.amount_fen for component in components),
            rate_ppm_per_day=rate,
            tenors=() if terms is None else _tenors(self.application, terms),
            tenor_unit="" if terms is None else terms.tenor_unit,
            score=self.score,
            pd_ppm=self.pd_ppm,
            band="" if band is None else band.name,
            components=components,
            reasons=reasons,
            policy_version=self.policy.version,
            model_version=f"{self.model.name}/{self.model.version}",
            inputs_hash=self.inputs_hash,
            decided_at=self.as_of,
            expires_at=self.as_of + timedelta(days=self.policy.offer_valid_days),
        )


def _tenors(application: Application, terms: ProductTerms) -> tuple[int, ...]:
    wanted = _wanted_tenor(application, terms)
    return terms.tenors if wanted is None else tuple(t for t in terms.tenors if t <= wanted)


def _wanted_tenor(application: Application, terms: ProductTerms) -> int | None:
    return application.tenor_days if terms.tenor_unit == "days" else application.tenor_months


def _refusals(
    application: Application, terms: ProductTerms | None, facts: Facts, policy: Policy
) -> list[Reason]:
    """Return every rule that says no before anything is scored."""
    if terms is None:
        return [Reason("credit.product_not_offered", {"product": application.product})]
    found = [
        Reason("credit.excluded", {"kind": kind, "provider": provider})
        for kind, provider in facts.exclusions
    ]
    wanted = _wanted_tenor(application, terms)
    other_unit = application.tenor_months if terms.tenor_unit == "days" else application.tenor_days
    if other_unit is not None or (wanted is not None and wanted not in terms.tenors):
        offered = ", ".join(map(str, terms.tenors))
        code = f"credit.tenor_not_offered_{terms.tenor_unit}"
        found.append(Reason(code, {"offered": offered}))
    if application.requested_fen < max(terms.limit_min_fen, policy.limit_unit_fen):
        least = max(terms.limit_min_fen, policy.limit_unit_fen)
        found.append(Reason("credit.request_too_small", {"least_fen": least}))
    found.extend(_rules_broken(facts, policy))
    return found


def _rules_broken(facts: Facts, policy: Policy) -> list[Reason]:
    broken = []
    for rule in policy.eligibility:
        value = facts.numbers.get(rule.kind)
        if value is None or rule.met_by(value):
            continue
        above = rule.at_most is not None and value > rule.at_most
        needed = rule.at_most if above else rule.at_least
        assert needed is not None, rule
        code = "credit.rule_at_most" if above else "credit.rule_at_least"
        params: dict[str, Parameter] = {"kind": rule.kind, "value": value, "needed": needed}
        broken.append(Reason(code, params, WouldChange((Change(rule.kind, value, needed),))))
    return broken


def _too_little(
    components: tuple[Component, ...], limit_fen: int, terms: ProductTerms
) -> list[Reason]:
    """Return why what is left is less than the product's smallest line."""
    params = {"limit_fen": max(limit_fen, 0), "least_fen": terms.limit_min_fen}
    causes = [component.reason for component in components if component.cap_applied]
    return [Reason("credit.limit_too_small", params), *causes]
