"""Loans that a buyer's payment repays: an order that settles, and goods sold before they exist."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel.errors import Conflict, Forbidden, NotFound, Refused
from martlet.lending import Behaviour, product_named
from martlet.lending.receivables import Receivable, ReceivableState, shared_out
from martlet.lending.receivables.service import ReceivablesService
from martlet.lending.verify import verify_lending

if TYPE_CHECKING:
    from tests.lending.conftest import LendingBank

SETTLES = date(2026, 3, 20)


class Shop:
    """A seller with a line, and one order or sale of his."""

    def __init__(self, bank: LendingBank, product: str, expected_fen: int = 1_000_000) -> None:
        self.bank, self.party = bank, bank.business()
        self.facility = bank.line(product, self.party)
        self.book = ReceivablesService(bank.database)
        registered = self.book.register(
            bank.principal, bank.key(), self.party, product, "order-1", expected_fen, SETTLES
        )
        self.id = UUID(registered["receivable_id"])

    @property
    def now(self) -> dict[str, Any]:
        return self.book.one(self.bank.principal, self.id)

    def draw(self, amount_fen: int) -> UUID:
        lending, who = self.bank.lending, self.bank.principal
        answer = lending.draw(
            who, self.bank.key(), self.facility, amount_fen, receivable_id=self.id
        )
        return UUID(answer["loan_id"])

    def paid(self, amount_fen: int, *, last: bool = False) -> dict[str, Any]:
        return self.book.settle(
            self.bank.principal, self.bank.key(), self.id, amount_fen, last=last
        )

    def loan(self, loan_id: UUID) -> dict[str, Any]:
        return self.bank.lending.loan(self.bank.principal, loan_id)


def test_an_order_carries_four_fifths_of_its_price_and_its_settlement_repays(
    bank: LendingBank,
) -> None:
    shop = Shop(bank, "order_loan")
    assert shop.now["available_fen"] == 800_000
    first, second = shop.draw(500_000), shop.draw(300_000)
    with pytest.raises(Refused, match=r"lending\.receivable_carries_less"):
        shop.draw(100)
    bank.close_days(5)
    owed_fen = shop.now["owed_fen"]
    assert owed_fen > 800_000
    settled = shop.paid(1_000_000)
    assert settled["state"] == "settled"
    assert settled["passed_on_fen"] == 1_000_000 - owed_fen
    assert {shop.loan(first)["status"], shop.loan(second)["status"]} == {"closed"}
    with bank.database.read() as connection:
        verify_lending(connection)


def test_a_part_payment_goes_to_the_oldest_loan_first(bank: LendingBank) -> None:
    shop = Shop(bank, "order_loan")
    first, second = shop.draw(200_000), shop.draw(100_000)
    assert shop.paid(150_000)["state"] == "open"
    assert shop.loan(first)["principal_outstanding_fen"] == 50_000
    assert shop.loan(second)["principal_outstanding_fen"] == 100_000
    assert shop.paid(160_000, last=True)["passed_on_fen"] == 10_000


def test_a_buyers_deposit_releases_a_share_of_what_he_is_still_to_pay(bank: LendingBank) -> None:
    shop = Shop(bank, "presale_advance")
    with pytest.raises(Refused, match=r"lending\.deposit_too_small") as refused:
        shop.draw(100)
    assert refused.value.details["missing_fen"] == 100_000
    shop.book.deposit(bank.principal, bank.key(), shop.id, 60_000)
    assert shop.now["deposit_missing_fen"] == 40_000
    shop.book.deposit(bank.principal, bank.key(), shop.id, 40_000)
    assert shop.now["available_fen"] == 630_000  # 70 % of the 900,000 still to come
    loan = shop.draw(630_000)
    final = shop.paid(900_000)
    assert (final["state"], final["passed_on_fen"]) == ("settled", 270_000)
    assert shop.loan(loan)["status"] == "closed"


def test_when_an_order_falls_through_what_was_lent_is_still_owed(bank: LendingBank) -> None:
    shop = Shop(bank, "order_loan")
    loan = shop.draw(200_000)
    cancelled = shop.book.cancel(bank.principal, bank.key(), shop.id)
    assert (cancelled["state"], cancelled["available_fen"]) == ("cancelled", 0)
    with pytest.raises(Refused, match=r"lending\.receivable_not_open"):
        shop.draw(100)
    assert shop.loan(loan)["principal_outstanding_fen"] == 200_000


def test_a_payout_that_never_left_gives_the_room_back(bank: LendingBank) -> None:
    shop = Shop(bank, "order_loan")
    bank.rail.behaviour = Behaviour(fail_ppm=1_000_000)
    assert shop.loan(shop.draw(300_000))["status"] == "cancelled"
    assert shop.now["available_fen"] == 800_000


def test_nothing_is_drawn_on_such_a_line_without_an_order(bank: LendingBank) -> None:
    shop = Shop(bank, "order_loan")
    with pytest.raises(Refused, match=r"lending\.receivable_needed"):
        bank.lending.draw(bank.principal, bank.key(), shop.facility, 100)
    plain = bank.line("revolving_daily", shop.party)
    with pytest.raises(Refused, match=r"lending\.product_needs_no_receivable"):
        bank.lending.draw(bank.principal, bank.key(), plain, 100, receivable_id=shop.id)
    with pytest.raises(Conflict, match=r"lending\.receivable_known"):
        shop.book.register(
            bank.principal, bank.key(), shop.party, "order_loan", "order-1", 100, SETTLES
        )


def test_a_seller_neither_says_that_he_was_paid_nor_sees_anothers_orders(
    bank: LendingBank,
) -> None:
    shop, other = Shop(bank, "order_loan"), bank.owner_of(bank.business())
    owner = bank.owner_of(shop.party)
    assert shop.book.of_business(owner, shop.party)[0]["reference"] == "order-1"
    for word in (shop.book.deposit, shop.book.settle):
        with pytest.raises(Forbidden, match=r"lending\.receivable_word_of_the_bank"):
            word(owner, bank.key(), shop.id, 100)
    with pytest.raises(NotFound):
        shop.book.one(other, shop.id)


@given(st.integers(1, 10**9), st.lists(st.integers(0, 10**8), max_size=8))
def test_a_buyers_payment_is_shared_out_to_the_fen(amount_fen: int, owed: list[int]) -> None:
    loans = [(UUID(int=number + 1), fen) for number, fen in enumerate(owed)]
    parts, left_fen = shared_out(amount_fen, loans)
    assert sum(parts.values()) + left_fen == amount_fen
    assert left_fen == max(amount_fen - sum(owed), 0)
    assert all(part <= dict(loans)[loan_id] for loan_id, part in parts.items())


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_never_more_is_released_than_the_share_of_what_is_to_come(
    expected_fen: int, deposit_fen: int, settled_fen: int
) -> None:
    product = product_named("presale_advance")
    known = Receivable(
        expected_fen, min(deposit_fen, expected_fen), settled_fen, ReceivableState.OPEN
    )
    assert known.releases_fen(product) * 10 <= known.to_come_fen * 7
    assert (known.releases_fen(product) == 0) or known.deposit_missing_fen(product) == 0
