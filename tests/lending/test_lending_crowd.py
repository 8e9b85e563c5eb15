"""Many at once: no limit is ever exceeded, and one key is one loan, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from martlet.kernel.errors import Refused
from martlet.lending import verify_lending

if TYPE_CHECKING:
    from tests.lending.conftest import LendingBank


def test_thirty_two_callers_never_exceed_one_limit(bank: LendingBank) -> None:
    line = bank.line()
    limit_fen = bank.lending.facility(bank.principal, line)["limit_fen"]
    each_fen = limit_fen // 10 - 1

    def draw(number: int) -> str:
        try:
            return bank.lending.draw(bank.principal, f"draw-{number}", line, each_fen)["state"]
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(32) as callers:
        answers = list(callers.map(draw, range(64)))
    assert answers.count("posted") == 10
    assert answers.count("lending.limit_exceeded") == 54
    assert bank.lending.facility(bank.principal, line)["used_fen"] == 10 * each_fen
    with bank.database.read() as connection:
        assert verify_lending(connection).principal_fen == 10 * each_fen


def test_one_key_from_eight_callers_at_once_is_one_loan(bank: LendingBank) -> None:
    line = bank.line()

    def draw(_number: int) -> str:
        return str(bank.lending.draw(bank.principal, "the-key", line, 12_345)["loan_id"])

    with ThreadPoolExecutor(8) as callers:
        assert len(set(callers.map(draw, range(8)))) == 1
    assert len(bank.lending.loans(bank.principal, facility_id=line)) == 1
    assert bank.lending.facility(bank.principal, line)["used_fen"] == 12_345


def test_one_repayment_from_eight_callers_at_once_counts_once(bank: LendingBank) -> None:
    loan_id = bank.drawn(100_000)

    def repay(_number: int) -> int:
        answer = bank.lending.repay(bank.principal, "the-key", loan_id, 40_000)
        return int(answer["outstanding_fen"])

    with ThreadPoolExecutor(8) as callers:
        assert set(callers.map(repay, range(8))) == {60_000}
    assert bank.lending.loan(bank.principal, loan_id)["outstanding_fen"] == 60_000
