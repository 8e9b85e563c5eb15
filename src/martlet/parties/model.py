"""Parties as values: who they are, what they allowed, and what may be shown of them.

`Masked` is how personal data travels: whatever prints, logs or renders it shows the mask; only a
deliberate `reveal()` gives the plain text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid
from martlet.parties.identifiers import read_credit_code, read_mobile
from martlet.parties.limits import LABEL_CHARS_MAX, NAME_CHARS_MAX

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from martlet.kernel.principal import Principal, Scope


class RecordKind(StrEnum):
    """The kinds of a business's own records that it may allow the bank to read."""

    INVOICES = "invoices"
    PAYMENTS = "payments"
    TAKINGS = "takings"
    ORDERS = "orders"
    BANK = "bank"


class Purpose(StrEnum):
    """What records may be used for; each is asked for on its own."""

    CREDIT = "credit"
    """To decide on credit and to look after it."""
    ADVICE = "advice"
    """To forecast and advise: the owner's chief financial officer."""
    TRAINING = "training"
    """To train and test models."""


BANK_ITSELF = "bank"
"""The grantee of a consent given to the bank; a partner institution is named by its own slug."""


class PersonKind(StrEnum):
    """Who may log in."""

    OWNER = "owner"
    STAFF = "staff"


class Masked:
    """A personal text that shows only its mask; `reveal()` gives it to who is meant to see it."""

    __slots__ = ("_mask", "_plain")

    def __init__(self, plain: str, mask: str) -> None:
        self._plain = plain
        self._mask = mask

    def __str__(self) -> str:
        return self._mask

    def __repr__(self) -> str:
        return f"Masked({self._mask!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and self._plain == other._plain

    def __hash__(self) -> int:
        return hash(self._plain)

    def __reduce__(self) -> str:
        message = "personal data is not pickled"
        raise TypeError(message)

    def reveal(self) -> str:
        """Return the plain text."""
        return self._plain


@dataclass(frozen=True, slots=True)
class Registration:
    """A business and its owner as they are told to the bank."""

    name: str = field(repr=False)
    owner_phone: str = field(repr=False)
    owner_name: str = field(repr=False)
    trade: str
    region: str
    registration_no: str | None = field(default=None, repr=False)
    opened_on: date | None = None

    def checked(self) -> Registration:
        """Return it in one spelling, or refuse what cannot be true."""
        return Registration(
            name=read_text(self.name, "name", NAME_CHARS_MAX),
            owner_phone=read_mobile(self.owner_phone),
            owner_name=read_text(self.owner_name, "owner_name", NAME_CHARS_MAX),
            trade=read_text(self.trade, "trade", LABEL_CHARS_MAX),
            region=read_text(self.region, "region", LABEL_CHARS_MAX),
            registration_no=read_credit_code(self.registration_no)
            if self.registration_no
            else None,
            opened_on=self.opened_on,
        )


def read_text(text: str, name: str, chars_max: int) -> str:
    """Return a text trimmed; an empty one, a long one or one with control signs is refused."""
    trimmed = text.strip()
    if not trimmed or len(trimmed) > chars_max or not trimmed.isprintable():
        raise Invalid("parties.text_invalid", name=name, max_chars=chars_max)
    return trimmed


def read_records(names: tuple[str, ...]) -> tuple[RecordKind, ...]:
    """Return kinds of records, single and in one order; none or an unknown one is refused."""
    known = {kind.value for kind in RecordKind}
    for name in names:
        if name not in known:
            raise Invalid("parties.record_kind_unknown", record=str(name)[:40])
    if not names:
        raise Invalid("parties.record_kind_needed")
    return tuple(kind for kind in RecordKind if kind.value in names)


def read_purpose(name: str) -> Purpose:
    """Return a purpose; an unknown one is refused."""
    try:
        return Purpose(name)
    except ValueError as error:
        raise Invalid("parties.purpose_unknown", purpose=str(name)[:40]) from error


@dataclass(frozen=True, slots=True)
class Business:
    """A business as those may see it who may see it."""

    party_id: UUID
    name: Masked
    registration_no: Masked | None
    trade: str
    region: str
    opened_on: date | None
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class BusinessFacts:
    """What other rooms need to know of a business; nothing of it is personal."""

    party_id: UUID
    trade: str
    region: str
    opened_on: date | None
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Owner:
    """A person who owns businesses."""

    owner_id: UUID
    name: Masked
    phone: Masked
    active: bool
    party_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person who works at the bank."""

    staff_id: UUID
    name: Masked
    roles: tuple[str, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A machine's key, without its secret."""

    api_key_id: UUID
    prefix: str
    label: str
    scopes: frozenset[Scope]
    party_ids: frozenset[UUID] | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_on: date | None


@dataclass(frozen=True, slots=True)
class Consent:
    """One kind of record that a business allowed, for one purpose, to one grantee, until a day."""

    consent_id: UUID
    party_id: UUID
    record: RecordKind
    purpose: Purpose
    grantee: str
    given_at: datetime
    given_by: str
    until: date
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A person who has logged in: the token goes to the person and is stored nowhere."""

    token: str = field(repr=False)
    principal: Principal
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tenant:
    """A bank among several in one installation."""

    tenant_id: UUID
    name: str
    created_at: datetime
