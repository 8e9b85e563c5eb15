"""Lending together: who takes part, what it holds of the limits, and the fen on both sides."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from tests.lending.conftest import TODAY, LendingBank
from tests.lending.partner_bank import LATER, PartnerBank
from tests.lending.test_lending_life import book_of, proven

from martlet.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from martlet.kernel.principal import OWNER_SCOPES
from martlet.lending import (
    AgreementTerms,
    Behaviour,
    Eligibility,
    Outcome,
    SettingName,
    Sharing,
    verify_participations,
)


@pytest.fixture
def partners(bank: LendingBank) -> PartnerBank:
    return PartnerBank(bank)


def test_a_partner_funds_its_share_and_receives_its_share(
    bank: LendingBank, partners: PartnerBank
) -> None:
    """
    Drawn ¥10,000.01 with 30 % of a partner; the odd fen stays with the bank

    Night 0   assets/partners/north      300000   participations/principal/north   300000
    Night 0-9 income/participations        ...    participations/interest/north       ...
    Repaid    participations/principal   300000   liabilities/partners/north       300000
    """
    partners.free_of_ratios()
    partners.partner("north")
    partners.agree("north")
    line = bank.line()
    drawn = bank.lending.draw(bank.principal, "draw", line, 1_000_001)
    assert drawn["partners"] == [{"partner": "north", "share_ppm": 300_000, "fen": 300_000}]
    bank.close_days(1)
    book = book_of(bank)
    assert book["assets/loans/principal/revolving_daily"] == 1_000_001
    assert book["assets/participations/principal/north"] == 300_000
    assert book["assets/partners/north"] == 300_000
    bank.close_days(9)
    interest_fen = book_of(bank)["income/interest/revolving_daily"]
    assert book_of(bank)["income/participations/north"] == interest_fen * 3 // 10
    loan_id = UUID(drawn["loan_id"])
    owed = bank.lending.payoff_quote(bank.principal, loan_id)["total_fen"]
    bank.lending.repay(bank.principal, "repay", loan_id, owed)
    bank.close_days(1)
    book = book_of(bank)
    assert book["liabilities/partners/north"] == 300_000 + interest_fen * 3 // 10
    assert book["assets/participations/principal/north"] == 0
    assert book["assets/participations/interest/north"] == 0
    assert partners.proven()["unsettled"] == 0
    proven(bank)


def test_a_partner_shares_a_loan_that_follows_a_plan(
    bank: LendingBank, partners: PartnerBank
) -> None:
    partners.free_of_ratios()
    partners.partner("north")
    partners.agree("north")
    loan_id = bank.drawn(600_000, "flat", tenor=6)
    assert book_of(bank)["assets/loans/principal/flat"] == 600_000
    bank.close_days(35)
    assert book_of(bank)["assets/participations/principal/north"] == 180_000
    owed = bank.lending.payoff_quote(bank.principal, loan_id)["total_fen"]
    bank.lending.repay(bank.principal, "repay", loan_id, owed)
    bank.close_days(1)
    assert book_of(bank)["assets/participations/principal/north"] == 0
    assert partners.proven()["unsettled"] == 0
    proven(bank)


def test_without_partners_nothing_changes(bank: LendingBank, partners: PartnerBank) -> None:
    loan_id = bank.drawn(50_000)
    bank.close_days(1)
    assert partners.service.loan_split(bank.principal, loan_id)["partners"] == {}
    assert partners.service.settlements(bank.principal) == []
    partners.proven()


def test_an_agreement_needs_two_people(bank: LendingBank, partners: PartnerBank) -> None:
    partners.free_of_ratios()
    partners.partner("north")
    terms = AgreementTerms(300_000, 1_000, TODAY, LATER)
    proposed = partners.service.propose(partners.staff(1), "propose", "north", terms)
    agreement_id = UUID(proposed["agreement_id"])
    with pytest.raises(Forbidden, match="second_person"):
        partners.service.approve(partners.staff(1), "alone", agreement_id)
    assert bank.lending.draw(bank.principal, "early", bank.line(), 1_000).get("partners") is None
    partners.service.approve(partners.staff(2), "approve", agreement_id)
    with pytest.raises(Conflict, match="approved"):
        partners.service.approve(partners.staff(3), "twice", agreement_id)
    with pytest.raises(Conflict):
        partners.service.reject(partners.staff(2), "reject", agreement_id, "too late")
    (known,) = partners.service.agreements(bank.principal)
    assert (known["state"], [act["act"] for act in known["history"]]) == ("approved", ["approved"])
    assert bank.lending.draw(bank.principal, "shared", bank.line(), 1_000)["partners"]


def test_the_law_sets_the_least_share_from_its_day_on(partners: PartnerBank) -> None:
    partners.partner("north")
    with pytest.raises(Refused, match="capital_unknown"):
        partners.agree("north")
    partners.free_of_ratios()
    with pytest.raises(Refused, match="share_below_law"):
        partners.agree("north", share_ppm=299_999)
    sources = {one["name"]: one for one in partners.service.settings(partners.staff(1))}
    assert sources["partner_share_min_ppm"]["effective_from"] == "2022-01-01"
    assert "article 2" in sources["partner_share_min_ppm"]["source"]


def test_a_new_rule_stops_agreements_that_it_forbids(
    bank: LendingBank, partners: PartnerBank
) -> None:
    partners.free_of_ratios()
    partners.partner("north")
    partners.agree("north", share_ppm=300_000)
    partners.set(SettingName.PARTNER_SHARE_MIN_PPM, 400_000, TODAY + timedelta(days=2))
    line = bank.line()
    assert "partners" in bank.lending.draw(bank.principal, "before", line, 1_000)
    bank.close_days(2)
    assert "partners" not in bank.lending.draw(bank.principal, "after", line, 1_000)


def test_partners_choose_by_product_region_trade_size_rate_and_risk(
    bank: LendingBank, partners: PartnerBank
) -> None:
    partners.free_of_ratios()
    wanted = {
        "products": Eligibility(products=("equal_instalments",)),
        "regions": Eligibility(regions=("成都",)),
        "trades": Eligibility(trades=("farm",)),
        "sizes": Eligibility(amount_min_fen=5_000_000),
        "rates": Eligibility(rate_max_ppm_per_day=1),
        "risks": Eligibility(pd_max_ppm=1),
    }
    for slug, eligibility in wanted.items():
        partners.partner(slug)
        partners.agree(slug, eligibility=eligibility)
    line = bank.line()
    assert "partners" not in bank.lending.draw(bank.principal, "nobody", line, 1_000)
    partners.partner("fits")
    here = Eligibility(
        products=("revolving_daily",), regions=("杭州",), trades=("restaurant",), pd_min_ppm=1
    )
    partners.agree("fits", eligibility=here)
    drawn = bank.lending.draw(bank.principal, "somebody", line, 1_000)
    assert [one["partner"] for one in drawn["partners"]] == ["fits"]
    with pytest.raises(Invalid, match="range_empty"):
        Eligibility(amount_min_fen=2, amount_max_fen=1)


def test_by_priority_the_first_with_room_and_then_the_bank_alone(
    bank: LendingBank, partners: PartnerBank
) -> None:
    partners.free_of_ratios()
    for slug, rank, cap_fen in (("second", 2, 600), ("first", 1, 300)):
        partners.partner(slug)
        partners.agree(slug, cap_fen=cap_fen, priority=rank)
    line = bank.line()

    def drawn(number: int) -> str | None:
        told = bank.lending.draw(bank.principal, f"draw-{number}", line, 1_000)
        return told["partners"][0]["partner"] if "partners" in told else None

    assert [drawn(number) for number in range(4)] == ["first", "second", "second", None]
    assert (partners.used("first"), partners.used("second")) == (300, 600)


def test_pro_rata_fills_the_caps_in_proportion(bank: LendingBank, partners: PartnerBank) -> None:
    partners.free_of_ratios()
    for slug, cap_fen in (("small", 3_000), ("large", 9_000)):
        partners.partner(slug)
        partners.agree(slug, cap_fen=cap_fen, sharing=Sharing.PRO_RATA)
    line = bank.line()
    for number in range(20):
        bank.lending.draw(bank.principal, f"draw-{number}", line, 1_000)
    assert (partners.used("small"), partners.used("large")) == (1_500, 4_500)


def test_principal_repaid_and_drawdowns_undone_give_room_again(
    bank: LendingBank, partners: PartnerBank
) -> None:
    partners.free_of_ratios()
    partners.partner("north")
    partners.agree("north", cap_fen=300)
    line = bank.line()
    drawn = bank.lending.draw(bank.principal, "one", line, 1_000)
    assert "partners" not in bank.lending.draw(bank.principal, "two", line, 1_000)
    bank.lending.repay(bank.principal, "half", UUID(drawn["loan_id"]), 501)
    assert partners.used("north") == 300 - 501 * 3 // 10
    bank.lending.repay(bank.principal, "rest", UUID(drawn["loan_id"]), 499)
    assert partners.used("north") == 0
    bank.rail.behaviour = Behaviour(delay=timedelta(hours=1))
    held = bank.lending.draw(bank.principal, "three", line, 1_000)
    assert (held["state"], partners.used("north")) == ("pending", 300)
    bank.lending.rail_reported(
        bank.principal, UUID(held["order_id"]), Outcome.VOIDED, "no such account"
    )
    assert partners.used("north") == 0
    bank.close_days(1)
    partners.proven()
    proven(bank)


def test_thirty_two_callers_never_exceed_a_partners_cap(
    bank: LendingBank, partners: PartnerBank
) -> None:
    partners.free_of_ratios()
    for slug in ("north", "south"):
        partners.partner(slug)
        partners.agree(slug, cap_fen=1_000)
    partners.set(SettingName.PARTNERS_CAP_FEN, 1_700)
    line = bank.line()

    def draw(number: int) -> int:
        told = bank.lending.draw(bank.principal, f"draw-{number}", line, 1_000)
        return sum(one["fen"] for one in told.get("partners", ()))

    with ThreadPoolExecutor(32) as callers:
        shares = list(callers.map(draw, range(64)))
    assert sum(shares) == 1_500, "three shares of 300 each, then two: the sixth passes 1,700"
    assert (partners.used("north"), partners.used("south")) == (900, 600)
    assert partners.service.totals(bank.principal)["used_fen"] == 1_500
    partners.proven()


def test_the_banks_own_part_with_affiliated_partners_is_bounded_by_its_capital(
    bank: LendingBank, partners: PartnerBank
) -> None:
    """A quarter of ¥56 is ¥14: two loans of ¥10, of which ¥7 each is the bank's own."""
    partners.set(SettingName.TIER1_CAPITAL_FEN, 5_600)
    partners.set(SettingName.OWN_JOINT_MAX_PPM, 1_000_000)
    for slug in ("north", "north_trust"):
        partners.partner(slug, "north_group")
        partners.agree(slug, cap_fen=300)
    line = bank.line()
    taken = [
        "partners" in bank.lending.draw(bank.principal, f"draw-{number}", line, 1_000)
        for number in range(3)
    ]
    assert taken == [True, True, False]


