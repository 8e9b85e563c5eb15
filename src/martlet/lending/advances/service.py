"""Collecting advances from outside: by what a platform tells of a day, or by a bank's own records.

What is collected is money: the share of a day's takings that the payment platform has kept back
for the bank and that lies at the rail. Each business's day is done once, however often it is told.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import select

from martlet.kernel.canonical import hash_of
from martlet.kernel.errors import Forbidden
from martlet.kernel.principal import ActorKind, Scope, system_principal
from martlet.ledger import current_business_date
from martlet.lending.advances.collecting import check_takings_day, collect
from martlet.lending.advances.standing import advance_products
from martlet.lending.limits import TAKINGS_PARTIES_PER_STEP
from martlet.lending.loans import LIVE
from martlet.lending.tables import loan
from martlet.parties import business_facts
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.store import Database, Transaction


class TakingsSource(Protocol):
    """Whoever knows what businesses took on a day."""

    def taken_on(
        self, principal: Principal, party_ids: Sequence[UUID], day: date
    ) -> Mapping[UUID, int]:
        """Return what businesses took on a day; one of which nothing is known is not there."""
        ...


class AdvancesService:
    """Lets days' takings repay advances; where takings are found is handed in."""

    def __init__(self, database: Database, takings: TakingsSource) -> None:
        self._database = database
        self._takings = takings

    def collect(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        on: date,
        takings_fen: int | None = None,
    ) -> dict[str, Any]:
        """Repay a business's advances by their shares of a day's takings.

        Without an amount, the business's records of that day say it.
        """
        principal.require(Scope.LENDING_WRITE)
        if principal.kind is ActorKind.OWNER:
            raise Forbidden("lending.takings_of_the_bank")
        with self._database.read() as connection:
            business_facts(connection, principal, party_id)
        taken_fen = takings_fen
        if taken_fen is None:
            bank = system_principal(principal.tenant_id)
            taken_fen = self._takings.taken_on(bank, [party_id], on).get(party_id, 0)
        body = {"party_id": str(party_id), "on": on.isoformat(), "takings_fen": takings_fen}
        command = Command("lending.collect_takings", principal, key, body)
        return self._database.command(
            command, lambda tx: collect(tx, party_id, on, taken_fen)
        ).value

    def collect_all(
        self, principal: Principal, on: date, on_step: Callable[[int], None] | None = None
    ) -> dict[str, Any]:
        """Collect every advance's share of a day's takings in the records; return the sums.

        Killed anywhere it may be run again, and again when more records have come in: a business
        whose day is done is left alone.
        """
        principal.require(Scope.END_OF_DAY)
        bank, after = system_principal(principal.tenant_id), None
        with self._database.read() as connection:
            check_takings_day(on, current_business_date(connection, principal.tenant_id))
        sums = {"businesses_count": 0, "takings_fen": 0, "kept_fen": 0}
        while parties := self._parties_after(bank, after):
            told = self._takings.taken_on(bank, parties, on)
            taken = {str(party): told[party] for party in parties if told.get(party)}
            if taken:
                body = {"on": on.isoformat(), "taken": taken}
                key = f"takings:{on}:{hash_of(body)}"
                command = Command("lending.collect_takings_of_all", bank, key, body)
                found = self._database.command(command, partial(_collect_some, told, on))
                sums = {name: sums[name] + found.value[name] for name in sums}
            after = parties[-1]
            if on_step is not None:
                on_step(sums["businesses_count"])
        return {"on": on.isoformat(), **sums}

    def _parties_after(self, bank: Principal, after: UUID | None) -> list[UUID]:
        """Return the next businesses that have an advance to be repaid."""
        query = select(loan.c.party_id).where(
            loan.c.tenant_id == bank.tenant_id,
            loan.c.product.in_(advance_products()),
            loan.c.status.in_([status.value for status in LIVE]),
        )
        if after is not None:
            query = query.where(loan.c.party_id > after)
        query = query.distinct().order_by(loan.c.party_id).limit(TAKINGS_PARTIES_PER_STEP)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())


def _collect_some(taken: Mapping[UUID, int], on: date, tx: Transaction) -> dict[str, int]:
    """Collect from some businesses in one commit; return the sums."""
    sums = {"businesses_count": 0, "takings_fen": 0, "kept_fen": 0}
    for party_id, takings_fen in sorted(taken.items()):
        if not takings_fen:
            continue
        found = collect(tx, party_id, on, takings_fen)
        sums["businesses_count"] += found["kept_fen"] > 0
        sums["takings_fen"] += takings_fen
        sums["kept_fen"] += found["kept_fen"]
    return sums
