"""Which language the terminal speaks, and the phrases of the command line in it.

Decided once, before the commands are defined, because their help is part of the definition:
`--lang` on the command line, else MARTLET_LANG, else the locale of the terminal.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from martlet.kernel.i18n import Locale, explain, text, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_UNIT_SUFFIXES = ("_ppm_per_day", "_fen", "_ppm", "_count", "_days")


def choose_language(arguments: Sequence[str], environment: Mapping[str, str]) -> Locale:
    """Return the language that the caller asked for, or that the terminal is set to."""
    wanted = ""
    for name in ("LANG", "LC_MESSAGES", "LC_ALL", "MARTLET_LANG"):
        wanted = environment.get(name) or wanted
    for position, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            wanted = argument.removeprefix("--lang=")
        elif argument == "--lang" and position + 1 < len(arguments):
            wanted = arguments[position + 1]
    return Locale.ZH_CN if wanted.lower().startswith("zh") else Locale.EN


LANGUAGE = choose_language(sys.argv[1:], os.environ)


def say(message: str, **parameters: object) -> str:
    """Return an English phrase of this program in the terminal's language."""
    if LANGUAGE is Locale.EN and not parameters:
        return message
    return text(message, LANGUAGE, **parameters)


def sentence(code: str, details: Mapping[str, object]) -> str:
    """Return the sentence of a refusal in the terminal's language."""
    return explain(code, details, LANGUAGE)


def label(name: str) -> str:
    """Return the heading of a field: `limit_fen` -> 'Limit', or what the catalogue calls it."""
    if name.isdigit():
        return name
    for suffix in _UNIT_SUFFIXES:
        if name.endswith(suffix) and name != suffix[1:]:
            name = name.removesuffix(suffix)
            break
    phrase = name.replace("_", " ").strip()
    return say(phrase[:1].upper() + phrase[1:])


def written(name: str, value: object) -> str:
    """Return a field's value as a person reads it, by the unit in its name."""
    return write(name, value, LANGUAGE)
