"""The lending room from outside: apply, accept, draw, repay, and every read, each for a principal.

Every change is one command under the caller's key: sent again, it is answered again and done once.
A drawdown is two commands, because money leaves between them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.kernel.errors import Conflict, Forbidden, Invalid, Refused
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.principal import ActorKind, Principal, Scope, system_principal
from martlet.ledger import current_business_date
from martlet.lending import drawdown, event_commands, offers, queries, repayment, timeline
from martlet.lending.advances.known import refuse_unknown_takings, takings_of
from martlet.lending.agreed import agreed_terms, promised_terms
from martlet.lending.bookkeeping import record
from martlet.lending.disclosure import shipped_rate_caps
from martlet.lending.facilities import find_facility
from martlet.lending.limits import (
    RAIL_ORDERS_PER_CALL_MAX,
    RECEIPTS_SHOWN_MAX,
    REFERENCE_CHARS_MAX,
)
from martlet.lending.postings import CAPITAL, Movement, settlement
from martlet.lending.product import product_named
from martlet.lending.rail import Outcome, PayoutOrder, RailReport
from martlet.lending.receipts import check_receipts, take_in
from martlet.lending.receivables.drawing import Carrier, promise
from martlet.lending.views import forecast
from martlet.parties import business_facts
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit import CreditService, StoredDecision
    from martlet.lending.disclosure import RateCaps
    from martlet.lending.event_commands import AskedEvent
    from martlet.lending.rail import PaymentRail
    from martlet.lending.receipts import Receipt
    from martlet.store import Database, Transaction


class LendingService:
    """Lends and takes back money; the rail and the decision heart are handed in."""

    def __init__(
        self,
        database: Database,
        credit: CreditService,
        rail: PaymentRail,
        caps: RateCaps | None = None,
    ) -> None:
        self._database = database
        self._credit = credit
        self._rail = rail
        self._caps = caps or shipped_rate_caps()

    @property
    def rate_caps(self) -> RateCaps:
        """The law's caps on rates that bind this bank."""
        return self._caps

    # Apply and accept.

    def apply(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        product: str,
        requested_fen: int,
        tenor: int | None = None,
    ) -> dict[str, Any]:
        """Decide on a request and, if approved, make an offer; all of it is kept together."""
        principal.require(Scope.LENDING_WRITE)
        sold = product_named(product)
        if requested_fen > AMOUNT_FEN_MAX:
            raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
        if requested_fen < sold.draw_min_fen:
            raise Refused("lending.request_too_small", min_fen=sold.draw_min_fen)
        chosen, as_of = sold.check_tenor(tenor), self._database.clock.now()
        with self._database.read() as connection:
            business_facts(connection, principal, party_id)
            today = current_business_date(connection, principal.tenant_id)
        signals = self._credit.signals(principal, party_id, as_of)
        refuse_unknown_takings(sold, takings_of(signals, as_of))
        body = {
            "party_id": str(party_id),
            "product": product,
            "requested_fen": requested_fen,
            "tenor": chosen,
        }

        def handler(tx: Transaction) -> dict[str, Any]:
            known = {
                "party_id": party_id,
                "applied_on": today,
                "committed_fen": offers.committed_elsewhere(
                    tx.connection, tx.tenant_id, party_id, product
                ),
            }
            asked = offers.application_of(principal, tx.ids.new(), body, **known)
            return offers.decide_application(tx, asked, chosen, signals, as_of, self._caps)

        command = Command("lending.apply", principal, key, body)
        answer = self._database.command(command, handler).value
        return self._with_example(answer)

    def _with_example(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Show beside an offer what drawing all of it would cost, at rates honestly stated."""
        made = answer["offer"]
        if made is None:
            return answer
        sold, tenors = product_named(answer["product"]), made["tenors"]
        tenor = answer["tenor"] if answer["tenor"] in tenors else sold.check_tenor(None, tenors)
        terms = agreed_terms(sold, made["limit_fen"], made["rate_ppm_per_day"], tenor)
        start = date.fromisoformat(answer["applied_on"])
        shown = forecast(terms, start, UUID(answer["application_id"]), self._caps)
        example = {"amount_fen": terms.principal_fen, "tenor": tenor, **shown}
        return {**answer, "offer": {**made, "example": example}}

    def accept(self, principal: Principal, key: str, offer_id: UUID) -> dict[str, Any]:
        """Turn an offer into a line to draw on, or renew the line that is there."""
        principal.require(Scope.LENDING_WRITE)
        command = Command("lending.accept", principal, key, {"offer_id": str(offer_id)})
        return self._database.command(command, lambda tx: offers.accept_offer(tx, offer_id)).value

    # Draw, and what the rail says.

    def draw(
        self,
        principal: Principal,
        key: str,
        facility_id: UUID,
        amount_fen: int,
        tenor: int | None = None,
        receivable_id: UUID | None = None,
    ) -> dict[str, Any]:
        """Draw on a line: the loan is pending until the rail reports, with most rails at once.

        A product that is lent against orders or sales needs the receivable that carries it.
        """
        principal.require(Scope.LENDING_WRITE)
        if not 0 < amount_fen <= AMOUNT_FEN_MAX:
            raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
        body = {"facility_id": str(facility_id), "amount_fen": amount_fen, "tenor": tenor}
        if receivable_id is not None:
            body["receivable_id"] = str(receivable_id)
        carrier = Carrier(receivable_id, self._takings_of_line(principal, facility_id))
        answered = self._database.command(
            Command("lending.draw", principal, key, body),
            lambda tx: promise(
                tx, facility_id, amount_fen, tenor, self._rail.name, self._caps, carrier
            ),
        )
        promised = answered.value
        state = self._payout_state(principal, promised) if answered.replayed else "pending"
        if state == "pending":
            state = self._pay(_order_of(principal, promised)) or state
        terms = promised_terms(promised)
        start = date.fromisoformat(promised["business_date"])
        shown = forecast(terms, start, UUID(promised["loan_id"]), self._caps)
        return {**promised, "state": state, **shown}

    def _takings_of_line(self, principal: Principal, facility_id: UUID) -> int | None:
        """Return what the business of a line takes in a month, where its product asks for that."""
        with self._database.read() as connection:
            line = find_facility(connection, principal, facility_id)
        sold = product_named(line.product)
        if not sold.defers_fees:
            return None
        now = self._database.clock.now()
        monthly_fen = takings_of(self._credit.signals(principal, line.party_id, now), now)
        refuse_unknown_takings(sold, monthly_fen)
        return monthly_fen

    def _payout_state(self, principal: Principal, promised: dict[str, Any]) -> str:
        with self._database.read() as connection:
            return drawdown.state_of(connection, principal, UUID(promised["order_id"]))

    def _pay(self, order: PayoutOrder) -> str | None:
        """Hand an order to the rail and book what it says at once."""
        states = [self._book(report)["state"] for report in self._rail.pay(order)]
        return str(states[-1]) if states else None

    def _book(self, report: RailReport) -> dict[str, Any]:
        order = report.order
        try:
            return self.rail_reported(
                system_principal(order.tenant_id), order.order_id, report.outcome, report.reference
            )
        except Conflict as contradiction:
            if contradiction.code != "lending.rail_contradiction":
                raise
            # Already on the record for people to look into; the first word stands.
            return dict(contradiction.details)

    def rail_reported(
        self, principal: Principal, order_id: UUID, outcome: Outcome | str, reference: str
    ) -> dict[str, Any]:
        """Book the rail's word: settle or undo; a repeat changes nothing.

        A word against an outcome already booked is kept on the record and refused with
        `lending.rail_contradiction`.
        """
        principal.require(Scope.END_OF_DAY)
        said = Outcome(outcome)
        body = {"order_id": str(order_id), "outcome": said.value, "reference": reference}
        key = f"rail:{order_id}:{said}:{reference[:REFERENCE_CHARS_MAX]}"
        command = Command("lending.rail_reported", principal, key, body)
        answer = self._database.command(
            command, lambda tx: drawdown.book_report(tx, order_id, said, reference)
        ).value
        if answer["verdict"] == "contradicted":
            raise Conflict("lending.rail_contradiction", **answer)
        return answer

    def deliver_rail_reports(self) -> int:
        """Book every report that the rail has ready; return how many there were."""
        reports = self._rail.deliver_due(self._database.clock.now())
        for report in reports:
            self._book(report)
        return len(reports)

    def resend_payouts(self, principal: Principal) -> int:
        """Hand open orders to the rail again, for the time after a crash; return how many."""
        principal.require(Scope.END_OF_DAY)
        with self._database.read() as connection:
            orders = drawdown.open_orders(connection, principal, RAIL_ORDERS_PER_CALL_MAX)
        for order in orders:
            self._pay(order)
        return len(orders)

    # Money in.

    def repay(
        self,
        principal: Principal,
        key: str,
        loan_id: UUID,
        amount_fen: int,
        external_reference: str = "",
        value_date: date | None = None,
    ) -> dict[str, Any]:
        """Apply money to a loan: penalty, interest, principal; what is too much is owed back.

        `value_date` dates a payment back that was found late; only the bank's people may.
        """
        principal.require(Scope.LENDING_WRITE)
        if value_date is not None and principal.kind is ActorKind.OWNER:
            raise Forbidden("lending.backdating_forbidden")
        if len(external_reference) > REFERENCE_CHARS_MAX:
            raise Invalid("lending.reference_too_long", max_chars=REFERENCE_CHARS_MAX)
        body = {
            "loan_id": str(loan_id),
            "amount_fen": amount_fen,
            "external_reference": external_reference,
            "value_date": value_date.isoformat() if value_date else None,
        }
        command = Command("lending.repay", principal, key, body)
        return self._database.command(
            command,
            lambda tx: repayment.receive(tx, loan_id, amount_fen, external_reference, value_date),
        ).value

    def take_in(
        self, principal: Principal, key: str, receipts: Sequence[Receipt]
    ) -> dict[str, Any]:
        """Take in a file of repayments: their money is on the books, the night allocates them."""
        principal.require(Scope.END_OF_DAY)
        check_receipts(receipts)
        body = {"receipts": [one.as_json() for one in receipts], "rail": self._rail.name}
        command = Command("lending.take_in", principal, key, body)
        return self._database.command(
            command, lambda tx: take_in(tx, receipts, self._rail.name)
        ).value

    def receipts(
        self,
        principal: Principal,
        state: str = "refused",
        after: UUID | None = None,
        limit: int = RECEIPTS_SHOWN_MAX,
    ) -> list[dict[str, Any]]:
        """Return receipts that wait for the night, or that it has allocated or refused."""
        with self._database.read() as connection:
            return queries.receipts(connection, principal, state, after, limit)

    # Anything else that happens to a loan.

    def preview_event(
        self, principal: Principal, loan_id: UUID, asked: AskedEvent
    ) -> dict[str, Any]:
        """Return what an event would lead to: figures, schedule, transfers; nothing is written."""
        with self._database.read() as connection:
            return event_commands.preview(connection, principal, loan_id, asked, self._caps)

    def record_event(
        self, principal: Principal, key: str, loan_id: UUID, asked: AskedEvent
    ) -> dict[str, Any]:
        """Record an event of any kind; a write-off is only proposed, for a second person."""
        body = {"loan_id": str(loan_id), **asked.as_json()}
        command = Command("lending.record_event", principal, key, body)
        return self._database.command(
            command, lambda tx: event_commands.record_event(tx, loan_id, asked, self._caps)
        ).value

    def preview_reversal(
        self, principal: Principal, loan_id: UUID, event_id: UUID
    ) -> dict[str, Any]:
        """Return what undoing an event would lead to; nothing is written."""
        with self._database.read() as connection:
            return event_commands.preview_undoing(
                connection, principal, loan_id, event_id, self._caps
            )

    def reverse_event(
        self, principal: Principal, key: str, loan_id: UUID, event_id: UUID, reason: str = ""
    ) -> dict[str, Any]:
        """Undo an event by a new one: the loan is as if it had never happened."""
        if len(reason) > REFERENCE_CHARS_MAX:
            raise Invalid("lending.reference_too_long", max_chars=REFERENCE_CHARS_MAX)
        body = {"loan_id": str(loan_id), "event_id": str(event_id), "reason": reason}
        command = Command("lending.reverse_event", principal, key, body)
        return self._database.command(
            command,
            lambda tx: event_commands.reverse_event(tx, loan_id, event_id, reason, self._caps),
        ).value

    def decide_proposal(
        self, principal: Principal, key: str, proposal_id: UUID, *, approved: bool
    ) -> dict[str, Any]:
        """Carry out, or decline, an event that somebody else has proposed."""
        body = {"proposal_id": str(proposal_id), "approved": approved}
        command = Command("lending.decide_proposal", principal, key, body)
        return self._database.command(
            command,
            lambda tx: event_commands.decide_proposal(
                tx, proposal_id, self._caps, approved=approved
            ),
        ).value

    def proposals(self, principal: Principal, loan_id: UUID | None = None) -> list[dict[str, Any]]:
        """Return the events that wait for a second person, of one loan or of all."""
        with self._database.read() as connection:
            return timeline.open_proposals(connection, principal, loan_id)

    def timeline(self, principal: Principal, loan_id: UUID) -> dict[str, Any]:
        """Return all that happened to a loan, its schedule, and its entries in the ledger."""
        with self._database.read() as connection:
            return timeline.timeline(connection, principal, loan_id)

    def fund(self, principal: Principal, key: str, amount_fen: int) -> dict[str, Any]:
        """Put the owners' capital on the rail, so that there is money to lend."""
        principal.require(Scope.END_OF_DAY)
        if not 0 < amount_fen <= AMOUNT_FEN_MAX:
            raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
        paid_in = Movement(settlement(self._rail.name), CAPITAL, amount_fen, "lending.funding")

        def handler(tx: Transaction) -> dict[str, Any]:
            today = current_business_date(tx.connection, tx.tenant_id)
            record(tx, [paid_in], "funding", today)
            facts = {
                "account": paid_in.debit,
                "amount_fen": amount_fen,
                "business_date": today.isoformat(),
            }
            tx.emit("lending.funded", "funding", facts, business_date=today)
            return facts

        body = {"amount_fen": amount_fen, "rail": self._rail.name}
        return self._database.command(Command("lending.fund", principal, key, body), handler).value

    # Reads.

    def products(self) -> list[dict[str, Any]]:
        """Return what the bank sells."""
        return queries.list_products()

    def applications(
        self, principal: Principal, party_id: UUID | None = None
    ) -> list[dict[str, Any]]:
        """Return applications, the latest first."""
        with self._database.read() as connection:
            return queries.applications(connection, principal, party_id)

    def offers(self, principal: Principal, party_id: UUID) -> list[dict[str, Any]]:
        """Return the offers of a business that can still be accepted."""
        with self._database.read() as connection:
            now = self._database.clock.now()
            return queries.open_offers(connection, principal, party_id, now)

    def offer(self, principal: Principal, offer_id: UUID) -> dict[str, Any]:
        """Return one offer."""
        with self._database.read() as connection:
            return queries.one_offer(connection, principal, offer_id)

    def answer_to(self, principal: Principal, decision: StoredDecision) -> dict[str, Any]:
        """Return what came of a decision: the outcome, the offer, what the law made of its price.

        The notes are reasons, to be said in the reader's language.
        """
        with self._database.read() as connection:
            return queries.answer_to(connection, principal, decision, self._caps)

    def facilities(
        self, principal: Principal, party_id: UUID | None = None
    ) -> list[dict[str, Any]]:
        """Return the lines of a business, or of all that the principal may see."""
        with self._database.read() as connection:
            return queries.facilities(connection, principal, party_id)

    def facility(self, principal: Principal, facility_id: UUID) -> dict[str, Any]:
        """Return one line."""
        with self._database.read() as connection:
            return queries.one_facility(connection, principal, facility_id)

    def loans(self, principal: Principal, **narrowed: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """Return loans; narrow by party_id, facility_id, status, after, limit."""
        with self._database.read() as connection:
            return queries.loans(connection, principal, **narrowed)

    def loan(self, principal: Principal, loan_id: UUID) -> dict[str, Any]:
        """Return a loan as it stands today, with its schedule."""
        with self._database.read() as connection:
            return queries.one_loan(connection, principal, loan_id)

    def payoff_quote(
        self, principal: Principal, loan_id: UUID, on: date | None = None
    ) -> dict[str, Any]:
        """Return what would pay a loan off on a day, today or later."""
        with self._database.read() as connection:
            return queries.payoff_quote(connection, principal, loan_id, on)

    def statement(
        self,
        principal: Principal,
        *,
        loan_id: UUID | None = None,
        facility_id: UUID | None = None,
    ) -> dict[str, Any]:
        """Return the statement of one loan, or of a line with all its loans."""
        assert (loan_id is None) != (facility_id is None), "a loan or a line"
        with self._database.read() as connection:
            if loan_id is not None:
                return queries.loan_statement(connection, principal, loan_id)
            assert facility_id is not None
            return queries.facility_statement(connection, principal, facility_id)

    def portfolio(self, principal: Principal) -> dict[str, Any]:
        """Return the book by product and status."""
        with self._database.read() as connection:
            return queries.portfolio(connection, principal)


def _order_of(principal: Principal, promised: dict[str, Any]) -> PayoutOrder:
    return PayoutOrder(
        order_id=UUID(promised["order_id"]),
        tenant_id=principal.tenant_id,
        party_id=UUID(promised["party_id"]),
        loan_id=UUID(promised["loan_id"]),
        amount_fen=promised["amount_fen"],
        ordered_at=datetime.fromisoformat(promised["ordered_at"]),
    )
