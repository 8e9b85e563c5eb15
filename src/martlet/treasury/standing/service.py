"""Consents and plans from outside: what an owner agrees to, what each morning does within it.

The invariants: without a consent in force nothing is moved unless its owner accepts that very
plan; a plan is carried out whole or not at all, in one command; and what was carried out is kept
with everything it was made from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from martlet.kernel.errors import Conflict, Refused
from martlet.kernel.principal import Scope, system_principal
from martlet.ledger import current_business_date
from martlet.parties import business_facts
from martlet.store import Command
from martlet.treasury.consent import Limits
from martlet.treasury.limits import PARTIES_PER_READ
from martlet.treasury.product import products
from martlet.treasury.standing import consents, plans
from martlet.treasury.standing.carrying_out import carry_out
from martlet.treasury.standing.deciding import orders_for, room_fen
from martlet.treasury.standing.gathering import Scene, horizons_of, morning_of, offers_today

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.store import Database, Transaction
    from martlet.treasury.business_days import BusinessDays
    from martlet.treasury.standing.morning import Morning
    from martlet.treasury.standing.needs import Needs


class NeedSource(Protocol):
    """Foretells what a business may need; None where it knows nothing of it."""

    def __call__(
        self,
        principal: Principal,
        party_id: UUID,
        day: date,
        horizons: tuple[int, ...],
        short_ppm: int,
    ) -> Needs | None:
        """Return needs from the morning of a day on, at an accepted chance of being short."""
        ...


def nothing_foretold(
    principal: Principal, party_id: UUID, day: date, horizons: tuple[int, ...], short_ppm: int
) -> Needs | None:
    """Know nothing: plans then go by a business's own movements here."""
    del principal, party_id, day, horizons, short_ppm
    return None


