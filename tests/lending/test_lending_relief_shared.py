"""Relief on loans shared with partners: each bears its share, or has it claimed from who pays."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.lending.conftest import TODAY, LendingBank
from tests.lending.partner_bank import PartnerBank
from tests.lending.test_lending_life import book_of
from tests.lending.test_lending_relief import (
    SECOND,
    SHIPPED,
    approved,
    launched,
    on_account,
    person,
    prove,
    shipped,
)

from martlet.kernel.errors import Corrupt
from martlet.lending.participation.relief_parts import Part, Share, part_fen
from martlet.lending.relief import ReliefService, parse_programme, report_csv, verify_relief
from martlet.lending.relief.bearing import (
    Bearing,
    back_movements,
    cost_movements,
    parts_given_back,
    parts_of,
)

if TYPE_CHECKING:
    from uuid import UUID

OWN, PROMISED = "expenses/relief/free_then_discount", "liabilities/relief/free_then_discount"
SHARES = {"north": 300_000, "south": 700_000}


@pytest.fixture
def relief(bank: LendingBank) -> ReliefService:
    return ReliefService(bank.database, chunk_loans=2)


@pytest.fixture
def partners(bank: LendingBank) -> PartnerBank:
    """North takes loans until it has one of 10,000 yuan, then South two; the bank lends alone."""
    together = PartnerBank(bank)
    together.free_of_ratios()
    for slug, cap_fen in (("north", 300_000), ("south", 1_400_000)):
        together.partner(slug)
        together.agree(slug, SHARES[slug], cap_fen, priority=len(slug) + (slug == "south"))
    return together


def lent(bank: LendingBank) -> list[UUID]:
    """Four loans that differ by some fen: one of North's, two of South's, one of the bank's own."""
    return [bank.drawn(1_000_000 - 7 * n) for n in range(4)]


def costs(bank: LendingBank, relief: ReliefService, loans: list[UUID]) -> list[int]:
    """Return what each loan's relief costs, as its own page says."""
    found = [relief.relief_of_loan(bank.principal, loan) for loan in loans]
    return [sum(one["saved_fen"] for one in shown) for shown in found]


