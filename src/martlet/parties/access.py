"""Getting in and staying in: codes, links, sessions and keys become a principal, or nobody.

Every failure is the same `Unauthenticated`: whether the phone is unknown, the code wrong, late or
used up is not told. A session's last use and a key's last day are noted rarely, and failing to
note them never lets anyone in longer.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import (
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from martlet.kernel.principal import ActorKind, Principal, system_principal
from martlet.parties import identity, keys, login, queries
from martlet.parties.identifiers import read_mobile
from martlet.parties.limits import CODE_DIGITS, SESSION_TOUCH
from martlet.parties.model import PersonKind, Session
from martlet.parties.personal import Personal
from martlet.parties.tokens import is_token, new_code, new_token, token_hash
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from martlet.kernel.clock import Clock
    from martlet.kernel.crypto import Keyring
    from martlet.parties.sender import CodeSender
    from martlet.store import Database, Transaction


class AccessService:
    """Lets people and machines in."""

    def __init__(
        self, database: Database, keyring: Keyring, clock: Clock, code_sender: CodeSender
    ) -> None:
        self._database = database
        self._personal = Personal(keyring, database.ids)
        self._clock = clock
        self._code_sender = code_sender

    def request_login_code(self, phone: str, tenant_id: UUID | None = None) -> None:
        """Send a code to an owner's phone; the answer to an unknown phone is the same.

        Raises `Invalid` for what is no mobile number and `TooMany` when asked too often.
        """
        number, chosen = read_mobile(phone), self._tenant(tenant_id)
        code, code_id = new_code(self._database.ids), self._database.ids.new()
        index = self._personal.index(number, "phone", chosen)
        hashed = self._code_hash(chosen, code_id, code)

        def handler(tx: Transaction) -> dict[str, Any]:
            login.store_code(tx, index, code_id, hashed)
            return {"code_id": str(code_id)}

        self._command(chosen, "parties.request_login_code", f"code:{code_id}", handler)
        with self._database.read() as connection:
            known = queries.owner_id_by_phone(connection, self._personal, chosen, number)
        if known is not None:
            self._code_sender.send(number, code)

    def log_in(
        self,
        phone: str,
        code: str,
        tenant_id: UUID | None = None,
        *,
        replacing: str | None = None,
    ) -> Session:
        """Open a session with the code last sent to a phone; `replacing` ends an older one."""
        number, chosen = read_mobile(phone), self._tenant(tenant_id)
        if len(code) != CODE_DIGITS or not (code.isascii() and code.isdigit()):
            raise Unauthenticated("parties.code_wrong")
        index = self._personal.index(number, "phone", chosen)

        def enter(tx: Transaction) -> tuple[PersonKind, UUID] | None:
            code_id = login.last_code_id(tx.connection, chosen, index)
            if code_id is None:
                return None
            hashed = self._code_hash(chosen, code_id, code)
            owner_id = login.try_code(tx, index, code_id, hashed)
            return None if owner_id is None else (PersonKind.OWNER, owner_id)

        session = self._enter(chosen, "parties.log_in", enter, replacing)
        if session is None:
            raise Unauthenticated("parties.code_wrong")
        return session

    def login_link(self, principal: Principal, kind: PersonKind, person_id: UUID) -> str:
        """Return a one-time token with which a person may log in once, soon.

        Only the bank itself makes one, on its own machine (for the demo and the command line):
        whoever could make links for others could act as any of them.
        """
        if principal.kind is not ActorKind.SYSTEM:
            raise Forbidden("parties.link_only_by_bank")
        token, link_id = new_token(self._database.ids), self._database.ids.new()

        def handler(tx: Transaction) -> dict[str, Any]:
            active = tx.execute(login.active_person(tx.tenant_id, kind, person_id)).first()
            if active is None:
                raise NotFound("parties.person_not_found", person_id=str(person_id))
            login.store_link(tx, link_id, kind, person_id, token_hash(token))
            return {"link_id": str(link_id)}

        self._command(principal.tenant_id, "parties.make_login_link", f"link:{link_id}", handler)
        return token

    def log_in_by_link(self, token: str, *, replacing: str | None = None) -> Session:
        """Open a session with a one-time link."""
        with self._database.read() as connection:
            tenant_id = identity.tenant_of_link(connection, token) if is_token(token) else None
        session = (
            self._enter(
                tenant_id,
                "parties.log_in_by_link",
                lambda tx: login.use_link(tx, token_hash(token)),
                replacing,
            )
            if tenant_id is not None
            else None
        )
        if session is None:
            raise Unauthenticated("parties.link_used_or_late")
        return session

    def principal_of_session(self, token: str) -> Principal:
        """Return who holds this session, with the rights of this moment."""
        now = self._clock.now()
        with self._database.read() as connection:
            found = identity.find_session(connection, token, now) if is_token(token) else None
        if found is None:
            raise Unauthenticated("parties.session_over")
        if now - found.seen_at >= SESSION_TOUCH:

            def handler(tx: Transaction) -> dict[str, Any]:
                login.touch_session(tx, found.session_id)
                return {"session_id": str(found.session_id)}

            key = f"seen:{found.session_id}:{found.seen_at.isoformat()}"
            with suppress(Unavailable):
                self._command(found.principal.tenant_id, "parties.touch_session", key, handler)
        return found.principal

    def log_out(self, token: str) -> None:
        """End a session; a token that is none, or is over, is no error."""
        with self._database.read() as connection:
            tenant_id = identity.tenant_of_session(connection, token) if is_token(token) else None
        if tenant_id is None:
            return
        hashed = token_hash(token)
        self._command(
            tenant_id,
            "parties.log_out",
            f"out:{self._database.ids.new()}",
            lambda tx: {"ended": login.end_session(tx, hashed)},
        )

    def principal_of_api_key(self, text: str) -> Principal:
        """Return what this API key may do now."""
        now = self._clock.now()
        with self._database.read() as connection:
            found = identity.find_api_key(connection, text, now)
        if found is None:
            raise Unauthenticated("parties.api_key_unknown")
        today = business_date_of(now)
        if found.last_used_on != today:

            def handler(tx: Transaction) -> dict[str, Any]:
                keys.note_use(tx, found.api_key_id, today)
                return {"api_key_id": str(found.api_key_id)}

            key = f"used:{found.api_key_id}:{today}"
            with suppress(Unavailable):
                self._command(found.principal.tenant_id, "parties.note_key_use", key, handler)
        return found.principal

    def _enter(
        self,
        tenant_id: UUID,
        action: str,
        enter: Callable[[Transaction], tuple[PersonKind, UUID] | None],
        replacing: str | None,
    ) -> Session | None:
        """Let in whoever `enter` names, with a fresh token; the older session ends with it."""
        token = new_token(self._database.ids)

        def handler(tx: Transaction) -> dict[str, Any]:
            person = enter(tx)
            if person is None:
                tx.emit("parties.login_failed", "login", {"action": action})
                return {"entered": False}
            if replacing is not None:
                login.end_session(tx, token_hash(replacing))
            session_id = login.open_session(tx, *person, token_hash(token))
            return {"entered": True, "session_id": str(session_id)}

        answer = self._command(tenant_id, action, f"in:{self._database.ids.new()}", handler)
        if not answer["entered"]:
            return None
        with self._database.read() as connection:
            found = identity.find_session(connection, token, self._clock.now())
        return None if found is None else Session(token, found.principal, found.expires_at)

    def _command(
        self,
        tenant_id: UUID,
        action: str,
        key: str,
        handler: Callable[[Transaction], dict[str, Any]],
    ) -> dict[str, Any]:
        """Carry out what nobody known asks for yet; the bank itself stands for them."""
        command = Command(action, system_principal(tenant_id), key, {})
        return self._database.command(command, handler).value

    def _code_hash(self, tenant_id: UUID, code_id: UUID, code: str) -> str:
        return self._personal.index(f"{code_id}:{code}", "login_code", tenant_id)

    def _tenant(self, tenant_id: UUID | None) -> UUID:
        """Return the tenant asked for, or the only one there is."""
        if tenant_id is not None:
            return tenant_id
        with self._database.read() as connection:
            known = queries.list_tenants(connection)
        if len(known) != 1:
            raise Invalid("parties.tenant_needed", tenants_count=len(known))
        return known[0].tenant_id
