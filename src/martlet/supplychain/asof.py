"""What may be seen of the graph: by whom, as of which moment, under which consents.

The one place where stored edges become visible ones. The invariant: an edge is seen only if it was
known at the moment, had not been withdrawn by then, spoke of then, and the business under whose
consent it lies allowed it then; an owner sees of these only what is public or the owner's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Invalid
from martlet.parties import consents_of_some
from martlet.supplychain.facts import TRACES, start_of_day
from martlet.supplychain.limits import TRACE_DAYS
from martlet.supplychain.model import SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal

    AskConsents = Callable[
        [Connection, Principal, Sequence[UUID], datetime], Mapping[UUID, frozenset[str]]
    ]

_FIRST_DAY = date(1900, 1, 1)
_CONSENT_FOR: Mapping[str, frozenset[str]] = {
    SourceKind.INVOICE.value: frozenset({"invoices"}),
    SourceKind.TRANSFER.value: frozenset({"bank", "payments"}),
}
"""Which consents let an edge be read; any other source of a business needs any one of its own."""


def moment_of(day: date | None, now: datetime) -> datetime:
    """Return the moment that a question as of a day means: its end, or now where it is today.

    A day that is still to come is refused: nobody knows what will be allowed on it.
    """
    if day is None or day == business_date_of(now):
        return now
    if day > business_date_of(now):
        raise Invalid("supplychain.as_of_ahead", as_of=day.isoformat())
    # Before all records every day is the same: nothing was known.
    return start_of_day(max(day, _FIRST_DAY) + timedelta(days=1))


@dataclass(slots=True)
class Sight:
    """One asker's view of one moment; remembers the consents that it has asked for."""

    connection: Connection
    principal: Principal
    as_of: datetime
    ask_consents: AskConsents = consents_of_some
    past: bool = False
    """Whether what described an earlier period is wanted as well: the history of a tie."""
    _consents: dict[UUID, frozenset[str]] = field(default_factory=dict)

    @property
    def tenant_id(self) -> UUID:
        """In which tenant."""
        return self.principal.tenant_id

    def seen(self, rows: Iterable[Any]) -> list[Any]:
        """Return the stored edges that may be seen."""
        day = business_date_of(self.as_of - timedelta(microseconds=1))
        speaking = [row for row in rows if self._speaks(row, day)]
        self._ask({r.consent_party_id for r in speaking if r.consent_party_id is not None})
        return [row for row in speaking if self._allowed(row)]

    def _speaks(self, row: Any, day: date) -> bool:  # noqa: ANN401 - a row of the edges
        if row.known_at > self.as_of:
            return False
        if row.ended_at is not None and row.ended_at <= self.as_of:
            return False
        if row.valid_from is not None and row.valid_from > day:
            return False
        if row.valid_until is None or self.past:
            return True
        grace = TRACE_DAYS if row.source in TRACES else 0
        return bool(row.valid_until >= day - timedelta(days=grace))

    def _ask(self, party_ids: set[UUID]) -> None:
        own = self.principal.party_ids
        unknown = [
            party_id
            for party_id in sorted(party_ids, key=str)
            if party_id not in self._consents and (own is None or party_id in own)
        ]
        if unknown:
            found = self.ask_consents(self.connection, self.principal, unknown, self.as_of)
            self._consents |= {one: found.get(one, frozenset()) for one in unknown}

    def _allowed(self, row: Any) -> bool:  # noqa: ANN401 - a row of the edges
        if row.consent_party_id is None:
            return True
        allowed = self._consents.get(row.consent_party_id, frozenset())
        needed = _CONSENT_FOR.get(row.source)
        return bool(allowed) if needed is None else bool(allowed & needed)
