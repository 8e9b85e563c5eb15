"""Nothing is said in one language only: every refusal and every phrase has both."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import polib
import pytest

from martlet.kernel.i18n import Locale, has_sentence

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "martlet"
REFUSALS = {
    *("Invalid", "Unauthenticated", "Forbidden", "NotFound", "Conflict", "Refused"),
    *("TooLarge", "TooMany", "Unavailable", "Corrupt"),
}
CODE = re.compile(r"[a-z_]+\.[a-z0-9_]+")


@cache
def raised_codes() -> dict[str, str]:
    """Return every code that the sources can raise, with one place where they do."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id=name), args=[ast.Constant(value=str() as code), *_]
                ) if name in REFUSALS and CODE.fullmatch(code):
                    found[code] = f"{path.relative_to(PACKAGE)}:{node.lineno}"
    return found


@pytest.mark.parametrize("locale", list(Locale))
def test_every_refusal_has_a_sentence(locale: Locale) -> None:
    missing = [f"{at} {c}" for c, at in raised_codes().items() if not has_sentence(c, locale)]
    assert not missing, "\n" + "\n".join(missing)


def _entries(locale: Locale) -> dict[str, str]:
    return {
        entry.msgid: entry.msgstr
        for path in sorted((PACKAGE / "locales" / locale.folder).glob("*.po"))
        for entry in polib.pofile(str(path), encoding="utf-8")
    }


def test_a_code_has_the_same_parameters_in_both_languages() -> None:
    """A figure that one language shows and the other hides misleads half of the readers."""
    english, chinese = _entries(Locale.EN), _entries(Locale.ZH_CN)
    placeholder = re.compile(r"\{(\w+)\}")
    differing = [
        code
        for code in english.keys() & chinese.keys()
        if CODE.fullmatch(code)
        and set(placeholder.findall(english[code])) != set(placeholder.findall(chinese[code]))
    ]
    assert not differing, differing
    unpaired = [c for c in english.keys() ^ chinese.keys() if CODE.fullmatch(c)]
    assert not unpaired, unpaired


def test_a_translated_phrase_keeps_its_parameters() -> None:
    placeholder = re.compile(r"\{(\w+)\}")
    differing = [
        message
        for message, translated in _entries(Locale.ZH_CN).items()
        if not CODE.fullmatch(message)
        and set(placeholder.findall(message)) != set(placeholder.findall(translated))
    ]
    assert not differing, differing
