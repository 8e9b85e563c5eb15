"""A treasury product is data: every convention of its positions is a field, none is in the code.

A position keeps a copy of the terms it was opened under (`Terms`); a new version of the product
touches only positions opened after it. A day for which no yield is known pays nothing.
"""

from __future__ import annotations

import tomllib
from datetime import date, time
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from martlet.kernel.errors import NotFound, Refused
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode
from martlet.treasury.limits import (
    INSTALMENTS_MAX,
    TENOR_DAYS_MAX,
    YIELD_LINES_MAX,
    YIELD_PPM_PER_YEAR_MAX,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.kernel.i18n import Locale
    from martlet.treasury.business_days import BusinessDays


class BorneBy(StrEnum):
    """Who pays the yield: the fund that holds the money, or the bank itself."""

    PARTNER = "partner"
    BANK = "bank"


class YieldSource(StrEnum):
    """Where a day's yield comes from."""

    PUBLISHED = "published"
    TABLE = "table"


class Crediting(StrEnum):
    """When what was earned joins the balance."""

    DAILY = "daily"
    AT_END = "at_end"


class PaysTo(StrEnum):
    """Where redeemed money goes: out by the rail, or to the business's balance at the bank."""

    RAIL = "rail"
    BALANCE = "balance"


class OverCap(StrEnum):
    """What waits where more is redeemed than is paid at once: the rest, or all of it."""

    SPLIT = "split"
    WAIT = "wait"


class Kept(StrEnum):
    """How the interest that broken money keeps is reckoned; never more than it has earned."""

    NOTHING = "nothing"
    SHARE = "share"
    OTHER_YIELD = "other_yield"
    LESS_DAYS = "less_days"


class InstalmentYield(StrEnum):
    """Which yield an instalment earns: the plan's, or that of its own day."""

    PLAN = "plan"
    OWN_DAY = "own_day"


class OnLapse(StrEnum):
    """What becomes of a plan with too many missed instalments."""

    KEEP = "keep"
    BREAK = "break"


class Breakage(Struct, frozen=True, forbid_unknown_fields=True):
    """What money taken out before its term keeps of its interest."""

    allowed: bool = False
    partial: bool = False
    kept: Kept = Kept.NOTHING
    share_ppm: int = 0
    ppm_per_year: int = 0
    lost_days: int = 0

    def __post_init__(self) -> None:
        assert 0 <= self.share_ppm <= PPM, self
        assert 0 <= self.ppm_per_year <= YIELD_PPM_PER_YEAR_MAX, self
        assert 0 <= self.lost_days <= TENOR_DAYS_MAX, self


class YieldLine(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """The yield from a day on, of one tenor or plan where the product has several."""

    since: date
    ppm_per_year: int
    tenor_days: int | None = None
    instalments: int | None = None

    def __post_init__(self) -> None:
        assert 0 <= self.ppm_per_year <= YIELD_PPM_PER_YEAR_MAX, self


class Terms(Struct, frozen=True):
    """What a position was opened under; nothing else of its product is asked for afterwards."""

    product: str
    version: int
    crediting: Crediting
    day_base: int
    rounding_mode: RoundingMode
    waiting_earns: bool
    earns_past_term: bool
    breakage: Breakage
    ppm_per_year: int = 0
    """The yield agreed at the start; 0 where each day has its own."""
    tenor_days: int | None = None
    instalment_fen: int | None = None
    instalments: int | None = None
    first_on: date | None = None
    missed_max: int = 0
    on_lapse: OnLapse = OnLapse.KEEP


class Product(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the bank offers for idle cash."""

    name: str = ""
    version: int
    en: str
    zh_cn: str
    currency: str
    borne_by: BorneBy
    yield_source: YieldSource
    day_base: int
    rounding_mode: RoundingMode
    crediting: Crediting
    subscribe_min_fen: int
    subscribe_daily_max_fen: int
    holding_max_fen: int
    product_max_fen: int
    redeem_min_fen: int
    cut_off: time
    confirm_business_days: int
    redeem_business_days: int
    pays_to: PaysTo
    keep_min_fen: int = 0
    fee_ppm_per_year: int = 0
    at_once_daily_max_fen: int = 0
    at_once_product_daily_max_fen: int = 0
    over_cap: OverCap = OverCap.WAIT
    waiting_earns: bool = False
    tenors_days: tuple[int, ...] = ()
    instalment_counts: tuple[int, ...] = ()
    instalment_yield: InstalmentYield = InstalmentYield.PLAN
    missed_max: int = 0
    on_lapse: OnLapse = OnLapse.KEEP
    earns_past_term: bool = False
    breakage: Breakage = Breakage()
    yields: tuple[YieldLine, ...] = ()

    def __post_init__(self) -> None:
        assert self.day_base in {360, 365, 366}, self.name
        assert self.rounding_mode in {RoundingMode.DOWN, RoundingMode.FLOOR}, (
            f"{self.name}: a yield is not paid before it is earned"
        )
        assert 0 < self.subscribe_min_fen <= self.subscribe_daily_max_fen, self.name
        assert self.subscribe_daily_max_fen <= self.holding_max_fen, self.name
        assert self.holding_max_fen <= self.product_max_fen <= AMOUNT_FEN_MAX, self.name
        assert self.redeem_min_fen > 0, self.name
        assert 0 <= self.at_once_daily_max_fen <= AMOUNT_FEN_MAX, self.name
        assert not (self.tenors_days and self.instalment_counts), self.name
        held = bool(self.tenors_days or self.instalment_counts)
        assert held == (self.crediting is Crediting.AT_END), self.name
        assert not held or self.yield_source is YieldSource.TABLE, self.name
        assert not held or self.at_once_daily_max_fen == 0, self.name
        assert all(0 < days <= TENOR_DAYS_MAX for days in self.tenors_days), self.name
        assert all(0 < count <= INSTALMENTS_MAX for count in self.instalment_counts), self.name
        assert len(self.yields) <= YIELD_LINES_MAX, self.name
        assert self.fee_ppm_per_year == 0 or self.borne_by is BorneBy.PARTNER, self.name
        assert 0 <= self.fee_ppm_per_year <= YIELD_PPM_PER_YEAR_MAX, self.name

    @property
    def has_term(self) -> bool:
        """Whether money is held until a day that is agreed at the start."""
        return self.crediting is Crediting.AT_END

    @property
    def pays_at_once(self) -> bool:
        """Whether some of it is paid out on the spot."""
        return self.at_once_daily_max_fen > 0

    def label(self, locale: Locale) -> str:
        """Return its name in a language."""
        return self.zh_cn if locale.value == "zh-CN" else self.en

    def yield_on(
        self, day: date, *, tenor_days: int | None = None, instalments: int | None = None
    ) -> int | None:
        """Return the yield that its table names for a day; None where it names none."""
        found = None
        for line in sorted(self.yields, key=lambda one: one.since):
            same = (line.tenor_days, line.instalments) == (tenor_days, instalments)
            if same and line.since <= day:
                found = line.ppm_per_year
        return found

    def terms(
        self, day: date, *, tenor_days: int | None = None, plan: tuple[int, int] | None = None
    ) -> Terms:
        """Return the terms of a position opened on a day; what is not offered is refused.

        `plan` is the amount of each instalment and their number.
        """
        instalment_fen, instalments = plan or (None, None)
        if (tenor_days not in self.tenors_days) if self.tenors_days else tenor_days is not None:
            options = ", ".join(map(str, self.tenors_days)) or "-"
            raise Refused("treasury.tenor_not_offered", tenor_days=tenor_days, options=options)
        counts = self.instalment_counts
        if (instalments not in counts) if counts else instalments is not None:
            options = ", ".join(map(str, counts)) or "-"
            raise Refused("treasury.plan_not_offered", instalments=instalments, options=options)
        agreed = self.yield_on(day, tenor_days=tenor_days, instalments=instalments)
        if self.has_term and agreed is None:
            raise Refused("treasury.no_yield", product=self.name, day=day.isoformat())
        return Terms(
            product=self.name,
            version=self.version,
            crediting=self.crediting,
            day_base=self.day_base,
            rounding_mode=self.rounding_mode,
            waiting_earns=self.waiting_earns,
            earns_past_term=self.earns_past_term,
            breakage=self.breakage,
            ppm_per_year=(agreed or 0) if self.has_term else 0,
            tenor_days=tenor_days,
            instalment_fen=instalment_fen,
            instalments=instalments,
            first_on=day if plan else None,
            missed_max=self.missed_max,
            on_lapse=self.on_lapse,
        )

    def longest_tenor(self, day: date, needed_on: date, days: BusinessDays) -> int | None:
        """Return the longest holding period from a day that is paid by the day it is needed.

        This is how a term is matched to the low season: confirmed, held, and back, days off
        included, before the busy season begins. None where even the shortest ends too late.
        """
        begins = days.later(days.on_or_after(day), self.confirm_business_days)
        back = [
            tenor
            for tenor in self.tenors_days
            if days.later(
                days.on_or_after(date.fromordinal(begins.toordinal() + tenor)),
                self.redeem_business_days,
            )
            <= needed_on
        ]
        return max(back, default=None)


def read_product(name: str, text: str) -> Product:
    """Read a product's TOML; a missing or unknown field is a mistake and says its name."""
    table = tomllib.loads(text)
    table["cut_off"] = time.fromisoformat(table["cut_off"])
    try:
        return msgspec.convert({**table, "name": name}, Product)
    except (msgspec.ValidationError, AssertionError) as wrong:
        message = f"{name}: {wrong}"
        raise AssertionError(message) from None


@cache
def products() -> Mapping[str, Product]:
    """Return every treasury product that ships with the bank, by name."""
    folder = files("martlet.treasury") / "products"
    found = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            found[name] = read_product(name, file.read_text(encoding="utf-8"))
    return found


def product_named(name: str) -> Product:
    """Return a product by its name; an unknown one does not exist."""
    if (product := products().get(name)) is None:
        raise NotFound("treasury.product_unknown", product=name[:40])
    return product
