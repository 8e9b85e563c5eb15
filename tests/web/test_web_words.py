"""Nothing on a page is said in English only."""

from __future__ import annotations

import ast
import re

import pytest
from jinja2.ext import extract_from_ast

from martlet.kernel.i18n import Locale, text
from martlet.web import wording
from martlet.web.rendering import HERE, _environment

PLAIN = re.compile(r">([^<{]*[A-Za-z]{3,}[^<{]*)<")
PROPER = {"· Martlet", "Martlet", "English"}


def messages() -> set[str]:
    """Return every English text that a page may show."""
    found = set(wording.messages())
    environment = _environment()
    for path in (HERE / "templates").rglob("*.html"):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for _line, _function, message in extract_from_ast(tree, gettext_functions=("_",)):
            assert message is not None, f"{path.name}: a text that only the running page knows"
            found.add(message if isinstance(message, str) else str(message[0]))
    for path in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="say"), args=[ast.Constant(value=said)]):
                    found.add(str(said))
    return found


def test_every_phrase_has_its_chinese() -> None:
    missing = sorted(said for said in messages() if text(said, Locale.ZH_CN) == said)
    assert not missing, missing


def test_no_template_says_anything_outside_the_catalogue() -> None:
    for path in (HERE / "templates").rglob("*.html"):
        bare = re.sub(r"{%.*?%}|{{.*?}}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for said in PLAIN.findall(bare):
            assert said.strip() in PROPER, (path.name, said)


@pytest.mark.parametrize("locale", list(Locale))
def test_a_code_has_a_word_and_an_unknown_one_still_reads(locale: Locale) -> None:
    assert wording.word("loan_status", "live", locale) not in {"live", ""}
    assert wording.word("step", "something_new", locale) == "something new"
