"""Any commands in any order on a stored loan: the book stays in step and tells no lies."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.lending.event_stories import happenings
from tests.lending.test_lending_life import book_of, proven

from martlet.kernel.errors import MartletError, Refused
from martlet.ledger import current_business_date, trial_balance
from martlet.lending import EventKind, asked_event
from martlet.lending.events import details_json

if TYPE_CHECKING:
    from tests.lending.conftest import LendingBank

steps = st.lists(
    st.tuples(
        st.sampled_from(["event", "event", "event", "undo", "nights"]),
        happenings(1),
        st.integers(0, 12),
    ),
    min_size=4,
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps, st.sampled_from(["revolving_daily", "equal_instalments"]))
def test_whatever_is_commanded_the_book_is_in_step(
    bank: LendingBank, commands: list[tuple[str, Any, int]], product: str
) -> None:
    """Preview = what then happens; undoing gives the loan back; the trial balance is zero."""
    loan_id = bank.drawn(100_000, product)
    for what, told, number in commands:
        if what == "nights":
            bank.close_days(number % 4)
        elif what == "undo":
            _undo(bank, loan_id, number)
        elif told:
            _happen(bank, loan_id, told[0], number)
        _in_step(bank)


def _today(bank: LendingBank) -> Any:
    with bank.database.read() as connection:
        return current_business_date(connection, bank.principal.tenant_id)


def _happen(bank: LendingBank, loan_id: UUID, told: tuple[Any, ...], number: int) -> None:
    """Record an event, backdated or not; then undo it again, or let it stand."""
    _, kind, amount_fen, details = told
    on = _today(bank) - timedelta(days=number % 3)
    said = details_json(details)
    before, book = bank.lending.loan(bank.principal, loan_id), book_of(bank)
    try:
        asked = asked_event(
            kind.value, amount_fen % 150_000 if said is None else amount_fen, said, on
        )
        seen = bank.lending.preview_event(bank.principal, loan_id, asked)
    except MartletError:
        assert bank.lending.loan(bank.principal, loan_id) == before
        return
    assert bank.lending.loan(bank.principal, loan_id) == before
    if _above_cap(seen):
        with pytest.raises(Refused, match="event_above_cap"):
            bank.lending.record_event(bank.principal, bank.key(), loan_id, asked)
        assert bank.lending.loan(bank.principal, loan_id) == before
        return
    done = bank.lending.record_event(bank.principal, bank.key(), loan_id, asked)
    for name in ("before", "after", "transfers"):
        assert seen[name] == done[name], name
    after = bank.lending.loan(bank.principal, loan_id)
    assert after["outstanding_fen"] == seen["after"]["outstanding_fen"]
    assert after["schedule"] == seen["schedule"]["after"]["coming"]
    if number % 2 and kind is not EventKind.DISBURSED:
        _in_step(bank)
        event_id = UUID(done["event_id"])
        if _above_cap(bank.lending.preview_reversal(bank.principal, loan_id, event_id)):
            return
        bank.lending.reverse_event(bank.principal, bank.key(), loan_id, event_id)
        assert bank.lending.loan(bank.principal, loan_id) == before
        now = book_of(bank)
        assert {path: now[path] for path in book} == book


def _undo(bank: LendingBank, loan_id: UUID, number: int) -> None:
    """Undo any event but the payout, if it may be."""
    lines = bank.lending.timeline(bank.principal, loan_id)["lines"][1:]
    if not lines:
        return
    event_id = UUID(lines[number % len(lines)]["event_id"])
    try:
        seen = bank.lending.preview_reversal(bank.principal, loan_id, event_id)
    except MartletError:
        return
    if _above_cap(seen):
        with pytest.raises(Refused, match="event_above_cap"):
            bank.lending.reverse_event(bank.principal, bank.key(), loan_id, event_id)
        return
    done = bank.lending.reverse_event(bank.principal, bank.key(), loan_id, event_id)
    assert (seen["after"], seen["transfers"]) == (done["after"], done["transfers"])


def _above_cap(seen: dict[str, Any]) -> bool:
    """Tell whether a preview says that the law's cap forbids what it shows."""
    return seen["rates"] is not None and seen["rates"]["above_cap"]


def _in_step(bank: LendingBank) -> None:
    proven(bank)
    with bank.database.read() as connection:
        assert trial_balance(connection, bank.principal, _today(bank)).difference_fen == 0