def test_joint_loans_stay_within_half_of_all(bank: LendingBank, partners: PartnerBank) -> None:
    """With ¥7 lent alone, one loan of ¥10 leaves ¥7 of the bank's own joint: half of ¥14."""
    partners.set(SettingName.TIER1_CAPITAL_FEN, 100_000_000)
    line = bank.line()
    bank.lending.draw(bank.principal, "alone", line, 700)
    partners.partner("north")
    partners.agree("north")
    assert "partners" not in bank.lending.draw(bank.principal, "over", line, 1_001)
    bank.lending.repay(
        bank.principal, "gone", UUID(bank.lending.loans(bank.principal)[-1]["loan_id"]), 1_001
    )
    assert "partners" in bank.lending.draw(bank.principal, "just", line, 1_000)
    assert "partners" not in bank.lending.draw(bank.principal, "more", line, 100)


def test_taking_a_loan_back_leaves_the_partner_whole_and_out(
    bank: LendingBank, partners: PartnerBank
) -> None:
    partners.free_of_ratios()
    partners.partner("north")
    agreement_id = partners.agree("north", share_ppm=333_333)
    loan_id = bank.drawn(1_000_000)
    bank.close_days(10)
    earned_fen = book_of(bank)["income/participations/north"]
    told = partners.service.buy_back(bank.principal, "back", "north", [loan_id], "sold in error")
    assert told["bought"] == {"principal_bought": 333_333, "interest_bought": earned_fen}
    assert partners.used("north") == 0
    book = book_of(bank)
    assert book["assets/participations/principal/north"] == 0
    assert book["assets/participations/interest/north"] == 0
    assert book["liabilities/partners/north"] == 333_333 + earned_fen
    with pytest.raises(NotFound):
        partners.service.buy_back(bank.principal, "again", "north", [loan_id], "once more")
    bank.close_days(5)
    assert book_of(bank)["income/participations/north"] == earned_fen
    (line,) = [
        one
        for one in partners.service.settlements(bank.principal, "north")
        if "principal_bought" in one["totals"]
    ]
    assert line["lines_count"] == 1
    partners.service.end(partners.staff(1), "end", agreement_id, "the partner leaves")
    assert "partners" not in bank.lending.draw(bank.principal, "alone", bank.line(), 1_000)
    partners.proven()


