"""The life of a relief programme in a bank: two people, a launch, the books, an end, a report."""

from __future__ import annotations

import csv
import io
import tomllib
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.lending.conftest import TODAY, LendingBank

from martlet.kernel.errors import Corrupt, Forbidden, Refused
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.ledger import balance, current_business_date, trial_balance, verify_ledger
from martlet.lending import verify_lending
from martlet.lending.relief import (
    ReliefService,
    report_csv,
    shipped_programmes,
    verify_relief,
)

SHIPPED = shipped_programmes()["free_then_discount"]
AUTHOR, SECOND = UUID(int=71), UUID(int=72)


def person(bank: LendingBank, who: UUID) -> Principal:
    return Principal(bank.principal.tenant_id, who, ActorKind.STAFF, ALL_SCOPES)


@pytest.fixture
def relief(bank: LendingBank) -> ReliefService:
    return ReliefService(bank.database, chunk_loans=3)


def shipped(**fields: object) -> str:
    """Return the shipped programme with some plain fields changed."""
    lines = SHIPPED.splitlines()
    for name, value in fields.items():
        written = f'"{value}"' if isinstance(value, str) else str(value)
        place = next(n for n, line in enumerate(lines) if line.startswith(f"{name} = "))
        lines[place] = f"{name} = {written}"
    tomllib.loads("\n".join(lines))
    return "\n".join(lines)


def drafted(bank: LendingBank, relief: ReliefService, text: str = SHIPPED) -> UUID:
    made = relief.draft(person(bank, AUTHOR), bank.key(), text)
    return UUID(made["programme_id"])


def approved(bank: LendingBank, relief: ReliefService, text: str = SHIPPED) -> UUID:
    programme = drafted(bank, relief, text)
    relief.preview(person(bank, AUTHOR), programme)
    relief.approve(person(bank, SECOND), bank.key(), programme)
    return programme


def launched(bank: LendingBank, relief: ReliefService, text: str = SHIPPED) -> UUID:
    programme = approved(bank, relief, text)
    relief.launch(person(bank, SECOND), bank.key(), programme)
    return programme


def town(bank: LendingBank) -> list[UUID]:
    """Seven loans of both kinds, some days old, one with a part repaid early."""
    loans = [bank.drawn(1_000_000 + 777 * n) for n in range(3)]
    loans += [bank.drawn(1_200_000 + 13 * n, "equal_instalments") for n in range(3)]
    bank.close_days(33)
    loans.append(bank.drawn(55_500))
    bank.lending.repay(bank.principal, bank.key(), loans[0], 123_456)
    return loans


def on_account(bank: LendingBank, path: str) -> int:
    with bank.database.read() as connection:
        return balance(connection, bank.principal, path).balance_fen


def prove(bank: LendingBank) -> dict[str, Any]:
    with bank.database.read() as connection:
        verify_ledger(connection)
        verify_lending(connection)
        today = current_business_date(connection, bank.principal.tenant_id)
        book = trial_balance(connection, bank.principal, today)
        assert book.difference_fen == 0
        return verify_relief(connection).as_json()


def test_a_programme_needs_a_preview_and_a_second_person(
    bank: LendingBank, relief: ReliefService
) -> None:
    programme = drafted(bank, relief)
    author, second = person(bank, AUTHOR), person(bank, SECOND)
    with pytest.raises(Refused, match="preview_needed"):
        relief.approve(second, bank.key(), programme)
    with pytest.raises(Refused, match="stage_impossible"):
        relief.launch(second, bank.key(), programme)
    relief.preview(author, programme)
    with pytest.raises(Refused, match="second_person_needed"):
        relief.approve(author, bank.key(), programme)
    assert relief.approve(second, bank.key(), programme)["stage"] == "approved"
    with pytest.raises(Refused, match="name_taken"):
        relief.draft(author, bank.key(), SHIPPED)


