"""What can happen to a loan, as immutable values that know everything they need to be replayed.

Nothing is deleted or changed: what was wrong is undone by a `REVERSED` event that names it. An
event counts from its value date, which may lie before the day on which it became known; `sequence`
is the order in which it became known. An amount is 0 where a kind moves no money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003 - msgspec reads the fields' types
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID  # noqa: TC003 - msgspec reads the fields' types

from msgspec import Struct, convert, to_builtins

from martlet.kernel.limits import AMOUNT_FEN_MAX, RATE_PPM_PER_DAY_MAX
from martlet.kernel.rates import PPM
from martlet.lending.parts import Component, Frequency

if TYPE_CHECKING:
    from collections.abc import Mapping


class EventKind(StrEnum):
    """What can happen to a loan."""

    DISBURSED = "disbursed"
    """Money was paid out; there may be several drawdowns."""
    REPAID = "repaid"
    FEE_CHARGED = "fee_charged"
    PENALTY_CHARGED = "penalty_charged"
    WAIVED = "waived"
    """Interest, fees or penalty are given up; an amount of 0 gives up all of it."""
    MERCHANT_REFUND = "merchant_refund"
    """A merchant took goods back and paid the loan instead of the customer."""
    PAYOUT_REFUND = "payout_refund"
    """A payout came back and pays the loan."""
    GOODWILL_CREDIT = "goodwill_credit"
    """The bank itself pays a part."""
    REFUNDED_IN_CASH = "refunded_in_cash"
    """Money once paid goes back to the customer and is owed again."""
    CHARGED_BACK = "charged_back"
    """A payment was taken back by the payer's bank: its amount is owed again, at once."""
    OVERPAYMENT_REFUNDED = "overpayment_refunded"
    """What was paid too much goes back to the customer."""
    RATE_CHANGED = "rate_changed"
    INTEREST_PAUSED = "interest_paused"
    RESCHEDULED = "rescheduled"
    RE_AGED = "re_aged"
    """All that is outstanding falls due anew, in new instalments."""
    RE_AMORTISED = "re_amortised"
    """What is overdue is spread over the instalments still to come."""
    EXTENDED = "extended"
    SHARE_CHANGED = "share_changed"
    """Of an advance on takings: the share that is kept from a day on."""
    CHARGED_OFF = "charged_off"
    """Given up as an earning asset: no income is recognised any more; it is still owed."""
    WRITTEN_OFF = "written_off"
    """Taken off the books, with all that is outstanding."""
    RECOVERED = "recovered"
    """Money that came in after a write-off."""
    REVERSED = "reversed"
    """Undoes another event, which then never happened."""


CREDITS = frozenset(
    {
        EventKind.REPAID,
        EventKind.MERCHANT_REFUND,
        EventKind.PAYOUT_REFUND,
        EventKind.GOODWILL_CREDIT,
    }
)
"""What pays a loan, by whoever's money."""

MONEY_OUT = frozenset(
    {EventKind.REFUNDED_IN_CASH, EventKind.CHARGED_BACK, EventKind.OVERPAYMENT_REFUNDED}
)
"""What gives money back."""

AMOUNT_NEEDED = (
    CREDITS
    | MONEY_OUT
    | {
        EventKind.DISBURSED,
        EventKind.FEE_CHARGED,
        EventKind.PENALTY_CHARGED,
        EventKind.RECOVERED,
    }
)
"""The kinds whose amount is never 0; of the others only a waiver may have one."""


class Rate(Struct, frozen=True):
    """A rate of simple interest: so many ppm for so many days (1, or the days of a year)."""

    ppm: int
    days: int = 1

    def __post_init__(self) -> None:
        assert 0 <= self.ppm <= RATE_PPM_PER_DAY_MAX * self.days, self
        assert 1 <= self.days <= 366, self  # noqa: PLR2004 - the longest year


class Charged(Struct, frozen=True, tag="charged"):
    """A fee or a penalty: what it is called and when it falls due (None: on its value date)."""

    name: str
    due_on: date | None = None


class Waived(Struct, frozen=True, tag="waived"):
    """What is given up; principal never is, it is written off."""

    component: Component

    def __post_init__(self) -> None:
        assert self.component is not Component.PRINCIPAL, self


class ChargedBack(Struct, frozen=True, tag="charged_back"):
    """The payment that was taken back, where it is known."""

    event_id: UUID | None = None


class RateChanged(Struct, frozen=True, tag="rate_changed"):
    """The rate from a night on, which may still be to come."""

    effective_on: date
    rate: Rate


class InterestPaused(Struct, frozen=True, tag="interest_paused"):
    """Nights that cost nothing, both days included."""

    from_on: date
    until_on: date

    def __post_init__(self) -> None:
        assert self.from_on <= self.until_on, self


