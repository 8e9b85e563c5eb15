"""An advance on takings lent through the service: priced, drawn, repaid by the till, watched.

The shop takes ¥100,000 a month. It draws ¥9,000 for 120 days: the fee is half the interest of the
ninety days in which it is expected back.

    Day 0   loans/principal   9,000   settlement        9,000
            loans/fees        ......   unearned          ......
    Day 1   settlement           40   loans/fees, loans/principal   40
            unearned         ......   income/fees       ......
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.lending.conftest import TODAY
from tests.lending.test_lending_life import book_of, proven

from martlet.kernel.canonical import parse_json
from martlet.kernel.errors import Forbidden, Invalid, MartletError, Refused
from martlet.ledger import current_business_date
from martlet.lending import asked_event, project
from martlet.lending.advances.service import AdvancesService
from martlet.lending.loans import event_rows, events_of, find_loan, terms_of
from martlet.lending.migration.cells import Cells
from martlet.lending.migration.exporting import loan_cells
from martlet.lending.migration.rows import read_loan
from martlet.lending.postings import position_of
from martlet.store.tables import chain_entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.lending.conftest import LendingBank

    from martlet.kernel.principal import Principal
    from martlet.lending import LoanState

DRAWN_FEN = 900_000


def drawn(bank: LendingBank, amount_fen: int = DRAWN_FEN, **more: Any) -> dict[str, Any]:
    line = bank.line("takings_advance")
    answer = bank.lending.draw(bank.principal, bank.key(), line, amount_fen, **more)
    assert answer["state"] == "posted", answer
    return answer


def test_the_fee_is_owed_at_once_and_earned_as_the_till_pays(bank: LendingBank) -> None:
    answer = drawn(bank)
    agreed, loan_id = answer["takings"], UUID(answer["loan_id"])
    fee = agreed["fee_fen"]
    assert agreed["expected_daily_fen"] * 90 >= DRAWN_FEN + fee
    book = book_of(bank)
    assert book["assets/loans/fees/takings_advance"] == fee
    assert book["liabilities/unearned/takings_advance"] == fee
    assert book.get("income/fees/takings_advance", 0) == 0
    bank.lending.repay(bank.principal, bank.key(), loan_id, 100_000)
    book, loan = book_of(bank), bank.lending.loan(bank.principal, loan_id)
    earned = loan["paid"]["fee_fen"]
    assert 0 < earned < fee
    assert book["income/fees/takings_advance"] == earned
    assert book["liabilities/unearned/takings_advance"] == fee - earned
    assert loan["outstanding_fen"] == DRAWN_FEN + fee - 100_000
    proven(bank)


def test_its_rates_are_those_of_the_payments_expected_and_never_above_the_decided(
    bank: LendingBank,
) -> None:
    answer = drawn(bank)
    decided = bank.lending.facility(bank.principal, UUID(answer["facility_id"]))
    rates = answer["rates"]
    assert 0 < rates["rate_ppm_per_day"] <= decided["rate_ppm_per_day"]
    assert rates["internal_annual_ppm"] <= rates["cap_ppm"]
    assert answer["total_fees_fen"] == answer["takings"]["fee_fen"]


def test_only_what_means_something_can_happen_to_it(bank: LendingBank) -> None:
    loan_id = UUID(drawn(bank)["loan_id"])
    for kind, details in (
        ("interest_paused", {"from_on": "2026-03-02", "until_on": "2026-03-09"}),
        ("rate_changed", {"effective_on": "2026-03-02", "rate": {"ppm": 100, "days": 1}}),
        ("extended", {"extra_terms": 10}),
        ("waived", {"component": "interest"}),
    ):
        with pytest.raises(Refused, match=r"lending\.event_without_meaning"):
            bank.lending.preview_event(bank.principal, loan_id, asked_event(kind, 0, details))


class Till:
    """Whoever knows what businesses took: here, what a test says."""

    def __init__(self) -> None:
        self.taken: dict[tuple[UUID, date], int] = {}

    def taken_on(
        self, principal: Principal, party_ids: Sequence[UUID], day: date
    ) -> Mapping[UUID, int]:
        found = {party: self.taken.get((party, day)) for party in party_ids}
        return {party: fen for party, fen in found.items() if fen is not None}


class Shop:
    """A business with an advance, and the till that repays it."""

    def __init__(self, bank: LendingBank, amount_fen: int = DRAWN_FEN, **more: Any) -> None:
        self.bank, self.party, self.till = bank, bank.business(), Till()
        self.line = bank.line("takings_advance", self.party)
        self.advances = AdvancesService(bank.database, self.till)
        self.answer = self.draw(amount_fen, **more)
        self.loan_id = UUID(self.answer["loan_id"])

    def draw(self, amount_fen: int, **more: Any) -> dict[str, Any]:
        who = self.bank.principal
        return self.bank.lending.draw(who, self.bank.key(), self.line, amount_fen, **more)

    @property
    def loan(self) -> dict[str, Any]:
        return self.bank.lending.loan(self.bank.principal, self.loan_id)

    def took(self, on: date, fen: int | None) -> dict[str, Any]:
        who = self.bank.principal
        return self.advances.collect(who, self.bank.key(), self.party, on, fen)

    def day(self, number: int) -> date:
        return TODAY + timedelta(days=number)


def told(bank: LendingBank, kind: str) -> list[dict[str, Any]]:
    """What has been told of a kind, in order."""
    with bank.database.read() as connection:
        query = select(chain_entry.c.payload).where(chain_entry.c.kind == kind)
        return [parse_json(row.payload) for row in connection.execute(query)]


def test_a_days_takings_pay_their_share_once(bank: LendingBank) -> None:
    shop = Shop(bank)
    share, day = shop.answer["takings"]["share_ppm"], shop.day(1)
    bank.close_days(1)
    first = shop.took(day, 333_333)
    kept = 333_333 * share // 1_000_000
    assert first["kept_fen"] == kept
    assert first["loans"][0]["state"] == "collected"
    again = shop.took(day, 999_999)
    assert (again["kept_fen"], again["loans"][0]["state"]) == (0, "before")
    assert shop.loan["outstanding_fen"] == shop.answer["takings"]["fee_fen"] + DRAWN_FEN - kept
    proven(bank)


def test_the_last_days_takings_pay_no_more_than_is_owed(bank: LendingBank) -> None:
    shop = Shop(bank)
    bank.close_days(1)
    owed = shop.loan["outstanding_fen"]
    assert shop.took(shop.day(1), 100_000_000)["kept_fen"] == owed
    assert (shop.loan["status"], shop.loan["overpaid_fen"]) == ("closed", 0)
    book = book_of(bank)
    assert book["income/fees/takings_advance"] == shop.answer["takings"]["fee_fen"]
    assert book["liabilities/unearned/takings_advance"] == 0
    assert shop.took(shop.day(1), 100)["loans"] == []
    proven(bank)


def test_records_are_collected_from_for_all_and_may_be_again(bank: LendingBank) -> None:
    shop = Shop(bank)
    bank.close_days(1)
    day, all_of = shop.day(1), partial(shop.advances.collect_all, bank.principal)
    assert all_of(day)["kept_fen"] == 0
    shop.till.taken[shop.party, day] = 400_000
    assert all_of(day)["businesses_count"] == 1
    assert all_of(day)["businesses_count"] == 1  # answered again, done once
    shop.till.taken[shop.party, day] = 900_000
    assert all_of(day)["kept_fen"] == 0
    paid = shop.loan["paid"]
    share = shop.answer["takings"]["share_ppm"]
    assert paid["principal_fen"] + paid["fee_fen"] == 400_000 * share // 1_000_000


def test_two_advances_share_one_till_and_a_third_finds_no_room(bank: LendingBank) -> None:
    shop = Shop(bank)
    second = shop.draw(5_100_000, tenor=120)["takings"]
    assert shop.answer["takings"]["share_ppm"] + second["share_ppm"] == 200_000
    with pytest.raises(Refused, match=r"lending\.takings_share_used"):
        shop.draw(100_000)
    bank.close_days(1)
    kept = shop.took(shop.day(1), 1_000_000)
    assert kept["kept_fen"] == 200_000


def test_what_the_takings_cannot_carry_is_not_lent(bank: LendingBank) -> None:
    shop = Shop(bank, 10_000)
    with pytest.raises(Refused, match=r"lending\.takings_carry_less") as refused:
        shop.draw(9_000_000, tenor=60)
    assert refused.value.details["carried_fen"] < 9_000_000


def test_another_share_counts_from_its_day(bank: LendingBank) -> None:
    shop = Shop(bank)
    record = partial(bank.lending.record_event, bank.principal)
    half = {"effective_on": shop.day(2).isoformat(), "share_ppm": 10_000}
    record(bank.key(), shop.loan_id, asked_event("share_changed", 0, half))
    too_much = {**half, "share_ppm": 300_000}
    with pytest.raises(Refused, match=r"lending\.share_outside"):
        record(bank.key(), shop.loan_id, asked_event("share_changed", 0, too_much))
    with pytest.raises(Refused, match=r"lending\.nothing_changes"):
        record(bank.key(), shop.loan_id, asked_event("share_changed", 0, half))
    bank.close_days(2)
    assert shop.took(shop.day(1), 100_000)["loans"][0]["share_ppm"] > 10_000
    assert shop.took(shop.day(2), 100_000)["kept_fen"] == 1_000


def test_a_minimum_in_doubt_is_told_and_one_that_was_missed_is_overdue(bank: LendingBank) -> None:
    shop = Shop(bank)
    first = shop.loan["takings"]["minimum"]
    assert first["due_on"] == shop.day(30).isoformat()
    bank.close_days(23)
    (near,) = told(bank, "lending.minimum_near")
    assert near["missing_fen"] == first["minimum_fen"]
    assert shop.loan["takings"]["minimum"]["near"]
    bank.close_days(7)
    assert shop.loan["status"] == "live"
    assert told(bank, "lending.minimum_missed") == []
    bank.close_days(1)
    (missed,) = told(bank, "lending.minimum_missed")
    assert missed["missing_fen"] == first["minimum_fen"]
    assert (shop.loan["status"], shop.loan["days_overdue"]) == ("overdue", 1)
    assert shop.loan["takings"]["missed_fen"] == first["minimum_fen"]
    bank.lending.repay(bank.principal, bank.key(), shop.loan_id, first["minimum_fen"])
    assert shop.loan["status"] == "live"
    assert shop.loan["takings"]["missed_since"] is None
    proven(bank)


def test_a_shop_that_pays_well_is_not_watched(bank: LendingBank) -> None:
    shop = Shop(bank)
    bank.lending.repay(bank.principal, bank.key(), shop.loan_id, 400_000)
    bank.close_days(32)
    assert told(bank, "lending.minimum_near") == told(bank, "lending.minimum_missed") == []
    assert shop.loan["status"] == "live"


def test_the_owner_does_not_tell_what_his_till_took(bank: LendingBank) -> None:
    shop = Shop(bank)
    with pytest.raises(Forbidden, match=r"lending\.takings_of_the_bank"):
        shop.advances.collect(bank.owner_of(shop.party), "k", shop.party, TODAY, 100)
    with pytest.raises(Refused, match=r"lending\.no_advance"):
        shop.advances.collect(bank.principal, "k2", bank.business(), TODAY, 100)
    with pytest.raises(Refused, match=r"lending\.takings_day_outside"):
        shop.took(shop.day(1), 100)


def test_a_quote_is_all_that_is_owed_whenever_it_is_paid(bank: LendingBank) -> None:
    shop = Shop(bank)
    quote = partial(bank.lending.payoff_quote, bank.principal, shop.loan_id)
    today, later = quote(), quote(shop.day(90))
    assert today["total_fen"] == later["total_fen"] == today["principal_fen"] + today["fee_fen"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("took"), st.integers(0, 3_000_000)),
        st.tuples(st.just("repaid"), st.integers(1, 400_000)),
        st.tuples(st.just("charged_back"), st.integers(1, 400_000)),
        st.tuples(st.just("refunded_in_cash"), st.integers(1, 200_000)),
        st.tuples(st.just("goodwill_credit"), st.integers(1, 50_000)),
        st.tuples(st.just("waived"), st.integers(0, 5_000)),
        st.tuples(st.just("charged_off"), st.just(0)),
        st.tuples(st.just("undo"), st.integers(0, 9)),
        st.tuples(st.just("nights"), st.integers(1, 12)),
    ),
    min_size=3,
    max_size=10,
)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_whatever_the_till_brings_the_book_is_in_step(
    bank: LendingBank, steps: list[tuple[str, int]]
) -> None:
    """Lent and fee = paid + waived + owed; what is owed of the fee is what is not earned."""
    shop = Shop(bank)
    bank.close_days(1)
    for what, number in steps:
        with suppress(MartletError):
            _step(shop, what, number)
        loan, state = shop.loan, _state(shop)
        fee, owed = loan["takings"]["fee_fen"], state.outstanding_fen
        put_in = DRAWN_FEN + fee - state.fee_waived_fen
        assert owed == max(put_in - position_of(state).received_fen - state.goodwill_fen, 0)
        proven(bank)


def _state(shop: Shop) -> LoanState:
    with shop.bank.database.read() as connection:
        row = find_loan(connection, shop.bank.principal, shop.loan_id)
        today = current_business_date(connection, shop.bank.principal.tenant_id)
        return project(terms_of(row), events_of(event_rows(connection, shop.loan_id)), today)


def _step(shop: Shop, what: str, number: int) -> None:
    bank = shop.bank
    if what == "nights":
        bank.close_days(number)
    elif what == "took":
        with bank.database.read() as connection:
            today = current_business_date(connection, bank.principal.tenant_id)
        shop.took(today, number)
    elif what == "undo":
        lines = bank.lending.timeline(bank.principal, shop.loan_id)["lines"][1:]
        event_id = UUID(lines[number % len(lines)]["event_id"]) if lines else shop.loan_id
        bank.lending.reverse_event(bank.principal, bank.key(), shop.loan_id, event_id)
    else:
        said = {"component": "fee"} if what == "waived" else None
        asked = asked_event(what, number, said)
        seen = bank.lending.preview_event(bank.principal, shop.loan_id, asked)
        done = bank.lending.record_event(bank.principal, bank.key(), shop.loan_id, asked)
        assert (seen["after"], seen["transfers"]) == (done["after"], done["transfers"])


def test_given_up_as_an_asset_it_earns_nothing_before_its_principal_is_back(
    bank: LendingBank,
) -> None:
    shop = Shop(bank)
    bank.lending.repay(bank.principal, bank.key(), shop.loan_id, 100_000)
    earned = shop.loan["paid"]["fee_fen"]
    record = partial(bank.lending.record_event, bank.principal)
    record(bank.key(), shop.loan_id, asked_event("charged_off", 0, {"reason": "closed"}))
    bank.lending.repay(bank.principal, bank.key(), shop.loan_id, 500_000)
    assert shop.loan["paid"]["fee_fen"] == earned
    bank.lending.repay(bank.principal, bank.key(), shop.loan_id, shop.loan["outstanding_fen"])
    assert shop.loan["paid"]["fee_fen"] == shop.answer["takings"]["fee_fen"]
    proven(bank)


def test_moved_to_another_bank_it_is_the_same_advance(bank: LendingBank) -> None:
    shop = Shop(bank)
    with bank.database.read() as connection:
        row = find_loan(connection, bank.principal, shop.loan_id)
        known = events_of(event_rows(connection, shop.loan_id))
    told = loan_cells(shop.loan_id, row.product, terms_of(row), known, TODAY)
    names = dict.fromkeys(("party_reference", "party_name", "owner_name", "region"), "合成商户")
    names |= {"owner_phone": "13800138000", "trade": "restaurant"}
    written = {name: str(value) for name, value in {**names, **told}.items()}
    assert read_loan(Cells(2, written), TODAY, TODAY).terms == terms_of(row)
    with pytest.raises(Invalid, match=r"lending\.migration_cell_missing"):
        read_loan(Cells(2, {**written, "takings": ""}), TODAY, TODAY)


def test_days_caught_up_tell_each_minimum_as_nights_do(bank: LendingBank) -> None:
    shop = Shop(bank)
    last = shop.day(65)
    bank.clock.advance(timedelta(days=66))
    bank.end_of_day.catch_up(bank.principal, last)
    for kind in ("lending.minimum_near", "lending.minimum_missed"):
        due = [one["due_on"] for one in told(bank, kind)]
        assert due == [shop.day(30).isoformat(), shop.day(60).isoformat()], kind
    assert shop.loan["days_overdue"] == 36
    proven(bank)
