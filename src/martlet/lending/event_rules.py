"""Whether an event may be recorded: by whom, and whether it fits the loan as it stands.

The replay takes whatever it is given; this is where what makes no sense is refused, each with its
reason. Money out asks for the rights of operations, judgement for a member of staff, and a
write-off for a second one.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from martlet.kernel.errors import Forbidden, Invalid, Refused
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.principal import ActorKind, Scope
from martlet.lending.advances.fold import share_on
from martlet.lending.events import (
    AMOUNT_NEEDED,
    CREDITS,
    MONEY_OUT,
    Charged,
    ChargedBack,
    EventKind,
    Extended,
    InterestPaused,
    RateChanged,
    ReAged,
    Rescheduled,
    Reversed,
    ShareChanged,
    Waived,
    standing,
)
from martlet.lending.limits import (
    BACKDATE_DAYS_MAX,
    CHARGE_NAME_CHARS_MAX,
    FUTURE_DAYS_MAX,
    TENOR_DAYS_MAX,
    TENOR_MONTHS_MAX,
)
from martlet.lending.loan import LoanState, LoanStatus
from martlet.lending.parts import Component
from martlet.lending.plan.offered import offers
from martlet.lending.postings import position_of
from martlet.lending.product import FrequencyUnit, TenorUnit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.lending.events import LoanEvent
    from martlet.lending.loan import LoanTerms

JUDGED = frozenset({EventKind.WAIVED, EventKind.CHARGED_OFF, EventKind.WRITTEN_OFF})
"""What only a person decides, never a machine with a key."""

SECOND_PERSON = frozenset({EventKind.WRITTEN_OFF})
"""What one person proposes and another carries out."""

ENDED = frozenset({LoanStatus.CLOSED, LoanStatus.WRITTEN_OFF})


class Looked(NamedTuple):
    """A loan with an event in view: as it stood on the value date, and as it stands today."""

    event: LoanEvent
    standing: Sequence[LoanEvent]
    then: LoanState
    now: LoanState
    terms: LoanTerms

    @property
    def by_days(self) -> bool:
        """Whether the loan's tenor counts days."""
        return self.terms.conventions.tenor_unit is TenorUnit.DAYS


_DAYS = {
    FrequencyUnit.DAYS: 1,
    FrequencyUnit.WEEKS: 7,
    FrequencyUnit.MONTHS: 31,
    FrequencyUnit.YEARS: 366,
}
"""The most days that each unit may have."""


def permit(principal: Principal, kind: EventKind) -> None:
    """Refuse who may not record events of a kind."""
    principal.require(Scope.LENDING_WRITE)
    if principal.kind is ActorKind.OWNER and kind is not EventKind.REPAID:
        raise Forbidden("lending.event_forbidden", kind=kind.value)
    if kind in JUDGED and principal.kind is ActorKind.API_KEY:
        raise Forbidden("lending.staff_only", kind=kind.value)
    if kind in MONEY_OUT or kind is EventKind.DISBURSED:
        principal.require(Scope.END_OF_DAY)


def needs_second(principal: Principal, kind: EventKind) -> bool:
    """Tell whether an event must be proposed first; the bank itself is nobody's first person."""
    return kind in SECOND_PERSON and principal.kind is not ActorKind.SYSTEM


def check_amount(kind: EventKind, amount_fen: int) -> None:
    """Refuse an amount that a kind cannot have."""
    least = 1 if kind in AMOUNT_NEEDED else 0
    if not least and kind is not EventKind.WAIVED and amount_fen != 0:
        raise Invalid("lending.event_without_amount", kind=kind.value)
    if not least <= amount_fen <= AMOUNT_FEN_MAX:
        raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)


def check_day(value_date: date, first: date, today: date) -> None:
    """Refuse a value date before the loan began, too far back, or still to come."""
    earliest = max(first, today - timedelta(days=BACKDATE_DAYS_MAX))
    if not earliest <= value_date <= today:
        raise Refused(
            "lending.value_date_outside",
            value_date=value_date.isoformat(),
            earliest=earliest.isoformat(),
            latest=today.isoformat(),
        )


def check_fits(looked: Looked) -> None:
    """Refuse an event that makes no sense on a loan as it stands."""
    kind = looked.event.kind
    _check_meaning(looked)
    if kind in _NEEDS_DEBT and looked.then.status in ENDED:
        raise Refused("lending.nothing_owed")
    _check_horizon(looked.event)
    if (rule := _RULES.get(kind)) is not None:
        rule(looked)


