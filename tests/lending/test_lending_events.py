"""What can happen to a loan, one business story each, with the book in step after every command."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.lending.conftest import TODAY, LendingBank
from tests.lending.test_lending_life import book_of, proven

from martlet.kernel.errors import Forbidden, Invalid, MartletError, Refused
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.ledger import trial_balance
from martlet.lending import asked_event

if TYPE_CHECKING:
    from datetime import date

DAILY = "revolving_daily"


def person(bank: LendingBank, number: int, kind: ActorKind = ActorKind.STAFF) -> Principal:
    return Principal(bank.principal.tenant_id, UUID(int=number), kind, ALL_SCOPES)


def happens(
    bank: LendingBank, loan_id: UUID, kind: str, amount_fen: int = 0, **more: Any
) -> dict[str, Any]:
    """Preview an event, record it, and hold the two against each other."""
    on: date | None = more.pop("on", None)
    asked = asked_event(kind, amount_fen, more or None, on)
    seen = bank.lending.preview_event(bank.principal, loan_id, asked)
    done = bank.lending.record_event(bank.principal, bank.key(), loan_id, asked)
    for name in ("before", "after", "transfers"):
        assert seen[name] == done[name], name
    return done


def test_a_fee_is_owed_at_once_due_on_its_day_and_paid_with_the_rest(bank: LendingBank) -> None:
    """
    Day 0   loans/fees     1,200   income/fees   1,200
    Day 10  settlement     1,200   loans/fees    1,200   before interest, as the product orders
    """
    loan_id = bank.drawn(1_000_000)
    due_on = (TODAY + timedelta(days=10)).isoformat()
    charged = happens(bank, loan_id, "fee_charged", 1_200, name="合同变更费", due_on=due_on)
    assert (charged["after"]["fee_fen"], charged["after"]["due_fen"]) == (1_200, 0)
    bank.close_days(10)
    assert bank.lending.loan(bank.principal, loan_id)["due_fen"] == 1_200
    bank.close_days(1)
    late = bank.lending.loan(bank.principal, loan_id)
    assert (late["status"], late["days_overdue"]) == ("overdue", 1)
    paid = bank.lending.repay(bank.principal, bank.key(), loan_id, 1_200)
    assert paid["allocated"]["fee_fen"] == 1_200
    assert paid["status"] == "live"
    assert book_of(bank)["income/fees/revolving_daily"] == 1_200
    proven(bank)


def test_a_waiver_gives_up_what_has_accrued_and_nothing_more(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    bank.close_days(10)
    owed = bank.lending.loan(bank.principal, loan_id)["interest_fen"]
    with pytest.raises(Refused, match="lending.event_amount_outside"):
        happens(bank, loan_id, "waived", owed + 1, component="interest")
    waived = happens(bank, loan_id, "waived", component="interest")
    assert waived["after"]["interest_fen"] == 0
    assert book_of(bank)["expenses/waived/revolving_daily"] == owed
    with pytest.raises(Invalid, match="lending.event_malformed"):
        happens(bank, loan_id, "waived", component="principal")
    proven(bank)


def test_a_pause_costs_nothing_on_both_its_days(bank: LendingBank) -> None:
    """Paused from the 5th to the 8th night: of twelve nights, eight cost."""
    loan_id = bank.drawn(1_000_000)
    rate = bank.lending.loan(bank.principal, loan_id)["rate_ppm_per_day"]
    first, last = TODAY + timedelta(days=4), TODAY + timedelta(days=7)
    happens(bank, loan_id, "interest_paused", from_on=str(first), until_on=str(last))
    bank.close_days(12)
    assert bank.lending.loan(bank.principal, loan_id)["interest_fen"] == 8 * rate
    proven(bank)


def test_a_pause_found_late_takes_back_what_was_recognised(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    rate = bank.lending.loan(bank.principal, loan_id)["rate_ppm_per_day"]
    bank.close_days(12)
    days = {"from_on": str(TODAY), "until_on": str(TODAY + timedelta(days=2))}
    paused = happens(bank, loan_id, "interest_paused", on=TODAY, **days)
    (taken_back,) = paused["transfers"]
    assert (taken_back["kind"], taken_back["amount_fen"]) == (
        "lending.accrual_taken_back",
        3 * rate,
    )
    proven(bank)


def test_a_payment_charged_back_is_owed_again_and_late_the_next_day(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    line = UUID(bank.lending.loan(bank.principal, loan_id)["facility_id"])
    bank.close_days(10)
    paid = bank.lending.repay(bank.principal, bank.key(), loan_id, 300_000)
    back = happens(bank, loan_id, "charged_back", 300_000, event_id=paid["event_id"])
    assert back["after"]["due_fen"] == 300_000
    assert back["after"]["outstanding_fen"] == back["before"]["outstanding_fen"] + 300_000
    assert bank.lending.facility(bank.principal, line)["used_fen"] == 1_000_000
    with pytest.raises(Refused, match="lending.event_built_upon"):
        bank.lending.reverse_event(bank.principal, bank.key(), loan_id, UUID(paid["event_id"]))
    bank.close_days(1)
    assert bank.lending.loan(bank.principal, loan_id)["status"] == "overdue"
    proven(bank)


def test_a_loan_is_charged_off_then_written_off_by_two_and_recovered(bank: LendingBank) -> None:
    """
    charge-off   no income any more
    write-off    expenses/write_off   principal and interest
    recovery     settlement   income/recovered
    """
    loan_id = bank.drawn(1_000_000)
    bank.close_days(5)
    happens(bank, loan_id, "charged_off", reason="破产清算")
    owed = bank.lending.loan(bank.principal, loan_id)["outstanding_fen"]
    bank.close_days(5)
    assert bank.lending.loan(bank.principal, loan_id)["outstanding_fen"] == owed
    first, second = person(bank, 11), person(bank, 12)
    asked = asked_event("written_off", 0, {"reason": "无财产可执行"})
    proposed = bank.lending.record_event(first, bank.key(), loan_id, asked)
    assert proposed["state"] == "proposed"
    assert bank.lending.loan(bank.principal, loan_id)["outstanding_fen"] == owed
    proposal_id = UUID(proposed["proposal_id"])
    assert [one["loan_id"] for one in bank.lending.proposals(second)] == [str(loan_id)]
    with pytest.raises(Forbidden, match="lending.second_person_needed"):
        bank.lending.decide_proposal(first, bank.key(), proposal_id, approved=True)
    done = bank.lending.decide_proposal(second, bank.key(), proposal_id, approved=True)
    assert done["after"] == proposed["after"]
    assert (done["after"]["status"], done["after"]["outstanding_fen"]) == ("written_off", 0)
    with pytest.raises(MartletError, match="lending.proposal_decided"):
        bank.lending.decide_proposal(second, bank.key(), proposal_id, approved=True)
    book = book_of(bank)
    assert book["expenses/write_off/revolving_daily"] == owed
    assert book["assets/loans/principal/revolving_daily"] == 0
    line = UUID(bank.lending.loan(bank.principal, loan_id)["facility_id"])
    with pytest.raises(Refused, match="lending.loss_before"):
        bank.lending.draw(bank.principal, bank.key(), line, 10_000)
    recovered = happens(bank, loan_id, "recovered", 5_000)
    assert recovered["after"]["recovered_fen"] == 5_000
    assert book_of(bank)["income/recovered/revolving_daily"] == 5_000
    proven(bank)


def test_arrears_that_are_re_aged_are_no_longer_late(bank: LendingBank) -> None:
    loan_id = bank.drawn(120_000, "equal_instalments", tenor=3)
    bank.close_days(40)
    late = bank.lending.loan(bank.principal, loan_id)
    assert late["status"] == "overdue"
    first = TODAY + timedelta(days=60)
    re_aged = happens(
        bank,
        loan_id,
        "re_aged",
        first_due_on=str(first),
        instalments=6,
        frequency={"every": 1, "unit": "months"},
    )
    assert (re_aged["after"]["status"], re_aged["after"]["next_due_on"]) == ("live", str(first))
    coming = bank.lending.loan(bank.principal, loan_id)["schedule"]
    assert len(coming) == 6
    assert sum(row["principal_fen"] for row in coming) == 120_000
    proven(bank)


def test_a_longer_term_lowers_what_comes(bank: LendingBank) -> None:
    loan_id = bank.drawn(120_000, "equal_instalments", tenor=3)
    before = bank.lending.loan(bank.principal, loan_id)["schedule"]
    happens(bank, loan_id, "extended", extra_terms=3)
    after = bank.lending.loan(bank.principal, loan_id)["schedule"]
    assert (len(before), len(after)) == (3, 6)
    assert after[0]["due_fen"] < before[0]["due_fen"]
    proven(bank)


def test_an_undone_event_never_happened_but_stays_on_record(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    bank.close_days(3)
    before, book = bank.lending.loan(bank.principal, loan_id), book_of(bank)
    wrong = bank.lending.repay(bank.principal, bank.key(), loan_id, 700_000)
    undone = bank.lending.reverse_event(
        bank.principal, bank.key(), loan_id, UUID(wrong["event_id"]), "wrong loan"
    )
    assert bank.lending.loan(bank.principal, loan_id) == before
    now = book_of(bank)
    assert {path: now[path] for path in book} == book
    lines = bank.lending.timeline(bank.principal, loan_id)["lines"]
    assert [(line["kind"], line["undone"]) for line in lines] == [
        ("disbursed", False),
        ("repaid", True),
        ("reversed", False),
    ]
    bank.lending.reverse_event(bank.principal, bank.key(), loan_id, UUID(undone["event_id"]))
    assert bank.lending.loan(bank.principal, loan_id)["paid"]["principal_fen"] > 0
    with pytest.raises(Refused, match="lending.event_unknown"):
        bank.lending.reverse_event(bank.principal, bank.key(), loan_id, UUID(undone["event_id"]))
    proven(bank)


def test_a_payout_that_came_back_undoes_the_loan(bank: LendingBank) -> None:
    loan_id = bank.drawn(50_000)
    bank.close_days(4)
    line = UUID(bank.lending.loan(bank.principal, loan_id)["facility_id"])
    (payout,) = bank.lending.timeline(bank.principal, loan_id)["lines"]
    bank.lending.reverse_event(bank.principal, bank.key(), loan_id, UUID(payout["event_id"]))
    assert bank.lending.facility(bank.principal, line)["used_fen"] == 0
    book = book_of(bank)
    assert book["assets/settlement/simulated"] == 1_000_000_000
    assert book["income/interest/revolving_daily"] == 0
    proven(bank)


def test_who_may_do_what(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    bank.close_days(3)
    owner = bank.owner_of(UUID(bank.lending.loan(bank.principal, loan_id)["party_id"]))
    machine = person(bank, 9, ActorKind.API_KEY)
    waiver = asked_event("waived", 0, {"component": "interest"})
    with pytest.raises(Forbidden, match="lending.event_forbidden"):
        bank.lending.record_event(owner, bank.key(), loan_id, waiver)
    with pytest.raises(Forbidden, match="lending.staff_only"):
        bank.lending.record_event(machine, bank.key(), loan_id, waiver)
    backdated = asked_event("repaid", 100, None, TODAY)
    with pytest.raises(Forbidden, match="lending.backdating_forbidden"):
        bank.lending.preview_event(owner, loan_id, backdated)
    paid = bank.lending.record_event(owner, bank.key(), loan_id, asked_event("repaid", 100))
    assert paid["state"] == "recorded"
    timeline = bank.lending.timeline(owner, loan_id)
    assert timeline["entries"] is None
    assert timeline["proposals"] == []
    assert bank.lending.timeline(bank.principal, loan_id)["entries"]


@pytest.mark.parametrize(
    ("kind", "amount_fen", "details", "code"),
    [
        ("lent_again", 1, None, "lending.event_kind_unknown"),
        ("repaid", 0, None, "lending.amount_out_of_range"),
        ("extended", 5, {"extra_terms": 1}, "lending.event_without_amount"),
        ("extended", 0, {"extra_terms": 0}, "lending.event_malformed"),
        ("interest_paused", 0, {"from_on": "2026-03-09"}, "lending.event_malformed"),
        ("fee_charged", 5, {"name": "\x00"}, "lending.event_malformed"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(
    kind: str, amount_fen: int, details: dict[str, Any] | None, code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        asked_event(kind, amount_fen, details)


UNFIT: list[tuple[str, int, dict[str, Any], str]] = [
    ("recovered", 1, {}, "lending.not_written_off"),
    ("overpayment_refunded", 1, {}, "lending.event_amount_outside"),
    ("charged_back", 1, {}, "lending.event_amount_outside"),
    ("disbursed", 1, {}, "lending.event_amount_outside"),
    ("goodwill_credit", 2_000_000, {}, "lending.event_amount_outside"),
    ("re_amortised", 0, {}, "lending.nothing_changes"),
    ("extended", 0, {"extra_terms": 9_999}, "lending.event_too_many_terms"),
    ("waived", 0, {"component": "fee"}, "lending.nothing_owed"),
    ("fee_charged", 1, {"name": ""}, "lending.charge_unnamed"),
    ("fee_charged", 1, {"name": "a", "due_on": "9999-12-31"}, "lending.event_day_too_far"),
    (
        "re_aged",
        0,
        {
            "first_due_on": "2026-03-09",
            "instalments": 3_000,
            "frequency": {"every": 1, "unit": "years"},
        },
        "lending.event_too_many_terms",
    ),
]


def test_what_does_not_fit_the_loan_is_refused_and_leaves_no_trace(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    before = bank.lending.timeline(bank.principal, loan_id)
    for kind, amount_fen, details, code in UNFIT:
        with pytest.raises(MartletError) as refused:
            happens(bank, loan_id, kind, amount_fen, **details)
        assert refused.value.code == code, kind
    assert bank.lending.timeline(bank.principal, loan_id) == before
    with bank.database.read() as connection:
        assert trial_balance(connection, bank.principal, TODAY).difference_fen == 0
