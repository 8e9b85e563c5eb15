"""An advance on takings lent through the service: priced, drawn, repaid by the till, watched.

The shop takes ¥100,000 a month. It draws ¥9,000 for 120 days: the fee is half the interest of the
ninety days in which it is expected back.

    Day 0   loans/principal   9,000   settlement        9,000
            loans/fees        ......   unearned          ......
    Day 1   settlement           40   loans/fees, loans/principal   40
            unearned         ......   income/fees       ......
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.lending.test_lending_life import book_of, proven

from martlet.kernel.errors import Refused
from martlet.lending import asked_event

if TYPE_CHECKING:
    from tests.lending.conftest import LendingBank

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