def test_ending_an_agreement_and_taking_all_of_it_back(
    bank: LendingBank, partners: PartnerBank
) -> None:
    partners.free_of_ratios()
    partners.partner("north")
    agreement_id = partners.agree("north")
    line = bank.line()
    for number in range(5):
        bank.lending.draw(bank.principal, f"draw-{number}", line, 1_001)
    bank.close_days(2)
    partners.service.end(partners.staff(1), "end", agreement_id, "run-off")
    done = partners.service.buy_back_agreement(bank.principal, "all", agreement_id, "run-off")
    assert (done["loans_count"], done["bought_fen"]) == (5, 5 * 300)
    again = partners.service.buy_back_agreement(bank.principal, "all", agreement_id, "run-off")
    assert again == done
    bank.close_days(1)
    assert partners.used("north") == 0
    partners.proven()
    with bank.database.read() as connection:
        assert verify_participations(connection)["participations"] == 5


def test_owners_see_nothing_of_partners(bank: LendingBank, partners: PartnerBank) -> None:
    partners.free_of_ratios()
    partners.partner("north")
    owner = bank.owner_of(bank.business())
    assert owner.scopes == OWNER_SCOPES
    with pytest.raises(Forbidden):
        partners.service.partners(owner)
    with pytest.raises(Forbidden):
        partners.service.own(owner)
