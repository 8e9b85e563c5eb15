"""A programme from its text, TOML or JSON: whatever is wrong is refused with its place and reason.

The invariant: what this module lets through can be launched as it stands. A field that is not
known, a figure outside its bounds, or a measure that its kind does not allow never gets further.
"""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from importlib.resources import files
from typing import Any, NoReturn

from martlet.kernel.canonical import content_hash
from martlet.kernel.errors import Invalid
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM
from martlet.lending.product import Component, products
from martlet.lending.relief.limits import (
    BUDGET_FEN_MAX,
    EXTENSION_DAYS_MAX,
    EXTENSION_MAX,
    LIST_ITEMS_MAX,
    MEASURES_MAX,
    PROGRAMME_CHARS_MAX,
    RELIEF_MONTHS_MAX,
    TEXT_CHARS_MAX,
)
from martlet.lending.relief.model import (
    LASTING,
    Measure,
    MeasureKind,
    Payer,
    Programme,
    Who,
    Words,
)

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DAYS_MAX = 31 * RELIEF_MONTHS_MAX
_ARREARS_DAYS_MAX = 10_000


def parse_programme(text: str) -> Programme:
    """Read a programme; the first thing wrong is refused with its place and what is expected."""
    if len(text) > PROGRAMME_CHARS_MAX:
        refuse("(text)", f"at most {PROGRAMME_CHARS_MAX} characters")
    root = _Table(_parsed(text), "")
    payer = Payer(root.one_of("payer", tuple(Payer)))
    named = payer is not Payer.OWN
    programme = Programme(
        name=root.slug("name"),
        title=_words(root.table("title")),
        sentence=_words(root.table("sentence")),
        payer=payer,
        payer_name=root.slug("payer_name") if named else root.text("payer_name", ""),
        budget_fen=root.integer("budget_fen", 1, BUDGET_FEN_MAX),
        open_from=root.day("open_from"),
        open_until=root.day("open_until"),
        who=_who(root.table("who")),
        what=tuple(_measure(table) for table in root.tables("what", MEASURES_MAX)),
        text=text,
        content_hash=content_hash(text.encode()),
    )
    root.done()
    if not named and programme.payer_name:
        refuse("payer_name", "empty, where the bank itself pays")
    if programme.open_until < programme.open_from:
        refuse("open_until", "a day not before open_from")
    if not programme.what:
        refuse("what", "at least one measure")
    return programme


def shipped_programmes() -> dict[str, str]:
    """Return the text of every programme that ships as an example, by its name."""
    folder = files("martlet.lending.relief") / "programmes"
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda one: one.name)
        if entry.name.endswith(".toml")
    }


def refuse(place: str, expected: str) -> NoReturn:
    """Refuse a programme for what stands, or does not stand, at a place."""
    raise Invalid("lending.relief_malformed", place=place, expected=expected)


def _parsed(text: str) -> Any:  # noqa: ANN401 - whatever was written
    try:
        return json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        refuse("(text)", str(error)[:200])


def _words(table: _Table) -> Words:
    words = Words(en=table.text("en"), zh_cn=table.text("zh_cn"))
    table.done()
    return words


def _who(table: _Table) -> Who:
    who = Who(
        regions=table.texts("regions"),
        trades=table.texts("trades"),
        products=table.texts("products"),
        drawn_from=table.day("drawn_from") if table.has("drawn_from") else None,
        drawn_until=table.day("drawn_until") if table.has("drawn_until") else None,
        line_min_fen=table.optional("line_min_fen", 0, AMOUNT_FEN_MAX),
        line_max_fen=table.optional("line_max_fen", 0, AMOUNT_FEN_MAX),
        arrears_days_min=table.optional("arrears_days_min", 0, _ARREARS_DAYS_MAX),
        arrears_days_max=table.optional("arrears_days_max", 0, _ARREARS_DAYS_MAX),
        outstanding_min_fen=table.optional("outstanding_min_fen", 0, AMOUNT_FEN_MAX),
        outstanding_max_fen=table.optional("outstanding_max_fen", 0, AMOUNT_FEN_MAX),
    )
    for name in who.products:
        if name not in products():
            refuse("who.products", f"names of products sold here, not {name[:40]}")
    for low, high in (
        ("line_min_fen", "line_max_fen"),
        ("outstanding_min_fen", "outstanding_max_fen"),
        ("arrears_days_min", "arrears_days_max"),
        ("drawn_from", "drawn_until"),
    ):
        first, last = getattr(who, low), getattr(who, high)
        if first is not None and last is not None and last < first:
            refuse(f"who.{high}", f"not below {low}")
    table.done()
    return who


