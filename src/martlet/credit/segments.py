"""By what businesses are told apart when figures are broken down: region, trade and size.

Size is a band of verified takings, read from data. Nothing here ever reaches a decision: it is for
looking at decisions afterwards.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from martlet.signals import SignalSet

TAKINGS = "verified_takings_monthly_fen"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SizeBand:
    """Businesses whose takings a month are below a bound and not below the one before it."""

    slug: str
    takings_below_fen: int | None
    en: str
    zh_cn: str


@dataclass(frozen=True, slots=True)
class Segments:
    """Where one business stands."""

    region: str = UNKNOWN
    trade: str = UNKNOWN
    size: str = UNKNOWN


@cache
def size_bands() -> tuple[SizeBand, ...]:
    """Return the bands by rising takings; the last is for takings that are not known."""
    table = tomllib.loads((files("martlet.credit") / "segments.toml").read_text("utf-8"))
    return tuple(
        SizeBand(one["slug"], one.get("takings_below_fen"), one["en"], one["zh_cn"])
        for one in table["size"]
    )


def size_of(signals: SignalSet) -> str:
    """Return the size band of a business by the takings that its signals show."""
    takings_fen = signals.value(TAKINGS)
    if takings_fen is None:
        return UNKNOWN
    for band in size_bands():
        if band.takings_below_fen is None or takings_fen < band.takings_below_fen:
            return band.slug
    return UNKNOWN


def size_label(slug: str, locale: Locale) -> str:
    """Return a size band's name in a language; a slug that is none shows itself."""
    for band in size_bands():
        if band.slug == slug:
            return band.zh_cn if locale is Locale.ZH_CN else band.en
    return slug