def _check_meaning(looked: Looked) -> None:
    """Refuse what cannot happen to a loan of its kind: an advance has no rate and no schedule."""
    kind, details = looked.event.kind, looked.event.details
    advance = looked.terms.takings is not None
    known = kind in _OF_ADVANCES if advance else kind is not EventKind.SHARE_CHANGED
    if advance and isinstance(details, Waived) and details.component is not Component.FEE:
        known = False
    plan = looked.terms.conventions.plan
    if plan is not None and not offers(plan, kind, details, looked.event.value_date):
        raise Refused("lending.event_not_by_plan", kind=kind.value)
    if not known:
        raise Refused("lending.event_without_meaning", kind=kind.value)


def _check_horizon(event: LoanEvent) -> None:
    """Refuse days beyond every loan's end: the replay counts on a calendar that ends."""
    details, furthest = event.details, event.value_date + timedelta(days=FUTURE_DAYS_MAX)
    for name in details.__struct_fields__ if details is not None else ():
        day = getattr(details, name)
        if isinstance(day, date) and day > furthest:
            raise Refused("lending.event_day_too_far", day=str(day), latest=str(furthest))


def check_undoing(events: Sequence[LoanEvent], event_id: UUID) -> LoanEvent:
    """Return the event that may be undone; refuse one that is unknown, undone or built upon."""
    stands = [event for event in standing(list(events)) if event.event_id == event_id]
    reversals = [
        event for event in events if event.event_id == event_id and event.kind is EventKind.REVERSED
    ]
    if not stands and not (reversals and not _undone(events, event_id)):
        raise Refused("lending.event_unknown", event_id=str(event_id))
    (found,) = stands or reversals
    for other in standing(list(events)):
        needs_payout = found.kind is EventKind.DISBURSED and other is not found
        if needs_payout or _names(other, event_id):
            raise Refused("lending.event_built_upon", event_id=str(event_id), by=other.kind.value)
    return found


def _undone(events: Sequence[LoanEvent], event_id: UUID) -> bool:
    """Tell whether a reversal was itself undone, by one that stands."""
    return any(
        isinstance(event.details, Reversed)
        and event.details.event_id == event_id
        and not _undone(events, event.event_id)
        for event in events
    )


def _names(event: LoanEvent, event_id: UUID) -> bool:
    return isinstance(event.details, ChargedBack) and event.details.event_id == event_id


# One rule for each kind that has one.


def _at_most(looked: Looked, most_fen: int) -> None:
    if looked.event.amount_fen > most_fen:
        raise Refused(
            "lending.event_amount_outside", amount_fen=looked.event.amount_fen, max_fen=most_fen
        )


def _not_before(day: date, earliest: date) -> None:
    if day < earliest:
        raise Refused(
            "lending.event_day_outside", day=day.isoformat(), earliest=earliest.isoformat()
        )


def _terms(count: int, most: int = TENOR_DAYS_MAX) -> None:
    if count > most:
        raise Refused("lending.event_too_many_terms", max_count=most)


def _disburse(looked: Looked) -> None:
    _at_most(looked, looked.terms.principal_fen - looked.now.disbursed_fen)


def _charge(looked: Looked) -> None:
    assert isinstance(looked.event.details, Charged)
    charged = looked.event.details
    if not 0 < len(charged.name) <= CHARGE_NAME_CHARS_MAX or not charged.name.isprintable():
        raise Invalid("lending.charge_unnamed", max_chars=CHARGE_NAME_CHARS_MAX)
    if charged.due_on is not None:
        _not_before(charged.due_on, looked.event.value_date)


def _waive(looked: Looked) -> None:
    assert isinstance(looked.event.details, Waived)
    owed = getattr(looked.then, f"{looked.event.details.component}_fen")
    if owed == 0:
        raise Refused("lending.nothing_owed")
    _at_most(looked, owed)


def _goodwill(looked: Looked) -> None:
    _at_most(looked, looked.now.outstanding_fen)


def _refund_overpaid(looked: Looked) -> None:
    _at_most(looked, looked.now.overpaid_fen)


def _refund(looked: Looked) -> None:
    _at_most(looked, position_of(looked.then).received_fen)


def _charge_back(looked: Looked) -> None:
    assert isinstance(looked.event.details, ChargedBack)
    wanted = looked.event.details.event_id
    if wanted is None:
        _refund(looked)
        return
    paid = [
        event
        for event in looked.standing
        if event.event_id == wanted
        and event.kind in CREDITS
        and event.value_date <= looked.event.value_date
    ]
    if not paid:
        raise Refused("lending.event_unknown", event_id=str(wanted))
    before = sum(event.amount_fen for event in looked.standing if _names(event, wanted))
    _at_most(looked, paid[0].amount_fen - before)


