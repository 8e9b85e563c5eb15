"""What a format file says, read once and checked when read."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from martlet.kernel.errors import Invalid
from martlet.records.model import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

TOLD_AMOUNT = "told_amount"
"""In an identity: the amount as read, whichever columns it was written in."""

FlowRule = Literal["words", "signed", "separate"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern on the text of one column."""

    column: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Flow:
    """How a payment's direction is told."""

    rule: FlowRule
    into: tuple[str, ...] = ()
    out: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()
    neutral_when: tuple[Pattern, ...] = ()
    """Money moved between the owner's own accounts, whatever the direction says."""


@dataclass(frozen=True, slots=True)
class Control:
    """A total that the file itself states: a pattern with groups `count` and `amount`."""

    of: str
    """in | out | neutral | all"""
    pattern: str


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of export."""

    slug: str
    kind: Kind
    en: str
    zh_cn: str
    columns: Mapping[str, tuple[str, ...]]
    """What a column means -> the names it goes by."""
    required: tuple[str, ...]
    identity: tuple[str, ...]
    """Meanings that make a row this row and no other, together."""
    encodings: tuple[str, ...] = ("utf-8", "gb18030")
    delimiter: str = ","
    marks: tuple[str, ...] = ()
    """One of these stands before the header."""
    hint: str = ""
    """Pattern on the file's name that decides where two formats fit."""
    side: str = ""
    """Of invoices: sales | purchases."""
    days: tuple[str, ...] = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
    moments: tuple[str, ...] = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M")
    times: tuple[str, ...] = ("%H:%M:%S", "%H%M%S", "%H:%M")
    amount: str = ""
    """Pattern whose first group is the amount, where a cell holds more than that."""
    taken_back: str = ""
    """Pattern whose first group is the part of the amount that the platform's totals leave out."""
    flow: Flow | None = None
    refund: tuple[Pattern, ...] = ()
    fee: Pattern | None = None
    purpose: tuple[str, ...] = ()
    status: Mapping[str, str] = field(default_factory=dict)
    """State -> pattern on the status word; a blank status is 'blank' where given."""
    best_rating: int = 5
    short_rows: bool = False
    """Whether empty columns at a line's end are left out by the bank."""
    twins: Literal["keep", "quarantine"] = "keep"
    """What a second row of the same identity in one file is: a row of its own, or a mistake."""
    footers: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()

    def __post_init__(self) -> None:
        known = set(self.columns)
        assert set(self.required) <= known, (self.slug, set(self.required) - known)
        assert set(self.identity) <= known | {TOLD_AMOUNT}, self.slug
        assert set(self.purpose) <= known, (self.slug, set(self.purpose) - known)
        texts = [self.hint, self.amount, self.taken_back, *self.footers, *self.status.values()]
        for pattern in (*texts, *(control.pattern for control in self.controls)):
            re.compile(pattern)

    def match(self, names: list[str]) -> dict[str, int] | None:
        """Return where each meaning stands among column names; None if a required one is not."""
        places: dict[str, int] = {}
        for meaning, aliases in self.columns.items():
            place = next((names.index(alias) for alias in aliases if alias in names), None)
            if place is not None:
                places[meaning] = place
        return places if set(self.required) <= places.keys() else None


def plain_name(name: str) -> str:
    """Return a column's name without blanks and with plain brackets: '日 志 号' -> '日志号'."""
    bare = re.sub(r"[\s\ufeff\u200b]", "", name)
    return bare.replace("（", "(").replace("）", ")").strip('"').lower()


def _patterns(entries: list[dict[str, str]]) -> tuple[Pattern, ...]:
    return tuple(Pattern(entry["column"], entry["pattern"]) for entry in entries)


def read_format(table: dict[str, Any]) -> Format:
    """Return the format that a TOML table describes; a field unknown to us is a mistake."""
    values = dict(table)
    values["kind"] = Kind(values["kind"])
    values["columns"] = {
        meaning: tuple(plain_name(alias) for alias in aliases)
        for meaning, aliases in values["columns"].items()
    }
    if (flow := values.get("flow")) is not None:
        values["flow"] = Flow(
            rule=flow["rule"],
            into=tuple(flow.get("in", ())),
            out=tuple(flow.get("out", ())),
            neutral=tuple(flow.get("neutral", ())),
            neutral_when=_patterns(flow.get("neutral_when", [])),
        )
    values["refund"] = _patterns(values.get("refund", []))
    if (fee := values.get("fee")) is not None:
        values["fee"] = Pattern(fee["column"], fee["pattern"])
    values["controls"] = tuple(Control(c["of"], c["pattern"]) for c in values.pop("control", []))
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
    return Format(**values)


def _load() -> dict[str, Format]:
    folder = files("martlet.records.formats")
    found: dict[str, Format] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            spec = read_format(tomllib.loads(entry.read_text(encoding="utf-8")))
            assert entry.name == f"{spec.slug}.toml", entry.name
            found[spec.slug] = spec
    return found


FORMATS: Mapping[str, Format] = _load()


def format_named(slug: str) -> Format:
    """Return a format by its name, or say which there are."""
    if (found := FORMATS.get(slug)) is None:
        raise Invalid("records.format_unknown", format=slug[:40], known=", ".join(FORMATS))
    return found
