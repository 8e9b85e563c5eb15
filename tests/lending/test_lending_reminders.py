"""Reminders: what is said, to whom, when, and never once too often, whatever is killed when."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.conftest import MORNING
from tests.lending.late_bank import DUE, LOAN_FEN, reopened

from martlet.kernel.calendar import SHANGHAI, business_date_of
from martlet.kernel.i18n import Locale
from martlet.lending import asked_event
from martlet.lending.collections import (
    CollectionsService,
    FileReminders,
    OutboxReminders,
    ReminderMessage,
    SendOutcome,
)
from martlet.lending.collections.limits import ATTEMPTS_MAX
from martlet.lending.collections.messages import TEMPLATES, texts
from martlet.lending.collections.model import Contact, Standing, blocked, steps_on
from martlet.lending.collections.rules import rules
from martlet.lending.collections.tables import collections_reminder
from martlet.store import read_chain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lending.conftest import LendingBank

RULES = rules().on(DUE)


class Killed(BaseException):
    """The process is gone."""


class Postbox:
    """Keeps what it is handed, and does with each what the test has asked for."""

    name = "postbox"
    by_outbox = False

    def __init__(self, *answers: Any, safe_to_repeat: bool = True) -> None:
        self.safe_to_repeat = safe_to_repeat
        self.handed: list[ReminderMessage] = []
        self._answers = list(answers)

    def send(self, message: ReminderMessage) -> SendOutcome:
        answer = self._answers.pop(0) if self._answers else SendOutcome.SENT
        if answer == "before":
            raise Killed
        self.handed.append(message)
        if answer == "after":
            raise Killed
        return SendOutcome(answer)


def service(bank: LendingBank) -> CollectionsService:
    return CollectionsService(bank.database)


def remind(bank: LendingBank, port: Any = None) -> dict[str, Any]:
    return service(bank).remind(bank.principal, bank.key(), port)


def rows(bank: LendingBank) -> list[Any]:
    with bank.database.read() as connection:
        query = select(collections_reminder).order_by(collections_reminder.c.reminder_id)
        return list(connection.execute(query))


def to_hour(bank: LendingBank, hour: int, minute: int = 0) -> None:
    """Move the clock on to an hour of Shanghai's day, today or tomorrow."""
    local = bank.clock.now().astimezone(SHANGHAI)
    then = datetime.combine(local.date(), time(hour, minute), SHANGHAI)
    bank.clock.set(then if then >= local else then + timedelta(days=1))


def test_the_day_after_the_due_day_a_borrower_is_reminded_once(late: LendingBank) -> None:
    postbox = Postbox()
    done = remind(late, postbox)
    assert (done["begun"], done["sent"], done["quiet_hours"]) == (1, 1, False)
    message = postbox.handed[0]
    loan = late.lending.loans(late.principal)[0]
    due_fen = late.lending.loan(late.principal, UUID(loan["loan_id"]))["due_fen"]
    assert (message.channel, message.due_on, message.due_fen) == ("sms", DUE, due_fen)
    assert f"¥{due_fen // 100:,}.{due_fen % 100:02d}" in message.texts["zh-CN"]
    assert "自 2026年4月1日 起到期" in message.texts["zh-CN"]
    assert "due since 1 Apr 2026" in message.texts["en"]
    again = remind(late, postbox)
    assert (again["begun"], len(postbox.handed)) == (0, 1)
    case = service(late).case(
        late.principal, UUID(service(late).cases(late.principal)[0]["case_id"])
    )
    assert [event["kind"] for event in case["timeline"]] == ["opened", "reminded"]
    assert case["reminders"][0]["state"] == "sent"


def test_the_same_key_is_told_the_same(late: LendingBank) -> None:
    first = service(late).remind(late.principal, "morning")
    assert first["sent"] == 1
    assert service(late).remind(late.principal, "morning") == first
    assert len(rows(late)) == 1


def test_the_plan_is_followed_day_by_day(late: LendingBank) -> None:
    """Overdue for 1, 3, 7 and 15 days: text message, app, text message, text message."""
    postbox, went = Postbox(), []
    for day in range(1, 17):
        if remind(late, postbox)["sent"]:
            went.append((day, postbox.handed[-1].channel))
        late.close_days(1)
    assert went == [(1, "sms"), (3, "app"), (7, "sms"), (15, "sms")]
    assert postbox.handed[-1].template == "overdue_offer"


def test_before_the_due_day_it_is_said_what_will_be_due(bank: LendingBank) -> None:
    loan_id = bank.drawn(LOAN_FEN, tenor=30)
    bank.close_days(26)
    postbox = Postbox()
    assert remind(bank, postbox)["sent"] == 0, "four days ahead is too early"
    bank.close_days(1)
    assert remind(bank, postbox)["sent"] == 1
    coming = bank.lending.loan(bank.principal, loan_id)
    message = postbox.handed[0]
    assert message.due_fen == coming["next_due_fen"] > LOAN_FEN
    assert (message.template, message.channel, message.due_on) == ("coming_due", "app", DUE)
    bank.lending.repay(bank.principal, "off", loan_id, coming["outstanding_fen"])
    bank.close_days(2)
    assert remind(bank, postbox)["sent"] == 0, "what is paid is not asked for"