def _change_rate(looked: Looked) -> None:
    assert isinstance(looked.event.details, RateChanged)
    _not_before(looked.event.details.effective_on, looked.event.value_date)


def _pause(looked: Looked) -> None:
    assert isinstance(looked.event.details, InterestPaused)
    pause = looked.event.details
    _not_before(pause.from_on, looked.event.value_date)
    _terms((pause.until_on - pause.from_on).days)


def _reschedule(looked: Looked) -> None:
    assert isinstance(looked.event.details, Rescheduled)
    anew = looked.event.details
    if anew.moved_to is not None:
        _not_before(anew.moved_to, looked.event.value_date + timedelta(days=1))
    _terms(max(anew.principal_grace, anew.interest_grace))
    _lengthen(looked, anew.extra_terms)


def _re_age(looked: Looked) -> None:
    assert isinstance(looked.event.details, ReAged)
    anew = looked.event.details
    _not_before(anew.first_due_on, looked.event.value_date + timedelta(days=1))
    _terms(anew.instalments, TENOR_DAYS_MAX // (anew.frequency.every * _DAYS[anew.frequency.unit]))


def _extend(looked: Looked) -> None:
    assert isinstance(looked.event.details, Extended)
    _lengthen(looked, looked.event.details.extra_terms)


def _lengthen(looked: Looked, extra_terms: int) -> None:
    matures_on = looked.then.matures_on
    furthest = looked.event.value_date + timedelta(days=FUTURE_DAYS_MAX)
    if extra_terms and matures_on is not None and matures_on > furthest:
        raise Refused("lending.event_day_too_far", day=str(matures_on), latest=str(furthest))
    _terms(extra_terms, TENOR_DAYS_MAX if looked.by_days else TENOR_MONTHS_MAX)


def _change_share(looked: Looked) -> None:
    assert isinstance(looked.event.details, ShareChanged)
    changed, rules = looked.event.details, looked.terms.conventions.takings
    _not_before(changed.effective_on, looked.event.value_date)
    if rules is not None and changed.share_ppm > rules.share_max_ppm:
        raise Refused("lending.share_outside", share_max_ppm=rules.share_max_ppm)
    if changed.share_ppm == share_on(looked.terms, looked.standing, changed.effective_on):
        raise Refused("lending.nothing_changes", kind=looked.event.kind.value)


def _charge_off(looked: Looked) -> None:
    if looked.now.charged_off_on is not None:
        raise Refused("lending.charged_off_already")


def _write_off(looked: Looked) -> None:
    latest = max(event.value_date for event in looked.standing)
    _not_before(looked.event.value_date, latest)


def _recover(looked: Looked) -> None:
    if looked.then.written_off_on is None:
        raise Refused("lending.not_written_off")


_NEEDS_DEBT = frozenset(EventKind) - CREDITS - MONEY_OUT - {EventKind.RECOVERED, EventKind.REVERSED}
"""What only happens to a loan on which something is owed."""

_OF_ADVANCES = (
    CREDITS
    | MONEY_OUT
    | {
        EventKind.WAIVED,
        EventKind.SHARE_CHANGED,
        EventKind.CHARGED_OFF,
        EventKind.WRITTEN_OFF,
        EventKind.RECOVERED,
        EventKind.REVERSED,
    }
)
"""What can happen to an advance on takings: money, giving up, another share; nothing of a rate."""

_RULES: dict[EventKind, Callable[[Looked], None]] = {
    EventKind.DISBURSED: _disburse,
    EventKind.FEE_CHARGED: _charge,
    EventKind.PENALTY_CHARGED: _charge,
    EventKind.WAIVED: _waive,
    EventKind.GOODWILL_CREDIT: _goodwill,
    EventKind.OVERPAYMENT_REFUNDED: _refund_overpaid,
    EventKind.REFUNDED_IN_CASH: _refund,
    EventKind.CHARGED_BACK: _charge_back,
    EventKind.RATE_CHANGED: _change_rate,
    EventKind.INTEREST_PAUSED: _pause,
    EventKind.RESCHEDULED: _reschedule,
    EventKind.RE_AGED: _re_age,
    EventKind.EXTENDED: _extend,
    EventKind.SHARE_CHANGED: _change_share,
    EventKind.CHARGED_OFF: _charge_off,
    EventKind.WRITTEN_OFF: _write_off,
    EventKind.RECOVERED: _recover,
}
