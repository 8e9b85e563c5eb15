"""A policy: the lender's own rules as versioned data, parsed and checked before it is believed.

The invariant: a better pd band never pays more and never borrows less, so that no rule of the
policy can turn a good signal against the business that brought it. What breaks it is refused with
the place and the reason; nothing is filled in silently.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

from martlet.credit.limits import (
    BANDS_MAX,
    CAPACITY_SOURCES_MAX,
    CHAIN_GRADES,
    POLICY_BYTES_MAX,
)
from martlet.kernel.canonical import content_hash
from martlet.kernel.errors import Invalid
from martlet.kernel.limits import AMOUNT_FEN_MAX, RATE_PPM_PER_DAY_MAX
from martlet.signals import KINDS, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

PPM = 1_000_000
_SHARE_PPM_MAX = 24 * PPM
"""Two years of takings: a share above it is a typing error."""
_COVERAGE_PPM_MAX = 100 * PPM
"""A hundred instalments a month: ditto."""


@dataclass(frozen=True, slots=True)
class RateCap:
    """The highest lawful yearly rate from a day on, and where it is written."""

    effective_from: date
    annual_ppm: int
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition on a kind; a kind that nobody has seen meets it."""

    kind: str
    at_most: int | None = None
    at_least: int | None = None

    def met_by(self, value: int | None) -> bool:
        """Tell whether a value meets the rule."""
        if value is None:
            return True
        low_enough = self.at_most is None or value <= self.at_most
        return low_enough and (self.at_least is None or value >= self.at_least)


@dataclass(frozen=True, slots=True)
class Band:
    """A range of pd with its price."""

    name: str
    pd_max_ppm: int
    rate_ppm_per_day: int


@dataclass(frozen=True, slots=True)
class CapacitySource:
    """A kind of money that adds to the limit: how much of it by band, and up to what amount."""

    kind: str
    cap_fen: int
    history_min_days: int
    share_ppm: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many times a month's inflow of a kind has to cover an instalment."""

    kind: str
    min_ppm: int


@dataclass(frozen=True, slots=True)
class ThinStep:
    """From so many days of records, a starter line of so much."""

    history_min_days: int
    limit_fen: int


@dataclass(frozen=True, slots=True)
class ThinHistory:
    """The starter line of a business that has shown little yet."""

    least_fen: int
    takings_share_ppm: int
    rate_ppm_per_day: int
    steps: tuple[ThinStep, ...]


@dataclass(frozen=True, slots=True)
class ChainCapacity:
    """What verified revenue through a supply chain may carry, and the two caps beside it."""

    history_min_days: int
    need_least_ppm: int
    """The least working capital that is taken for needed, in months of that revenue."""
    grade_caps_fen: tuple[int, ...]
    """The most for each chain grade, the best first; who has none is of the last."""
    share_ppm: Mapping[str, int]
    """Months of that revenue, by band."""


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """What of a product the policy allows."""

    limit_min_fen: int
    limit_max_fen: int
    tenors: tuple[int, ...]
    tenor_unit: str


