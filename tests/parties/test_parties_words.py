"""Every refusal of this room has its sentence in both languages, and masks hold."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

import martlet.parties
from martlet.kernel.i18n import Locale, explain, has_sentence
from martlet.parties import Masked
from martlet.parties.tokens import ApiKeyText

SOURCES = sorted(Path(martlet.parties.__file__).parent.glob("*.py"))
CODES = {
    code
    for source in SOURCES
    for code in re.findall(r"(?s)[A-Z]\w+\(\s*\"(parties\.\w+)\"", source.read_text("utf-8"))
    if not re.search(rf"(?:emit|Command)\(\s*\"{re.escape(code)}\"", source.read_text("utf-8"))
}


def test_the_codes_were_found() -> None:
    assert {"parties.code_wrong", "parties.own_roles", "parties.consent_missing"} <= CODES
    assert not [code for code in CODES if code.endswith("_given")]


@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("locale", list(Locale))
def test_every_refusal_has_a_sentence(code: str, locale: Locale) -> None:
    assert has_sentence(code, locale)


def test_figures_stand_in_the_sentence() -> None:
    said = explain("parties.consent_period_invalid", {"until": "x", "max_days": 1830}, Locale.EN)
    assert "1,830" in said


def test_a_mask_holds_wherever_it_is_written() -> None:
    name = Masked("张三丰", "张**")
    assert (str(name), f"{name}", repr(name)) == ("张**", "张**", "Masked('张**')")
    assert name.reveal() == "张三丰"
    with pytest.raises(TypeError):
        pickle.dumps(name)
    assert repr(ApiKeyText("public", "hidden")) == "ApiKeyText(prefix='public')"