def expected_parts(cost: list[int]) -> dict[str, int]:
    return {
        "north": cost[0] * 300_000 // 1_000_000,
        "south": sum(one * 700_000 // 1_000_000 for one in cost[1:3]),
    }


def told(service: ReliefService, bank: LendingBank, programme: UUID) -> dict[str, dict[str, int]]:
    rows = service.report(bank.principal, programme)["partners"]
    return {row["partner"]: row for row in rows}


def test_the_bank_books_its_own_part_and_each_partner_bears_its_share(
    bank: LendingBank, partners: PartnerBank, relief: ReliefService
) -> None:
    loans = lent(bank)
    programme = approved(bank, relief)
    plan = relief.programme(bank.principal, programme)["preview"]
    answer = relief.launch(person(bank, SECOND), bank.key(), programme)
    cost = costs(bank, relief, loans)
    parts = expected_parts(cost)
    assert parts["north"] > 0
    assert parts["south"] > 0
    assert answer["cost_fen"] == plan["cost_fen"] == sum(cost)
    assert plan["partners_fen"] == sum(parts.values())
    assert on_account(bank, OWN) == sum(cost) - sum(parts.values())
    assert on_account(bank, PROMISED) == sum(cost) - sum(parts.values())
    borne = told(relief, bank, programme)
    assert {name: row["forgone_fen"] for name, row in borne.items()} == parts
    assert [borne[name]["loans"] for name in ("north", "south")] == [1, 2]
    assert all(row["claimed_fen"] == 0 for row in borne.values())
    prove(bank)
    relief.follow(bank.principal, date(2027, 3, 2))
    assert on_account(bank, PROMISED) == 0
    prove(bank)


def test_the_report_tells_the_partners_part_of_every_group(
    bank: LendingBank, partners: PartnerBank, relief: ReliefService
) -> None:
    lent(bank)
    programme = launched(bank, relief)
    found = relief.report(bank.principal, programme)
    assert found["booked_partners_fen"] == found["planned_partners_fen"] > 0
    for rows in found["groups"].values():
        for name in ("booked_partners_fen", "planned_partners_fen"):
            assert sum(row[name] for row in rows) == found[name]
    lines = list(csv.DictReader(io.StringIO(report_csv(found))))
    assert lines[0]["booked_partners_fen"] == str(found["booked_partners_fen"])


def test_a_public_purse_owes_the_partners_parts_too(
    bank: LendingBank, partners: PartnerBank, relief: ReliefService
) -> None:
    """The bank claims the whole, and keeps no fen of what is claimed for a partner."""
    loans = lent(bank)
    programme = launched(bank, relief, shipped(payer="subsidy", payer_name="hubei_finance"))
    cost = costs(bank, relief, loans)
    parts = expected_parts(cost)
    assert on_account(bank, "assets/subsidies/hubei_finance") == sum(cost)
    assert on_account(bank, PROMISED) == sum(cost) - sum(parts.values())
    for slug, part in parts.items():
        assert on_account(bank, f"liabilities/subsidies/{slug}") == part
        assert told(relief, bank, programme)[slug]["claimed_fen"] == part
    prove(bank)


def test_a_partner_that_pays_for_the_relief_is_not_asked_for_its_own_part_again(
    bank: LendingBank, partners: PartnerBank, relief: ReliefService
) -> None:
    loans = lent(bank)
    programme = launched(bank, relief, shipped(payer="partner", payer_name="south"))
    cost = costs(bank, relief, loans)
    parts = expected_parts(cost)
    assert on_account(bank, "liabilities/subsidies/north") == parts["north"]
    assert told(relief, bank, programme)["south"]["claimed_fen"] == 0
    before = book_of(bank)["assets/partners/south"]
    assert before == sum(cost) - parts["south"]
    bank.close_days(1)
    partners.proven()
    prove(bank)


def test_the_file_and_the_partners_own_view_tell_its_part(
    bank: LendingBank, partners: PartnerBank, relief: ReliefService
) -> None:
    loans = lent(bank)
    launched(bank, relief, shipped(payer="subsidy", payer_name="hubei_finance"))
    parts = expected_parts(costs(bank, relief, loans))
    bank.close_days(2)
    first = partners.service.settlement_file(bank.principal, "north", TODAY)
    _, columns, line, *_ = first.splitlines()
    named = dict(zip(columns.split(","), line.split(","), strict=True))
    assert named["relief_forgone_fen"] == named["relief_claimed_fen"] == str(parts["north"])
    (_, second) = partners.service.settlements(bank.principal, "north")[::-1]
    assert "relief_forgone" not in second["totals"], "told once"
    found = partners.service.partner(bank.principal, "north")
    assert found["relief"] == [
        {
            "programme": "free_then_discount",
            "loans": 1,
            "forgone_fen": parts["north"],
            "claimed_fen": parts["north"],
        }
    ]
    assert found["settled"]["moved"]["relief_claimed"] == parts["north"]
    assert partners.proven()["unsettled"] == 0


def test_a_reversal_takes_the_parts_back_and_the_next_file_says_so(
    bank: LendingBank, partners: PartnerBank, relief: ReliefService
) -> None:
    """North's loan is repaid before the relief is reversed: its part changes all the same."""
    loans = lent(bank)
    programme = launched(bank, relief, shipped(payer="subsidy", payer_name="hubei_finance"))
    whole = sum(costs(bank, relief, loans))
    bank.close_days(4)
    bank.lending.repay(bank.principal, bank.key(), loans[0], 1_000_000)
    bank.close_days(2)
    before = told(relief, bank, programme)
    left = relief.reverse(person(bank, SECOND), bank.key(), programme, "a mistake")["cost_fen"]
    after = told(relief, bank, programme)
    assert 0 < left < whole
    for slug in SHARES:
        assert 0 < after[slug]["forgone_fen"] < before[slug]["forgone_fen"]
        assert on_account(bank, f"liabilities/subsidies/{slug}") == after[slug]["claimed_fen"]
    assert on_account(bank, "assets/subsidies/hubei_finance") == left
    prove(bank)
    bank.close_days(1)
    assert partners.proven()["unsettled"] == 0
    settled = partners.service.partner(bank.principal, "north")["settled"]["moved"]
    assert settled["relief_forgone"] == after["north"]["forgone_fen"]
    relief.follow(bank.principal, date(2027, 3, 2))
    assert on_account(bank, PROMISED) == 0
    prove(bank)


def test_what_is_waived_at_once_is_shared_too(
    bank: LendingBank, partners: PartnerBank, relief: ReliefService
) -> None:
    """What the bank has still waived after the night, the partners have taken over."""
    lent(bank)
    bank.close_days(9)
    written = shipped(payer="subsidy", payer_name="hubei_finance")
    written = written[: written.index("[[what]]")]
    waiver = '[[what]]\nkind = "waive"\ncomponent = "interest"\nshare_ppm = 500000\n'
    launched(bank, relief, written + waiver)
    bank.close_days(1)
    book = book_of(bank)
    waived = sum(fen for path, fen in book.items() if path.startswith("expenses/waived/"))
    theirs = sum(fen for path, fen in book.items() if path.startswith("expenses/participations/"))
    assert waived > 0
    assert abs(waived - theirs) <= 2, "a fen of remainder for a loan at most"
    partners.proven()
    prove(bank)


def test_a_loan_that_was_taken_back_is_the_banks_alone(
    bank: LendingBank, partners: PartnerBank, relief: ReliefService
) -> None:
    loans = lent(bank)
    partners.service.buy_back(partners.staff(1), bank.key(), "north", [loans[0]], "sold in error")
    programme = launched(bank, relief)
    cost = costs(bank, relief, loans)
    assert set(told(relief, bank, programme)) == {"south"}
    assert on_account(bank, OWN) == sum(cost) - expected_parts(cost)["south"]
    bank.close_days(1)
    partners.service.buy_back(partners.staff(1), bank.key(), "south", [loans[1]], "sold in error")
    bank.close_days(1)
    assert partners.proven()["unsettled"] == 0
    prove(bank)


def test_a_part_that_is_not_the_share_is_found_out(
    bank: LendingBank, partners: PartnerBank, relief: ReliefService
) -> None:
    lent(bank)
    launched(bank, relief)
    with bank.database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO lending_relief_part SELECT partner_id, loan_id, programme_id,"
                " 'reversed', tenant_id, share_ppm, -1, 0 FROM lending_relief_part"
            )
        )
    with bank.database.read() as connection, pytest.raises(Corrupt, match="relief_differs"):
        verify_relief(connection)


