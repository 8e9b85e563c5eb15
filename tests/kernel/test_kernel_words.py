"""Words and proofs: texts in two languages by the units of their figures, one form for a hash."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel.canonical import canonical_json, content_hash, hash_of, parse_json
from martlet.kernel.errors import Forbidden, MartletError, NotFound, Refused, missing_extra
from martlet.kernel.i18n import Locale, choose_locale, explain, has_sentence, text, write
from martlet.kernel.principal import (
    ALL_SCOPES,
    OWNER_SCOPES,
    ActorKind,
    Principal,
    Scope,
    system_principal,
)

TENANT = UUID("01900000-0000-7000-8000-000000000001")
SHOP = UUID("01900000-0000-7000-8000-000000000002")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_canonical_text_is_read_back_and_written_the_same(value: object) -> None:
    written = canonical_json(value)
    assert parse_json(written) == value
    assert canonical_json(parse_json(written)) == written


@given(st.dictionaries(st.text(), st.integers()))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert hash_of(value) == hash_of(dict(reversed(value.items())))


class Colour(Enum):
    RED = 1.5


class Side(StrEnum):
    SALES = "sales"


class Rank(IntEnum):
    FIRST = 1


def test_days_identifiers_decimals_and_enums_become_their_text() -> None:
    value = {"id": TENANT, "day": date(2026, 3, 2), "d": Decimal("1.50"), "s": Side.SALES}
    assert parse_json(canonical_json(value)) == {
        "id": str(TENANT),
        "day": "2026-03-02",
        "d": "1.50",
        "s": "sales",
    }
    assert canonical_json([Rank.FIRST, datetime(2026, 3, 2, tzinfo=UTC)]).startswith(b"[1,")
    assert hash_of({}) == content_hash(b"{}")


@pytest.mark.parametrize(
    "value",
    [
        *(1.0, float("nan"), [1, [2, 3.5]], {"a": {"b": 0.1}}, ({"a": (1.5,)},), {1.5: 1}),
        *(Colour.RED, {1, 2}, b"bytes", object(), {"a": {1.5}}),
    ],
)
def test_a_float_never_hides_in_what_is_proven(value: object) -> None:
    with pytest.raises(TypeError, match="canonical"):
        canonical_json(value)


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, Locale.ZH_CN),
        ("", Locale.ZH_CN),
        ("en-GB,en;q=0.9,zh;q=0.8", Locale.EN),
        ("fr, zh-TW;q=0.9", Locale.ZH_CN),
        ("fr", Locale.ZH_CN),
        ("x" * 10_000, Locale.ZH_CN),
    ],
)
def test_the_readers_first_language_that_martlet_speaks(header: str | None, locale: Locale) -> None:
    assert choose_locale(header) is locale


@pytest.mark.parametrize(
    ("name", "value", "chinese", "english"),
    [
        ("limit_fen", 123456, "¥1,234.56", "¥1,234.56"),
        ("limit_fen", -5, "-¥0.05", "-¥0.05"),
        ("rate_ppm_per_day", 300, "0.030%", "0.030%"),
        ("share_ppm", 123_456, "12.35%", "12.35%"),
        ("tenor_days", 1234, "1,234", "1,234"),
        ("seq", 1234, "1234", "1234"),
        ("due_on", date(2026, 3, 5), "2026年3月5日", "5 Mar 2026"),
        ("due_on", None, "—", "—"),
        ("open", True, "是", "yes"),
        ("open", False, "否", "no"),
        ("name", "张三", "张三", "张三"),
    ],
)
def test_a_figure_is_written_by_its_unit(
    name: str, value: object, chinese: str, english: str
) -> None:
    assert write(name, value, Locale.ZH_CN) == chinese
    assert write(name, value, Locale.EN) == english


def test_a_refusal_is_a_sentence_in_either_language() -> None:
    refusal = NotFound("kernel.id_unreadable", text="abc")
    assert "abc" in explain(refusal.code, refusal.details, Locale.EN)
    assert "编号" in explain(refusal.code, refusal.details, Locale.ZH_CN)
    assert has_sentence(refusal.code, Locale.EN)
    assert str(refusal) == "kernel.id_unreadable(text='abc')"


def test_what_has_no_sentence_shows_itself() -> None:
    assert explain("no.such_code", {"a": 1}, Locale.EN) == "no.such_code"
    assert text("A page text nobody translated", Locale.ZH_CN) == "A page text nobody translated"
    assert text("{count} left", Locale.EN, count=3) == "3 left"
    assert text("{other} left", Locale.EN, count=3) == "{other} left"


def test_a_refusal_has_a_code_of_its_room() -> None:
    with pytest.raises(AssertionError):
        Refused("nothing")
    assert missing_extra("postgres", "psycopg").details == {
        "extra": "postgres",
        "package": "psycopg",
    }
    assert MartletError.status == 400


def test_an_owner_sees_named_businesses_and_no_other() -> None:
    owner = Principal(TENANT, SHOP, ActorKind.OWNER, OWNER_SCOPES, frozenset({SHOP}))
    owner.require(Scope.LENDING_WRITE)
    owner.require_party(SHOP)
    with pytest.raises(NotFound, match="parties.business_not_found"):
        owner.require_party(TENANT)
    with pytest.raises(Forbidden, match="end_of_day:run"):
        owner.require(Scope.END_OF_DAY)
    with pytest.raises(AssertionError):
        Principal(TENANT, SHOP, ActorKind.OWNER)
    assert owner.actor == f"owner:{SHOP}"


def test_the_bank_itself_may_do_everything_in_its_tenant() -> None:
    bank = system_principal(TENANT)
    assert bank.scopes == ALL_SCOPES
    bank.require_party(SHOP)
