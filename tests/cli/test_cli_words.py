"""The command line speaks Chinese as fully as it speaks English."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import polib

import martlet.cli
from martlet.cli.words import choose_language, label
from martlet.kernel.i18n import Locale

FOLDER = Path(martlet.cli.__file__).parent
CATALOGUE = FOLDER.parent / "locales" / "zh_CN" / "cli.po"
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def phrases() -> set[str]:
    """Return every phrase that the sources of the command line say."""
    found = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="say" | "Step"), args=[ast.Constant(value=str() as said), *_]
                ):
                    found.add(said)
    return found


def translations() -> dict[str, str]:
    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(CATALOGUE))}


def test_every_phrase_has_its_chinese() -> None:
    assert not (missing := phrases() - translations().keys()), sorted(missing)


def test_a_translated_phrase_keeps_its_parameters() -> None:
    known = translations()
    for said in phrases():
        assert set(PLACEHOLDER.findall(said)) == set(PLACEHOLDER.findall(known[said])), said


def test_the_language_is_asked_for_or_the_terminals() -> None:
    assert choose_language([], {"LANG": "zh_CN.UTF-8"}) is Locale.ZH_CN
    assert choose_language([], {"LANG": "C.UTF-8"}) is Locale.EN
    assert choose_language([], {"LANG": "zh_CN.UTF-8", "MARTLET_LANG": "en"}) is Locale.EN
    assert choose_language(["--lang", "zh", "doctor"], {"LANG": "C"}) is Locale.ZH_CN
    assert choose_language(["--lang=en", "doctor"], {"LANG": "zh_CN"}) is Locale.EN


def test_a_field_is_headed_without_its_unit() -> None:
    assert label("limit_fen") == "Limit"
    assert label("rate_ppm_per_day") == "Rate"
    assert label("party_id") == "Party id"