amounts = st.integers(0, 10**12)


@given(
    costs_and_waived=st.lists(st.tuples(amounts, amounts, st.integers(1, 990_000)), max_size=8),
    payer=st.sampled_from(["own", "subsidy", "north", "south"]),
    data=st.data(),
)
def test_lead_and_partners_together_bear_the_cost(
    costs_and_waived: list[tuple[int, int, int]], payer: str, data: st.DataObject
) -> None:
    """Whoever pays is charged the cost less what partners bear themselves; a reversal undoes it."""
    fields: dict[str, Any] = {
        "own": {},
        "subsidy": {"payer": "subsidy", "payer_name": "hubei_finance"},
    }.get(payer, {"payer": "partner", "payer_name": payer})
    programme = parse_programme(shipped(**fields) if fields else SHIPPED)
    bearing, borne_fen, whole_fen = Bearing(), 0, 0
    given_back: list[Part] = []
    for one, other, share_ppm in costs_and_waived:
        cost_fen, waived_fen = max(one, other), min(one, other)
        parts = parts_of(programme, [Share(b"", "north", share_ppm)], cost_fen)
        assert sum(part.forgone_fen for part in parts) == part_fen(cost_fen, share_ppm)
        bearing.add("revolving_daily", cost_fen, waived_fen, parts)
        borne_fen += sum(part.forgone_fen - part.claimed_fen for part in parts)
        whole_fen += cost_fen
        left_fen = data.draw(st.integers(waived_fen, cost_fen))
        back = parts_given_back(programme, parts, left_fen)
        left_of_parts = sum(part.forgone_fen for part in (*parts, *back))
        assert left_of_parts == (part_fen(left_fen, share_ppm) if parts else 0)
        assert all(part.forgone_fen < 0 for part in back)
        given_back += back
    booked = cost_movements(programme, bearing)
    assert all(move.amount_fen > 0 for move in booked)
    assert sum(move.amount_fen for move in booked) == whole_fen - borne_fen
    lead_fen = sum(bearing.waived.values()) + sum(bearing.promised.values())
    assert lead_fen + bearing.partners_fen == whole_fen
    claimed = {"north": -sum(part.claimed_fen for part in given_back)}
    returned = back_movements(programme, 0, claimed)
    assert sum(move.amount_fen for move in returned) == claimed["north"]


def test_a_day_of_relief_costs_each_side_what_it_earns_less(
    bank: LendingBank, partners: PartnerBank, relief: ReliefService
) -> None:
    """Of ten free days North earns nothing and has borne its part; its income is never made up."""
    bank.drawn(1_000_000)
    launched(bank, relief, SHIPPED.replace("months = 3", "days = 10"))
    bank.close_days(10)
    relief.follow(bank.principal, TODAY + timedelta(days=10))
    assert book_of(bank).get("income/participations/north", 0) == 0
    assert book_of(bank)["assets/participations/principal/north"] == 300_000
    partners.proven()
    prove(bank)
