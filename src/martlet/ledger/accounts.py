"""Accounts as the posting works on them: found or opened by path, changed once for each batch.

All writers are serialised, so totals read here are true until the transaction ends. A guard is
judged on the totals after the whole batch, before anything is written; the table's CHECK
constraints prove it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid, Refused
from martlet.kernel.money import CURRENCIES
from martlet.ledger.chart import account as charted
from martlet.ledger.limits import LOOKUP_VALUES_MAX, TOTAL_FEN_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from martlet.store import Transaction

_COLUMNS = (
    "path, number, normal_side, guard, currency,"
    " debits_posted, credits_posted, debits_pending, credits_pending, last_transfer"
)


class Touched:
    """An account that a batch touches: where it stood, and what the batch adds to each total."""

    __slots__ = (
        "_row",
        "credits",
        "credits_pending",
        "currency",
        "debits",
        "debits_pending",
        "last_transfer",
        "number",
    )

    def __init__(self, row: tuple[Any, ...]) -> None:
        self._row = row
        self.number: int = row[1]
        self.currency: str = row[4]
        self.last_transfer: int = row[9]
        self.debits = self.credits = self.debits_pending = self.credits_pending = 0

    @property
    def path(self) -> str:
        """The account's path."""
        return str(self._row[0])

    def check(self) -> None:
        """Refuse what would break the account's guard or leave the bounds of its totals."""
        _, _, normal_side, guard, _, debits, credits_, debits_held, credits_held, _ = self._row
        before = (debits, credits_, debits_held, credits_held)
        debits += self.debits
        credits_ += self.credits
        debits_held += self.debits_pending
        credits_held += self.credits_pending
        assert debits_held >= 0 <= credits_held, self.path
        # The sum of four is the cheapest proof that none is too large.
        if debits + credits_ + debits_held + credits_held > TOTAL_FEN_MAX:
            raise Refused("ledger.total_too_large", account=self.path, max_fen=TOTAL_FEN_MAX)
        if guard == "none":
            return
        left = _available(normal_side, debits, credits_, debits_held, credits_held)
        if left < 0:
            raise Refused(
                "ledger.insufficient_funds",
                account=self.path,
                available_fen=_available(normal_side, *before),
                missing_fen=-left,
            )


def _available(normal_side: str, debits: int, credits_: int, held: int, credits_held: int) -> int:
    if normal_side == "debit":
        return debits - credits_ - credits_held
    return credits_ - debits - held


def touch(tx: Transaction, paths: Iterable[str], business_date: date) -> dict[str, Touched]:
    """Return the tenant's accounts at `paths`, opening those that are new."""
    wanted = sorted(set(paths))
    found = {row[0]: Touched(row) for row in _rows(tx, "path", wanted)}
    missing = [path for path in wanted if path not in found]
    if missing:
        _open(tx, missing, business_date, "CNY")
        found.update((row[0], Touched(row)) for row in _rows(tx, "path", missing))
    return found


def touch_numbers(tx: Transaction, numbers: Iterable[int]) -> dict[int, Touched]:
    """Return the tenant's accounts with these numbers, which are known to exist."""
    return {row[1]: Touched(row) for row in _rows(tx, "number", sorted(set(numbers)))}


def open_account(tx: Transaction, path: str, business_date: date, *, currency: str = "CNY") -> None:
    """Open an account in a currency of its own; one that is open stays as it is.

    Accounts open by themselves, in CNY, when they are first posted to.
    """
    if currency not in CURRENCIES:
        raise Invalid("ledger.currency_unknown", currency=currency)
    known = _rows(tx, "path", [path])
    if not known:
        _open(tx, [path], business_date, currency)
    elif known[0][4] != currency:
        raise Refused("ledger.currency_differs", debit=path, credit=path)


def change_totals(tx: Transaction, touched: Iterable[Touched]) -> None:
    """Add what the batch moves to the accounts' running totals, each account once.

    Every guard and bound is judged before the first row is changed.
    """
    accounts = sorted(touched, key=lambda one: one.number)
    for one in accounts:
        one.check()
    rows = [
        (
            one.debits,
            one.credits,
            one.debits_pending,
            one.credits_pending,
            one.last_transfer,
            one.number,
        )
        for one in accounts
    ]
    driver = tx.driver
    if driver.is_postgres:
        changed = driver.run(
            "UPDATE ledger_account AS a SET debits_posted = a.debits_posted + m.dp,"
            " credits_posted = a.credits_posted + m.cp,"
            " debits_pending = a.debits_pending + m.dh, credits_pending = a.credits_pending + m.ch,"
            " last_transfer = m.last"
            " FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],"
            " ?::bigint[]) AS m(dp, cp, dh, ch, last, number) WHERE a.number = m.number",
            [list(column) for column in zip(*rows, strict=True)],
        )
    else:
        changed = driver.run_many(
            "UPDATE ledger_account SET debits_posted = debits_posted + ?,"
            " credits_posted = credits_posted + ?, debits_pending = debits_pending + ?,"
            " credits_pending = credits_pending + ?, last_transfer = ? WHERE number = ?",
            rows,
        )
    assert changed == len(rows), (changed, len(rows))


def _rows(tx: Transaction, column: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    driver = tx.driver
    tenant = driver.id(tx.tenant_id)
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(values), LOOKUP_VALUES_MAX):
        part = values[start : start + LOOKUP_VALUES_MAX]
        marks = ", ".join("?" * len(part))
        rows += driver.fetch(
            f"SELECT {_COLUMNS} FROM ledger_account"  # noqa: S608 - names and marks of its own
            f" WHERE tenant_id = ? AND {column} IN ({marks})",
            (tenant, *part),
        )
    return rows


def _open(tx: Transaction, paths: Sequence[str], business_date: date, currency: str) -> None:
    driver = tx.driver
    number = driver.fetch("SELECT coalesce(max(number), 0) FROM ledger_account")[0][0]
    tenant, opened_on = driver.id(tx.tenant_id), driver.day(business_date)
    rows = []
    for offset, path in enumerate(paths, start=1):
        pattern = charted(path).pattern
        rows.append(
            (
                number + offset,
                tenant,
                path,
                pattern.account_class,
                pattern.normal_side.value,
                pattern.guard.value,
                currency,
                opened_on,
            )
        )
    columns = (
        "number",
        "tenant_id",
        "path",
        "class",
        "normal_side",
        "guard",
        "currency",
        "opened_on",
    )
    driver.load("ledger_account", columns, rows)
