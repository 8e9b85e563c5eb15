"""Words in the reader's language, from gettext catalogues that live beside the package.

Two kinds of text. Pages and the command line are written in English in the source and translated
by `text`. Errors and reasons are codes with parameters; `explain` makes the sentence in either
language. Parameters are written by the unit in their name: `limit_fen` as yuan, `due_on` as a
date, `rate_ppm_per_day` as per cent.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from martlet.kernel.money import decimal_text
from martlet.kernel.rates import percent_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_CATALOGUES = Path(__file__).parent.parent / "locales"


class Locale(StrEnum):
    """The languages in which Martlet speaks."""

    ZH_CN = "zh-CN"
    EN = "en"

    @property
    def folder(self) -> str:
        """The catalogue's folder name."""
        return self.value.replace("-", "_")


def choose_locale(accept_language: str | None, default: Locale = Locale.ZH_CN) -> Locale:
    """Return the first language of an Accept-Language header that Martlet speaks."""
    for part in (accept_language or "")[:200].split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return Locale.ZH_CN
        if tag.startswith("en"):
            return Locale.EN
    return default


@cache
def _catalogue(locale: Locale) -> dict[str, str]:
    import polib  # noqa: PLC0415 - only where words are really needed, so that start-up is fast

    words: dict[str, str] = {}
    for path in sorted((_CATALOGUES / locale.folder).glob("*.po")):
        for entry in polib.pofile(str(path), encoding="utf-8"):
            if entry.msgstr and not entry.fuzzy:
                words[entry.msgid] = entry.msgstr
    return words


def text(message: str, locale: Locale, **parameters: object) -> str:
    """Return an English source text in `locale`, its parameters written by their units."""
    found = _catalogue(locale).get(message, message)
    return _fill(found, parameters, locale) if parameters else found


def explain(code: str, parameters: Mapping[str, object], locale: Locale) -> str:
    """Return the sentence for an error's or a reason's code; an unknown code shows itself."""
    return _fill(_catalogue(locale).get(code, code), parameters, locale)


def has_sentence(code: str, locale: Locale) -> bool:
    """Tell whether the catalogue has a sentence for `code`."""
    return code in _catalogue(locale)


def template(code: str, locale: Locale) -> str:
    """Return the sentence for `code` with its parameters still open; an unknown code itself."""
    return _catalogue(locale).get(code, code)


def _fill(template: str, parameters: Mapping[str, object], locale: Locale) -> str:
    written = {name: write(name, value, locale) for name, value in parameters.items()}
    try:
        return template.format_map(written)
    except (KeyError, IndexError, ValueError):
        return template


def write(name: str, value: object, locale: Locale) -> str:
    """Write one parameter as a person reads it, by the unit at the end of its name."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return text("yes" if value else "no", locale)
    if isinstance(value, int):
        if name.endswith("_fen"):
            return yuan(value)
        if name.endswith("_ppm_per_day"):
            return f"{percent_text(value, 3)}%"
        if name.endswith("_ppm"):
            return f"{percent_text(value)}%"
        if name.endswith(("_count", "_days")):
            return f"{value:,}"
    if isinstance(value, date):
        return day(value, locale)
    return str(value)


def yuan(amount_fen: int) -> str:
    """Write fen as yuan: 123456 -> '¥1,234.56'."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}¥{decimal_text(abs(amount_fen), grouped=True)}"


def day(value: date, locale: Locale) -> str:
    """Write a date: '2026年3月5日' or '5 Mar 2026'."""
    if locale is Locale.ZH_CN:
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {value:%b} {value.year}"
