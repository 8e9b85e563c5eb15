"""Days off and worked weekends, and above all: since when they are known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from martlet.cashflow import chinese_calendar, weekday_calendar
from martlet.kernel.errors import Invalid

LATER = date(2026, 11, 1)


def test_a_worked_saturday_is_a_working_day_and_a_day_off_beside_a_holiday_is_not() -> None:
    days = chinese_calendar().features(date(2026, 2, 13), 16, known_on=LATER)
    assert days.make_up.nonzero()[0].tolist() == [1, 15]  # Saturdays 14 and 28 February
    assert days.weekday.tolist()[:2] == [4, 0]
    assert days.holiday.nonzero()[0].tolist() == list(range(2, 11))  # 15 to 23 February
    assert days.before_holiday.nonzero()[0].tolist() == [1]
    assert days.after_holiday.nonzero()[0].tolist() == [11]
    assert days.spring_festival.tolist()[:6] == [-4, -3, -2, -1, 0, 1]


def test_a_back_test_sees_no_decree_before_its_notice() -> None:
    saturday = date(2014, 1, 26)
    before = chinese_calendar().features(saturday, 1, known_on=date(2013, 12, 1))
    after = chinese_calendar().features(saturday, 1, known_on=date(2013, 12, 31))
    assert (bool(before.make_up[0]), bool(before.provisional[0])) == (False, True)
    assert (bool(after.make_up[0]), bool(after.provisional[0])) == (True, False)


def test_a_notice_that_was_changed_holds_until_the_change() -> None:
    worked = date(2020, 1, 31)
    calendar = chinese_calendar()
    assert not calendar.features(worked, 1, known_on=date(2020, 1, 20)).holiday[0]
    assert calendar.features(worked + timedelta(days=1), 1, known_on=date(2020, 1, 20)).make_up[0]
    assert calendar.features(worked, 1, known_on=date(2020, 1, 28)).holiday[0]


def test_a_year_not_decreed_is_provisional_until_a_file_decrees_it() -> None:
    open_year = chinese_calendar().features(date(2027, 2, 1), 28, known_on=LATER)
    assert open_year.provisional.all()
    assert open_year.holiday.any()
    assert not open_year.make_up.any()
    told = """
        [[decree]]
        year = 2027
        known_on = 2026-11-10
        days_off = [[2027-02-05, 2027-02-11]]
        working_days = [2027-02-20]
    """
    calendar = chinese_calendar(told)
    assert calendar.features(date(2027, 2, 20), 1, known_on=LATER).provisional[0]
    decreed = calendar.features(date(2027, 2, 1), 28, known_on=date(2026, 11, 10))
    assert not decreed.provisional.any()
    assert decreed.make_up.nonzero()[0].tolist() == [19]


def test_month_ends_are_counted_over_a_year() -> None:
    days = chinese_calendar().features(date(2026, 12, 30), 3, known_on=LATER)
    assert days.days_to_month_end.tolist() == [1, 0, 30]
    assert days.day_of_month.tolist() == [30, 31, 1]


def test_another_country_has_weekdays_and_no_holidays() -> None:
    days = weekday_calendar().features(date(2026, 2, 9), 21, known_on=LATER)
    assert not days.holiday.any()
    assert not days.provisional.any()
    assert days.weekday.tolist() == list(range(7)) * 3


@pytest.mark.parametrize(
    "text",
    [
        "decree = 3 x",
        "[[decree]]\nyear = 2027",
        "[[decree]]\nyear = 2027\nknown_on = 2026-11-10\nholidays = []",
        "[[decree]]\nyear = 2027\nknown_on = 2026-11-10\ndays_off = [2026-01-01]",
        "[[decree]]\nyear = 2027\nknown_on = 2026-11-10\ndays_off = [[2027-01-02, 2027-01-01]]",
    ],
)
def test_a_file_that_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="calendar_unreadable"):
        chinese_calendar(text)