def test_owners_see_no_programmes(bank: LendingBank, relief: ReliefService) -> None:
    programme = drafted(bank, relief)
    with pytest.raises(Forbidden):
        relief.programme(bank.owner_of(bank.business()), programme)


def test_a_launch_books_what_the_preview_foretold(bank: LendingBank, relief: ReliefService) -> None:
    loans = town(bank)
    programme = approved(bank, relief)
    plan = relief.programme(bank.principal, programme)["preview"]
    assert plan["loans"] == len(loans) - len(_late(bank)) > 3
    moved: list[tuple[int, int]] = []
    answer = relief.launch(
        person(bank, SECOND), bank.key(), programme, lambda done, of: moved.append((done, of))
    )
    assert moved[-1] == (len(loans), len(loans))
    assert answer["cost_fen"] == plan["cost_fen"] > 0
    assert answer["loans"] == plan["loans"]
    assert on_account(bank, "expenses/relief/free_then_discount") == plan["cost_fen"]
    assert prove(bank) == {
        "programmes": 1,
        "loans": plan["loans"],
        "cost_fen": plan["cost_fen"],
    }


def _late(bank: LendingBank) -> list[dict[str, Any]]:
    return [
        loan
        for loan in bank.lending.loans(bank.principal)
        if loan["oldest_due_on"] and loan["oldest_due_on"] < "2026-03-01"
    ]


