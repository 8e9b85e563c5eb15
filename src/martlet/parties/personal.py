"""Personal fields: sealed each for its own row, found by a blind index of its own tenant.

This is the only module of the room that holds the keys. An index is made per tenant, so that the
same phone in two tenants cannot be matched by someone who reads the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.masking import mask_name, mask_number, mask_phone
from martlet.parties.model import Masked

if TYPE_CHECKING:
    from uuid import UUID

    from martlet.kernel.crypto import Keyring
    from martlet.kernel.ids import IdSource


class Personal:
    """Seals, opens and indexes the personal fields of one bank."""

    def __init__(self, keyring: Keyring, ids: IdSource) -> None:
        self._keyring = keyring
        self._ids = ids

    def seal(self, plain: str, column: str, row_id: UUID) -> str:
        """Seal a value for its place: `column` is 'table.column'."""
        return self._keyring.seal(plain, f"{column}.{row_id}", self._ids)

    def name(self, sealed: str, column: str, row_id: UUID) -> Masked:
        """Open a name."""
        plain = self._keyring.open(sealed, f"{column}.{row_id}")
        return Masked(plain, mask_name(plain))

    def phone(self, sealed: str, row_id: UUID) -> Masked:
        """Open an owner's phone."""
        plain = self._keyring.open(sealed, f"owner.phone.{row_id}")
        return Masked(plain, mask_phone(plain))

    def registration(self, sealed: str | None, row_id: UUID) -> Masked | None:
        """Open a registration number, where there is one."""
        if sealed is None:
            return None
        plain = self._keyring.open(sealed, f"business.registration.{row_id}")
        return Masked(plain, mask_number(plain))

    def index(self, plain: str, purpose: str, tenant_id: UUID) -> str:
        """Return the blind index of a value within a tenant."""
        return self._keyring.blind_index(plain, f"{purpose}:{tenant_id}")

    def fingerprint(self, plain: str, tenant_id: UUID) -> str:
        """Return what may stand for a personal value in a request's hash.

        A plain hash of a phone can be undone by trying all phones; this one is keyed.
        """
        return self.index(plain, "request", tenant_id)
