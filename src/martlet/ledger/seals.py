"""The proof that no row of the journal was altered: every batch's seal, made again and compared.

A batch is sealed by the hash of what its transfers say; the seal stands in the batch's row and in
the event that the chain carries. Totals can be changed so that they still add up; the seal cannot.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Corrupt
from martlet.ledger.draft import content_hash, stored_transfer
from martlet.ledger.limits import SEALED_ROWS_PAGE
from martlet.store import read_chain
from martlet.store.chain import parse_payload
from martlet.store.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

Seal = tuple[int, int, int, str]
"""A batch's first number, how many transfers, what they add up to, the hash of what they say."""


def verify_seals(connection: Connection) -> None:
    """Compare each batch's transfers with its seal, and its seal with the chain's word for it."""
    driver = Driver(connection)
    stored, said = _stored_seals(driver), _chained_seals(connection)
    for made in _made_seals(driver):
        if made != next(stored, None):
            raise Corrupt("ledger.seal_broken", account=str(made[0]))
        if made != next(said, None):
            raise Corrupt("ledger.chain_says_otherwise", account=str(made[0]))
    for code, left in (("ledger.seal_broken", stored), ("ledger.chain_says_otherwise", said)):
        if (seal := next(left, None)) is not None:
            raise Corrupt(code, account=str(seal[0]))


def _made_seals(driver: Driver) -> Iterator[Seal]:
    """Yield each batch's seal as its rows give it, never holding more than a page and a batch."""
    paths = dict(driver.fetch("SELECT number, path FROM ledger_account"))
    for number, rows in groupby(_rows(driver), itemgetter(1)):
        transfers = [
            stored_transfer(driver, (id_, entry, paths[debit], paths[credit], *body))
            for _number, _batch, id_, entry, debit, credit, *body in rows
        ]
        total_fen = sum(transfer.amount_fen for transfer in transfers)
        yield number, len(transfers), total_fen, content_hash(transfers)


def _rows(driver: Driver) -> Iterator[tuple[Any, ...]]:
    # all tenants: the proof is of the whole book.
    query = (
        "SELECT number, batch, id, entry_id, debit, credit, amount_fen, kind, value_date, subject"
        " FROM ledger_transfer WHERE number > ? ORDER BY number LIMIT ?"
    )
    return _paged(driver, query)


def _stored_seals(driver: Driver) -> Iterator[Seal]:
    # all tenants: the proof is of the whole book.
    query = (
        "SELECT number, transfers, total_fen, content_hash"
        " FROM ledger_batch WHERE number > ? ORDER BY number LIMIT ?"
    )
    yield from _paged(driver, query)


def _paged(driver: Driver, query: str) -> Iterator[tuple[Any, ...]]:
    after = 0
    while rows := driver.fetch(query, (after, SEALED_ROWS_PAGE)):
        yield from rows
        after = rows[-1][0]


def _chained_seals(connection: Connection) -> Iterator[Seal]:
    after = 0
    while rows := read_chain(connection, after, category="event"):
        for row in rows:
            if row.kind == "ledger.posted":
                told = parse_payload(row.payload)
                figures = told["first_number"], told["transfers"], told["total_fen"]
                yield (*figures, told["content_hash"])
        after = rows[-1].seq