@dataclass(frozen=True)
class Policy:
    """One version of the lender's rules."""

    version: str
    note: str
    confidence_min_ppm: int
    sample_min: int
    limit_unit_fen: int
    exposure_max_fen: int
    offer_valid_days: int
    days_per_year: int
    rate_caps: tuple[RateCap, ...]
    eligibility: tuple[Rule, ...]
    bands: tuple[Band, ...]
    capacity: tuple[CapacitySource, ...]
    coverage: tuple[Coverage, ...]
    """None by default: then instalments are not held against inflow."""
    thin_history: ThinHistory
    products: Mapping[str, ProductTerms]
    chain: ChainCapacity | None
    """None by default: then a place in a chain carries nothing."""
    text: str
    """The TOML text that it was read from: what is stored, hashed and shown."""

    @cached_property
    def content_hash(self) -> str:
        """The hash of the text."""
        return content_hash(self.text.encode())

    def band_of(self, pd_ppm: int) -> Band | None:
        """Return the band of a pd; None beyond the last."""
        return next((band for band in self.bands if pd_ppm <= band.pd_max_ppm), None)

    def asked_rate(self, band: Band | None) -> int:
        """Return the daily rate of a band, or of a business without one."""
        return self.thin_history.rate_ppm_per_day if band is None else band.rate_ppm_per_day

    def lawful_rate(self, rate_ppm_per_day: int, on: date) -> int:
        """Return a daily rate, lowered where the law of that day asks for it."""
        in_force = [cap for cap in self.rate_caps if cap.effective_from <= on]
        if not in_force:
            return rate_ppm_per_day
        latest = max(in_force, key=lambda cap: cap.effective_from)
        return min(rate_ppm_per_day, latest.annual_ppm // self.days_per_year)


class _Table:
    """One TOML table being read: every key asked for by type and range, none left over."""

    def __init__(self, values: Any, place: str) -> None:  # noqa: ANN401 - whatever TOML holds
        if not isinstance(values, dict):
            refuse(place, "a table is expected")
        self._left = dict(values)
        self._place = place

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self._left.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            refuse(self._at(key), f"a whole number from {low} to {high} is expected")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self._left.pop(key, default)
        if not isinstance(value, str) or (not value and default is None):
            refuse(self._at(key), "a text is expected")
        return value

    def day(self, key: str) -> date:
        value = self._left.pop(key, None)
        if type(value) is not date:
            refuse(self._at(key), "a date is expected")
        return value

    def kind(self, key: str) -> str:
        slug = self.text(key)
        if (known := KINDS.get(slug)) is None or known.unit in {Unit.TEXT, Unit.FLAG}:
            refuse(self._at(key), f"no signal kind of whole numbers is called {slug}")
        return slug

    def tables(self, key: str, most: int) -> list[_Table]:
        values = self._left.pop(key, [])
        if not isinstance(values, list) or len(values) > most:
            refuse(self._at(key), f"at most {most} tables are expected")
        return [_Table(value, f"{self._at(key)}[{i}]") for i, value in enumerate(values)]

    def table(self, key: str) -> _Table:
        return _Table(self._left.pop(key, None), self._at(key))

    def has(self, key: str) -> bool:
        return key in self._left

    def numbers(self, key: str) -> tuple[int, ...]:
        values = self._left.pop(key, [])
        if not isinstance(values, list) or not all(type(v) is int and v > 0 for v in values):
            refuse(self._at(key), "a list of whole numbers is expected")
        return tuple(values)

    def names(self) -> list[str]:
        return list(self._left)

    def optional(self, key: str) -> int | None:
        return self.integer(key, -(10**15), 10**15) if key in self._left else None

    def done(self) -> None:
        if self._left:
            refuse(self._at(min(self._left)), "nothing is known by this name")

    def _at(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key


def refuse(place: str, expected: str) -> NoReturn:
    """Refuse a policy: where it is wrong, and what was expected there."""
    raise Invalid("credit.policy_malformed", place=place, detail=expected)


def parse_policy(text: str) -> Policy:
    """Read a policy from TOML; the first thing wrong is refused with its place and reason."""
    if len(text.encode()) > POLICY_BYTES_MAX:
        refuse("(file)", f"at most {POLICY_BYTES_MAX} bytes are expected")
    try:
        root = _Table(tomllib.loads(text), "")
    except tomllib.TOMLDecodeError as error:
        refuse("(file)", str(error)[:200])
    bands = _bands(root)
    policy = Policy(
        version=root.text("version"),
        note=root.text("note", ""),
        confidence_min_ppm=root.integer("confidence_min_ppm", 0, PPM),
        sample_min=root.integer("sample_min", 0, 1_000_000),
        limit_unit_fen=root.integer("limit_unit_fen", 1, 1_000_000),
        exposure_max_fen=root.integer("exposure_max_fen", 1, AMOUNT_FEN_MAX),
        offer_valid_days=root.integer("offer_valid_days", 1, 365),
        days_per_year=root.integer("days_per_year", 360, 366),
        rate_caps=tuple(_rate_cap(table) for table in root.tables("rate_cap", 20)),
        eligibility=tuple(_rule(table) for table in root.tables("eligibility", 40)),
        bands=bands,
        capacity=tuple(
            _capacity(table, bands) for table in root.tables("capacity", CAPACITY_SOURCES_MAX)
        ),
        coverage=tuple(_coverage(table) for table in root.tables("coverage", CAPACITY_SOURCES_MAX)),
        thin_history=_thin(root.table("thin_history")),
        products=_products(root.table("product")),
        chain=_chain(root.table("chain"), bands) if root.has("chain") else None,
        text=text,
    )
    root.done()
    _check_whole(policy)
    return policy


def _rate_cap(table: _Table) -> RateCap:
    cap = RateCap(
        table.day("effective_from"), table.integer("annual_ppm", 1, PPM), table.text("source")
    )
    table.done()
    return cap


def _rule(table: _Table) -> Rule:
    rule = Rule(table.kind("kind"), table.optional("at_most"), table.optional("at_least"))
    if rule.at_most is None and rule.at_least is None:
        refuse(rule.kind, "at_most or at_least is expected")
    table.done()
    return rule


def _bands(root: _Table) -> tuple[Band, ...]:
    bands = []
    for table in root.tables("band", BANDS_MAX):
        bands.append(
            Band(
                table.text("name"),
                table.integer("pd_max_ppm", 1, PPM - 1),
                table.integer("rate_ppm_per_day", 0, RATE_PPM_PER_DAY_MAX),
            )
        )
        table.done()
    if not bands:
        refuse("band", "at least one is expected")
    for better, worse in pairwise(bands):
        if better.pd_max_ppm >= worse.pd_max_ppm:
            refuse(f"band {worse.name}.pd_max_ppm", "it must rise from band to band")
        if better.rate_ppm_per_day > worse.rate_ppm_per_day:
            refuse(f"band {worse.name}.rate_ppm_per_day", "it may not fall as the pd rises")
    return tuple(bands)


def _capacity(table: _Table, bands: tuple[Band, ...]) -> CapacitySource:
    kind = table.kind("kind")
    source = CapacitySource(
        kind=kind,
        cap_fen=table.integer("cap_fen", 0, AMOUNT_FEN_MAX),
        history_min_days=table.integer("history_min_days", 0, 3_660, 0),
        share_ppm=_shares(table, bands, kind),
    )
    table.done()
    if KINDS[source.kind].role != "capacity":
        refuse(source.kind, "its role is not capacity, so it cannot add to a limit")
    return source


def _chain(table: _Table, bands: tuple[Band, ...]) -> ChainCapacity:
    chain = ChainCapacity(
        history_min_days=table.integer("history_min_days", 0, 3_660, 0),
        need_least_ppm=table.integer("need_least_ppm", 0, _SHARE_PPM_MAX),
        grade_caps_fen=table.numbers("grade_caps_fen"),
        share_ppm=_shares(table, bands, "chain"),
    )
    table.done()
    caps = chain.grade_caps_fen
    if len(caps) != CHAIN_GRADES or max(caps) > AMOUNT_FEN_MAX:
        refuse("chain.grade_caps_fen", f"{CHAIN_GRADES} amounts are expected, one a grade")
    if any(better < worse for better, worse in pairwise(caps)):
        refuse("chain.grade_caps_fen", "it may not rise from a grade to a worse one")
    return chain


def _shares(table: _Table, bands: tuple[Band, ...], place: str) -> dict[str, int]:
    """Return a share for each band, none rising with the pd."""
    shares = table.table("share_ppm")
    share_ppm = {band.name: shares.integer(band.name, 0, _SHARE_PPM_MAX) for band in bands}
    shares.done()
    for better, worse in pairwise(bands):
        if share_ppm[better.name] < share_ppm[worse.name]:
            refuse(f"{place}.share_ppm.{worse.name}", "it may not rise with the pd")
    return share_ppm


def _coverage(table: _Table) -> Coverage:
    rule = Coverage(table.kind("kind"), table.integer("min_ppm", 1, _COVERAGE_PPM_MAX))
    table.done()
    if KINDS[rule.kind].unit is not Unit.FEN:
        refuse(rule.kind, "it is no amount, so it cannot cover an instalment")
    return rule


def _thin(table: _Table) -> ThinHistory:
    steps = []
    for part in table.tables("step", 40):
        steps.append(
            ThinStep(
                part.integer("history_min_days", 0, 3_660),
                part.integer("limit_fen", 0, AMOUNT_FEN_MAX),
            )
        )
        part.done()
    for shorter, longer in pairwise(steps):
        if not (
            shorter.history_min_days < longer.history_min_days
            and shorter.limit_fen <= longer.limit_fen
        ):
            refuse("thin_history.step", "days must rise and limits may not fall")
    thin = ThinHistory(
        least_fen=table.integer("least_fen", 0, AMOUNT_FEN_MAX),
        takings_share_ppm=table.integer("takings_share_ppm", 0, _SHARE_PPM_MAX),
        rate_ppm_per_day=table.integer("rate_ppm_per_day", 0, RATE_PPM_PER_DAY_MAX),
        steps=tuple(steps),
    )
    table.done()
    return thin


def _products(table: _Table) -> dict[str, ProductTerms]:
    products = {}
    for name in table.names():
        part = table.table(name)
        days, months = part.numbers("tenors_days"), part.numbers("tenors_months")
        if bool(days) == bool(months):
            refuse(f"product.{name}", "either tenors_days or tenors_months is expected")
        terms = ProductTerms(
            part.integer("limit_min_fen", 1, AMOUNT_FEN_MAX),
            part.integer("limit_max_fen", 1, AMOUNT_FEN_MAX),
            days or months,
            "days" if days else "months",
        )
        part.done()
        if terms.limit_min_fen > terms.limit_max_fen:
            refuse(f"product.{name}.limit_min_fen", "it may not be above limit_max_fen")
        products[name] = terms
    if not products:
        refuse("product", "at least one is expected")
    return products


def _check_whole(policy: Policy) -> None:
    """Refuse what only shows when the parts are seen together."""
    if policy.thin_history.rate_ppm_per_day < policy.bands[-1].rate_ppm_per_day:
        refuse("thin_history.rate_ppm_per_day", "it may not be below the last band's")
    if policy.thin_history.least_fen % policy.limit_unit_fen:
        refuse("thin_history.least_fen", "a multiple of limit_unit_fen is expected")
    for name, terms in policy.products.items():
        if terms.limit_max_fen % policy.limit_unit_fen:
            refuse(f"product.{name}.limit_max_fen", "a multiple of limit_unit_fen is expected")


@dataclass(frozen=True, slots=True)
class PolicyDifference:
    """One setting that differs between two versions; None where it does not stand."""

    place: str
    before: str | None
    after: str | None


def difference(before: Policy, after: Policy) -> tuple[PolicyDifference, ...]:
    """Return every setting that differs between two policies, by place."""
    old, new = _flat(before), _flat(after)
    return tuple(
        PolicyDifference(place, old.get(place), new.get(place))
        for place in sorted(old.keys() | new.keys())
        if old.get(place) != new.get(place)
    )


def _flat(policy: Policy) -> dict[str, str]:
    found: dict[str, str] = {}
    for spot in fields(policy):
        if spot.name != "text":
            _flatten(spot.name, getattr(policy, spot.name), found)
    return found


def _flatten(place: str, value: object, found: dict[str, str]) -> None:
    if isinstance(value, tuple) and value and hasattr(value[0], "__dataclass_fields__"):
        for i, part in enumerate(value):
            name = getattr(part, "name", None) or getattr(part, "kind", None) or str(i)
            _flatten(f"{place}.{name}", part, found)
    elif isinstance(value, dict):
        for key, part in value.items():
            _flatten(f"{place}.{key}", part, found)
    elif hasattr(value, "__dataclass_fields__"):
        for spot in fields(value):  # type: ignore[arg-type] # a dataclass instance, just checked
            _flatten(f"{place}.{spot.name}", getattr(value, spot.name), found)
    else:
        found[place] = "" if value is None else str(value)