def test_by_default_nothing_leaves_but_the_outbox_has_the_text(late: LendingBank) -> None:
    assert remind(late)["sent"] == 1
    with late.database.read() as connection:
        told = [one for one in read_chain(connection) if one.kind == "lending.reminder_begun"]
    assert len(told) == 1
    assert "已逾期" in told[0].payload
    assert "199000" not in told[0].payload, "no phone number leaves the parties room"
    assert OutboxReminders().by_outbox


@pytest.mark.parametrize(("hour", "minute", "open_"), [(7, 59, 0), (8, 0, 1), (20, 59, 1)])
def test_nobody_is_woken(late: LendingBank, hour: int, minute: int, open_: int) -> None:
    to_hour(late, hour, minute)
    assert remind(late)["sent"] == open_
    to_hour(late, 21)
    done = remind(late)
    assert (done["quiet_hours"], done["sent"]) == (True, 0)


def test_no_reminder_while_a_promise_runs(late: LendingBank) -> None:
    loan_id = UUID(late.lending.loans(late.principal)[0]["loan_id"])
    said = {"amount_fen": 50_000, "pay_by": DUE + timedelta(days=3), "loan_id": loan_id}
    service(late).promise(late.principal, "promise", **said)
    assert remind(late)["held"] == {"promise": 1}
    late.close_days(3)
    done = remind(late)
    assert (done["sent"], done["held"]) == (1, {}), "broken: the routine goes on"


def test_no_reminder_while_reminders_rest(late: LendingBank) -> None:
    party_id = UUID(late.lending.loans(late.principal)[0]["party_id"])
    today = DUE + timedelta(days=1)
    service(late).pause_reminders(late.principal, "p1", party_id, today, "relief")
    assert remind(late)["held"] == {"paused": 1}
    yesterday = today - timedelta(days=1)
    service(late).pause_reminders(late.principal, "p2", party_id, yesterday, "relief")
    assert remind(late)["sent"] == 1, "a day that is past ends it"


def test_no_reminder_while_a_loan_is_relieved_of_interest(late: LendingBank) -> None:
    """The pause of interest is itself the flag; undone, the routine goes on."""
    loan_id = UUID(late.lending.loans(late.principal)[0]["loan_id"])
    today = DUE + timedelta(days=1)
    days = {"from_on": today.isoformat(), "until_on": (today + timedelta(days=90)).isoformat()}
    asked = asked_event("interest_paused", 0, days)
    done = late.lending.record_event(late.principal, late.key(), loan_id, asked)
    assert remind(late)["held"] == {"paused": 1}
    event_id = UUID(done["event_id"])
    late.lending.reverse_event(late.principal, late.key(), loan_id, event_id, "undone")
    assert remind(late)["sent"] == 1


def test_no_reminder_of_the_banks_own_while_an_agency_works(late: LendingBank) -> None:
    who, cases = late.principal, service(late)
    cases.name_handler(who, "a", kind="agency", name="harbour", title="合成外部机构")
    case_id = UUID(cases.cases(who)[0]["case_id"])
    cases.hand_over(who, "h", case_id, "agency", "harbour")
    assert remind(late)["held"] == {"with_agency": 1}
    cases.take_back(who, "t", case_id)
    assert remind(late)["sent"] == 1


def test_what_fails_is_tried_again_and_then_given_up(late: LendingBank) -> None:
    failing = Postbox(*[SendOutcome.FAILED] * 9)
    tried = 0
    while remind(late, failing)["begun"]:
        tried += 1
    assert tried == ATTEMPTS_MAX
    assert [row.state for row in rows(late)] == ["given_up"]


def test_what_can_never_be_sent_is_not_tried_again(late: LendingBank) -> None:
    assert remind(late, Postbox(SendOutcome.REFUSED))["given_up"] == 1
    assert remind(late)["begun"] == 0


def test_a_killed_sending_is_repeated_only_where_that_is_safe(late: LendingBank) -> None:
    """Killed after handing over: the same id again to a port that knows it, on the same day."""
    postbox = Postbox("after")
    with pytest.raises(Killed):
        remind(late, postbox)
    assert remind(late, postbox)["sent"] == 1
    first, second = postbox.handed
    assert first.reminder_id == second.reminder_id


def test_a_killed_sending_is_never_repeated_where_it_is_not(late: LendingBank) -> None:
    postbox = Postbox("after", safe_to_repeat=False)
    with pytest.raises(Killed):
        remind(late, postbox)
    done = remind(late, postbox)
    assert (done["unknown"], done["begun"], len(postbox.handed)) == (1, 0, 1)


def test_a_sending_left_open_yesterday_stays_unknown(late: LendingBank) -> None:
    postbox = Postbox("before")
    with pytest.raises(Killed):
        remind(late, postbox)
    late.close_days(1)
    assert remind(late, postbox)["unknown"] == 1
    assert postbox.handed == []


