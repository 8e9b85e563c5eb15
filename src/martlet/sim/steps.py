"""What the merchants do at the bank, each step through the production services.

Nothing here is a copy of the bank. Every command has a key of the world's own, is now and then
sent twice as an unsure sender would, and is noted once it has been answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from martlet.kernel.errors import Refused
from martlet.sim.behaviour import YUAN_FEN, Apply, Draw, Look, Pay, PayOff
from martlet.sim.checks import KEY_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal
    from martlet.sim.behaviour import Will, Wish
    from martlet.sim.checks import Checks
    from martlet.sim.report import SimReport
    from martlet.sim.takings import Till

T = TypeVar("T")


@dataclass(slots=True)
class Actor:
    """A merchant at the bank: its mind, its days, its identity there."""

    will: Will
    till: Till
    party_id: UUID
    principal: Principal


@dataclass(slots=True)
class Counter:
    """The bank's counter: where wishes become commands."""

    bank: Bank
    report: SimReport
    checks: Checks
    _keys: int = field(default=0)

    def send(self, what: str, command: Callable[[str], T], *, twice: bool = False) -> T:
        """Send a command under a fresh key, perhaps twice, and note that it was answered."""
        self._keys += 1
        key = f"{KEY_PREFIX}{what}:{self._keys}"
        answer = command(key)
        self.checks.acknowledged.append(key)
        if twice:
            self.report.commands_sent_twice += 1
            command(key)
        return answer

    def fulfil(self, actor: Actor, wish: Wish, today: date) -> None:
        """Carry out what a merchant wants; a refusal is part of life."""
        match wish:
            case Apply():
                self._apply(actor, wish, today)
            case Draw():
                self._draw(actor, wish, today)
            case Look(loan_id):
                seen = actor.will.seen(self.bank.lending.loan(actor.principal, loan_id), today)
                if seen is not None:
                    self.fulfil(actor, seen, today)
            case Pay(loan_id, amount_fen):
                self._repay(actor, loan_id, amount_fen)
            case PayOff(loan_id):
                quote = self.bank.lending.payoff_quote(actor.principal, loan_id)
                self._repay(actor, loan_id, quote["total_fen"])

    def _apply(self, actor: Actor, wish: Apply, today: date) -> None:
        answer = self.send(
            "apply",
            lambda key: self.bank.lending.apply(
                actor.principal, key, actor.party_id, wish.product, wish.requested_fen
            ),
            twice=actor.will.unsure(),
        )
        self.report.applications += 1
        if answer["offer"] is None:
            self.report.declined += 1
            actor.will.refused(today)
            return
        self.report.approved += 1
        offer_id = UUID(answer["offer"]["offer_id"])
        line = self.send(
            "accept", lambda key: self.bank.lending.accept(actor.principal, key, offer_id)
        )
        actor.will.accepted(UUID(line["facility_id"]), today)

    def _draw(self, actor: Actor, wish: Draw, today: date) -> None:
        line = self.bank.lending.facility(actor.principal, wish.facility_id)
        if line["lapsed"]:
            actor.will.lapsed(today)
            return
        amount_fen = wish.amount_fen(line["available_fen"])
        if not amount_fen:
            return
        tenor = actor.will.chosen_tenor(line["tenors"])
        try:
            drawn: dict[str, Any] = self.send(
                "draw",
                lambda key: self.bank.lending.draw(
                    actor.principal, key, wish.facility_id, amount_fen, tenor
                ),
                twice=actor.will.unsure(),
            )
        except Refused:
            self.report.draws_refused += 1
            return
        self.report.loans += 1
        self.report.one_yuan_loans += amount_fen == YUAN_FEN
        self.report.drawn_fen += amount_fen
        actor.will.drew(UUID(drawn["loan_id"]), drawn["schedule"], today)

    def _repay(self, actor: Actor, loan_id: UUID, amount_fen: int) -> None:
        self.send(
            "repay",
            lambda key: self.bank.lending.repay(actor.principal, key, loan_id, amount_fen),
            twice=actor.will.unsure(),
        )
        self.report.repayments += 1
        self.report.received_fen += amount_fen
