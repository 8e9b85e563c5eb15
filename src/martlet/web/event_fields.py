"""Which fields a form asks for each kind of event, as data.

A kind that is not here cannot be recorded on a page: a payout goes over the rail, and what undoes
an event is asked for beside that event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["amount", "day", "number", "percent", "text", "choice"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form: its name, what it is called, how it is read."""

    name: str
    kind: Kind
    label: str
    needed: bool = True
    choices: tuple[str, ...] = ()


_AMOUNT = Field("amount", "amount", "Amount in yuan")
_REFERENCE = Field("reference", "text", "Reference", needed=False)
_REASON = Field("reason", "text", "Reason", needed=False)
_CHARGE = (
    _AMOUNT,
    Field("name", "text", "What it is called"),
    Field("due_on", "day", "Due on (else on its value date)", needed=False),
)
_MONEY = (_AMOUNT, _REFERENCE)

FIELDS: dict[str, tuple[Field, ...]] = {
    "repaid": _MONEY,
    "fee_charged": _CHARGE,
    "penalty_charged": _CHARGE,
    "waived": (
        Field("component", "choice", "What is given up", choices=("interest", "fee", "penalty")),
        Field("amount", "amount", "Amount in yuan (empty: all of it)", needed=False),
    ),
    "goodwill_credit": _MONEY,
    "merchant_refund": _MONEY,
    "payout_refund": _MONEY,
    "refunded_in_cash": _MONEY,
    "charged_back": (_AMOUNT,),
    "overpayment_refunded": _MONEY,
    "rate_changed": (
        Field("effective_on", "day", "Counts from the night of"),
        Field("rate", "percent", "New rate a day in %"),
    ),
    "interest_paused": (
        Field("from_on", "day", "First free night"),
        Field("until_on", "day", "Last free night"),
    ),
    "rescheduled": (
        Field("from_due_on", "day", "From the instalment due on"),
        Field("moved_to", "day", "Its new due date", needed=False),
        Field("extra_terms", "number", "Further instalments", needed=False),
        Field("principal_grace", "number", "Instalments without principal", needed=False),
        Field("interest_grace", "number", "Instalments without interest", needed=False),
    ),
    "re_aged": (
        Field("first_due_on", "day", "First new due date"),
        Field("instalments", "number", "How many instalments"),
        Field("every", "number", "Every so many"),
        Field("unit", "choice", "Unit", choices=("days", "weeks", "months", "years")),
    ),
    "re_amortised": (_REASON,),
    "extended": (Field("extra_terms", "number", "Further instalments"),),
    "share_changed": (
        Field("effective_on", "day", "Counts from the takings of"),
        Field("share_ppm", "percent", "New share of each day's takings in %"),
    ),
    "charged_off": (_REASON,),
    "written_off": (_REASON,),
    "recovered": _MONEY,
}


def messages() -> set[str]:
    """Return every English text of the table, for the test that the catalogue is complete."""
    return {one.label for fields in FIELDS.values() for one in fields}
