"""A product is data: every convention of its loans is a field, none is in the code.

A loan keeps a copy of the conventions it was made under; a new version of the product touches
only loans made after it.
"""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from msgspec import ValidationError, convert, to_builtins

from martlet.kernel.errors import NotFound, Refused
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode  # noqa: TC001 - msgspec reads the fields' types
from martlet.lending.advances.rules import TakingsRules  # noqa: TC001 - msgspec reads the types
from martlet.lending.limits import TENOR_DAYS_MAX, TENOR_MONTHS_MAX
from martlet.lending.parts import Component, Frequency, FrequencyUnit
from martlet.lending.plan.rules import PlanRules
from martlet.lending.product_fields import unknown_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.kernel.i18n import Locale


__all__ = [
    "Component",
    "Conventions",
    "DayCount",
    "Frequency",
    "FrequencyUnit",
    "InterestMethod",
    "Prepayment",
    "Product",
    "Remainder",
    "ScheduleKind",
    "TenorUnit",
    "product_named",
    "products",
    "read_product",
]


class InterestMethod(StrEnum):
    """What the interest of a loan follows."""

    BY_DAY = "by_day"
    """What is owed, day after day."""
    BY_PLAN = "by_plan"
    """Its schedule."""


class ScheduleKind(StrEnum):
    """When principal falls due."""

    BULLET = "bullet"
    """All at maturity."""
    EQUAL_INSTALMENTS = "equal_instalments"
    """Every month the same sum of interest and principal."""
    EQUAL_PRINCIPAL = "equal_principal"
    """Every month the same principal, and the interest of what was owed."""
    INTEREST_THEN_PRINCIPAL = "interest_then_principal"
    """Every month the interest, all principal at maturity."""


class Backing(StrEnum):
    """What a loan is drawn against, beyond the line."""

    NONE = "none"
    ORDER = "order"
    """An order that settles."""
    SALE = "sale"
    """A sale agreed before the goods exist, with a buyer's deposit."""


class TenorUnit(StrEnum):
    """What a tenor counts."""

    DAYS = "days"
    MONTHS = "months"


class DayCount(StrEnum):
    """What a day of a period costs."""

    ACTUAL = "actual"
    """The daily rate."""
    MONTH_OF_YEAR = "month_of_year"
    """A month costs a twelfth of the annual rate, spread evenly over its days."""


class Prepayment(StrEnum):
    """What a payment beyond the coming instalment does to the later ones."""

    RELEVEL = "relevel"
    """It lowers them all."""
    SHORTEN = "shorten"
    """They stay as high and end earlier."""


class Remainder(StrEnum):
    """Who bears what rounding leaves over."""

    LAST_INSTALMENT = "last_instalment"


@dataclass(frozen=True, slots=True)
class Conventions:
    """All of a product that the arithmetic of a loan depends on; a loan keeps its own copy.

    A field added later has a default, so that the copy of an older loan still reads.
    """

    schedule: ScheduleKind
    tenor_unit: TenorUnit
    day_count: DayCount
    days_per_year: int
    rounding_mode: RoundingMode
    instalment_unit_fen: int
    remainder: Remainder
    prepayment: Prepayment
    allocation_order: tuple[Component, ...]
    grace_days: int
    penalty_multiplier_ppm: int
    plan: PlanRules | None = None
    """How the schedule is made and paid, where interest follows it; then a tenor counts rows."""
    takings: TakingsRules | None = None
    """How a fixed fee and a share of takings stand in the place of interest and a schedule."""

    def __post_init__(self) -> None:
        assert sorted(self.allocation_order) == sorted(Component), self.allocation_order
        assert self.days_per_year in {360, 365}, self.days_per_year
        assert self.instalment_unit_fen >= 1, self.instalment_unit_fen
        assert self.grace_days >= 0, self.grace_days
        assert 0 <= self.penalty_multiplier_ppm <= 10 * PPM, self.penalty_multiplier_ppm
        single = self.schedule is ScheduleKind.BULLET
        assert not single or self.day_count is DayCount.ACTUAL, "a bullet has no months to spread"
        monthly = self.tenor_unit is TenorUnit.MONTHS or self.plan is not None
        assert single or monthly, "instalments are monthly"
        by_takings = self.takings is not None
        assert not by_takings or (single and self.plan is None), "takings follow no schedule"
        assert not by_takings or self.tenor_unit is TenorUnit.DAYS, "takings come by the day"

    @property
    def interest_method(self) -> InterestMethod:
        """What interest follows: the balance of every day, or a plan."""
        return InterestMethod.BY_DAY if self.plan is None else InterestMethod.BY_PLAN

    def as_json(self) -> dict[str, Any]:
        """Return the conventions as a JSON value, to be kept with a loan."""
        written: dict[str, Any] = to_builtins(self)
        return written

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Conventions:
        """Read back what `as_json` wrote, or the same fields of a product's file."""
        return convert(as_of_today(value), cls)