def test_a_file_is_written_once_for_a_reminder(late: LendingBank, tmp_path: Path) -> None:
    port = FileReminders(tmp_path / "reminders")
    assert remind(late, port)["sent"] == 1
    files = list((tmp_path / "reminders").iterdir())
    assert len(files) == 1
    before = files[0].read_bytes()
    row = rows(late)[0]
    other = ReminderMessage(row.reminder_id, row.tenant_id, row.party_id, "sms", "x", 1, DUE, {})
    assert port.send(other) is SendOutcome.SENT
    assert files[0].read_bytes() == before
    assert len(list((tmp_path / "reminders").iterdir())) == 1


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_text_says_what_the_owner_must_know_and_names_nobody(template: str) -> None:
    said = texts(template, 123_456, DUE, 3, RULES.help)
    for locale in Locale:
        text = said[locale.value]
        assert "¥1,234.56" in text
        assert RULES.help.how(locale) in text
        assert RULES.help.ask(locale) in text
        assert "{" not in text


# The laws, over any plan of moments.

MOMENTS = st.lists(
    st.tuples(st.integers(0, 20 * 24 * 60), st.sampled_from(["app", "sms", "call"])), max_size=60
)


@given(MOMENTS)
def test_no_limit_is_ever_passed_and_no_quiet_hour_broken(
    moments: list[tuple[int, str]],
) -> None:
    """Whenever reminders are asked for, those that go out keep to the hours and the counts."""
    sent: list[tuple[datetime, Contact]] = []
    for minutes, channel in sorted(moments):
        now = MORNING + timedelta(minutes=minutes)
        standing = Standing(False, False, None, tuple(contact for _, contact in sent))
        if blocked(RULES.contact, channel, standing, now) is None:
            sent.append((now, Contact(channel, business_date_of(now))))
    _within_the_rules([(now, contact.channel) for now, contact in sent])


def _within_the_rules(sent: list[tuple[datetime, str]]) -> None:
    for now, channel in sent:
        local, limit = now.astimezone(SHANGHAI), RULES.contact.limit(channel)
        assert RULES.contact.opens_at <= local.time() < RULES.contact.closes_at
        days = [then.astimezone(SHANGHAI).date() for then, over in sent if over == channel]
        week = [day for day in days if local.date() - timedelta(days=6) <= day <= local.date()]
        assert week.count(local.date()) <= limit.per_day
        assert len(week) <= limit.per_7_days


@given(st.integers(-10, 400))
def test_of_steps_that_overlap_only_the_latest_goes_over_a_channel(days: int) -> None:
    bucket = RULES.buckets.of_borrower(days).code if days > 0 else ""
    steps = steps_on(RULES.plan, days, bucket)
    assert max(Counter(step.channel for step in steps).values(), default=0) <= 1
    assert all(step.falls_on(days) for step in steps)


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("hours"), st.integers(1, 30)),
        st.tuples(st.just("night"), st.just(0)),
        st.tuples(
            st.sampled_from(["sent", "failed", "before", "after", "refused"]), st.integers(0, 1)
        ),
    ),
    min_size=3,
    max_size=14,
)


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=MOVES)
def test_each_step_goes_out_at_most_once_whatever_is_killed_when(
    moves: list[tuple[str, int]], late_sqlite: Path, tmp_path: Path
) -> None:
    """Runs at any hour, killed before or after the handing over, ports that fail or lose count."""
    path = tmp_path / "moves.db"
    shutil.copy(late_sqlite, path)
    bank = reopened(f"sqlite:///{path}")
    reached: list[tuple[datetime, ReminderMessage]] = []
    for move, number in moves:
        if move == "hours":
            bank.clock.advance(timedelta(hours=number))
        elif move == "night":
            bank.end_of_day.run(bank.principal)
        else:
            port = Postbox(move, safe_to_repeat=number == 1)
            try:
                remind(bank, port)
            except Killed:
                pass
            finally:
                known = {message.reminder_id for _, message in reached}
                reached += [
                    (bank.clock.now(), one)
                    for one in port.handed
                    if move in {"sent", "after"} and not (number and one.reminder_id in known)
                ]
    bank.database.close()
    steps = Counter((one.party_id, one.due_on, one.reminder_id) for _, one in reached)
    assert all(count == 1 for count in steps.values()), steps
    _within_the_rules([(now, one.channel) for now, one in reached])


def test_days_are_those_of_the_business_and_hours_those_of_the_clock() -> None:
    """At 23:30 UTC it is half past seven in Shanghai, on the next day."""
    night = datetime(2026, 4, 1, 23, 30, tzinfo=UTC)
    nobody = Standing(False, False, None, ())
    assert blocked(RULES.contact, "sms", nobody, night) == "quiet_hours"
    assert business_date_of(night) == date(2026, 4, 2)
    yesterday = Standing(False, False, None, (Contact("sms", date(2026, 4, 1)),))
    assert blocked(RULES.contact, "sms", yesterday, night + timedelta(hours=1)) is None
    assert blocked(RULES.contact, "fax", nobody, night + timedelta(hours=1)) == "day_full"
