"""A bank that lends with partners: two people of the risk department and what they agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.lending.conftest import TODAY, LendingBank

from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal, Scope
from martlet.lending import AgreementTerms, ParticipationService, SettingName

if TYPE_CHECKING:
    from martlet.lending import Eligibility, Sharing

LATER = date(2030, 12, 31)


@dataclass
class PartnerBank:
    """A lending bank with its co-lending service and two members of staff."""

    bank: LendingBank

    @property
    def service(self) -> ParticipationService:
        return ParticipationService(self.bank.database, "simulated")

    def staff(self, number: int) -> Principal:
        tenant = self.bank.principal.tenant_id
        return Principal(tenant, UUID(int=number), ActorKind.STAFF, ALL_SCOPES)

    def set(self, name: SettingName, value: int, day: date = TODAY) -> None:
        self.service.set_setting(
            self.staff(1), self.bank.key(), name.value, value, day, "the board, synthetic"
        )

    def free_of_ratios(self) -> None:
        """A large capital, and no bound on the joint part: one rule at a time is looked at."""
        self.set(SettingName.TIER1_CAPITAL_FEN, 100_000_000_000)
        self.set(SettingName.OWN_JOINT_MAX_PPM, 1_000_000)

    def partner(self, slug: str, affiliates: str = "") -> UUID:
        told = self.service.register_partner(
            self.staff(1), self.bank.key(), slug, f"合成银行 {slug}", affiliates
        )
        return UUID(told["partner_id"])

    def agree(
        self,
        slug: str,
        share_ppm: int = 300_000,
        cap_fen: int = 1_000_000_000,
        **more: int | date | Eligibility | Sharing,
    ) -> UUID:
        """Propose as one person and approve as another; return the agreement."""
        named: dict[str, Any] = {"effective_from": TODAY, "effective_until": LATER, **more}
        terms = AgreementTerms(share_ppm=share_ppm, cap_fen=cap_fen, **named)
        proposed = self.service.propose(self.staff(1), self.bank.key(), slug, terms)
        agreement_id = UUID(proposed["agreement_id"])
        self.service.approve(self.staff(2), self.bank.key(), agreement_id)
        return agreement_id

    def key_of(self, partner_id: UUID) -> Principal:
        """The principal that a partner's API key becomes."""
        tenant = self.bank.principal.tenant_id
        return Principal(
            tenant,
            UUID(int=partner_id.int ^ 3),
            ActorKind.API_KEY,
            frozenset({Scope.PARTNER_OWN}),
            frozenset({partner_id}),
        )

    def used(self, slug: str) -> int:
        found: int = self.service.partner(self.bank.principal, slug)["used_fen"]
        return found

    def proven(self) -> dict[str, Any]:
        report = self.service.verify(self.bank.principal)
        assert report["differences"] == []
        return report