def _measure(table: _Table) -> Measure:
    kind = MeasureKind(table.one_of("kind", tuple(MeasureKind)))
    if kind in LASTING:
        measure = _lasting(table, kind)
    elif kind is MeasureKind.WAIVE:
        waivable = (Component.INTEREST, Component.PENALTY)
        measure = Measure(
            kind,
            component=Component(table.one_of("component", waivable)),
            share_ppm=table.integer("share_ppm", 1, PPM, PPM),
            up_to_fen=table.optional("up_to_fen", 1, AMOUNT_FEN_MAX),
        )
    else:
        measure = Measure(
            kind,
            instalments=table.integer("instalments", 0, EXTENSION_MAX, 0),
            days=table.integer("days", 0, EXTENSION_DAYS_MAX, 0),
        )
        if (measure.instalments > 0) == (measure.days > 0):
            refuse(table.at("instalments"), "either instalments or days")
    table.done()
    return measure


def _lasting(table: _Table, kind: MeasureKind) -> Measure:
    measure = Measure(
        kind,
        months=table.integer("months", 0, RELIEF_MONTHS_MAX, 0),
        days=table.integer("days", 0, _DAYS_MAX, 0),
        rate_ppm=table.integer("rate_ppm", 0, PPM - 1) if kind is MeasureKind.RATE else 0,
    )
    if measure.months + measure.days == 0:
        refuse(table.at("months"), "at least one month or one day")
    return measure


class _Table:
    """A table of the text that knows its place and which of its fields have been read."""

    def __init__(self, values: Any, place: str) -> None:  # noqa: ANN401 - whatever was written
        if not isinstance(values, dict):
            refuse(place or "(text)", "a table")
        self._values = dict(values)
        self._place = place

    def at(self, key: str) -> str:
        """Return the place of a field."""
        return f"{self._place}.{key}" if self._place else key

    def has(self, key: str) -> bool:
        """Tell whether a field is there and not yet read."""
        return key in self._values

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Read a whole number within bounds."""
        value = self._values.pop(key, default)
        if type(value) is not int or not low <= value <= high:
            refuse(self.at(key), f"a whole number from {low} to {high}")
        return value

    def optional(self, key: str, low: int, high: int) -> int | None:
        """Read a whole number that may be left out."""
        return self.integer(key, low, high) if self.has(key) else None

    def text(self, key: str, default: str | None = None) -> str:
        """Read a text that is not empty, unless that is its default."""
        value = self._values.pop(key, default)
        fits = isinstance(value, str) and len(value) <= TEXT_CHARS_MAX
        if not fits or (not value.strip() and value != default):
            refuse(self.at(key), f"a text of 1 to {TEXT_CHARS_MAX} characters")
        return str(value)

    def slug(self, key: str) -> str:
        """Read a short word of small letters, digits and underscores."""
        value = self._values.pop(key, None)
        if not isinstance(value, str) or not _SLUG.fullmatch(value):
            refuse(self.at(key), "a word of up to 40 small letters, digits and underscores")
        return value

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        """Read one of a few words."""
        value = self._values.pop(key, None)
        if value not in allowed:
            refuse(self.at(key), f"one of {', '.join(allowed)}")
        return str(value)

    def day(self, key: str) -> date:
        """Read a day; JSON writes it as a text."""
        value = self._values.pop(key, None)
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                value = None
        if type(value) is not date:
            refuse(self.at(key), "a day such as 2026-03-01")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts; left out it is empty."""
        value = self._values.pop(key, [])
        fits = isinstance(value, list) and len(value) <= LIST_ITEMS_MAX
        if not fits or not all(isinstance(one, str) and one.strip() for one in value):
            refuse(self.at(key), f"a list of at most {LIST_ITEMS_MAX} texts")
        return tuple(value)

    def table(self, key: str) -> _Table:
        """Read a table inside this one; left out it is empty."""
        return _Table(self._values.pop(key, {}), self.at(key))

    def tables(self, key: str, most: int) -> list[_Table]:
        """Read a list of tables."""
        value = self._values.pop(key, [])
        if not isinstance(value, list) or len(value) > most:
            refuse(self.at(key), f"a list of at most {most} tables")
        return [_Table(one, f"{self.at(key)}[{place}]") for place, one in enumerate(value)]

    def done(self) -> None:
        """Refuse a field that nobody reads."""
        if self._values:
            refuse(self.at(min(self._values)), "nothing: this field is not known")