def test_relieved_loans_cost_nothing_until_the_discount(
    bank: LendingBank, relief: ReliefService
) -> None:
    loan = bank.drawn(1_000_000)
    short = SHIPPED.replace("months = 3", "days = 5").replace("months = 9", "days = 3")
    programme = launched(bank, relief, short)
    bank.close_days(5)
    assert bank.lending.loan(bank.principal, loan)["interest_fen"] == 0
    rate = bank.lending.loan(bank.principal, loan)["rate_ppm_per_day"]
    bank.close_days(5)
    shown = bank.lending.loan(bank.principal, loan)
    assert shown["interest_fen"] == 3 * (rate * 8 // 10) + 2 * rate
    prove(bank)
    assert relief.progress(bank.principal, programme)["stage"] == "launched"


def test_what_is_forgone_goes_to_income_day_by_day_to_the_last_fen(
    bank: LendingBank, relief: ReliefService
) -> None:
    bank.drawn(1_000_000)
    programme = launched(bank, relief)
    cost_fen = relief.progress(bank.principal, programme)["cost_fen"]
    promised = "liabilities/relief/free_then_discount"
    assert on_account(bank, promised) == cost_fen
    for day, share in ((TODAY + timedelta(days=73), 73), (date(2027, 3, 2), 365)):
        relief.follow(bank.principal, day)
        relief.follow(bank.principal, day)
        assert on_account(bank, promised) == cost_fen - cost_fen * share // 365
    assert relief.progress(bank.principal, programme)["forgone_fen"] == cost_fen
    prove(bank)


def test_the_launch_stops_by_itself_before_the_budget_is_exceeded(
    bank: LendingBank, relief: ReliefService
) -> None:
    for _ in range(5):
        bank.drawn(1_000_000)
    one = relief.preview(person(bank, AUTHOR), drafted(bank, relief))["cost_fen"] // 5
    programme = launched(bank, relief, shipped(name="small", budget_fen=one * 3 + 1))
    found = relief.progress(bank.principal, programme)
    assert (found["stage"], found["note"]) == ("stopped", "budget")
    assert (found["loans"], found["cost_fen"]) == (3, one * 3)
    prove(bank)


def test_a_second_launch_helps_only_who_has_come_since(
    bank: LendingBank, relief: ReliefService
) -> None:
    bank.drawn(1_000_000)
    programme = launched(bank, relief)
    bank.drawn(2_000_000)
    again = relief.launch(person(bank, SECOND), bank.key(), programme)
    assert again["loans"] == 1, "the job of a day is done once"
    bank.close_days(1)
    again = relief.launch(person(bank, SECOND), bank.key(), programme)
    assert again["loans"] == 2
    prove(bank)


def test_a_stopped_programme_helps_nobody_any_more(
    bank: LendingBank, relief: ReliefService
) -> None:
    bank.drawn(1_000_000)
    programme = launched(bank, relief)
    relief.stop(person(bank, SECOND), bank.key(), programme, "the season is over")
    with pytest.raises(Refused, match="stage_impossible"):
        relief.launch(person(bank, SECOND), bank.key(), programme)


def test_a_reversal_gives_the_rest_of_the_cost_back(
    bank: LendingBank, relief: ReliefService
) -> None:
    """A bullet of 10,000 yuan, free for 6 nights: that is all the relief it has had."""
    loan = bank.drawn(1_000_000)
    town_of = [bank.drawn(1_200_000, "equal_instalments"), bank.drawn(77_700)]
    programme = launched(bank, relief, shipped(payer="subsidy", payer_name="hubei_finance"))
    rate = bank.lending.loan(bank.principal, loan)["rate_ppm_per_day"]
    bank.close_days(4)
    bank.lending.repay(bank.principal, bank.key(), town_of[1], 77_700)
    bank.close_days(2)
    full = relief.progress(bank.principal, programme)["cost_fen"]
    left = relief.reverse(person(bank, SECOND), bank.key(), programme, "a mistake")["cost_fen"]
    assert 0 < left < full
    assert on_account(bank, "assets/subsidies/hubei_finance") == left
    prove(bank)
    assert bank.lending.loan(bank.principal, loan)["interest_fen"] == 0
    bank.close_days(3)
    assert bank.lending.loan(bank.principal, loan)["interest_fen"] == 3 * rate
    relief.follow(bank.principal, date(2027, 3, 2))
    assert on_account(bank, "liabilities/relief/free_then_discount") == 0
    prove(bank)


def test_a_business_under_relief_is_told_what_it_saves(
    bank: LendingBank, relief: ReliefService
) -> None:
    party = bank.business()
    line = bank.line(party_id=party)
    loan = UUID(bank.lending.draw(bank.principal, bank.key(), line, 1_000_000)["loan_id"])
    owner = bank.owner_of(party)
    assert relief.relief_of_loan(owner, loan) == []
    programme = launched(bank, relief)
    (shown,) = relief.relief_of_loan(owner, loan)
    assert shown["until_on"] == "2027-03-02"
    assert shown["saved_fen"] == relief.progress(bank.principal, programme)["cost_fen"]
    assert relief.under_relief(owner, party, TODAY)
    assert not relief.under_relief(owner, party, date(2027, 3, 2))
    relief.reverse(person(bank, SECOND), bank.key(), programme, "a mistake", date(2026, 4, 1))
    assert relief.under_relief(owner, party, date(2026, 3, 31))
    assert not relief.under_relief(owner, party, date(2026, 4, 1))


def test_the_report_sets_the_plan_beside_what_was_booked(
    bank: LendingBank, relief: ReliefService
) -> None:
    town(bank)
    programme = launched(bank, relief)
    found = relief.report(bank.principal, programme)
    assert found["difference_fen"] == 0
    for rows in found["groups"].values():
        assert sum(row["booked_cost_fen"] for row in rows) == found["booked_cost_fen"]
    lines = list(csv.DictReader(io.StringIO(report_csv(found))))
    assert lines[0]["booked_cost_fen"] == str(found["booked_cost_fen"])
    assert {"region", "trade", "product", "arrears"} < {line["group"] for line in lines}


def test_a_changed_total_is_found_out(bank: LendingBank, relief: ReliefService) -> None:
    bank.drawn(1_000_000)
    launched(bank, relief)
    with bank.database.engine.begin() as connection:
        connection.execute(text("UPDATE lending_relief_total SET cost_fen = cost_fen - 1"))
    with bank.database.read() as connection, pytest.raises(Corrupt, match="relief_differs"):
        verify_relief(connection)
