"""The room's door: businesses, consents, staff, keys. Each command is one unit of work.

Nothing personal and no secret goes into a command's answer or an event, for both are kept in
clear and for ever. A secret is therefore made here, outside the transaction, and only its hash
goes in; a command repeated under its key cannot give the secret again and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert

from martlet.kernel.errors import Conflict
from martlet.kernel.principal import Principal, Scope, system_principal
from martlet.parties import consents, keys, people, queries, registration
from martlet.parties.access import AccessService
from martlet.parties.identifiers import read_credit_code, read_mobile
from martlet.parties.limits import LABEL_CHARS_MAX, NAME_CHARS_MAX
from martlet.parties.model import (
    BANK_ITSELF,
    PersonKind,
    Purpose,
    Registration,
    read_purpose,
    read_records,
    read_text,
)
from martlet.parties.roles import read_roles
from martlet.parties.tables import tenant
from martlet.parties.tokens import new_api_key
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from martlet.parties.model import ApiKey, Business, Consent, Owner, StaffMember, Tenant
    from martlet.store import Transaction


class PartiesService(AccessService):
    """Who the bank's parties are, what they allowed, and who may do what."""

    def create_tenant(self, name: str, tenant_id: UUID | None = None) -> UUID:
        """Create a tenant and return its id; the same id and name again change nothing."""
        chosen = tenant_id or self._database.ids.new()
        label = read_text(name, "name", NAME_CHARS_MAX)
        command = Command(
            "parties.create_tenant",
            system_principal(chosen),
            f"tenant:{chosen}",
            {"tenant_id": str(chosen), "name": label},
        )

        def handler(tx: Transaction) -> dict[str, Any]:
            tx.execute(insert(tenant).values(tenant_id=chosen, name=label, created_at=tx.now))
            tx.emit("parties.tenant_created", f"tenant:{chosen}", {"tenant_id": str(chosen)})
            return {"tenant_id": str(chosen)}

        self._database.command(command, handler)
        return chosen

    def tenants(self) -> tuple[Tenant, ...]:
        """Return every tenant of this installation, to its operator."""
        with self._database.read() as connection:
            return queries.list_tenants(connection)

    def register_business(  # noqa: PLR0913 - what a business tells, each by its name
        self,
        principal: Principal,
        key: str,
        *,
        name: str,
        owner_phone: str,
        owner_name: str,
        trade: str,
        region: str,
        registration_no: str | None = None,
        opened_on: date | None = None,
    ) -> UUID:
        """Register one business and its owner; return the business's id."""
        row = Registration(name, owner_phone, owner_name, trade, region, registration_no, opened_on)
        return self.register_businesses(principal, key, [row])[0]

    def register_businesses(
        self, principal: Principal, key: str, rows: Sequence[Registration]
    ) -> list[UUID]:
        """Register businesses and their owners, all or none; return their ids in order."""
        registration.require_may_register(principal)
        checked = registration.check_rows(rows)
        body = registration.request_body(checked, self._personal, principal)
        command = Command("parties.register_businesses", principal, key, body)
        answer = self._database.command(
            command,
            lambda tx: {
                "party_ids": [
                    str(party) for party in registration.register(tx, self._personal, checked)
                ]
            },
        )
        return [UUID(party) for party in answer.value["party_ids"]]

    def give_consent(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        *,
        records: tuple[str, ...],
        until: date,
        purpose: str = Purpose.CREDIT,
        grantee: str = BANK_ITSELF,
    ) -> list[UUID]:
        """Record that a business lets its records be read; return one id a kind of record."""
        return self.give_consents(
            principal, key, [party_id], records=records, until=until, purpose=purpose,
            grantee=grantee,
        )  # fmt: skip

    def give_consents(
        self,
        principal: Principal,
        key: str,
        party_ids: Sequence[UUID],
        *,
        records: tuple[str, ...],
        until: date,
        purpose: str = Purpose.CREDIT,
        grantee: str = BANK_ITSELF,
    ) -> list[UUID]:
        """Record the same consent of many businesses, all or none."""
        principal.require(Scope.PARTIES_WRITE)
        kinds, aim = read_records(records), read_purpose(purpose)
        holder = read_text(grantee, "grantee", LABEL_CHARS_MAX)
        body = {
            "party_ids": [str(party) for party in party_ids],
            "records": [kind.value for kind in kinds],
            "purpose": aim.value,
            "grantee": holder,
            "until": until.isoformat(),
        }
        answer = self._database.command(
            Command("parties.give_consents", principal, key, body),
            lambda tx: {
                "consent_ids": [
                    str(given) for given in consents.give(tx, party_ids, kinds, aim, holder, until)
                ]
            },
        )
        return [UUID(given) for given in answer.value["consent_ids"]]

    def withdraw_consent(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        *,
        records: tuple[str, ...],
        purpose: str | None = None,
    ) -> list[UUID]:
        """Withdraw at once what a business allowed for these records; return which consents."""
        principal.require(Scope.PARTIES_WRITE)
        kinds = read_records(records)
        aim = None if purpose is None else read_purpose(purpose)
        body = {
            "party_id": str(party_id),
            "records": [kind.value for kind in kinds],
            "purpose": aim,
        }
        answer = self._database.command(
            Command("parties.withdraw_consent", principal, key, body),
            lambda tx: {
                "consent_ids": [str(gone) for gone in consents.withdraw(tx, party_id, kinds, aim)]
            },
        )
        return [UUID(gone) for gone in answer.value["consent_ids"]]

    @staticmethod
    def consents_in_force(
        connection: Connection,
        principal: Principal,
        party_id: UUID,
        at: datetime,
        purpose: Purpose = Purpose.CREDIT,
    ) -> frozenset[str]:
        """Return the kinds of records that may be read at a moment for a purpose."""
        return consents.consents_in_force(connection, principal, party_id, at, purpose)

    def consent_history(self, principal: Principal, party_id: UUID) -> tuple[Consent, ...]:
        """Return all that a business ever allowed and took back."""
        with self._database.read() as connection:
            return consents.consent_history(connection, principal, party_id)

    def business(self, principal: Principal, party_id: UUID) -> Business:
        """Return a business that the principal sees."""
        with self._database.read() as connection:
            return queries.read_business(connection, self._personal, principal, party_id)

    def businesses(
        self, principal: Principal, after: UUID | None = None, limit: int = 50
    ) -> tuple[Business, ...]:
        """Return a page of the businesses that the principal sees."""
        with self._database.read() as connection:
            return queries.list_businesses(connection, self._personal, principal, after, limit)

    def business_by_registration(
        self, principal: Principal, registration_no: str
    ) -> Business | None:
        """Return the business with this registration number, if the principal sees it."""
        code = read_credit_code(registration_no)
        with self._database.read() as connection:
            return queries.find_by_registration(connection, self._personal, principal, code)

    def owners(self, principal: Principal, party_id: UUID) -> tuple[Owner, ...]:
        """Return who owns a business that the principal sees."""
        with self._database.read() as connection:
            return queries.owners_of(connection, self._personal, principal, party_id)

    def owner(self, principal: Principal, owner_id: UUID) -> Owner:
        """Return an owner, to staff or to itself."""
        with self._database.read() as connection:
            return queries.read_owner(connection, self._personal, principal, owner_id)

    def owner_by_phone(self, principal: Principal, phone: str) -> Owner | None:
        """Return the active owner with this phone, to staff of the tenant."""
        principal.require(Scope.PARTIES_READ)
        number = read_mobile(phone)
        with self._database.read() as connection:
            owner_id = queries.owner_id_by_phone(
                connection, self._personal, principal.tenant_id, number
            )
            if owner_id is None or principal.party_ids is not None:
                return None
            return queries.read_owner(connection, self._personal, principal, owner_id)

    def add_staff(self, principal: Principal, key: str, *, name: str, roles: Iterable[str]) -> UUID:
        """Put a person on the staff with these roles; return the person's id."""
        principal.require(Scope.STAFF_ADMIN)
        plain, chosen = read_text(name, "name", NAME_CHARS_MAX), read_roles(roles)
        body = {
            "name": self._personal.fingerprint(plain, principal.tenant_id),
            "roles": list(chosen),
        }
        answer = self._database.command(
            Command("parties.add_staff", principal, key, body),
            lambda tx: {"staff_id": str(people.add_staff(tx, self._personal, plain, chosen))},
        )
        return UUID(answer.value["staff_id"])

    def change_roles(
        self, principal: Principal, key: str, staff_id: UUID, roles: Iterable[str]
    ) -> None:
        """Give a member of staff these roles and no others; nobody changes their own."""
        principal.require(Scope.STAFF_ADMIN)
        chosen = read_roles(roles)

        def handler(tx: Transaction) -> dict[str, Any]:
            people.change_roles(tx, staff_id, chosen)
            return {"staff_id": str(staff_id)}

        body = {"staff_id": str(staff_id), "roles": list(chosen)}
        self._database.command(Command("parties.change_roles", principal, key, body), handler)

    def disable_staff(self, principal: Principal, key: str, staff_id: UUID) -> None:
        """Shut a member of staff out at once, with every session and key."""
        self._disable(principal, key, PersonKind.STAFF, staff_id, Scope.STAFF_ADMIN)

    def disable_owner(self, principal: Principal, key: str, owner_id: UUID) -> None:
        """Shut an owner out at once, with every session."""
        if principal.party_ids is not None:
            principal.require(Scope.STAFF_ADMIN)
        self._disable(principal, key, PersonKind.OWNER, owner_id, Scope.PARTIES_WRITE)

    def _disable(
        self, principal: Principal, key: str, kind: PersonKind, person_id: UUID, scope: Scope
    ) -> None:
        principal.require(scope)
        body = {"person_kind": kind.value, "person_id": str(person_id)}
        self._database.command(
            Command("parties.disable_person", principal, key, body),
            lambda tx: {"sessions_ended_count": people.disable(tx, kind, person_id)},
        )

    def staff(self, principal: Principal) -> tuple[StaffMember, ...]:
        """Return the staff, to who manages it."""
        with self._database.read() as connection:
            return queries.list_staff(connection, self._personal, principal)

    def create_api_key(
        self,
        principal: Principal,
        key: str,
        *,
        label: str,
        scopes: Iterable[str],
        expires_at: datetime,
        party_ids: frozenset[UUID] | None = None,
    ) -> str:
        """Create an API key and return it, `mk_prefix.secret`: the only time that it is shown."""
        principal.require(Scope.STAFF_ADMIN)
        chosen = keys.read_key_scopes(scopes)
        name = read_text(label, "label", LABEL_CHARS_MAX)
        text = new_api_key(self._database.ids)
        body = {
            "label": name,
            "scopes": sorted(chosen),
            "expires_at": expires_at.isoformat(),
            "party_ids": None if party_ids is None else sorted(str(p) for p in party_ids),
        }
        answer = self._database.command(
            Command("parties.create_api_key", principal, key, body),
            lambda tx: {
                "api_key_id": str(keys.store_key(tx, text, name, chosen, party_ids, expires_at))
            },
        )
        if answer.replayed:
            raise Conflict("parties.secret_shown_once", api_key_id=answer.value["api_key_id"])
        return str(text)

    def revoke_api_key(self, principal: Principal, key: str, api_key_id: UUID) -> None:
        """Revoke an API key at once."""
        principal.require(Scope.STAFF_ADMIN)

        def handler(tx: Transaction) -> dict[str, Any]:
            keys.revoke_key(tx, api_key_id)
            return {"api_key_id": str(api_key_id)}

        body = {"api_key_id": str(api_key_id)}
        self._database.command(Command("parties.revoke_api_key", principal, key, body), handler)

    def api_keys(self, principal: Principal) -> tuple[ApiKey, ...]:
        """Return the API keys, without their secrets, to who manages them."""
        with self._database.read() as connection:
            return queries.list_api_keys(connection, principal)