class Rescheduled(Struct, frozen=True, tag="rescheduled"):
    """What changes from the instalment of a due date on; whatever is left empty stays."""

    from_due_on: date
    moved_to: date | None = None
    """Its new due date; the later ones follow at their distances."""
    extra_terms: int = 0
    rate: Rate | None = None
    principal_grace: int = 0
    """Instalments in which no principal falls due."""
    interest_grace: int = 0
    """Instalments in which no interest falls due; it is asked for with the next one."""

    def __post_init__(self) -> None:
        assert min(self.extra_terms, self.principal_grace, self.interest_grace) >= 0, self


class ReAged(Struct, frozen=True, tag="re_aged"):
    """The new instalments: how many, from when, how far apart."""

    first_due_on: date
    instalments: int
    frequency: Frequency

    def __post_init__(self) -> None:
        assert self.instalments >= 1, self


class Extended(Struct, frozen=True, tag="extended"):
    """So many more instalments; of a loan with one due date, so many units of its tenor."""

    extra_terms: int

    def __post_init__(self) -> None:
        assert self.extra_terms >= 1, self


class ShareChanged(Struct, frozen=True, tag="share_changed"):
    """The share of takings from a day on, which may still be to come."""

    effective_on: date
    share_ppm: int

    def __post_init__(self) -> None:
        assert 0 < self.share_ppm <= PPM, self


class Reasoned(Struct, frozen=True, tag="reasoned"):
    """Why a loan was charged off, written off or re-amortised, in the words of who did it."""

    reason: str = ""


class Reversed(Struct, frozen=True, tag="reversed"):
    """The event that never happened, and why."""

    event_id: UUID
    reason: str = ""


Details = (
    Charged
    | Waived
    | ChargedBack
    | RateChanged
    | InterestPaused
    | Rescheduled
    | ReAged
    | Extended
    | ShareChanged
    | Reasoned
    | Reversed
)

DETAILS_OF: Mapping[EventKind, type[Struct]] = {
    EventKind.FEE_CHARGED: Charged,
    EventKind.PENALTY_CHARGED: Charged,
    EventKind.WAIVED: Waived,
    EventKind.CHARGED_BACK: ChargedBack,
    EventKind.RATE_CHANGED: RateChanged,
    EventKind.INTEREST_PAUSED: InterestPaused,
    EventKind.RESCHEDULED: Rescheduled,
    EventKind.RE_AGED: ReAged,
    EventKind.RE_AMORTISED: Reasoned,
    EventKind.EXTENDED: Extended,
    EventKind.SHARE_CHANGED: ShareChanged,
    EventKind.CHARGED_OFF: Reasoned,
    EventKind.WRITTEN_OFF: Reasoned,
    EventKind.REVERSED: Reversed,
}
"""What each kind says beyond its amount; a kind that is not here says nothing."""


@dataclass(frozen=True, slots=True)
class LoanEvent:
    """Something that happened to a loan; it counts from its value date, in order of sequence."""

    event_id: UUID
    sequence: int
    kind: EventKind
    value_date: date
    amount_fen: int = 0
    details: Details | None = None

    def __post_init__(self) -> None:
        assert self.sequence >= 1, self.sequence
        assert 0 <= self.amount_fen <= AMOUNT_FEN_MAX, self.amount_fen
        assert (self.amount_fen > 0) or self.kind not in AMOUNT_NEEDED, self
        assert (
            self.amount_fen == 0 or self.kind in AMOUNT_NEEDED or self.kind is EventKind.WAIVED
        ), self
        wanted = DETAILS_OF.get(self.kind)
        assert self.details is None if wanted is None else isinstance(self.details, wanted), self


def details_json(details: Details | None) -> dict[str, Any] | None:
    """Return details as a JSON value, to be kept with the event."""
    return None if details is None else to_builtins(details)


def read_details(kind: EventKind, value: Mapping[str, Any] | None) -> Details | None:
    """Read details of a kind back from JSON; the tag is optional, the kind decides.

    Raises `msgspec.ValidationError` where they are not what the kind says.
    """
    wanted = DETAILS_OF.get(kind)
    if wanted is None:
        return None
    tag = wanted.__struct_config__.tag
    return cast("Details", convert({"type": tag, **(value or {})}, wanted))


def standing(events: list[LoanEvent]) -> list[LoanEvent]:
    """Return the events that stand: without those undone, and without what undid them.

    A reversal may be reversed: the later one is seen first, so the event stands again.
    """
    undone: set[UUID] = set()
    for event in sorted(events, key=lambda one: one.sequence, reverse=True):
        if event.kind is EventKind.REVERSED and event.event_id not in undone:
            assert isinstance(event.details, Reversed)
            undone.add(event.details.event_id)
    if not undone:
        return events
    return [
        event
        for event in events
        if event.event_id not in undone and event.kind is not EventKind.REVERSED
    ]
