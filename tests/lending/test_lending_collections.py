"""A borrower falls behind: the case, the reminders, the promise, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import update
from tests.lending.late_bank import LOAN_FEN

from martlet.kernel.errors import Conflict, Corrupt, Forbidden, Invalid, NotFound, Refused
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal, Scope, system_principal
from martlet.lending import EndOfDay, asked_event
from martlet.lending.collections import CollectionsService, verify_collections
from martlet.lending.collections.tables import collections_case
from martlet.store import read_chain

if TYPE_CHECKING:
    from datetime import date

    from tests.lending.conftest import LendingBank

STAFF = UUID(int=7)


def collections_of(bank: LendingBank) -> CollectionsService:
    return CollectionsService(bank.database, staff_ids=lambda _principal: [STAFF])


def the_loan(bank: LendingBank) -> UUID:
    return UUID(bank.lending.loans(bank.principal)[0]["loan_id"])


def the_case(bank: LendingBank, **more: Any) -> dict[str, Any]:
    collections = collections_of(bank)
    found = collections.cases(bank.principal, **more)
    assert len(found) == 1, found
    return collections.case(bank.principal, UUID(found[0]["case_id"]))


def kinds(shown: dict[str, Any]) -> list[str]:
    return [event["kind"] for event in shown["timeline"]]


def repay(bank: LendingBank, loan_id: UUID, amount_fen: int) -> None:
    bank.lending.repay(bank.principal, bank.key(), loan_id, amount_fen)


def test_from_the_due_day_to_the_second_month_and_back(bank: LendingBank) -> None:
    """Due on 1 April: no case that night, M1 the next, M2 on the 31st day; one cures in April.

    The first borrower has two loans, of which only the first is old; the third is never late.
    """
    collections, line = collections_of(bank), bank.line()
    bank.lending.draw(bank.principal, bank.key(), line, 200_000, 30)
    cured = bank.drawn(LOAN_FEN, tenor=30)
    bank.drawn(LOAN_FEN, tenor=90)
    bank.close_days(29)
    bank.lending.draw(bank.principal, bank.key(), line, 10_000, 30)
    bank.close_days(1)
    assert collections.cases(bank.principal) == [], "the due day itself is not late"
    bank.close_days(1)
    first, second = collections.cases(bank.principal)
    assert [one["days_overdue"] for one in (first, second)] == [1, 1]
    assert {one["principal_fen"] for one in (first, second)} == {200_000, LOAN_FEN}
    bank.close_days(1)
    repay(bank, cured, bank.lending.loan(bank.principal, cured)["outstanding_fen"])
    bank.close_days(29)
    case = the_case(bank)
    assert (case["bucket"], case["days_overdue"], case["loans_count"]) == ("m2", 31, 2)
    assert kinds(case) == ["opened", "bucket_moved"]
    closed = the_case(bank, closed=True)
    assert (kinds(closed), closed["closed_because"]) == (["opened", "closed"], "cured")
    _the_board_says_so(bank, collections)
    _the_roll_rates_say_so(bank, collections)
    with bank.database.read() as connection:
        assert verify_collections(connection) == {"cases": 2}


def _the_board_says_so(bank: LendingBank, collections: CollectionsService) -> None:
    """The borrower stands in M2 with all he owes; his younger loan in the first week."""
    board = collections.board(bank.principal)
    borrowers = {row["bucket"]: row for row in board["borrowers"] if row["count"]}
    assert {name: row["count"] for name, row in borrowers.items()} == {"m2": 1}
    assert borrowers["m2"]["principal_fen"] == 210_000
    loans = {row["bucket"]: row["count"] for row in board["loans"] if row["count"]}
    assert loans == {"d1_7": 1, "d31_60": 1}
    assert board["totals"]["loans"] == {"count": 2, "principal_fen": 210_000}
    assert board["cases"] == {"open_count": 1, "promised_count": 0, "handed_over_count": 0}
    assert [one["bucket"] for one in collections.cases(bank.principal, bucket="m2")] == ["m2"]
    assert collections.cases(bank.principal, bucket="m1") == []


def _the_roll_rates_say_so(bank: LendingBank, collections: CollectionsService) -> None:
    """In April two came in, one of them was cured; in May the other rolled on."""
    rolls = {one["month"]: one["rolls"] for one in collections.roll_rates(bank.principal)["months"]}
    assert [(row["from"], row["to"], row["count"]) for row in rolls["2026-04"]] == [
        ("none", "cured", 1),
        ("none", "m1", 1),
    ]
    assert rolls["2026-05"] == [
        {"from": "m1", "to": "m2", "count": 1, "principal_fen": 200_000, "share_ppm": 1_000_000}
    ]
    with pytest.raises(Invalid, match="lending.months_outside"):
        collections.roll_rates(bank.principal, 0)


def test_who_falls_behind_again_gets_a_new_case(late: LendingBank) -> None:
    collections, loan_id = collections_of(late), the_loan(late)
    repay(late, loan_id, late.lending.loan(late.principal, loan_id)["outstanding_fen"])
    late.close_days(1)
    line = UUID(late.lending.facilities(late.principal)[0]["facility_id"])
    late.lending.draw(late.principal, late.key(), line, LOAN_FEN, 30)
    late.close_days(31)
    assert len(collections.cases(late.principal, closed=True)) == 1
    assert the_case(late)["bucket"] == "m1"


def test_cases_come_a_page_at_a_time(bank: LendingBank) -> None:
    """Five borrowers, nights that look at two at a time: each gets one case."""
    for _ in range(5):
        bank.drawn(LOAN_FEN, tenor=30)
    bank.close_days(30)
    bank.end_of_day = EndOfDay(bank.database, chunk_loans=2)
    bank.close_days(2)
    collections, after, seen = collections_of(bank), None, []
    while page := collections.cases(bank.principal, after=after, limit=2):
        seen += [one["party_id"] for one in page]
        after = UUID(page[-1]["case_id"])
    assert len(seen) == len(set(seen)) == 5


def promise(bank: LendingBank, **more: Any) -> dict[str, Any]:
    said = {"amount_fen": 50_000, "pay_by": bank_day(bank) + timedelta(days=3), **more}
    return collections_of(bank).promise(said.pop("by", bank.principal), bank.key(), **said)


def bank_day(bank: LendingBank) -> date:
    return bank.end_of_day.status(bank.principal).business_date


def test_a_promise_is_kept_by_paying_and_broken_by_its_day(late: LendingBank) -> None:
    loan_id = the_loan(late)
    promise(late, loan_id=loan_id)
    late.close_days(1)
    repay(late, loan_id, 20_000)
    late.close_days(1)
    assert the_case(late)["promise"]["amount_fen"] == 50_000, "20,000 is not 50,000"
    repay(late, loan_id, 30_000)
    late.close_days(1)
    assert kinds(the_case(late)) == ["opened", "promised", "promise_kept"]
    promise(late, loan_id=loan_id)
    late.close_days(3)
    assert the_case(late)["promise"] is not None, "the day itself is still to come"
    late.close_days(1)
    case = the_case(late)
    assert kinds(case)[-1] == "promise_broken"
    assert (case["promises_kept"], case["promises_broken"]) == (1, 1)
    assert case["timeline"][-1]["details"]["paid_fen"] == 0


def test_paying_off_keeps_any_promise(late: LendingBank) -> None:
    loan_id = the_loan(late)
    promise(late, loan_id=loan_id)
    repay(late, loan_id, late.lending.loan(late.principal, loan_id)["outstanding_fen"])
    late.close_days(1)
    closed = the_case(late, closed=True)
    assert kinds(closed) == ["opened", "promised", "promise_kept", "closed"]


def test_money_for_another_loan_keeps_no_promise_on_this_one(bank: LendingBank) -> None:
    line = bank.line()
    answers = [bank.lending.draw(bank.principal, bank.key(), line, LOAN_FEN, 30) for _ in range(2)]
    first, second = (UUID(answer["loan_id"]) for answer in answers)
    bank.close_days(31)
    promise(bank, loan_id=first)
    repay(bank, second, 60_000)
    bank.close_days(4)
    assert kinds(the_case(bank))[-1] == "promise_broken"


def test_what_may_not_be_promised(late: LendingBank) -> None:
    collections = collections_of(late)
    loan_id = the_loan(late)
    party_id = UUID(late.lending.loan(late.principal, loan_id)["party_id"])
    owner, stranger = late.owner_of(party_id), late.owner_of(late.business())
    with pytest.raises(Refused, match="lending.no_open_case"):
        promise(late, loan_id=late.drawn(LOAN_FEN, tenor=30))
    today = bank_day(late)
    with pytest.raises(NotFound):
        promise(late, by=stranger, loan_id=loan_id)
    with pytest.raises(Invalid, match="lending.promise_needs_loan"):
        promise(late)
    with pytest.raises(Refused, match="lending.promise_day_outside"):
        promise(late, loan_id=loan_id, pay_by=today - timedelta(days=1))
    with pytest.raises(Refused, match="lending.promise_day_outside"):
        promise(late, by=owner, loan_id=loan_id, pay_by=today + timedelta(days=15))
    with pytest.raises(Refused, match="lending.promise_amount_outside"):
        promise(late, loan_id=loan_id, amount_fen=1)
    with pytest.raises(Refused, match="lending.promise_amount_outside"):
        promise(late, loan_id=loan_id, amount_fen=1_000_000)
    promise(late, by=owner, loan_id=loan_id)
    with pytest.raises(Refused, match="lending.promise_runs"):
        promise(late, by=owner, loan_id=loan_id)
    own = collections.own_promise(owner, party_id)
    assert own["promise"]["amount_fen"] == 50_000
    assert own["promises_left"] == 2
    with pytest.raises(Forbidden):
        collections.cases(owner)


def test_an_owner_promises_three_times_in_a_case(late: LendingBank) -> None:
    loan_id = the_loan(late)
    owner = late.owner_of(UUID(late.lending.loan(late.principal, loan_id)["party_id"]))
    for _ in range(3):
        promise(late, by=owner, loan_id=loan_id, pay_by=bank_day(late))
        late.close_days(1)
    with pytest.raises(Refused, match="lending.promises_too_many"):
        promise(late, by=owner, loan_id=loan_id)
    promise(late, loan_id=loan_id)


def test_the_same_command_is_done_once(late: LendingBank) -> None:
    collections = collections_of(late)
    loan_id = the_loan(late)
    said = {"amount_fen": 50_000, "pay_by": bank_day(late), "loan_id": loan_id}
    first = collections.promise(late.principal, "once", **said)
    assert collections.promise(late.principal, "once", **said) == first
    with pytest.raises(Conflict, match="store.key_reused"):
        collections.promise(late.principal, "once", **{**said, "amount_fen": 60_000})
    assert the_case(late)["promises_made"] == 1


def test_a_case_is_handed_over_and_taken_back(late: LendingBank) -> None:
    case_id = UUID(the_case(late)["case_id"])
    who, do = late.principal, collections_of(late)
    with pytest.raises(Refused, match="lending.handler_unknown"):
        do.hand_over(who, late.key(), case_id, "agency", "harbour")
    do.name_handler(who, late.key(), kind="agency", name="harbour", title="合成外部机构")
    do.hand_over(who, late.key(), case_id, "agency", "harbour")
    with pytest.raises(Conflict, match="lending.already_handed_over"):
        do.hand_over(who, late.key(), case_id, "agency", "harbour")
    assert [one["handler"] for one in do.cases(who, handler_kind="agency")] == ["harbour"]
    do.take_back(who, late.key(), case_id)
    with pytest.raises(Refused, match="lending.not_handed_over"):
        do.take_back(who, late.key(), case_id)
    do.hand_over(who, late.key(), case_id, "person", str(STAFF))
    with pytest.raises(Refused, match="lending.handler_unknown"):
        do.hand_over(who, late.key(), case_id, "person", str(UUID(int=8)))
    do.name_handler(who, late.key(), kind="agency", name="harbour", title="合成", active=False)
    with pytest.raises(Refused, match="lending.handler_unknown"):
        do.hand_over(who, late.key(), case_id, "agency", "harbour")
    with pytest.raises(Invalid, match="lending.handler_kind_unknown"):
        do.hand_over(who, late.key(), case_id, "friend", "harbour")
    with pytest.raises(Invalid, match="lending.handler_malformed"):
        do.name_handler(who, late.key(), kind="team", name="not a name", title="x")
    assert kinds(the_case(late))[1:] == ["handed_over", "taken_back", "handed_over"]


def test_a_note_stays_in_the_case_and_out_of_the_outbox(late: LendingBank) -> None:
    collections = collections_of(late)
    case_id = UUID(the_case(late)["case_id"])
    collections.note(late.principal, late.key(), case_id, "  said the harvest comes in May  ")
    shown = the_case(late)["timeline"][-1]
    assert shown["details"]["text"] == "said the harvest comes in May"
    with late.database.read() as connection:
        payloads = [entry.payload for entry in read_chain(connection)]
    assert not any("harvest" in payload for payload in payloads)
    with pytest.raises(Invalid, match="lending.note_malformed"):
        collections.note(late.principal, late.key(), case_id, "   ")


def test_a_case_closes_only_when_nothing_is_overdue(late: LendingBank) -> None:
    collections = collections_of(late)
    loan_id = the_loan(late)
    case_id = UUID(the_case(late)["case_id"])
    promise(late, loan_id=loan_id)
    with pytest.raises(Refused, match="lending.case_still_overdue"):
        collections.close(late.principal, late.key(), case_id)
    repay(late, loan_id, late.lending.loan(late.principal, loan_id)["outstanding_fen"])
    assert collections.close(late.principal, late.key(), case_id)["because"] == "cured"
    with pytest.raises(Refused, match="lending.case_closed"):
        collections.note(late.principal, late.key(), case_id, "too late")
    late.close_days(1)
    closed = the_case(late, closed=True)
    assert kinds(closed) == ["opened", "promised", "promise_kept", "closed"]


def test_a_written_off_loan_closes_its_case_and_keeps_no_promise(late: LendingBank) -> None:
    """Promised, then written off by two people: the promise ends with the case, not kept."""
    loan_id = the_loan(late)
    promise(late, loan_id=loan_id)
    tenant = late.principal.tenant_id
    one, two = (
        Principal(tenant, UUID(int=number), ActorKind.STAFF, ALL_SCOPES) for number in (11, 12)
    )
    asked = asked_event("written_off", 0, {"reason": "无财产可执行"})
    proposed = late.lending.record_event(one, late.key(), loan_id, asked)
    proposal_id = UUID(proposed["proposal_id"])
    late.lending.decide_proposal(two, late.key(), proposal_id, approved=True)
    late.close_days(1)
    closed = the_case(late, closed=True)
    assert kinds(closed) == ["opened", "promised", "closed"]
    assert (closed["closed_because"], closed["promises_kept"]) == ("written_off", 0)


def test_a_payment_taken_back_and_a_gift_of_the_bank_keep_no_promise(late: LendingBank) -> None:
    loan_id = the_loan(late)
    promise(late, loan_id=loan_id)
    paid = late.lending.repay(late.principal, late.key(), loan_id, 50_000)
    event_id = UUID(paid["event_id"])
    late.lending.reverse_event(late.principal, late.key(), loan_id, event_id, "转错账户")
    gift = asked_event("goodwill_credit", 50_000, {"reason": "系统故障致歉"})
    late.lending.record_event(late.principal, late.key(), loan_id, gift)
    late.close_days(4)
    case = the_case(late)
    assert kinds(case)[-1] == "promise_broken"
    assert case["timeline"][-1]["details"]["paid_fen"] == 0


def test_roles_decide_who_may_do_what(late: LendingBank) -> None:
    collections = collections_of(late)
    loan_id = the_loan(late)
    case_id = UUID(the_case(late)["case_id"])
    tenant = late.principal.tenant_id
    scopes = frozenset({Scope.COLLECTIONS_READ, Scope.LENDING_READ})
    reader = Principal(tenant, UUID(int=5), ActorKind.STAFF, scopes)
    assert collections.case(reader, case_id)["bucket"] == "m1"
    for forbidden in (
        lambda: collections.note(reader, "n", case_id, "x"),
        lambda: collections.hand_over(reader, "h", case_id, "team", "x"),
        lambda: collections.take_back(reader, "t", case_id),
        lambda: collections.close(reader, "c", case_id),
        lambda: collections.remind(reader, "r"),
        lambda: collections.name_handler(reader, "k", kind="team", name="a", title="b"),
        lambda: promise(late, by=reader, loan_id=loan_id),
    ):
        with pytest.raises(Forbidden):
            forbidden()
    elsewhere = system_principal(UUID(int=99))
    with pytest.raises(NotFound, match="lending.case_not_found"):
        collections.note(elsewhere, "n", case_id, "x")


def test_a_row_that_is_no_fold_of_its_events_is_found(late: LendingBank) -> None:
    with late.database.engine.begin() as connection:
        connection.execute(update(collections_case).values(reminders=3))
    with late.database.read() as connection, pytest.raises(Corrupt, match="lending.case_differs"):
        verify_collections(connection)


def test_a_night_done_again_changes_no_case(late: LendingBank) -> None:
    before = the_case(late)
    late.end_of_day.run(late.principal, bank_day(late) - timedelta(days=1))
    assert the_case(late) == before
