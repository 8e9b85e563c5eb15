"""The daily settlement: files that are the same bytes every time, and ledgers that equal them."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.lending.conftest import TODAY, LendingBank
from tests.lending.partner_bank import PartnerBank
from tests.lending.test_lending_life import book_of, proven

from martlet.kernel.errors import Conflict, Corrupt, Forbidden, NotFound
from martlet.kernel.principal import Principal, Scope
from martlet.lending import verify_participations
from martlet.lending.event_commands import asked_event


@pytest.fixture
def partners(bank: LendingBank) -> PartnerBank:
    together = PartnerBank(bank)
    together.free_of_ratios()
    for slug in ("north", "south"):
        together.partner(slug)
        together.agree(slug, cap_fen=1_000_000)
    return together


def test_a_file_says_what_moved_and_proves_itself(bank: LendingBank, partners: PartnerBank) -> None:
    """
    martlet-settlement,1,north,2026-03-02,CNY
    loan_id,kind,product,share_ppm,disbursed_fen,…,principal_after_fen
    …,day,revolving_daily,300000,300000,…,300000
    total,1,,,300000,…,300000
    partner_pays_fen,300000
    bank_pays_fen,0
    sha256,…
    """
    loan_id = bank.drawn(1_000_000)
    bank.close_days(1)
    made = partners.service.settlement_file(bank.principal, "north", TODAY)
    heading, columns, line, total, partner_pays, bank_pays, seal = made.splitlines()
    assert heading == "martlet-settlement,1,north,2026-03-02,CNY"
    named = dict(zip(columns.split(","), line.split(","), strict=True))
    assert named["loan_id"] == str(loan_id)
    assert (named["kind"], named["share_ppm"]) == ("day", "300000")
    assert named["disbursed_fen"] == named["principal_after_fen"] == "300000"
    assert total.startswith("total,1,,,300000,")
    assert (partner_pays, bank_pays) == ("partner_pays_fen,300000", "bank_pays_fen,0")
    body = made[: made.index("sha256,")]
    assert seal == f"sha256,{sha256(body.encode()).hexdigest()}"
    assert partners.service.settlement_file(bank.principal, "north", TODAY) == made
    (nothing,) = partners.service.settlements(bank.principal, "south")
    assert (nothing["lines_count"], nothing["totals"]) == (0, {})


def test_a_payment_found_late_moves_only_the_difference(
    bank: LendingBank, partners: PartnerBank
) -> None:
    """Paid on day 3, found on day 10: interest of seven days is taken back from the partner."""
    loan_id = bank.drawn(3_000_000)
    bank.close_days(10)
    before = book_of(bank)["income/participations/north"]
    bank.lending.repay(
        bank.principal, "late", loan_id, 1_000_000, value_date=TODAY + timedelta(days=3)
    )
    bank.close_days(1)
    after = book_of(bank)["income/participations/north"]
    assert after < before
    last = partners.service.settlements(bank.principal, "north")[0]
    assert last["totals"]["interest_earned"] == after - before
    assert partners.proven()["unsettled"] == 0
    proven(bank)


def test_paying_a_file_clears_both_sides_once(bank: LendingBank, partners: PartnerBank) -> None:
    loan_id = bank.drawn(1_000_000)
    bank.lending.repay(bank.principal, "early", loan_id, 400_000)
    bank.close_days(1)
    rail_fen = book_of(bank)["assets/settlement/simulated"]
    paid = partners.service.pay(bank.principal, "pay", "north", TODAY, "transfer 7")
    assert (paid["partner_paid_fen"], paid["bank_paid_fen"]) == (300_000, 120_000)
    book = book_of(bank)
    assert book["assets/settlement/simulated"] == rail_fen + 180_000
    assert book["assets/partners/north"] == book["liabilities/partners/north"] == 0
    with pytest.raises(Conflict, match="settlement_paid"):
        partners.service.pay(bank.principal, "again", "north", TODAY)
    with pytest.raises(NotFound):
        partners.service.pay(bank.principal, "soon", "north", TODAY + timedelta(days=1))
    assert partners.service.settlements(bank.principal, "north")[0]["paid_at"]
    partners.proven()


def test_a_loan_that_ends_leaves_no_trace_in_later_files(
    bank: LendingBank, partners: PartnerBank
) -> None:
    loan_id = bank.drawn(1_000)
    bank.lending.repay(bank.principal, "all", loan_id, 1_000)
    bank.close_days(3)
    counts = [one["lines_count"] for one in partners.service.settlements(bank.principal, "north")]
    assert counts == [0, 0, 1]
    (position,) = partners.service.positions(bank.principal, "north")
    assert (position["status"], position["principal_fen"]) == ("closed", 0)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE lending_participation SET settled = '{}'", "settled"),
        ("UPDATE lending_participation SET used_fen = 1", "limit held"),
        ("UPDATE lending_partner_limit SET used_fen = used_fen + 1", "limit"),
        (
            "UPDATE ledger_account SET debits_posted=7000000 WHERE path = 'assets/partners/north'",
            "ledger",
        ),
    ],
)
def test_what_does_not_agree_is_found(
    bank: LendingBank, partners: PartnerBank, statement: str, what: str
) -> None:
    bank.drawn(1_000_000)
    bank.close_days(1)
    with bank.database.engine.begin() as connection:
        connection.execute(text(statement))
    report = partners.service.verify(bank.principal)
    assert what in {one["what"] for one in report["differences"]}
    with (
        bank.database.read() as connection,
        pytest.raises(Corrupt, match="participation_differs"),
    ):
        verify_participations(connection)


def test_a_partners_key_sees_its_own_and_nothing_elses(
    bank: LendingBank, partners: PartnerBank
) -> None:
    """Two partners here, and one of the same name in another tenant."""
    loan_id = bank.drawn(1_000_000)
    bank.close_days(1)
    ids = {one["partner"]: one["partner_id"] for one in partners.service.partners(bank.principal)}
    north, south = (partners.key_of(UUID(ids[slug])) for slug in ("north", "south"))
    seen = partners.service.own(north)
    assert (seen["partner"], seen["used_fen"]) == ("north", 300_000)
    assert [one["loan_id"] for one in partners.service.own_positions(north)] == [str(loan_id)]
    assert partners.service.own_positions(south) == []
    assert [one["partner"] for one in partners.service.own_settlements(south)] == ["south"]
    assert "martlet-settlement,1,north," in partners.service.own_settlement_file(north, TODAY)
    elsewhere = Principal(UUID(int=77), north.actor_id, north.kind, north.scopes, north.party_ids)
    with pytest.raises(NotFound):
        partners.service.own(elsewhere)
    with pytest.raises(NotFound):
        partners.service.own(bank.principal)
    for refused in (partners.service.partners, partners.service.totals, partners.service.verify):
        with pytest.raises(Forbidden):
            refused(north)
    with pytest.raises(Forbidden):
        bank.lending.loans(north)
    assert north.scopes == {Scope.PARTNER_OWN}


def test_losses_and_what_comes_back_of_them_are_shared(
    bank: LendingBank, partners: PartnerBank
) -> None:
    """
    Written off on day 40 with all that is owed, of which ¥10 come back on day 41; 30 % north's

    north's part of principal, interest, penalty     0    all gone from its claims
    expenses/participations/north          its part of what was written off
    liabilities/partners/north              300    its part of what came back
    """
    loan_id = bank.drawn(1_000_000, tenor=30)
    bank.close_days(40)
    loss = bank.lending.record_event(
        bank.principal, "loss", loan_id, asked_event("written_off", reference="bankrupt")
    )
    assert partners.used("north") == 0
    bank.close_days(1)
    bank.lending.record_event(bank.principal, "back", loan_id, asked_event("recovered", 1_000))
    bank.close_days(1)
    book = book_of(bank)
    for kind in ("principal", "interest", "penalty"):
        assert book[f"assets/participations/{kind}/north"] == 0
    lost = partners.service.own(partners.key_of(_id_of(bank, partners, "north")))["settled"]
    written_off = {name: fen for name, fen in lost["moved"].items() if name.endswith("_off")}
    assert written_off["principal_written_off"] == 300_000
    assert book["expenses/participations/north"] == sum(written_off.values())
    assert book["liabilities/partners/north"] == 300
    assert loss["loan_id"] == str(loan_id)
    partners.proven()


def test_fees_waivers_and_payments_taken_back_are_shared(
    bank: LendingBank, partners: PartnerBank
) -> None:
    loan_id = bank.drawn(1_000_000)
    fee = asked_event("fee_charged", 1_001, {"name": "late_visit"})
    bank.lending.record_event(bank.principal, "charge", loan_id, fee)
    bank.close_days(10)
    assert book_of(bank)["assets/participations/fee/north"] == 300
    for part in ("fee", "interest"):
        given_up = asked_event("waived", details={"component": part})
        bank.lending.record_event(bank.principal, part, loan_id, given_up)
    paid = bank.lending.repay(bank.principal, "pay", loan_id, 500_000)
    bank.close_days(1)
    book = book_of(bank)
    assert book["assets/participations/fee/north"] == 0
    assert book["liabilities/partners/north"] == paid["allocated"]["principal_fen"] * 3 // 10
    back = asked_event("charged_back", 500_000, {"event_id": paid["event_id"]})
    bank.lending.record_event(bank.principal, "back", loan_id, back)
    assert partners.used("north") == 300_000
    bank.close_days(1)
    assert book_of(bank)["liabilities/partners/north"] == 0
    partners.proven()
    proven(bank)


def _id_of(bank: LendingBank, partners: PartnerBank, slug: str) -> UUID:
    return UUID(partners.service.partner(bank.principal, slug)["partner_id"])
