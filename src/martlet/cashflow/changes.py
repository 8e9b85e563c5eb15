"""What-ifs: edits of the paths that an outlook was drawn with, the same numbers before and after.

A new store, a customer gone, a promotion, receipts that come late, a payment, an order. The
invariant: a change only moves what it names; the draws behind the paths stay as they are, so the
difference of two outlooks is the change's and nobody else's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import numpy as np

from martlet.cashflow.known_flows import Delay, ItemKind, ItemSource, KnownItem
from martlet.cashflow.limits import CHANGES_MAX, OUTLOOK_DAYS_MAX
from martlet.kernel.errors import Invalid
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.cashflow.model import FloatArray

SCALE_PPM_MAX = 10 * PPM
"""A store ten times the business is another business."""

LABEL_CHARS_MAX = 200

FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Paths that a change edits: P x H without known items, and the items."""

    inflow: FloatArray
    outflow: FloatArray
    items: tuple[KnownItem, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a change may need to know of the business."""

    days: tuple[date, ...]
    customers_ppm: Mapping[str, int] = field(default_factory=dict)
    """Customer to its share of the inflow of the past year."""
    repeats_ppm: Mapping[str, int] = field(default_factory=dict)
    """Customer to the chance that it orders again within its rhythm."""
    delays: Mapping[str, Delay] = field(default_factory=dict)
    """Customer to how late it pays; the empty name is anybody's."""

    def since(self, day: date) -> FloatArray:
        """Return 1 on the days from one on, 0 before."""
        return np.array([float(one >= day) for one in self.days])


@dataclass(frozen=True, slots=True)
class NewStore:
    """One more store: it adds a share of today's flows, growing into it day by day."""

    kind: ClassVar[str] = "new_store"
    from_on: date
    scale_ppm: int
    """Of today's inflow, once it runs."""
    ramp_days: int = 28
    """Until it takes its full share; its costs are there from the first day."""
    cost_scale_ppm: int | None = None
    """Of today's outflow; None: as much as of the inflow."""
    opening_cost_fen: int = 0

    def __post_init__(self) -> None:
        cost = self.scale_ppm if self.cost_scale_ppm is None else self.cost_scale_ppm
        _within("scale_ppm", self.scale_ppm, 0, SCALE_PPM_MAX)
        _within("cost_scale_ppm", cost, 0, SCALE_PPM_MAX)
        _within("ramp_days", self.ramp_days, 0, OUTLOOK_DAYS_MAX)
        _within("opening_cost_fen", self.opening_cost_fen, 0, AMOUNT_FEN_MAX)

    def applied(self, ways: Ways, ground: Ground) -> Ways:
        """Return the paths with the store."""
        age = np.array([(day - self.from_on).days + 1 for day in ground.days])
        grown = np.clip(age / max(self.ramp_days, 1), 0.0, 1.0)
        cost = self.scale_ppm if self.cost_scale_ppm is None else self.cost_scale_ppm
        opening = _item(ItemKind.ONE_OFF, self.from_on, -self.opening_cost_fen, self.kind)
        return Ways(
            ways.inflow * (1.0 + self.scale_ppm / PPM * grown),
            ways.outflow * (1.0 + cost / PPM * ground.since(self.from_on)),
            (*ways.items, opening) if self.opening_cost_fen else ways.items,
        )


@dataclass(frozen=True, slots=True)
class CustomerGone:
    """A customer buys no more: its share of the inflow, and what it has agreed to pay."""

    kind: ClassVar[str] = "customer_gone"
    customer: str
    from_on: date
    saved_ppm: int = 0
    """Of the outflow share that goes with its sales; nothing where nobody knows."""

    def __post_init__(self) -> None:
        _within("saved_ppm", self.saved_ppm, 0, PPM)

    def applied(self, ways: Ways, ground: Ground) -> Ways:
        """Return the paths without the customer."""
        share = ground.customers_ppm.get(self.customer)
        if share is None:
            raise Invalid("cashflow.customer_unknown", customer=self.customer[:LABEL_CHARS_MAX])
        gone = ground.since(self.from_on) * share / PPM
        kept = tuple(
            item
            for item in ways.items
            if not (item.label == self.customer and item.amount_fen > 0)
            or item.due_on < self.from_on
        )
        saved = self.saved_ppm / PPM
        return Ways(ways.inflow * (1.0 - gone), ways.outflow * (1.0 - gone * saved), kept)


@dataclass(frozen=True, slots=True)
class Promotion:
    """More is sold on some days, for a price."""

    kind: ClassVar[str] = "promotion"
    from_on: date
    days: int
    uplift_ppm: int
    cost_fen: int = 0
    cost_scale_ppm: int = 0
    """Of the outflow on these days: goods for what is sold more."""

    def __post_init__(self) -> None:
        _within("days", self.days, 1, OUTLOOK_DAYS_MAX)
        _within("uplift_ppm", self.uplift_ppm, 0, SCALE_PPM_MAX)
        _within("cost_scale_ppm", self.cost_scale_ppm, 0, SCALE_PPM_MAX)
        _within("cost_fen", self.cost_fen, 0, AMOUNT_FEN_MAX)

    def applied(self, ways: Ways, ground: Ground) -> Ways:
        """Return the paths with the promotion."""
        over = self.from_on + timedelta(days=self.days)
        on = ground.since(self.from_on) - ground.since(over)
        cost = _item(ItemKind.ONE_OFF, self.from_on, -self.cost_fen, self.kind)
        return Ways(
            ways.inflow * (1.0 + on * self.uplift_ppm / PPM),
            ways.outflow * (1.0 + on * self.cost_scale_ppm / PPM),
            (*ways.items, cost) if self.cost_fen else ways.items,
        )


@dataclass(frozen=True, slots=True)
class LateReceipts:
    """A share of what comes in from a day on comes so many days later."""

    kind: ClassVar[str] = "late_receipts"
    from_on: date
    days: int
    share_ppm: int = PPM

    def __post_init__(self) -> None:
        _within("days", self.days, 0, OUTLOOK_DAYS_MAX)
        _within("share_ppm", self.share_ppm, 0, PPM)

    def applied(self, ways: Ways, ground: Ground) -> Ways:
        """Return the paths with the delay; what is agreed to come in comes late as well."""
        moved = ways.inflow * (ground.since(self.from_on) * self.share_ppm / PPM)
        late = np.zeros_like(moved)
        if self.days < moved.shape[1]:
            late[:, self.days :] = moved[:, : moved.shape[1] - self.days]
        return replace(
            ways,
            inflow=ways.inflow - moved + late,
            items=tuple(self._later(item) for item in ways.items),
        )

    def _later(self, item: KnownItem) -> KnownItem:
        own = item.source in {ItemSource.LENDING, ItemSource.TREASURY}
        if item.amount_fen <= 0 or own or item.due_on < self.from_on:
            return item
        days = tuple(late + self.days for late in item.delay.days)
        return replace(item, delay=Delay(days, item.delay.chances_ppm))


@dataclass(frozen=True, slots=True)
class OneOff:
    """One payment: in above zero, out below."""

    kind: ClassVar[str] = "one_off"
    due_on: date
    amount_fen: int
    label: str = ""

    def __post_init__(self) -> None:
        _within("amount_fen", self.amount_fen, -AMOUNT_FEN_MAX, AMOUNT_FEN_MAX)

    def applied(self, ways: Ways, ground: Ground) -> Ways:
        """Return the paths with the payment."""
        item = _item(ItemKind.ONE_OFF, self.due_on, self.amount_fen, self.label)
        del ground
        return replace(ways, items=(*ways.items, item))


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order: what it costs on a day, what it brings on another, as late as the customer pays."""

    kind: ClassVar[str] = "new_order"
    due_on: date
    amount_fen: int
    customer: str = ""
    instalments: int = 1
    """Equal parts, a month of 30 days apart."""
    cost_fen: int = 0
    cost_on: date | None = None
    """None: as long before the first payment as the order is thought of; the first day ahead."""

    def __post_init__(self) -> None:
        _within("amount_fen", self.amount_fen, 1, AMOUNT_FEN_MAX)
        _within("cost_fen", self.cost_fen, 0, AMOUNT_FEN_MAX)
        _within("instalments", self.instalments, 1, 24)

    def applied(self, ways: Ways, ground: Ground) -> Ways:
        """Return the paths with the order."""
        delay = ground.delays.get(self.customer) or ground.delays.get("") or Delay()
        label = self.customer or self.kind
        parts = [self.amount_fen // self.instalments] * self.instalments
        parts[-1] += self.amount_fen - sum(parts)
        items = [
            replace(
                _item(ItemKind.ORDER, self.due_on + timedelta(days=30 * place), part, label),
                delay=delay,
            )
            for place, part in enumerate(parts)
        ]
        if self.cost_fen:
            paid_on = self.cost_on or ground.days[0]
            items.append(_item(ItemKind.ORDER, paid_on, -self.cost_fen, label))
        return replace(ways, items=(*ways.items, *items))


Change = NewStore | CustomerGone | Promotion | LateReceipts | OneOff | NewOrder

CHANGES: Mapping[str, type[Change]] = {
    one.kind: one for one in (NewStore, CustomerGone, Promotion, LateReceipts, OneOff, NewOrder)
}
"""Every kind of change by its name."""


def changes_from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Return changes from objects with a `kind` and the fields of that kind."""
    if len(rows) > CHANGES_MAX:
        raise Invalid("cashflow.too_many_changes", most=CHANGES_MAX)
    return tuple(_change(dict(row), strict=True) for row in rows)


def change_from_text(text: str) -> Change:
    """Return a change written `kind:field=value,field=value`, as on the command line."""
    kind, _, rest = text.partition(":")
    pairs = [part.partition("=") for part in rest.split(",") if part.strip()]
    row = {name.strip(): value.strip() for name, _, value in pairs}
    return _change({**row, "kind": kind.strip()}, strict=False)


def change_as_json(change: Change) -> dict[str, Any]:
    """Return a change as `changes_from_json` reads it."""
    told = {one.name: getattr(change, one.name) for one in fields(change)}
    dated = {name: day.isoformat() for name, day in told.items() if isinstance(day, date)}
    return {"kind": change.kind, **told, **dated}


def _change(row: dict[str, Any], *, strict: bool) -> Change:
    kind = row.pop("kind", None)
    found = CHANGES.get(kind) if isinstance(kind, str) else None
    if found is None:
        known = ", ".join(CHANGES)
        raise Invalid("cashflow.change_unknown", kind=str(kind)[:40], known=known)
    if unknown := sorted(set(row) - {one.name for one in fields(found)}):
        raise Invalid("cashflow.change_unreadable", kind=found.kind, detail=unknown[0][:80])
    try:
        return _dated(msgspec.convert(row, found, strict=strict))
    except msgspec.ValidationError as error:
        detail = str(error)[:120]
        raise Invalid("cashflow.change_unreadable", kind=found.kind, detail=detail) from error


def _item(kind: ItemKind, on: date, amount_fen: int, label: str) -> KnownItem:
    return KnownItem(kind, on, amount_fen, ItemSource.CHANGE, label[:LABEL_CHARS_MAX])


def _dated(change: Change) -> Change:
    """Return a change whose days are of this age; arithmetic with others has no calendar."""
    for one in fields(change):
        value = getattr(change, one.name)
        if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
            first, last = date(FIRST_YEAR, 1, 1).isoformat(), date(LAST_YEAR, 12, 31).isoformat()
            raise Invalid("cashflow.change_outside", field=one.name, least=first, most=last)
    return change


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Invalid("cashflow.change_outside", field=name, least=least, most=most)
