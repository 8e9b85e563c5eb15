"""The loan book's pages without scripts: products, a loan's course, the portfolio and its files."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.web.test_web_browser import lived, seed

from martlet.kernel.i18n import Locale, text
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.ledger import current_business_date
from martlet.lending import AgreementTerms, products
from martlet.web.convention_words import NAMES, VALUES, plain_value, shown_conventions
from martlet.web.event_fields import FIELDS

if TYPE_CHECKING:
    from tests.web.conftest import Town, Visit


@pytest.mark.parametrize("name", list(products()))
def test_every_convention_of_every_product_has_plain_words(name: str) -> None:
    for field, value in products()[name].conventions.as_json().items():
        assert field in NAMES, field
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str):
                assert (field, part) in VALUES, (field, part)


def test_an_unknown_convention_is_shown_all_the_same() -> None:
    assert plain_value("something_new", "by_the_moon", Locale.ZH_CN) == "by the moon"
    assert plain_value("limit_fen", 100, Locale.EN) == "¥1.00"
    (nested,) = shown_conventions({"plan": {"late_fee": {"ppm": 15_000, "by": None}}}, Locale.EN)
    assert (nested["name"], nested["value"]) == ("Late fee", "1.50%")
    (daily,) = shown_conventions({"plan": None}, Locale.EN)
    assert daily["value"] == "The balance of every day"
    assert text("Conventions", Locale.ZH_CN) != "Conventions"


def test_a_product_shows_what_a_loan_of_it_costs(staff: Visit) -> None:
    assert "Equal monthly instalments" in staff.open("/console/products").text
    page = staff.open("/console/products/equal_instalments?amount=12,000&tenor=12&rate=0.03").text
    assert "10.80%" in page
    assert page.count("¥12,000.00") == 1
    assert "To the nearest, halves away from zero" in page
    assert staff.open("/console/products/gold").status_code == 404


def test_an_advance_on_takings_shows_its_fee_and_how_soon_it_is_expected_back(
    staff: Visit,
) -> None:
    page = staff.open("/console/products/takings_advance?amount=10,000&tenor=120&rate=0.03").text
    for shown in ("¥135.00", "90 days", "¥10,135.00", "20.00%", "Only for businesses whose"):
        assert shown in page, shown


@pytest.mark.parametrize("query", ["amount=x", "tenor=0", "tenor=-1", "rate=1.00001", "rate=9999"])
def test_an_example_that_cannot_be_is_told_on_the_form(staff: Visit, query: str) -> None:
    answer = staff.open(f"/console/products/revolving_daily?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_loan_is_found_and_shows_its_course(staff: Visit, town: Town) -> None:
    seed(town)
    (loan,) = town.bank.lending.loans(town.itself)
    listed = staff.open("/console/loans?status=live").text
    assert f"/console/loans/{loan['loan_id']}" in listed
    assert "There are no such loans." in staff.open("/console/loans?status=closed").text
    found = staff.open(f"/console/loans?find=%20{loan['loan_id']}")
    assert found.url.path == f"/console/loans/{loan['loan_id']}"
    assert "assets/loans/principal/revolving_daily" in found.text
    assert "settled from a hold" in found.text
    for wrong in ("find=nothing", "find=01900000-0000-7000-8000-00000000dead"):
        assert staff.open(f"/console/loans?{wrong}").status_code == 404


def test_the_book_is_exported_as_it_is_shown(staff: Visit, town: Town) -> None:
    assert "No loan is running." in staff.open("/console/portfolio").text
    seed(town)
    lived(town, 35)
    ages = list(csv.DictReader(io.StringIO(_sheet(staff, "ages"))))
    assert [(row["product"], row["bucket"]) for row in ages] == [("revolving_daily", "current")]
    assert "special_mention" in _sheet(staff, "classes")
    assert staff.open("/console/portfolio?overdue=60").status_code == 200
    assert _sheet(staff, "vintages").startswith("month,loans_count,amount_fen,overdue_days")
    assert staff.open("/console/portfolio/other.csv").status_code == 404


def _sheet(staff: Visit, name: str) -> str:
    answer = staff.open(f"/console/portfolio/{name}.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    return bytes(answer.content).decode("utf-8-sig")


def test_an_event_is_seen_before_it_is_done_and_undone(staff: Visit, town: Town) -> None:
    seed(town)
    (loan,) = town.bank.lending.loans(town.itself)
    page = f"/console/loans/{loan['loan_id']}"
    for kind in FIELDS:
        assert staff.open(f"{page}/event?kind={kind}").status_code == 200, kind
    staff.open(f"{page}/event?kind=fee_charged")
    fee = {"kind": "fee_charged", "amount": "3.50", "name": "合成费用"}
    seen = staff.send(f"{page}/event", do="preview", **fee)
    assert "Nothing has been written." in seen.text
    assert "¥3.50" in seen.text
    assert (
        len(town.bank.lending.statement(town.itself, loan_id=UUID(loan["loan_id"]))["lines"]) == 1
    )
    done = staff.send(f"{page}/event", do="record", **fee)
    assert "The event is recorded." in done.text
    undo = re.findall(r'href="(/console/loans/[^"]+/undo)"', done.text)
    assert "What would be posted" in staff.open(undo[0]).text
    undone = staff.send(undo[0], reason="by mistake")
    assert "The event is undone by a new one." in undone.text
    assert town.bank.lending.loan(town.itself, UUID(loan["loan_id"]))["outstanding_fen"] > 0


def test_what_cannot_be_recorded_is_told_on_the_form(staff: Visit, town: Town) -> None:
    seed(town)
    (loan,) = town.bank.lending.loans(town.itself)
    page = f"/console/loans/{loan['loan_id']}/event"
    staff.open(f"{page}?kind=rate_changed")
    for wrong in (
        {"kind": "rate_changed", "rate": "0.02"},
        {"kind": "rate_changed", "rate": "x", "effective_on": "2099-01-01"},
        {"kind": "extended", "extra_terms": "many"},
        {"kind": "interest_paused", "from_on": "2026-02-02", "until_on": "2026-01-01"},
        {"kind": "gold"},
    ):
        answer = staff.send(page, do="preview", **wrong)
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text


def test_a_write_off_takes_two_people(staff: Visit, town: Town) -> None:
    seed(town)
    (loan,) = town.bank.lending.loans(town.itself)
    page = f"/console/loans/{loan['loan_id']}"
    staff.open(f"{page}/event?kind=written_off")
    proposed = staff.send(f"{page}/event", do="record", kind="written_off", reason="gone")
    assert "somebody else must carry it out" in proposed.text
    (act,) = re.findall(r'action="(/console/loans/[^"]+/proposals/[^"]+)"', proposed.text)
    own = staff.send(act, do="approve")
    assert own.status_code in {403, 422}
    staff.open(page)
    assert "The proposal is declined." in staff.send(act, do="decline").text


def test_partners_and_their_files_are_shown(staff: Visit, town: Town) -> None:
    assert "The bank lends alone." in staff.open("/console/partners").text
    people = [
        Principal(town.itself.tenant_id, UUID(int=number), ActorKind.STAFF, ALL_SCOPES)
        for number in (1, 2)
    ]
    room = town.bank.participation
    room.register_partner(people[0], "partner", "river", "合成银行", "")
    with town.bank.database.read() as connection:
        today = current_business_date(connection, town.itself.tenant_id)
    capital = ("tier1_capital_fen", 100_000_000_00, today, "the board, synthetic")
    room.set_setting(people[0], "capital", *capital)
    terms = AgreementTerms(300_000, 1_000_000_00, today, today)
    proposed = room.propose(people[0], "propose", "river", terms)
    room.approve(people[1], "approve", UUID(proposed["agreement_id"]))
    shown = staff.open("/console/partners").text
    assert "合成银行" in shown
    assert "¥0.00 / ¥1,000,000.00 · 0.0%" in shown
    assert "Tier-1 net capital" in shown
    assert "Nothing has been settled." in shown
    assert staff.open("/console/partners?on=2026-13-01").status_code == 422
    assert staff.open("/console/partners/river/2026-01-01").status_code == 404
