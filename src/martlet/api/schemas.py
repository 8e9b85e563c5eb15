"""What callers send: the shapes and bounds of every body, checked before a room sees it.

Whole numbers are strict (no "100", no 1e2, no true); texts carry no control characters, which no
name or reference has and PostgreSQL does not store.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from martlet.api.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, RECEIPTS_PER_REQUEST_MAX
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.lending.collections import HandlerKind


def _plain(value: str) -> str:
    """Refuse characters that no person types: controls and halves of surrogate pairs."""
    if any((ord(c) < 32 and c not in "\n\t") or 0xD800 <= ord(c) < 0xE000 for c in value):  # noqa: PLR2004
        message = "control characters"
        raise ValueError(message)
    return value


Plain = Annotated[str, AfterValidator(_plain)]
Fen = Annotated[int, Field(strict=True, ge=1, le=AMOUNT_FEN_MAX, description="In fen (1/100 yuan)")]
Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_plain),
]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{6,15}$")]
Tenor = Annotated[int, Field(strict=True, ge=1, le=3_650)]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)]
ROWS = PAGE_ROWS_DEFAULT


class Body(BaseModel):
    """A request body: what is not asked for is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NewBusiness(Body):
    """A business and its owner."""

    name: Line
    trade: Line
    region: Line
    owner_name: Line
    owner_phone: Phone
    registration_no: Line | None = None
    opened_on: date | None = None


class NewConsent(Body):
    """Which records may be read, until when, and for what."""

    records: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=16)]
    until: date
    purpose: Slug = "credit"


class NewClearing(Body):
    """Which finding a person found explained, and how."""

    kind: Slug
    reason: Annotated[
        str,
        StringConstraints(min_length=1, max_length=500, strip_whitespace=True),
        AfterValidator(_plain),
    ]


class NewApplication(Body):
    """What a business asks for."""

    party_id: UUID
    product: Slug
    requested_fen: Fen
    tenor: Annotated[Tenor | None, Field(description="In the product's unit: days or months")] = (
        None
    )


class NewDrawdown(Body):
    """How much of its line a business takes."""

    amount_fen: Fen
    tenor: Tenor | None = None
    receivable_id: UUID | None = None
    """The order or sale that carries it, where its product asks for one."""


class NewReceivable(Body):
    """An order or a sale agreed beforehand."""

    party_id: UUID
    product: Slug
    reference: Annotated[
        str, StringConstraints(min_length=1, max_length=64), AfterValidator(_plain)
    ]
    expected_fen: Fen
    settles_on: date


class NewDeposit(Body):
    """What a buyer has paid beforehand."""

    amount_fen: Fen


class NewBuyerPayment(Body):
    """What a buyer has paid, and whether it is all that will come."""

    amount_fen: Fen
    last: bool = False


class NewTakings(Body):
    """What a business's till took on a day; null where its records are to say it."""

    party_id: UUID
    on: date
    taken_fen: Annotated[int, Field(strict=True, ge=0, le=AMOUNT_FEN_MAX)] | None = None


class TakingsDay(Body):
    """A day whose takings are collected from."""

    on: date


class NewRepayment(Body):
    """What came in for a loan."""

    amount_fen: Fen
    external_reference: Annotated[str, StringConstraints(max_length=64), AfterValidator(_plain)] = (
        ""
    )


class NewReceipt(Body):
    """A repayment as a bank's file has it, under an identifier of the sender's making."""

    receipt_id: UUID
    loan_id: UUID
    amount_fen: Fen
    value_date: date
    reference: Annotated[str, StringConstraints(max_length=120), AfterValidator(_plain)] = ""


class NewReceipts(Body):
    """Repayments taken in together or not at all."""

    receipts: Annotated[
        tuple[NewReceipt, ...], Field(min_length=1, max_length=RECEIPTS_PER_REQUEST_MAX)
    ]


class NewPromise(Body):
    """How much is promised by when, on one loan or on any of a business's."""

    amount_fen: Fen
    pay_by: date
    loan_id: UUID | None = None
    party_id: UUID | None = None


class NewHandOver(Body):
    """To whom a case goes: a member of staff by id, a team or an agency by its short name."""

    kind: HandlerKind
    name: Line


class NewHandler(Body):
    """A team or an agency, and whether cases may still go to it."""

    kind: HandlerKind
    name: Slug
    title: Annotated[Line, Field(max_length=80)]
    active: bool = True


class NewCaseNote(Body):
    """A note for the bank's own people."""

    text: Annotated[
        str,
        StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True),
        AfterValidator(_plain),
    ]


class NewPause(Body):
    """Whose reminders rest until when, and why."""

    party_id: UUID
    until: date
    reason: Slug


class NewEvent(Body):
    """Something that happened to a loan: its kind, its amount, what else its kind says.

    The details of each kind are described in `docs/loan-events.md`.
    """

    kind: Slug
    amount_fen: Annotated[
        int, Field(strict=True, ge=0, le=AMOUNT_FEN_MAX, description="In fen; 0 where none moves")
    ] = 0
    value_date: date | None = None
    details: dict[str, Any] | None = None
    reference: Annotated[str, StringConstraints(max_length=64), AfterValidator(_plain)] = ""


class NewReversal(Body):
    """Why an event is undone."""

    reason: Annotated[str, StringConstraints(max_length=100), AfterValidator(_plain)] = ""


class NewPolicy(Body):
    """A policy as TOML, and from when it counts."""

    text: Annotated[
        str, StringConstraints(min_length=1, max_length=200_000), AfterValidator(_plain)
    ]
    effective_from: date | None = None


class NewRelief(Body):
    """A relief programme as TOML or JSON."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(_plain)]


class NewReliefEnd(Body):
    """Why a programme is stopped."""

    reason: Line


class NewReliefReversal(Body):
    """Why a programme is reversed, and its first day without relief (None: today)."""

    reason: Line
    from_on: date | None = None


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    figures: dict[str, object] = {}
    errors: list[dict[str, object]] = []
