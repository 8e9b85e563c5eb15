"""Co-lending from outside: partners, agreements, settlement, buy-back, and a partner's own view.

Risk proposes and approves, operations settles and takes back, a partner's key reads its own and
nothing else. Every change is one command under the caller's key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.principal import Principal, Scope
from martlet.lending.participation import agreements, buy_back, payment, queries
from martlet.lending.participation.model import AgreementTerms, SettingName
from martlet.lending.participation.verify import verify_partners
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from uuid import UUID

    from martlet.store import Database, Transaction


class ParticipationService:
    """Lends together with partners; the rail over which they pay is handed in by its name."""

    def __init__(self, database: Database, rail: str) -> None:
        self._database = database
        self._rail = rail

    def _command(
        self,
        action: str,
        principal: Principal,
        key: str,
        body: dict[str, Any],
        handler: Callable[[Transaction], dict[str, Any]],
    ) -> dict[str, Any]:
        command = Command(f"lending.{action}", principal, key, body)
        return self._database.command(command, handler).value

    # Partners, agreements, settings.

    def register_partner(
        self, principal: Principal, key: str, slug: str, name: str, affiliates: str = ""
    ) -> dict[str, Any]:
        """Register a partner; those of one owner name the same affiliation."""
        principal.require(Scope.POLICY_WRITE)
        body = {"slug": slug, "name": name, "affiliates": affiliates}
        return self._command(
            "register_partner",
            principal,
            key,
            body,
            lambda tx: agreements.register_partner(tx, slug, name, affiliates),
        )

    def propose(
        self, principal: Principal, key: str, slug: str, terms: AgreementTerms
    ) -> dict[str, Any]:
        """Propose an agreement with a partner; a second person must approve it."""
        principal.require(Scope.POLICY_WRITE)
        body = {"slug": slug, "terms": terms.as_json()}
        return self._command(
            "propose_agreement",
            principal,
            key,
            body,
            lambda tx: agreements.propose(tx, slug, terms),
        )

    def approve(self, principal: Principal, key: str, agreement_id: UUID) -> dict[str, Any]:
        """Approve an agreement that another person proposed: it counts from the commit on."""
        principal.require(Scope.POLICY_WRITE)
        body = {"agreement_id": str(agreement_id)}
        return self._command(
            "approve_agreement",
            principal,
            key,
            body,
            lambda tx: agreements.approve(tx, agreement_id),
        )

    def reject(
        self, principal: Principal, key: str, agreement_id: UUID, reason: str
    ) -> dict[str, Any]:
        """Turn a proposal down, with a reason."""
        principal.require(Scope.POLICY_WRITE)
        body = {"agreement_id": str(agreement_id), "reason": reason}
        return self._command(
            "reject_agreement",
            principal,
            key,
            body,
            lambda tx: agreements.reject(tx, agreement_id, reason),
        )

    def end(
        self, principal: Principal, key: str, agreement_id: UUID, reason: str
    ) -> dict[str, Any]:
        """End an agreement: no further loan is shared under it, and those that are run on."""
        principal.require(Scope.POLICY_WRITE)
        body = {"agreement_id": str(agreement_id), "reason": reason}
        return self._command(
            "end_agreement",
            principal,
            key,
            body,
            lambda tx: agreements.end(tx, agreement_id, reason),
        )

    def set_setting(
        self,
        principal: Principal,
        key: str,
        name: str,
        value: int,
        effective_from: date,
        source: str,
    ) -> dict[str, Any]:
        """Set a limit or a figure of the bank from a day on, with where it stands."""
        principal.require(Scope.POLICY_WRITE)
        if name not in set(SettingName) or not 0 <= value <= AMOUNT_FEN_MAX:
            raise Invalid("lending.partner_setting_unknown", name=name[:60])
        body = {
            "name": name,
            "value": value,
            "effective_from": effective_from.isoformat(),
            "source": source,
        }
        return self._command(
            "set_partner_setting",
            principal,
            key,
            body,
            lambda tx: agreements.set_setting(tx, SettingName(name), value, effective_from, source),
        )

    # Settlement and buy-back.

    def pay(
        self, principal: Principal, key: str, slug: str, settled_on: date, reference: str = ""
    ) -> dict[str, Any]:
        """Book that a file has been paid by both sides over the rail."""
        principal.require(Scope.END_OF_DAY)
        body = {"slug": slug, "settled_on": settled_on.isoformat(), "reference": reference}

        def handler(tx: Transaction) -> dict[str, Any]:
            whom = queries.partner_named(tx.connection, principal, slug)
            return payment.pay(tx, whom, settled_on, self._rail, reference)

        return self._command("pay_settlement", principal, key, body, handler)

    def buy_back(
        self, principal: Principal, key: str, slug: str, loan_ids: Sequence[UUID], reason: str
    ) -> dict[str, Any]:
        """Take over a partner's part of some loans at what is outstanding of it."""
        principal.require(Scope.END_OF_DAY)
        body = {
            "slug": slug,
            "loan_ids": sorted(str(one) for one in loan_ids),
            "reason": reason,
        }

        def handler(tx: Transaction) -> dict[str, Any]:
            whom = queries.partner_named(tx.connection, principal, slug)
            return buy_back.buy_back(tx, whom, loan_ids, reason)

        return self._command("buy_back", principal, key, body, handler)

    def buy_back_agreement(
        self, principal: Principal, key: str, agreement_id: UUID, reason: str
    ) -> dict[str, Any]:
        """Take over all that is shared under an agreement, a batch in each command.

        Sent again under its key after it was cut off, it goes on with what is left.
        """
        principal.require(Scope.END_OF_DAY)
        loans_count = bought_fen = number = 0
        while True:
            body = {"agreement_id": str(agreement_id), "reason": reason, "batch": number}

            def handler(tx: Transaction) -> dict[str, Any]:
                return buy_back.next_batch(tx, agreement_id, reason)

            done = self._command("buy_back_agreement", principal, f"{key}:{number}", body, handler)
            loans_count += done["loans_count"]
            bought_fen += done["bought_fen"]
            number += 1
            if not done["more"]:
                return {
                    "agreement_id": str(agreement_id),
                    "loans_count": loans_count,
                    "bought_fen": bought_fen,
                }

    # Reads for the bank's people.

    def partners(self, principal: Principal) -> list[dict[str, Any]]:
        """Return every partner with what stands in its limit."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            return queries.partners(connection, principal)

    def partner(self, principal: Principal, slug: str) -> dict[str, Any]:
        """Return one partner with its agreements and what has been settled with it."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            whom = queries.partner_named(connection, principal, slug)
            return queries.partner_view(connection, principal, whom)

    def totals(self, principal: Principal) -> dict[str, Any]:
        """Return all partners together, with the settings in force."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            return queries.totals(connection, principal)

    def settings(self, principal: Principal) -> list[dict[str, Any]]:
        """Return every dated limit and figure with its source."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            return queries.dated_settings(connection, principal)

    def agreements(self, principal: Principal, slug: str | None = None) -> list[dict[str, Any]]:
        """Return agreements with their history."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            return queries.agreements(connection, principal, slug)

    def positions(
        self, principal: Principal, slug: str, after: UUID | None = None, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Return a partner's part of each loan, a page of them."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            whom = queries.partner_named(connection, principal, slug)
            return queries.positions(connection, whom, after, limit)

    def loan_split(self, principal: Principal, loan_id: UUID) -> dict[str, Any]:
        """Return how one loan is split between the bank and its partners."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            return queries.loan_split(connection, principal, loan_id)

    def settlements(
        self, principal: Principal, slug: str | None = None, settled_on: date | None = None
    ) -> list[dict[str, Any]]:
        """Return settlement files with their totals, of one partner, one date, or the latest."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            whom = queries.partner_named(connection, principal, slug) if slug else None
            return queries.settlements(connection, principal.tenant_id, whom, settled_on)

    def settlement_file(self, principal: Principal, slug: str, settled_on: date) -> str:
        """Return the text of a partner's file, made again from its lines."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            whom = queries.partner_named(connection, principal, slug)
            return queries.made_again(connection, principal.tenant_id, whom, settled_on).text

    def verify(self, principal: Principal) -> dict[str, Any]:
        """Make everything again that is stored twice, and list what does not agree."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            return verify_partners(connection, principal.tenant_id).as_json()

    # What a partner's own key opens.

    def own(self, principal: Principal) -> dict[str, Any]:
        """Return the asking partner's limit, agreements and totals."""
        with self._database.read() as connection:
            return queries.own_view(connection, principal)

    def own_positions(
        self, principal: Principal, after: UUID | None = None, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Return the asking partner's part of each loan, a page of them."""
        with self._database.read() as connection:
            whom = queries.own_partner(connection, principal)
            return queries.positions(connection, whom, after, limit)

    def own_settlements(
        self, principal: Principal, settled_on: date | None = None
    ) -> list[dict[str, Any]]:
        """Return the asking partner's files with their totals."""
        with self._database.read() as connection:
            whom = queries.own_partner(connection, principal)
            return queries.settlements(connection, principal.tenant_id, whom, settled_on)

    def own_settlement_file(self, principal: Principal, settled_on: date) -> str:
        """Return the text of one of the asking partner's files."""
        with self._database.read() as connection:
            whom = queries.own_partner(connection, principal)
            return queries.made_again(connection, principal.tenant_id, whom, settled_on).text