def as_of_today(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return conventions as they are written now, from what was written at any time."""
    return {**value, "allocation_order": _with_fees(value["allocation_order"])}


def _with_fees(order: Sequence[str]) -> list[str]:
    """Return an order of allocation in which fees have a place: loans of old had none."""
    if Component.FEE.value in order:
        return list(order)
    place = list(order).index(Component.PENALTY.value) + 1
    return [*order[:place], Component.FEE.value, *order[place:]]


@dataclass(frozen=True, slots=True)
class Product:
    """What the bank sells: conventions, tenors, the smallest drawdown, and its name."""

    name: str
    version: int
    en: str
    zh_cn: str
    currency: str
    revolving: bool
    tenor_options: tuple[int, ...]
    tenor_default: int
    draw_min_fen: int
    facility_days: int
    conventions: Conventions
    backing: Backing = Backing.NONE
    advance_share_ppm: int = 0
    """Of what the buyer is still to pay: the most that is lent against it."""
    deposit_min_ppm: int = 0
    """Of the price, paid beforehand by the buyer, before anything is lent."""

    def __post_init__(self) -> None:
        longest = TENOR_DAYS_MAX if self.tenor_unit is TenorUnit.DAYS else TENOR_MONTHS_MAX
        assert self.tenor_options, self.name
        assert all(0 < tenor <= longest for tenor in self.tenor_options), self.tenor_options
        assert self.tenor_default in self.tenor_options, self.tenor_default
        assert self.draw_min_fen >= 1, self.draw_min_fen
        assert self.facility_days >= 1, self.facility_days
        assert 0 <= self.advance_share_ppm <= PPM, self.advance_share_ppm
        assert 0 <= self.deposit_min_ppm <= PPM, self.deposit_min_ppm
        assert (self.backing is Backing.NONE) == (self.advance_share_ppm == 0), self.name

    @property
    def tenor_unit(self) -> TenorUnit:
        """What its tenors count."""
        return self.conventions.tenor_unit

    @property
    def defers_fees(self) -> bool:
        """Whether its fees are owed at once and earned only as they are paid."""
        return self.conventions.takings is not None

    def label(self, locale: Locale) -> str:
        """Return its name in a language."""
        return self.zh_cn if locale.value == "zh-CN" else self.en

    def check_tenor(self, tenor: int | None, offered: Sequence[int] | None = None) -> int:
        """Return the tenor, or the usual one for None; refuse one that is not offered."""
        options = self.tenor_options if offered is None else offered
        if tenor is None:
            return self.tenor_default if self.tenor_default in options else max(options)
        if tenor not in options:
            shown = ", ".join(str(option) for option in options)
            raise Refused("lending.tenor_not_offered", tenor=tenor, options=shown)
        return tenor


def read_product(name: str, text: str) -> Product:
    """Read a product's TOML; a missing or unknown field is a mistake and says its name."""
    table = tomllib.loads(text)
    known = {field.name: field for field in (*fields(Product), *fields(Conventions))}
    for derived in ("name", "conventions"):
        del known[derived]
    needed = {field.name for field in known.values() if field.default is MISSING}
    assert table.keys() <= known.keys(), f"{name}: {sorted(table.keys() - known.keys())}"
    assert table.keys() >= needed, f"{name}: {sorted(needed - table.keys())}"
    plan = list(unknown_fields(PlanRules, table.get("plan", {}), "plan."))
    assert not plan, f"{name}: {plan}"
    collects = table.get("plan", {}).get("down_payment_automatic", False)
    assert not collects, f"{name}: plan.down_payment_automatic: a payout is never netted here"
    return Product(
        name=name,
        version=table["version"],
        en=table["en"],
        zh_cn=table["zh_cn"],
        currency=table["currency"],
        revolving=table["revolving"],
        tenor_options=tuple(table["tenor_options"]),
        tenor_default=table["tenor_default"],
        draw_min_fen=table["draw_min_fen"],
        facility_days=table["facility_days"],
        conventions=_conventions_in(name, table),
        backing=Backing(table.get("backing", Backing.NONE)),
        advance_share_ppm=table.get("advance_share_ppm", 0),
        deposit_min_ppm=table.get("deposit_min_ppm", 0),
    )


def _conventions_in(name: str, table: Mapping[str, Any]) -> Conventions:
    try:
        return Conventions.from_json(table)
    except ValidationError as wrong:
        # It names the field, as `$.plan.engine`.
        message = f"{name}: {wrong}"
        raise AssertionError(message) from None


@cache
def products() -> Mapping[str, Product]:
    """Return every product that ships with the bank, by name."""
    folder = files("martlet.lending") / "products"
    found = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            found[name] = read_product(name, file.read_text(encoding="utf-8"))
    return found


def product_named(name: str) -> Product:
    """Return a product by its name; an unknown one does not exist."""
    if (product := products().get(name)) is None:
        raise NotFound("lending.product_unknown", product=name[:40])
    return product
