"""Names compared without being shown, and owners followed from business to business.

Others hand in texts and learn which of them carry a business's own names; no name leaves this
room. Ownership is told in ids.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, select

from martlet.parties.limits import OWNER_BUSINESSES_MAX, WHOLE_NAME_CHARS_MIN
from martlet.parties.personal import Personal
from martlet.parties.tables import business, owner, ownership
from martlet.store import Prepared

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection, Select

    from martlet.kernel.crypto import Keyring
    from martlet.kernel.ids import IdSource

_mine = ownership.alias("mine")
_OWNERS = select(_mine.c.owner_id).where(_mine.c.tenant_id == bindparam("tenant"))


def _businesses_of(owners: Select[Any]) -> Select[Any]:
    """Select the businesses of owners; the owners in a subquery, so that they are found first.

    A join would be turned round where the database knows no sizes, and read the whole tenant.
    """
    return (
        select(ownership.c.owner_id, ownership.c.party_id, business.c.registered_at)
        .join(
            business,
            (business.c.tenant_id == ownership.c.tenant_id)
            & (business.c.party_id == ownership.c.party_id),
        )
        .where(ownership.c.tenant_id == bindparam("tenant"), ownership.c.owner_id.in_(owners))
    )


_OF_ONE = Prepared(_businesses_of(_OWNERS.where(_mine.c.party_id == bindparam("party"))))
"""Written once: every decision asks."""
_theirs = ownership.alias("theirs")
_OWN_MORE = exists().where(
    _theirs.c.tenant_id == _mine.c.tenant_id,
    _theirs.c.owner_id == _mine.c.owner_id,
    _theirs.c.party_id != _mine.c.party_id,
)
_OF_SOME = _businesses_of(
    _OWNERS.where(_mine.c.party_id.in_(bindparam("parties", expanding=True)), _OWN_MORE)
)
"""Nearly all owners have one business, and nothing is read of them."""
Others = tuple[tuple["UUID", "datetime"], ...]


def businesses_of_same_owners(connection: Connection, tenant_id: UUID, party_id: UUID) -> Others:
    """Return the other businesses of a business's owners, and since when each is on the books.

    For checks inside the bank, never for a caller: an owner may not learn of another owner's.
    """
    found = _OF_ONE.on(connection, {"tenant": tenant_id, "party": party_id})
    return _in_order({row.party_id: row.registered_at for row in found}, party_id)


def businesses_of_same_owners_of_some(
    connection: Connection, tenant_id: UUID, party_ids: Sequence[UUID]
) -> dict[UUID, Others]:
    """Return the same for some businesses in one question; those without any are absent."""
    of_owner: dict[UUID, dict[UUID, datetime]] = {}
    asked = {"tenant": tenant_id, "parties": list(party_ids)}
    for owner_id, party_id, registered_at in connection.execute(_OF_SOME, asked):
        of_owner.setdefault(owner_id, {})[party_id] = registered_at
    wanted = set(party_ids)
    found: dict[UUID, dict[UUID, datetime]] = {}
    for businesses in of_owner.values():
        for party_id in wanted & businesses.keys():
            found.setdefault(party_id, {}).update(businesses)
    return {party_id: _in_order(others, party_id) for party_id, others in found.items()}


def _in_order(businesses: dict[UUID, datetime], itself: UUID) -> Others:
    """Return the others among a chain's businesses, the first registered first."""
    others = [(since, party_id) for party_id, since in businesses.items() if party_id != itself]
    return tuple((party_id, since) for since, party_id in sorted(others)[:OWNER_BUSINESSES_MAX])


class OwnNames:
    """Compares texts with a business's own names; holds the keys that open these."""

    def __init__(self, keyring: Keyring, ids: IdSource) -> None:
        self._personal = Personal(keyring, ids)

    def carried_by(
        self, connection: Connection, tenant_id: UUID, party_id: UUID, texts: Collection[str]
    ) -> frozenset[str]:
        """Return the texts that carry the business's name, its owner's, or of the owner's others.

        A firm's name counts inside a longer text; a person's, which is short, only as the whole.
        """
        names = self._names(connection, tenant_id, party_id)
        whole = {name for name in names if len(name) >= WHOLE_NAME_CHARS_MIN}
        return frozenset(
            text
            for text in texts
            if (told := plain(text)) in names or any(name in told for name in whole)
        )

    def _names(self, connection: Connection, tenant_id: UUID, party_id: UUID) -> set[str]:
        others = businesses_of_same_owners(connection, tenant_id, party_id)
        firms = connection.execute(
            select(business.c.party_id, business.c.name_sealed).where(
                business.c.tenant_id == tenant_id,
                business.c.party_id.in_([party_id, *(other for other, _ in others)]),
            )
        )
        people = connection.execute(
            select(owner.c.owner_id, owner.c.name_sealed)
            .join(
                ownership,
                (ownership.c.tenant_id == owner.c.tenant_id)
                & (ownership.c.owner_id == owner.c.owner_id),
            )
            .where(owner.c.tenant_id == tenant_id, ownership.c.party_id == party_id)
        )
        return {
            plain(self._personal.name(sealed, column, row_id).reveal())
            for column, rows in (("business.name", firms), ("owner.name", people))
            for row_id, sealed in rows
        }


def plain(name: str) -> str:
    """Return a name as it is compared: one width, no spaces, no brackets, no case."""
    wide = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in wide if sign.isalnum())
