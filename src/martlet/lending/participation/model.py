"""A partner's agreement and the bank's dated limits as values, and who takes part in a loan.

The choice is pure: from the programme, the day and the loan that is asked for follow the
agreements that may take part in it, in their order. Whether there is room is the table's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.kernel.errors import Invalid
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM
from martlet.lending.participation.limits import SELECTORS_MAX, SHARE_PPM_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NO_CAP_FEN = 2**62
"""Where no cap is set: above every total that the ledger itself allows."""


class Sharing(StrEnum):
    """How agreements of one rank share the loans that both would take."""

    PRIORITY = "priority"
    """The first with room takes the loan."""
    PRO_RATA = "pro_rata"
    """The one whose cap is used least takes it, so that books grow in proportion to the caps."""


class SettingName(StrEnum):
    """What a bank's dated settings name."""

    PARTNER_SHARE_MIN_PPM = "partner_share_min_ppm"
    """A partner's smallest share of any one loan."""
    OWN_WITH_PARTNER_MAX_PPM = "own_with_partner_max_ppm"
    """The bank's own part of loans with one partner and its affiliates, of its tier-1 capital."""
    OWN_JOINT_MAX_PPM = "own_joint_max_ppm"
    """The bank's own part of all joint loans, of all its own loans."""
    TIER1_CAPITAL_FEN = "tier1_capital_fen"
    """The bank's tier-1 net capital; without it nothing is lent with partners."""
    PARTNERS_CAP_FEN = "partners_cap_fen"
    """All partners' shares together, as the bank itself caps them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One limit or figure, in force from a day on, with where it stands."""

    name: SettingName
    value: int
    effective_from: date
    source: str

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "name": self.name.value,
            "value": self.value,
            "effective_from": self.effective_from.isoformat(),
            "source": self.source,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Setting:
        """Read back what `as_json` wrote."""
        day = value["effective_from"]
        return cls(
            SettingName(value["name"]),
            value["value"],
            day if isinstance(day, date) else date.fromisoformat(day),
            value["source"],
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A loan that somebody draws, as far as partners choose by it."""

    product: str
    amount_fen: int
    rate_ppm_per_day: int
    region: str
    trade: str
    pd_ppm: int | None
    """The probability of default that the line was granted on; None where it is unknown."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Which loans a partner takes part in; an empty list means all."""

    products: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()
    amount_min_fen: int = 1
    amount_max_fen: int = AMOUNT_FEN_MAX
    rate_min_ppm_per_day: int = 0
    rate_max_ppm_per_day: int = PPM
    pd_min_ppm: int = 0
    pd_max_ppm: int = PPM

    def __post_init__(self) -> None:
        ranges = (
            1 <= self.amount_min_fen <= self.amount_max_fen <= AMOUNT_FEN_MAX,
            0 <= self.rate_min_ppm_per_day <= self.rate_max_ppm_per_day <= PPM,
            0 <= self.pd_min_ppm <= self.pd_max_ppm <= PPM,
        )
        lists = (self.products, self.regions, self.trades)
        if not all(ranges) or any(len(one) > SELECTORS_MAX for one in lists):
            raise Invalid("lending.agreement_range_empty")

    @property
    def asks_for_pd(self) -> bool:
        """Tell whether the choice depends on the probability of default."""
        return self.pd_min_ppm > 0 or self.pd_max_ppm < PPM

    def takes(self, asked: Asked) -> bool:
        """Tell whether a loan is one that the partner wants."""
        return (
            (not self.products or asked.product in self.products)
            and (not self.regions or asked.region in self.regions)
            and (not self.trades or asked.trade in self.trades)
            and self.amount_min_fen <= asked.amount_fen <= self.amount_max_fen
            and self.rate_min_ppm_per_day <= asked.rate_ppm_per_day <= self.rate_max_ppm_per_day
            and (not self.asks_for_pd or self._takes_risk(asked.pd_ppm))
        )

    def _takes_risk(self, pd_ppm: int | None) -> bool:
        return pd_ppm is not None and self.pd_min_ppm <= pd_ppm <= self.pd_max_ppm

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "products": list(self.products),
            "regions": list(self.regions),
            "trades": list(self.trades),
            "amount_min_fen": self.amount_min_fen,
            "amount_max_fen": self.amount_max_fen,
            "rate_min_ppm_per_day": self.rate_min_ppm_per_day,
            "rate_max_ppm_per_day": self.rate_max_ppm_per_day,
            "pd_min_ppm": self.pd_min_ppm,
            "pd_max_ppm": self.pd_max_ppm,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Eligibility:
        """Read back what `as_json` wrote; what is left out is open to all."""
        lists = {"products", "regions", "trades"}
        read: dict[str, Any] = {
            name: tuple(part) if name in lists else part for name, part in value.items()
        }
        return cls(**read)


@dataclass(frozen=True, slots=True)
class AgreementTerms:
    """What a partner and the bank have agreed."""

    share_ppm: int
    cap_fen: int
    """The most that the partner's shares of principal may add up to, under all its agreements."""
    effective_from: date
    effective_until: date
    """The last day on which a loan may be shared under it."""
    priority: int = 100
    """The lower, the earlier it is asked."""
    sharing: Sharing = Sharing.PRIORITY
    eligibility: Eligibility = Eligibility()

    def __post_init__(self) -> None:
        if not 0 < self.share_ppm <= SHARE_PPM_MAX:
            raise Invalid("lending.agreement_share_outside", max_ppm=SHARE_PPM_MAX)
        if not 0 < self.cap_fen <= AMOUNT_FEN_MAX:
            raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
        if self.effective_until < self.effective_from or not 0 <= self.priority <= PPM:
            raise Invalid("lending.agreement_range_empty")

    def as_json(self) -> dict[str, Any]:
        """Return the terms as a JSON value."""
        return {
            "share_ppm": self.share_ppm,
            "cap_fen": self.cap_fen,
            "effective_from": self.effective_from.isoformat(),
            "effective_until": self.effective_until.isoformat(),
            "priority": self.priority,
            "sharing": self.sharing.value,
            "eligibility": self.eligibility.as_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> AgreementTerms:
        """Read back what `as_json` wrote."""
        return cls(
            share_ppm=value["share_ppm"],
            cap_fen=value["cap_fen"],
            effective_from=date.fromisoformat(value["effective_from"]),
            effective_until=date.fromisoformat(value["effective_until"]),
            priority=value.get("priority", 100),
            sharing=Sharing(value.get("sharing", Sharing.PRIORITY)),
            eligibility=Eligibility.from_json(value.get("eligibility", {})),
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement in force, with its partner."""

    agreement_id: UUID
    partner_id: UUID
    partner: str
    affiliates: str
    """Partners of one owner count as one; a partner by itself is its own."""
    terms: AgreementTerms

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "agreement_id": str(self.agreement_id),
            "partner_id": str(self.partner_id),
            "partner": self.partner,
            "affiliates": self.affiliates,
            "terms": self.terms.as_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Agreement:
        """Read back what `as_json` wrote."""
        return cls(
            UUID(value["agreement_id"]),
            UUID(value["partner_id"]),
            value["partner"],
            value["affiliates"],
            AgreementTerms.from_json(value["terms"]),
        )


@dataclass(frozen=True, slots=True)
class Programme:
    """All that a drawdown needs to know of a bank's partners: agreements and dated settings."""

    agreements: tuple[Agreement, ...]
    settings: tuple[Setting, ...]

    def setting(self, name: SettingName, day: date) -> int | None:
        """Return what is in force on a day: the newest; of one day's the last that was set."""
        found = None
        for one in self.settings:
            in_force = one.name is name and one.effective_from <= day
            if in_force and (found is None or one.effective_from >= found.effective_from):
                found = one
        return None if found is None else found.value

    def in_force(self, day: date) -> tuple[Agreement, ...]:
        """Return the agreements under which a loan may be shared on a day."""
        least = self.setting(SettingName.PARTNER_SHARE_MIN_PPM, day) or 0
        return tuple(
            one
            for one in self.agreements
            if one.terms.effective_from <= day <= one.terms.effective_until
            and one.terms.share_ppm >= least
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "agreements": [one.as_json() for one in self.agreements],
            "settings": [one.as_json() for one in self.settings],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Programme:
        """Read back what `as_json` wrote."""
        return cls(
            tuple(Agreement.from_json(one) for one in value["agreements"]),
            tuple(Setting.from_json(one) for one in value["settings"]),
        )


def in_order(agreements: Sequence[Agreement], used_fen: Mapping[str, int]) -> list[Agreement]:
    """Return agreements in the order in which they are asked, given what each partner holds."""

    def rank(one: Agreement) -> tuple[int, int, str, UUID]:
        pro_rata = one.terms.sharing is Sharing.PRO_RATA
        filled = used_fen.get(one.partner, 0) * PPM // one.terms.cap_fen if pro_rata else 0
        return one.terms.priority, filled, one.partner, one.agreement_id

    return sorted(agreements, key=rank)
