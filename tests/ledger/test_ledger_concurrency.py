"""Many at once: nothing is overdrawn, nothing is posted twice, everything adds up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from martlet.kernel.errors import Refused

if TYPE_CHECKING:
    from tests.ledger.conftest import Book

CASH = "assets/settlement/alipay"
LOANS = "assets/loans/principal/revolving"


def test_thirty_two_spenders_never_overdraw_one_account(book: Book) -> None:
    book.post(book.transfer(CASH, "equity/capital", 1_000))
    wanted = [[book.transfer(LOANS, CASH, 7) for _ in range(6)] for _ in range(32)]

    def spend(mine) -> int:
        spent = 0
        for number, transfer in enumerate(mine):
            try:
                if number % 2:
                    book.post(transfer)
                else:
                    book.hold(transfer)
                    book.settle(transfer.id)
            except Refused:
                continue
            else:
                spent += transfer.amount_fen
        return spent

    with ThreadPoolExecutor(32) as threads:
        spent = sum(threads.map(spend, wanted))
    assert spent == 1_000 // 7 * 7
    assert book.balance(CASH).balance_fen == 1_000 - spent
    assert book.balance(LOANS).balance_fen == spent
    book.prove()


def test_one_transfer_sent_by_eight_threads_is_posted_once(book: Book) -> None:
    paid = book.transfer(CASH, "equity/capital", 100)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: book.post(paid), range(8)))
    assert book.balance(CASH).balance_fen == 100
    book.prove()
