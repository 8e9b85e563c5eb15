"""An account is one that the chart allows; every refusal of the ledger has its sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import martlet.ledger
from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale, has_sentence
from martlet.ledger import Guard, Side, account, standard_chart


def test_a_path_says_its_class_side_guard_and_segments() -> None:
    kind = account("assets/settlement/alipay")
    assert kind.account_class == "asset"
    assert kind.pattern.normal_side is Side.DEBIT
    assert kind.pattern.guard is Guard.NEVER_OVERDRAWN
    assert kind.segments == (("rail", "alipay"),)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("assets/settlement/Alipay", "ledger.path_outside_chart"),
        ("assets/settlement", "ledger.path_outside_chart"),
        ("assets/settlement/alipay/more", "ledger.path_outside_chart"),
        ("liabilities/customers/balance/somebody", "ledger.path_outside_chart"),
        ("asset/settlement/alipay", "ledger.path_root_unknown"),
        ("", "ledger.path_malformed"),
        ("assets/" + "x" * 200, "ledger.path_malformed"),
    ],
)
def test_a_path_outside_the_chart_is_refused_with_the_reason(path: str, code: str) -> None:
    with pytest.raises(Invalid, match=code) as caught:
        account(path)
    if code == "ledger.path_outside_chart":
        assert "/" in str(caught.value.details["patterns"])


def test_every_line_of_the_chart_speaks_both_languages() -> None:
    for pattern in standard_chart().patterns:
        assert pattern.en, pattern
        assert re.search("[一-鿿]", pattern.zh), pattern


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    room = Path(martlet.ledger.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in room.glob("*.py"))
    raised = r'(?:Invalid|Refused|Conflict|NotFound|Corrupt|TooLarge)\(\s*"(ledger\.\w+)"'
    codes = set(re.findall(raised, source))
    codes |= set(re.findall(r'^    "(ledger\.\w+)": f?"""', source, re.MULTILINE))
    assert len(codes) > 30
    for code in sorted(codes):
        assert has_sentence(code, Locale.EN), code
        assert has_sentence(code, Locale.ZH_CN), code