class StandingOrders:
    """Consents, proposals, and the mornings that carry plans out."""

    def __init__(
        self,
        database: Database,
        rail: str,
        days: BusinessDays,
        foretell: NeedSource = nothing_foretold,
    ) -> None:
        self._database = database
        self._rail = rail
        self._days = days
        self._foretell = foretell

    # What the owner agrees to.

    def give_consent(
        self, principal: Principal, key: str, party_id: UUID, limits: Limits
    ) -> dict[str, Any]:
        """Note that within these limits plans are carried out without asking, until revoked."""
        limits.check(frozenset(products()))
        return self._consent(principal, key, party_id, limits)

    def revoke_consent(self, principal: Principal, key: str, party_id: UUID) -> dict[str, Any]:
        """End the standing order: from now on plans are only proposed."""
        return self._consent(principal, key, party_id, None)

    def _consent(
        self, principal: Principal, key: str, party_id: UUID, limits: Limits | None
    ) -> dict[str, Any]:
        principal.require(Scope.TREASURY_WRITE)
        self._known(principal, party_id)
        told = msgspec.to_builtins(limits) if limits else None
        command = Command(
            "treasury.consent", principal, key, {"party_id": str(party_id), "limits": told}
        )
        return self._database.command(
            command, lambda tx: consents.write(tx, party_id, limits)
        ).value

    def consents(self, principal: Principal, party_id: UUID) -> list[dict[str, Any]]:
        """Return every version of a business's consent, the latest first."""
        principal.require(Scope.TREASURY_READ)
        principal.require_party(party_id)
        with self._database.read() as connection:
            return consents.history(connection, principal.tenant_id, party_id)

    # Plans.

    def proposal(
        self, principal: Principal, party_id: UUID, limits: Limits | None = None
    ) -> dict[str, Any]:
        """Return today's plan, its reasons in figures, and what each offer has room for.

        Within the consent in force, else within the limits given or the careful ones.
        """
        principal.require(Scope.TREASURY_READ)
        self._known(principal, party_id)
        if limits is not None:
            limits.check(frozenset(products()))
        morning, consent = self._morning(principal, party_id, limits)
        orders = orders_for(morning)
        return {
            "party_id": str(party_id),
            "inputs_hash": plans.inputs_hash(msgspec.to_builtins(morning)),
            "consent": consent,
            "morning": morning,
            "orders": orders,
            "rooms": [
                {"offer": offer, "room_fen": room_fen(morning, offer)} for offer in morning.offers
            ],
        }

    def rooms(self, principal: Principal, party_id: UUID, limits: Limits) -> list[dict[str, Any]]:
        """Return what may be begun today within limits, and what each alone has room for."""
        principal.require(Scope.TREASURY_READ)
        self._known(principal, party_id)
        limits.check(frozenset(products()))
        morning, _consent = self._morning(principal, party_id, limits, asked=True)
        return [{"offer": one, "room_fen": room_fen(morning, one)} for one in morning.offers]

    def accept(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        inputs_hash: str,
        limits: Limits | None = None,
    ) -> dict[str, Any]:
        """Carry today's plan out once, if it still is the one that was shown."""
        principal.require(Scope.TREASURY_WRITE)
        self._known(principal, party_id)
        given, consent, foretold = self._foretold(principal, party_id, limits)
        told = {
            "party_id": str(party_id),
            "inputs_hash": inputs_hash,
            "limits": msgspec.to_builtins(limits) if limits else None,
        }

        def handler(tx: Transaction) -> dict[str, Any]:
            morning = morning_of(self._scene(tx.connection, tx, party_id), given, foretold)
            if plans.inputs_hash(msgspec.to_builtins(morning)) != inputs_hash:
                raise Conflict("treasury.plan_changed")
            version = consent["version"] if consent else None
            return self._carried_out(tx, party_id, morning, version)

        command = Command("treasury.accept_plan", principal, key, told)
        return self._database.command(command, handler).value

    def carry_out(
        self, principal: Principal, on_done: Callable[[int], None] | None = None
    ) -> dict[str, int]:
        """Carry out this morning's plans of all who have consented; again, it goes on.

        A plan that a cap or a balance refuses is left for the next morning.
        """
        principal.require(Scope.END_OF_DAY)
        bank = system_principal(principal.tenant_id)
        totals = {"consents": 0, "plans": 0, "resting": 0, "refused": 0, "ended": 0}
        after: UUID | None = None
        while True:
            with self._database.read() as connection:
                today = current_business_date(connection, bank.tenant_id)
                found = consents.given(connection, bank.tenant_id, after, PARTIES_PER_READ)
            for party_id in found:
                totals["consents"] += 1
                totals[self._one_morning(bank, party_id, today)] += 1
                if on_done is not None:
                    on_done(totals["consents"])
            if len(found) < PARTIES_PER_READ:
                return totals
            after = found[-1]

    def _one_morning(self, bank: Principal, party_id: UUID, today: date) -> str:
        with self._database.read() as connection:
            if plans.done_on(connection, bank.tenant_id, party_id, today):
                return "plans"
        limits, consent, foretold = self._foretold(bank, party_id, None)
        if consent is None:
            return "ended"

        def handler(tx: Transaction) -> dict[str, Any]:
            morning = morning_of(self._scene(tx.connection, tx, party_id), limits, foretold)
            return self._carried_out(tx, party_id, morning, consent["version"])

        body = {"party_id": str(party_id), "day": today.isoformat()}
        command = Command("treasury.carry_out_plan", bank, f"plan:{party_id}:{today}", body)
        try:
            answer = self._database.command(command, handler).value
        except Refused:
            return "refused"
        return "plans" if answer["orders"] else "resting"

    def _carried_out(
        self, tx: Transaction, party_id: UUID, morning: Morning, version: int | None
    ) -> dict[str, Any]:
        orders = orders_for(morning)
        done = carry_out(tx, self._days, self._rail, party_id, orders)
        if not done:
            return {"party_id": str(party_id), "plan_id": None, "orders": []}
        return plans.write(tx, party_id, morning, orders, done, version)

    # What was carried out.

    def plans(self, principal: Principal, party_id: UUID) -> list[dict[str, Any]]:
        """Return the plans of a business that were carried out, the latest first."""
        principal.require(Scope.TREASURY_READ)
        principal.require_party(party_id)
        with self._database.read() as connection:
            return plans.history(connection, principal.tenant_id, party_id)

    def replay(self, principal: Principal, plan_id: UUID) -> dict[str, Any]:
        """Make a plan again from what it was made from, and tell whether it is the same."""
        principal.require(Scope.TREASURY_READ)
        with self._database.read() as connection:
            return plans.replay(connection, principal, plan_id)

    # What a morning is made from.

    def _known(self, principal: Principal, party_id: UUID) -> None:
        with self._database.read() as connection:
            business_facts(connection, principal, party_id)

    def _foretold(
        self, principal: Principal, party_id: UUID, wanted: Limits | None, *, asked: bool = False
    ) -> tuple[Limits, dict[str, Any] | None, Needs | None]:
        """Return the limits that count, the consent they come from, and what is foretold.

        `asked`: the wanted limits count, whatever the consent says.
        """
        tenant_id = principal.tenant_id
        with self._database.read() as connection:
            today = current_business_date(connection, tenant_id)
            consent = None if asked else consents.latest(connection, tenant_id, party_id, today)
            limits = consent["limits"] if consent else (wanted or Limits())
            offers = offers_today(self._scene(connection, principal, party_id), limits)
        horizons = horizons_of(offers)
        bank = system_principal(tenant_id)
        foretold = self._foretell(bank, party_id, today, horizons, limits.short_ppm_max)
        return limits, consent, foretold

    def _morning(
        self, principal: Principal, party_id: UUID, wanted: Limits | None, *, asked: bool = False
    ) -> tuple[Morning, dict[str, Any] | None]:
        limits, consent, foretold = self._foretold(principal, party_id, wanted, asked=asked)
        with self._database.read() as connection:
            scene = self._scene(connection, principal, party_id)
            return morning_of(scene, limits, foretold), consent

    def _scene(
        self, connection: Connection, whose: Principal | Transaction, party_id: UUID
    ) -> Scene:
        today = current_business_date(connection, whose.tenant_id)
        now = self._database.clock.now()
        return Scene(connection, whose.tenant_id, party_id, today, now, self._days)
