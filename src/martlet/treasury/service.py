"""The treasury room from outside: subscribe, redeem, publish, and every read, for a principal.

Every change is one command under the caller's key: sent again, it is answered again and done once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.kernel.errors import Conflict, Forbidden, Invalid, Refused, TooLarge
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.principal import Principal, Scope, system_principal
from martlet.ledger import current_business_date
from martlet.parties import business_facts
from martlet.store import Command
from martlet.treasury import (
    holdings,
    payouts,
    product_book,
    queries,
    redeeming,
    subscribing,
    withdrawing,
)
from martlet.treasury.book import yields_since
from martlet.treasury.business_days import shipped_business_days
from martlet.treasury.falling_due import available_fen
from martlet.treasury.limits import (
    ORDERS_PER_CALL_MAX,
    REFERENCE_CHARS_MAX,
    SWEEPS_MAX,
    YIELD_PPM_PER_YEAR_MAX,
    YIELDS_PER_COMMAND_MAX,
)
from martlet.treasury.night import TreasuryNight, accrued_until, write_yields
from martlet.treasury.product import Crediting, YieldSource, product_named
from martlet.treasury.rail import Outcome
from martlet.treasury.verify import verify_treasury

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from martlet.store import Database, Transaction
    from martlet.treasury.business_days import BusinessDays
    from martlet.treasury.rail import RedemptionOrder, RedemptionRail, RedemptionReport


class TreasuryService:
    """Puts idle cash to work and pays it back; the rail and the calendar are handed in."""

    def __init__(
        self, database: Database, rail: RedemptionRail, days: BusinessDays | None = None
    ) -> None:
        self._database = database
        self._rail = rail
        self._days = days or shipped_business_days()

    @property
    def days(self) -> BusinessDays:
        """The business days by which it confirms and pays."""
        return self._days

    def night(self) -> TreasuryNight:
        """Return the treasury's part of a night."""
        return TreasuryNight(self._rail.name, self._days)

    # Money in.

    def take_in(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        amount_fen: int,
        reference: str = "",
    ) -> dict[str, Any]:
        """Book takings that have arrived for a business; its standing order sweeps them at once."""
        principal.require(Scope.END_OF_DAY)
        self._check(principal, party_id, amount_fen)
        if len(reference) > REFERENCE_CHARS_MAX:
            raise Invalid("treasury.reference_too_long", max_chars=REFERENCE_CHARS_MAX)
        body = {"party_id": str(party_id), "amount_fen": amount_fen, "reference": reference}

        def handler(tx: Transaction) -> dict[str, Any]:
            held_fen = available_fen(tx.connection, tx.tenant_id, party_id)
            return subscribing.take_in(
                tx, self._days, party_id, amount_fen, self._rail.name, held_fen
            )

        command = Command("treasury.take_in", principal, key, body)
        return self._database.command(command, handler).value

    def set_sweep(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        product: str | None,
        keep_fen: int = 0,
    ) -> dict[str, Any]:
        """Give, change or end a business's standing order to put its takings to work."""
        principal.require(Scope.TREASURY_WRITE)
        self._check(principal, party_id, keep_fen + 1)
        body = {"party_id": str(party_id), "product": product, "keep_fen": keep_fen}
        command = Command("treasury.set_sweep", principal, key, body)
        return self._database.command(
            command, lambda tx: subscribing.set_sweep(tx, party_id, product, keep_fen)
        ).value

    def subscribe(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        product: str,
        amount_fen: int,
        tenor_days: int | None = None,
        instalments: int | None = None,
    ) -> dict[str, Any]:
        """Take an amount from a business's balance into a product; a plan takes its first."""
        principal.require(Scope.TREASURY_WRITE)
        self._check(principal, party_id, amount_fen)
        body = {
            "party_id": str(party_id),
            "product": product,
            "amount_fen": amount_fen,
            "tenor_days": tenor_days,
            "instalments": instalments,
        }
        command = Command("treasury.subscribe", principal, key, body)
        return self._database.command(
            command,
            lambda tx: subscribing.subscribe(
                tx, self._days, party_id, product, amount_fen, tenor_days, instalments
            ),
        ).value

    def _check(self, principal: Principal, party_id: UUID, amount_fen: int) -> None:
        if not 0 < amount_fen <= AMOUNT_FEN_MAX:
            raise Invalid("treasury.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
        with self._database.read() as connection:
            business_facts(connection, principal, party_id)

    # Money out.

    def redeem(
        self,
        principal: Principal,
        key: str,
        position_id: UUID,
        amount_fen: int | None = None,
        lost_fen_max: int | None = None,
        *,
        to_balance: bool = False,
    ) -> dict[str, Any]:
        """Take an amount, or all, out of a position: at once within the caps, else in its turn.

        Before its term it costs interest; `lost_fen_max` is what the owner has agreed to lose.
        What would leave by the rail stays in the balance where that is asked for.
        """
        principal.require(Scope.TREASURY_WRITE)
        body = {
            "position_id": str(position_id),
            "amount_fen": amount_fen,
            "lost_fen_max": lost_fen_max,
            "to_balance": to_balance,
        }
        command = Command("treasury.redeem", principal, key, body)
        answer = self._database.command(
            command,
            lambda tx: redeeming.redeem(
                tx,
                self._days,
                self._rail.name,
                position_id,
                amount_fen,
                lost_fen_max,
                to_balance=to_balance,
            ),
        )
        if answer.value["at_once_fen"] and not answer.replayed:
            bank = system_principal(principal.tenant_id)
            self._hand_over(bank, only=[UUID(one) for one in answer.value["orders"]])
        return answer.value

    def preview(
        self, principal: Principal, position_id: UUID, amount_fen: int | None = None
    ) -> dict[str, Any]:
        """Return what taking an amount out today would give and cost; nothing is written."""
        principal.require(Scope.TREASURY_READ)
        with self._database.read() as connection:
            now, rail = self._database.clock.now(), self._rail.name
            return redeeming.preview(
                connection, principal, self._days, rail, now, position_id, amount_fen
            )

    def withdraw(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        amount_fen: int,
        reference: str = "",
    ) -> dict[str, Any]:
        """Pay an amount out of a business's balance by the rail."""
        principal.require(Scope.TREASURY_WRITE)
        self._check(principal, party_id, amount_fen)
        if len(reference) > REFERENCE_CHARS_MAX:
            raise Invalid("treasury.reference_too_long", max_chars=REFERENCE_CHARS_MAX)
        body = {"party_id": str(party_id), "amount_fen": amount_fen, "reference": reference}
        command = Command("treasury.withdraw", principal, key, body)
        answer = self._database.command(
            command,
            lambda tx: withdrawing.withdraw(tx, party_id, amount_fen, reference, self._rail.name),
        )
        if not answer.replayed:
            bank = system_principal(principal.tenant_id)
            self._hand_over(bank, only=[UUID(answer.value["order_id"])])
        return answer.value

    def send_payouts(self, principal: Principal) -> int:
        """Hand open orders to the rail, again where it has not answered; return how many."""
        principal.require(Scope.END_OF_DAY)
        count, after = 0, None
        for _ in range(SWEEPS_MAX):
            handed = self._hand_over(principal, after)
            count += len(handed)
            if len(handed) < ORDERS_PER_CALL_MAX:
                break
            after = handed[-1].order_id
        return count

    def _hand_over(
        self, principal: Principal, after: UUID | None = None, only: Sequence[UUID] | None = None
    ) -> list[RedemptionOrder]:
        asked = (principal, ORDERS_PER_CALL_MAX, after, only)
        with self._database.read() as connection:
            found = payouts.open_orders(connection, *asked)
            found += withdrawing.open_withdrawals(connection, *asked)
        orders = sorted(found, key=lambda one: one.order_id)[:ORDERS_PER_CALL_MAX]
        for order in orders:
            for report in self._rail.pay(order):
                self._book(principal, report)
        return orders

    def _book(self, principal: Principal, report: RedemptionReport) -> None:
        try:
            self.rail_reported(principal, report.order.order_id, report.outcome, report.reference)
        except Conflict as contradiction:
            if contradiction.code != "treasury.rail_contradiction":
                raise

    def rail_reported(
        self, principal: Principal, order_id: UUID, outcome: Outcome | str, reference: str
    ) -> dict[str, Any]:
        """Book the rail's word: settle or undo; a repeat changes nothing."""
        principal.require(Scope.END_OF_DAY)
        said = Outcome(outcome)
        body = {"order_id": str(order_id), "outcome": said.value, "reference": reference}
        key = f"redemption:{order_id}:{said}:{reference[:REFERENCE_CHARS_MAX]}"
        command = Command("treasury.rail_reported", principal, key, body)
        told = reference[:REFERENCE_CHARS_MAX]

        def handler(tx: Transaction) -> dict[str, Any]:
            order = withdrawing.find_withdrawal(tx.connection, tx.tenant_id, order_id)
            if order is not None:
                return withdrawing.book_report(tx, order, said, told)
            return payouts.book_report(tx, order_id, said, told, self._days)

        answer = self._database.command(command, handler).value
        if answer["verdict"] == "contradicted":
            raise Conflict("treasury.rail_contradiction", **answer)
        return answer

    # Yields.

    def publish_yields(
        self, principal: Principal, key: str, product: str, told: Mapping[date, int]
    ) -> dict[str, Any]:
        """Note what a partner has published of days' yields; each day is said once and for good.

        A day that is past is made good in the next night; a day to come is refused.
        """
        principal.require(Scope.END_OF_DAY)
        sold = product_named(product)
        if sold.crediting is not Crediting.DAILY:
            raise Refused("treasury.yield_by_table", product=product)
        if not 0 < len(told) <= YIELDS_PER_COMMAND_MAX:
            raise TooLarge("treasury.too_many_yields", max_count=YIELDS_PER_COMMAND_MAX)
        if not all(0 <= ppm <= YIELD_PPM_PER_YEAR_MAX for ppm in told.values()):
            raise Invalid("treasury.yield_out_of_range", max_ppm=YIELD_PPM_PER_YEAR_MAX)
        body = {"product": product, "yields": {str(day): told[day] for day in sorted(told)}}

        def handler(tx: Transaction) -> dict[str, Any]:
            today = current_business_date(tx.connection, tx.tenant_id)
            if (latest := max(told)) > today:
                raise Refused("treasury.yield_to_come", day=str(latest), open_date=str(today))
            known = yields_since(tx.connection, tx.tenant_id, product, min(told))
            for day in sorted(told):
                if day in known:
                    raise Conflict("treasury.yield_known", product=product, day=str(day))
            known_on = max(today, accrued_until(tx) or today)
            write_yields(tx, product, dict(told), known_on, YieldSource.PUBLISHED)
            answer = {**body, "known_on": known_on.isoformat()}
            stream = f"treasury:{product}"
            tx.emit("treasury.yields_published", stream, answer, business_date=today)
            return answer

        command = Command("treasury.publish_yields", principal, key, body)
        return self._database.command(command, handler).value

    # Reads.

    def products(self, principal: Principal) -> list[dict[str, Any]]:
        """Return what the bank offers for idle cash today."""
        with self._database.read() as connection:
            today = current_business_date(connection, principal.tenant_id)
            return queries.list_products(connection, principal.tenant_id, today)

    def positions(
        self, principal: Principal, party_id: UUID, *, closed: bool = False
    ) -> list[dict[str, Any]]:
        """Return a business's positions, the latest first."""
        principal.require(Scope.TREASURY_READ)
        with self._database.read() as connection:
            return queries.positions(connection, principal, party_id, closed=closed)

    def overview(self, principal: Principal, party_id: UUID) -> dict[str, Any]:
        """Return a business's positions, their value, and what yesterday has brought."""
        principal.require(Scope.TREASURY_READ)
        with self._database.read() as connection:
            return holdings.overview(connection, principal, party_id)

    def total_fen(self, principal: Principal, party_id: UUID) -> int:
        """Return all that a business has here: its balance and what is at work."""
        principal.require(Scope.TREASURY_READ)
        with self._database.read() as connection:
            return holdings.total_fen(connection, principal, party_id)

    def orders(self, principal: Principal, party_id: UUID) -> list[dict[str, Any]]:
        """Return a business's payments out, the latest first."""
        principal.require(Scope.TREASURY_READ)
        with self._database.read() as connection:
            return holdings.orders(connection, principal, party_id)

    def month(self, principal: Principal, party_id: UUID, month: str) -> dict[str, Any]:
        """Return what a month (YYYY-MM) did to each of a business's positions."""
        principal.require(Scope.TREASURY_READ)
        with self._database.read() as connection:
            return holdings.month_account(connection, principal, party_id, month)

    def earnings(
        self, principal: Principal, party_id: UUID, first: date, last: date
    ) -> dict[str, Any]:
        """Return what a business has earned by day."""
        principal.require(Scope.TREASURY_READ)
        with self._database.read() as connection:
            return queries.earnings(connection, principal, party_id, first, last)

    def statement(
        self, principal: Principal, position_id: UUID, first: date, last: date
    ) -> dict[str, Any]:
        """Return what happened to a position from a day to a day."""
        principal.require(Scope.TREASURY_READ)
        with self._database.read() as connection:
            return queries.statement(connection, principal, position_id, first, last)

    def book(self, principal: Principal) -> dict[str, Any]:
        """Return what stands of each product, for the bank's own people."""
        principal.require(Scope.LEDGER_READ)
        if principal.party_ids is not None:
            raise Forbidden("treasury.book_is_the_banks")
        with self._database.read() as connection:
            return product_book.book(connection, principal)

    def prove(self, principal: Principal) -> dict[str, Any]:
        """Replay every position of the tenant and compare all sums; raise `Corrupt` on a lie."""
        principal.require(Scope.LEDGER_READ)
        if principal.party_ids is not None:
            raise Forbidden("treasury.book_is_the_banks")
        with self._database.read() as connection:
            return verify_treasury(connection, principal.tenant_id)

    def daily_flows(self, principal: Principal, first: date, last: date) -> list[dict[str, Any]]:
        """Return what was subscribed and redeemed by product and day, as the book has it."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            return product_book.daily_flows(connection, principal, first, last)
