"""The owner's cash flow without scripts: the chart, its numbers as words and table, what-ifs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from martlet.cli.demo_statement import made_up_statement
from martlet.kernel.calendar import business_date_of
from martlet.kernel.i18n import Locale
from martlet.web.cash_ahead import chart, figures, middles, table, whole_yuan

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.web.conftest import Town, Visit

ALL_RECORDS = ("invoices", "payments", "takings", "orders", "bank")


def let_read(town: Town, party_id: UUID | None = None) -> UUID:
    """Let the bank read everything of a business for most of a year."""
    party = party_id or town.party_id
    until = business_date_of(town.bank.clock.now()) + timedelta(days=300)
    town.bank.parties.give_consent(
        town.itself, f"read:{party}", party, records=ALL_RECORDS, until=until
    )
    return party


def with_statement(town: Town, folder: Path, days: int = 420, party_id: UUID | None = None) -> UUID:
    """Bring in a made-up statement that ends yesterday."""
    party = let_read(town, party_id)
    path = folder / "statement.csv"
    today = business_date_of(town.bank.clock.now())
    path.write_text(made_up_statement(today, days), encoding="utf-8")
    report = town.bank.records.import_file(town.itself, f"in:{party}", path, party_id=party)
    assert report.rows_quarantined == 0
    return party


@pytest.fixture
def statement(town: Town, tmp_path: Path) -> str:
    """The shop has an account whose balance is known; the address of its page."""
    return f"/businesses/{with_statement(town, tmp_path)}/cash-flow"


def test_the_page_tells_what_the_outlook_tells(owner: Visit, town: Town, statement: str) -> None:
    page = owner.open(statement).text
    outlook = town.bank.cashflow.outlook(town.itself, town.party_id)
    assert page.count('<svg class="fan-svg"') == 1
    assert "Money at hand, next 56 days" in page
    assert whole_yuan(outlook.lowest.expected_fen) in page
    assert f"Safe to move: {whole_yuan(outlook.safe_to_move_fen)}." in page
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    shown = [re.findall(r"-?¥[\d,]+", row)[0] for row in body.split("<tr>")[1:]]
    assert shown == [whole_yuan(fen) for fen in middles(outlook)]
    assert "Before and after" not in page


def test_chart_and_table_are_the_same_numbers(town: Town, statement: str) -> None:
    assert statement
    outlook = town.bank.cashflow.outlook(town.itself, town.party_id)
    rows = table(outlook, None)
    drawn = chart(outlook, Locale.EN)
    assert len(rows) == len(outlook.days) == len(re.findall(r"\d+,\d+", drawn.middle))
    for row in rows:
        (low50, high50), (low80, high80), (low90, high90) = row["bands"]
        assert low90 <= low80 <= low50 <= row["middle"] <= high50 <= high80 <= high90
    low = min(row["bands"][2][0] for row in rows)
    assert (drawn.danger is not None) == (low < 0)


def test_a_what_if_stands_beside_what_was(owner: Visit, town: Town, statement: str) -> None:
    before = town.bank.cashflow.outlook(town.itself, town.party_id)
    late = owner.open(f"{statement}?late=21").text
    assert "Before and after" in late
    assert 'value="21"' in late
    assert late.count('class="before"') == 2, "on the chart, and beside the sliders"
    assert whole_yuan(before.lowest.expected_fen) in late
    payment = owner.open(f"{statement}?payment=500,000&pay_on={before.days[9]}").text
    assert "One payment more" in payment
    assert "Chance of running short: 100%" in payment
    again = owner.open(f"{statement}?payment=500,000&pay_on={before.days[9]}").text
    assert payment.split("</form>")[2] == again.split("</form>")[2], "the same question twice"


def test_an_owner_says_how_little_is_too_little(owner: Visit, town: Town, statement: str) -> None:
    outlook = town.bank.cashflow.outlook(town.itself, town.party_id)
    assert outlook.shortfall is not None
    assert figures(outlook).short_ppm == outlook.shortfall.probability_ppm
    page = owner.open(f"{statement}?floor=1,000,000").text
    assert "Below ¥1,000,000" in page
    assert "The chance of falling below ¥1,000,000, which you want at hand, is 100%." in page


def test_a_customer_that_is_gone_takes_its_share(owner: Visit, statement: str) -> None:
    page = owner.open(f"{statement}?gone=合成会展餐饮").text
    assert '<option value="合成会展餐饮" selected>' in page
    assert "Before and after" in page
    unknown = owner.open(f"{statement}?gone=nobody")
    assert unknown.status_code == 422
    assert 'role="alert"' in unknown.text


def test_an_order_costs_first_and_brings_later(owner: Visit, town: Town, statement: str) -> None:
    days = town.bank.cashflow.outlook(town.itself, town.party_id).days
    page = owner.open(f"{statement}?order=90,000&order_on={days[20]}&order_cost=40,000").text
    assert "Before and after" in page
    assert "-¥40,000.00" in page
    assert "+¥90,000.00" in page
    assert "<details open>" in page


def test_customers_are_told_with_their_rhythm(owner: Visit, town: Town, statement: str) -> None:
    page = owner.open(statement).text
    known = town.bank.cashflow.receivables(town.itself, town.party_id)
    assert known.customers
    for one in known.customers[:6]:
        assert f"<strong>{one.name}</strong>" in page
    for item in town.bank.cashflow.outlook(town.itself, town.party_id).known_items[:5]:
        assert f"{item.label}<br>" in page


@pytest.mark.parametrize("query", ["payment=x&pay_on=2030-01-01", "payment=5&pay_on=soon"])
def test_what_cannot_be_read_is_said_and_the_outlook_stays(
    owner: Visit, statement: str, query: str
) -> None:
    answer = owner.open(f"{statement}?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Before and after" not in answer.text
    assert '<svg class="fan-svg"' in answer.text


@pytest.mark.parametrize("query", ["store=101", "late=-1", "promotion=many"])
def test_a_slider_has_ends(owner: Visit, statement: str, query: str) -> None:
    assert owner.open(f"{statement}?{query}").status_code == 404


def test_without_a_balance_the_page_speaks_of_sums_and_says_why(
    owner: Visit, town: Town, tmp_path: Path
) -> None:
    let_read(town)
    path = tmp_path / "takings.csv"
    today = business_date_of(town.bank.clock.now())
    days = [today - timedelta(days=back) for back in range(90, 0, -1)]
    lines = [f"{day},{1000 + 300 * (day.weekday() >= 5)}.00,0.00,20" for day in days]
    path.write_text("\n".join(["日期,流水,退款,笔数", *lines]), encoding="utf-8")
    town.bank.records.import_file(town.itself, "takings", path, party_id=town.party_id)
    page = owner.open(f"/businesses/{town.party_id}/cash-flow").text
    assert "In less out, added up over 56 days" in page
    assert "Lean on this with care" in page
    assert "Safe to move" not in page
    assert "Chance of running short" not in page
    assert 'class="danger"' not in page


def test_of_a_firm_that_nobody_knows_the_page_says_so(owner: Visit, town: Town) -> None:
    answer = owner.open(f"/businesses/{town.party_id}/cash-flow")
    assert answer.status_code == 200
    assert "<svg" not in answer.text
    assert "are enough for a first look" in answer.text
    card = owner.open(f"/businesses/{town.party_id}/cash-flow/card").text
    assert "Bring in records" in card


def test_the_first_page_leads_there(owner: Visit, statement: str) -> None:
    assert f'hx-get="{statement}/card"' in owner.open("/").text
    card = owner.open(f"{statement}/card").text
    assert card.count("<svg") == 1
    assert card.lstrip().startswith("<a ")


def test_another_owners_firm_does_not_exist(owner: Visit, town: Town, tmp_path: Path) -> None:
    other = town.bank.parties.register_business(
        town.itself,
        "other",
        name="别家",
        owner_phone="13700137000",
        owner_name="王五",
        trade="餐饮",
        region="浙江杭州",
    )
    with_statement(town, tmp_path, 100, other)
    for path in ("", "/card", "?late=3"):
        assert owner.open(f"/businesses/{other}/cash-flow{path}").status_code == 404
