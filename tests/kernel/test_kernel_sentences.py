"""Whatever Martlet refuses, it says why in both languages, with the figures that explain it."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from martlet.kernel import errors, i18n
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(errors.__file__).parent.parent
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.MartletError)
}
SPEAKING = ERRORS | {"Reason", "Finding"}


class Raised(NamedTuple):
    """One place in the source that names a code."""

    code: str
    names: frozenset[str] | None
    """Its parameters; None where they are not told by name."""
    place: str


def _raised_in(path: Path) -> Iterator[Raised]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if isinstance(node.func, ast.Attribute):
            name = node.func.attr
        code = next((a.value for a in node.args if isinstance(a, ast.Constant)), None)
        if name not in SPEAKING or not isinstance(code, str) or "." not in code:
            continue
        named = [keyword.arg for keyword in node.keywords]
        known = None if name not in ERRORS or None in named else frozenset(map(str, named))
        yield Raised(code, known, f"{path.relative_to(SOURCE)}:{node.lineno}")


ALL = [raised for path in sorted(SOURCE.rglob("*.py")) for raised in _raised_in(path)]

ROOMS = sorted({raised.code.split(".")[0] for raised in ALL})


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_codes_are_found_in_the_source() -> None:
    assert {"kernel.amount_unreadable", "store.key_reused"} <= {raised.code for raised in ALL}


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("room", ROOMS)
def test_every_code_has_a_sentence(room: str, locale: Locale) -> None:
    silent = {
        f"{raised.code} ({raised.place})"
        for raised in ALL
        if raised.code.startswith(f"{room}.") and not i18n.has_sentence(raised.code, locale)
    }
    assert not silent, f"without a sentence in {locale}: {sorted(silent)}"


@pytest.mark.parametrize("locale", Locale)
def test_a_sentence_uses_only_what_its_refusal_tells(locale: Locale) -> None:
    """A field that nobody fills would leave the reader with braces."""
    unfilled = [
        f"{raised.code} ({raised.place}): {missing}"
        for raised in ALL
        if raised.names is not None
        and (missing := _fields(i18n.template(raised.code, locale)) - raised.names)
    ]
    assert not unfilled, unfilled


def test_both_languages_speak_of_the_same_things() -> None:
    pairs = [(i18n.template(r.code, Locale.EN), i18n.template(r.code, Locale.ZH_CN)) for r in ALL]
    different = [pair for pair in pairs if _fields(pair[0]) != _fields(pair[1])]
    assert not different, different


def test_chinese_sentences_are_chinese() -> None:
    words = {raised.code: i18n.template(raised.code, Locale.ZH_CN) for raised in ALL}
    english = [
        code
        for code, sentence in words.items()
        if sentence != code and not any("\u4e00" <= sign <= "\u9fff" for sign in sentence)
    ]
    assert not english, english
