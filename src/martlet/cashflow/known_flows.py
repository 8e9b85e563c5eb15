"""Flows of the days ahead that are known before they happen: on a day, of an amount, from a source.

An instalment of the bank's, a contract, a tax day, rent that has been paid on each month's tenth:
each is an item with how sure it is and how late it may come. The invariant: an item is due after
the day as of which it is known, and what it repeats is taken out of the history that is forecast,
so that nothing is expected twice. Rooms above this one bring theirs through `KnownFlows`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

import numpy as np

from martlet.kernel.rates import PPM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from martlet.cashflow.model import FloatArray
    from martlet.kernel.principal import Principal


class ItemKind(StrEnum):
    """What a known item is."""

    INSTALMENT = "instalment"
    """Of a loan of this bank."""
    MATURITY = "maturity"
    """Money that a treasury position gives back."""
    SAVING = "saving"
    """An instalment into a treasury plan."""
    CONTRACT = "contract"
    """Money that somebody has agreed to pay, in or out."""
    BILL = "bill"
    TAX = "tax"
    WAGES = "wages"
    RENT = "rent"
    RECURRING = "recurring"
    """Has come month by month from or to the same side."""
    ORDER = "order"
    """Of a new order that is thought of."""
    ONE_OFF = "one_off"
    """A payment that is thought of."""


class ItemSource(StrEnum):
    """Who says so."""

    LENDING = "lending"
    TREASURY = "treasury"
    OWNER = "owner"
    RECORDS = "records"
    """Seen in the records, month by month."""
    TAX_CALENDAR = "tax_calendar"
    CHANGE = "change"
    """A what-if."""


@dataclass(frozen=True, slots=True)
class Delay:
    """How many days after its due day money comes: days and their chances, in parts per million."""

    days: tuple[int, ...] = (0,)
    chances_ppm: tuple[int, ...] = (PPM,)

    def __post_init__(self) -> None:
        assert len(self.days) == len(self.chances_ppm) > 0
        assert sum(self.chances_ppm) == PPM, self.chances_ppm


PUNCTUAL = Delay()


@dataclass(frozen=True, slots=True)
class KnownItem:
    """One flow that is known ahead; money in is above zero, money out below."""

    kind: ItemKind
    due_on: date
    amount_fen: int
    source: ItemSource
    label: str = ""
    """Whose it is, as the records or the product call it."""
    probability_ppm: int = PPM
    delay: Delay = PUNCTUAL

    @property
    def identity(self) -> int:
        """A number that is the same for the same item, whatever else is known beside it."""
        text = f"{self.kind}|{self.due_on}|{self.amount_fen}|{self.source}|{self.label}"
        return crc32(text.encode())

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "kind": self.kind.value,
            "due_on": self.due_on.isoformat(),
            "amount_fen": self.amount_fen,
            "source": self.source.value,
            "label": self.label,
            "probability_ppm": self.probability_ppm,
            "delay_days": list(self.delay.days),
            "delay_chances_ppm": list(self.delay.chances_ppm),
        }


class KnownFlows(Protocol):
    """Whoever knows items or money of a business that its records do not show."""

    def items(
        self, principal: Principal, party_id: UUID, after: date, until: date
    ) -> Sequence[KnownItem]:
        """Return what falls due after a day and until another, as it was known that day."""
        ...

    def held_fen(self, principal: Principal, party_id: UUID, as_of: date) -> int | None:
        """Return the money at hand with this bank at a day's end; None where none is or was."""
        ...


def item_paths(
    items: Iterable[KnownItem], days: Sequence[date], paths: int, seed: int
) -> FloatArray:
    """Return paths x days: what each path sees of the items, with their chances and delays.

    Every item draws from its own numbers, so that one more or fewer moves no other.
    """
    found = np.zeros((paths, len(days)))
    for item in items:
        found += one_item_paths(item, days, paths, seed)
    return found


def one_item_paths(item: KnownItem, days: Sequence[date], paths: int, seed: int) -> FloatArray:
    """Return paths x days of one item."""
    found = np.zeros((paths, len(days)))
    first = (item.due_on - days[0]).days
    draws = np.random.default_rng([seed, item.identity]).random((2, paths))
    edges = np.cumsum(item.delay.chances_ppm) / PPM
    place = np.minimum(np.searchsorted(edges, draws[1], side="right"), len(edges) - 1)
    on = first + np.asarray(item.delay.days)[place]
    comes = (draws[0] * PPM < item.probability_ppm) & (on < len(days))
    # A day before the first ahead: what is early by habit cannot come before tomorrow.
    found[np.flatnonzero(comes), np.maximum(on[comes], 0)] = item.amount_fen
    return found


def expected_by_day(item: KnownItem, days: Sequence[date]) -> FloatArray:
    """Return what is expected of an item on each day, over its chance and delays."""
    found = np.zeros(len(days))
    for late, chance in zip(item.delay.days, item.delay.chances_ppm, strict=True):
        place = max((item.due_on + timedelta(days=late) - days[0]).days, 0)
        if place < len(days):
            found[place] += item.amount_fen * (item.probability_ppm / PPM) * (chance / PPM)
    return found
