"""The registry of kinds: data (`kinds.toml`) that documents itself and is all a new eye needs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.kernel.i18n import Locale


class Unit(StrEnum):
    """The unit of a kind's value; each is a whole number, a text or a truth."""

    FEN = "fen"
    PPM = "ppm"
    DAYS = "days"
    COUNT = "count"
    TEXT = "text"
    FLAG = "flag"


_ANY = 1 << 62
"""Beyond every amount and count that there is."""


@dataclass(frozen=True)
class SignalKind:
    """One kind: its name, unit, role, range, and what it means in both languages."""

    slug: str
    unit: Unit
    role: str
    minimum: int | None
    maximum: int | None
    sample_min: int
    """With fewer cases than this the signal is too thin to count."""
    en: str
    zh_cn: str

    @cached_property
    def whole_numbers(self) -> tuple[int, int]:
        """The least and the greatest whole number of the kind; an empty range where it has none."""
        if self.unit in {Unit.TEXT, Unit.FLAG}:
            return 1, 0
        low = -_ANY if self.minimum is None else self.minimum
        return low, _ANY if self.maximum is None else self.maximum

    def accepts(self, value: int | str | bool) -> bool:  # noqa: FBT001 - a signal's value may be a truth
        """Tell whether a value is of the kind's unit and inside its range."""
        unit = self.unit
        if unit is Unit.TEXT:
            return isinstance(value, str)
        if unit is Unit.FLAG:
            return isinstance(value, bool)
        if type(value) is not int:
            return False
        above = self.minimum is None or value >= self.minimum
        return above and (self.maximum is None or value <= self.maximum)

    def label(self, locale: Locale) -> str:
        """Return what it means, in a language."""
        return self.zh_cn if locale.value == "zh-CN" else self.en


@cache
def _load() -> dict[str, SignalKind]:
    table = tomllib.loads((files("martlet.signals") / "kinds.toml").read_text(encoding="utf-8"))
    return {
        slug: SignalKind(
            slug=slug,
            unit=Unit(entry["unit"]),
            role=entry["role"],
            minimum=entry.get("minimum"),
            maximum=entry.get("maximum"),
            sample_min=entry.get("sample_min", 1),
            en=entry["en"],
            zh_cn=entry["zh_cn"],
        )
        for slug, entry in table.items()
    }


KINDS: Mapping[str, SignalKind] = _load()


def kind_of(slug: str) -> SignalKind:
    """Return a kind by its slug; an unknown one is a mistake of the eye that sent it."""
    if (kind := KINDS.get(slug)) is None:
        message = f"no signal kind {slug!r}: add it to signals/kinds.toml"
        raise LookupError(message)
    return kind
