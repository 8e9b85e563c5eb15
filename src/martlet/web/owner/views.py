"""What the owner's pages show, gathered from the rooms with the owner's own rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.web.limits import LOANS_SHOWN_MAX

if TYPE_CHECKING:
    from martlet.parties import Business
    from martlet.web.visitors import Visitor

_TONES = {"live": "good", "overdue": "bad", "pending": "warn"}
_LIVE = {"live", "overdue"}


@dataclass(frozen=True, slots=True)
class Shop:
    """One business as its owner sees it."""

    party_id: UUID
    name: str
    trade: str
    region: str
    lines: list[dict[str, Any]]
    loans: list[dict[str, Any]]
    has_records: bool
    cash_fen: int
    """In the balance and at work here."""

    @property
    def available_fen(self) -> int:
        """What may still be drawn."""
        return sum(line["available_fen"] for line in self.lines if not line["lapsed"])

    @property
    def owed_fen(self) -> int:
        """What would pay everything off today."""
        return sum(loan["outstanding_fen"] for loan in self.loans)

    @property
    def due_fen(self) -> int:
        """What must be paid by now."""
        return sum(loan["due_fen"] for loan in self.loans)

    @property
    def next_due_on(self) -> str | None:
        """The next day on which something falls due."""
        return min(
            (loan["next_due_on"] for loan in self.loans if loan["next_due_on"]), default=None
        )

    @property
    def next_due_fen(self) -> int:
        """What falls due on that day."""
        day = self.next_due_on
        return sum(loan["next_due_fen"] for loan in self.loans if loan["next_due_on"] == day)


def business_of(visitor: Visitor, party_id: UUID) -> Business:
    """Return a business of the visitor's; another's does not exist."""
    return visitor.bank.parties.business(visitor.principal, party_id)


def shops_of(visitor: Visitor) -> list[Shop]:
    """Return every business of the visitor's with its lines and running loans."""
    bank, principal = visitor.bank, visitor.principal
    return [
        Shop(
            business.party_id,
            business.name.reveal(),
            business.trade,
            business.region,
            [shown_line(visitor, line) for line in bank.lending.facilities(
                principal, business.party_id
            )],
            running_loans(visitor, party_id=business.party_id),
            bool(imports_of(visitor, business.party_id)),
            bank.treasury.total_fen(principal, business.party_id),
        )
        for business in bank.parties.businesses(principal)
    ]  # fmt: skip


def imports_of(visitor: Visitor, party_id: UUID) -> list[Any]:
    """Return the files brought in for a business, the latest first."""
    return list(visitor.bank.records.imports(visitor.principal, party_id))


def shown_line(visitor: Visitor, line: dict[str, Any]) -> dict[str, Any]:
    """Return a line with its product's name in the visitor's language."""
    return {**line, "product_label": line["product_name"][visitor.locale.value]}


def running_loans(visitor: Visitor, **narrowed: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Return loans that run or are on their way, as they stand today, the latest first."""
    found = visitor.bank.lending.loans(visitor.principal, limit=LOANS_SHOWN_MAX, **narrowed)
    running = [loan for loan in found if loan["status"] in {*_LIVE, "pending"}]
    return [shown_loan(visitor, UUID(loan["loan_id"])) for loan in reversed(running)]


def shown_loan(visitor: Visitor, loan_id: UUID) -> dict[str, Any]:
    """Return a loan as a page shows it."""
    loan = visitor.bank.lending.loan(visitor.principal, loan_id)
    labels = {item["product"]: item["name"] for item in visitor.bank.lending.products()}
    return {
        **loan,
        "tone": _TONES.get(loan["status"], ""),
        "product_label": labels[loan["product"]][visitor.locale.value],
        "drawn_on": loan["disbursed_on"] or loan["created_on"],
        "can_repay": loan["status"] in _LIVE,
    }


def shown_products(visitor: Visitor) -> list[dict[str, Any]]:
    """Return what the bank sells, as a form offers it."""
    hints = {
        "revolving_daily": visitor.say(
            "Draw and repay any day; you pay interest only for the days you have the money."
        ),
        "equal_instalments": visitor.say("The same sum every month, until it is repaid."),
        "equal_principal": visitor.say("A little less every month: equal principal and interest."),
        "interest_then_principal": visitor.say("Interest every month, the principal at the end."),
        "bullet": visitor.say("Nothing until the end; then everything at once."),
        "takings_advance": visitor.say(
            "A fixed fee; a share of each day's takings repays it. Slow days repay less."
        ),
    }
    return [
        {
            "name": item["product"],
            "label": item["name"][visitor.locale.value],
            "hint": hints.get(item["product"], ""),
            "tenors": item["tenors"],
            "tenor_default": item["tenor_default"],
            "unit": item["tenor_unit"],
        }
        for item in sorted(visitor.bank.lending.products(), key=lambda item: not item["revolving"])
    ]
