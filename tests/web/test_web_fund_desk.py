"""The fund desk: the bank's own flows and a partner's file, foretold, reserved, and downloaded."""

from __future__ import annotations

import csv
import io
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlet.cashflow import History, chinese_calendar
from martlet.parties import PersonKind
from martlet.treasury.funds.desk import desk_of

if TYPE_CHECKING:
    from typing import Any

    from tests.web.conftest import Town, Visit

FIRST = date(2026, 1, 5)


def partners_file(days: int, partners: tuple[str, ...] = ("east", "west")) -> bytes:
    """Return a made-up partner's daily flows: busy on weekdays, quiet at weekends."""
    chance = np.random.default_rng(5)
    lines = ["series_id,date,value,partner,direction"]
    for name in partners:
        for side, size in (("subscription", 900), ("redemption", 850)):
            for age in range(days):
                day = FIRST + timedelta(days=age)
                busy = size if day.weekday() < 5 else size // 3
                value = busy * (0.7 + 0.6 * chance.random())
                lines.append(f"{name}/{side},{day},{value:.2f},{name},{side}")
    return "\n".join(lines).encode()


def bring(staff: Visit, content: bytes, name: str = "flows.csv") -> Any:
    """Bring a file, and look again until its figures are there."""
    staff.open("/console/fund-desk")
    answer = staff.send("/console/fund-desk", files={"file": (name, content, "text/csv")})
    until = time.monotonic() + 60
    while 'role="status"' in staff.page and time.monotonic() < until:
        answer = staff.open(answer.url.path)
    return answer


def test_a_partners_file_is_foretold_and_its_reserve_stands_beside_a_fixed_ratio(
    staff: Visit,
) -> None:
    answer = bring(staff, partners_file(200))
    assert answer.status_code == 200
    page = answer.text
    for told in ("The next 30 days", "Subscriptions", "Redemptions", "80% band", "All together"):
        assert told in page, told
    assert page.count('<svg class="fan-svg"') == 2
    assert "mean redemptions of four weeks" in page
    assert page.count('<th scope="row">T+3</th>') >= 2
    assert "All together, at 6 origins a week apart" in page
    where = answer.url.path
    partner = staff.open(f"{where}?show=series:east").text
    assert '<option value="series:east" selected>' in partner


def test_sums_of_the_download_are_the_sums_of_its_series(staff: Visit) -> None:
    where = bring(staff, partners_file(200)).url.path

    def rows(table: str) -> list[dict[str, str]]:
        answer = staff.client.get(f"{where}/{table}.csv")
        assert answer.headers["content-type"].startswith("text/csv")
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    series, sums, reserves = rows("series"), rows("sums"), rows("reserves")
    day = series[0]["date"]
    whole = [row for row in sums if row["date"] == day and row["column"] == "direction"]
    for row in whole:
        parts = [
            float(one["mean"])
            for one in series
            if one["date"] == day and one["direction"] == row["direction"]
        ]
        assert len(parts) == 2
        assert sum(parts) == float(row["mean"])
    assert {row["settlement_days"] for row in reserves} == {"1", "2", "3"}
    assert staff.client.get(f"{where}/nothing.csv").status_code == 404


def test_too_few_days_are_counted_and_nothing_stands_in_for_them(staff: Visit) -> None:
    page = bring(staff, partners_file(20)).text
    assert "66 more days are needed before anything can be foretold" in page
    assert "All 20 days" in page
    assert "103 more days are needed before a reserve" in page
    assert "<svg" not in page


def test_what_came_later_changes_no_trial_of_an_earlier_origin() -> None:
    chance = np.random.default_rng(3)
    values = 100 + 30 * chance.random((2, 160))
    names = ("a/subscription", "a/redemption")
    whole = desk_of(History(names, FIRST, values), chinese_calendar())
    shorter = desk_of(History(names, FIRST, values[:, :153]), chinese_calendar())
    assert [one.direction for one in whole.tried] == ["subscription", "redemption"]
    assert whole.tried[0].origins_count == 6
    assert whole.tried[0].last_known == FIRST + timedelta(days=160 - 31)
    assert (whole.tried[0].first_known - shorter.tried[0].first_known).days == 7
    for one in whole.tried:
        assert 0.8 < one.next_day < 1
        assert one.next_day < one.horizon < 1, "days' misses cancel over a month"


def test_flows_of_one_direction_have_a_forecast_and_no_reserve(staff: Visit) -> None:
    head, *rest = partners_file(130, ("east",)).decode().splitlines()
    kept = [line.replace("subscription", "flow") for line in rest if "redemption" not in line]
    page = bring(staff, "\n".join([head, *kept]).encode()).text
    assert page.count('<svg class="fan-svg"') == 1
    assert "A reserve needs subscriptions and redemptions told apart" in page


def test_a_made_up_file_of_the_installation_is_offered_and_called_so(
    staff: Visit, town: Town
) -> None:
    folder = town.bank.settings.home / "samples" / "funds"
    folder.mkdir(parents=True)
    (folder / "made-up.csv").write_bytes(partners_file(60))
    page = staff.open("/console/fund-desk").text
    assert "Look at a made-up file (synthetic): made-up.csv" in page
    answer = staff.send("/console/fund-desk", sample="made-up.csv")
    assert answer.url.path.startswith("/console/fund-desk/files/")
    staff.open("/console/fund-desk")
    assert staff.send("/console/fund-desk", sample="../../martlet.db").status_code == 404


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"a,b\n1,2\n", "flows.csv"),
        (b"", "flows.csv"),
        (b"x", "flows.xlsx"),
        (b"x", "f.parquet"),
        (b"series_id,date,value\na,soon,much\n", "flows.csv"),
        (
            b"series_id,date,value,currency\na,2026-01-05,1,CNY\nb,2026-01-05,1,USD\n",
            "flows.csv",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_on_the_page(
    staff: Visit, content: bytes, name: str
) -> None:
    answer = bring(staff, content, name)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_file_belongs_to_whoever_brought_it_and_is_not_kept(staff: Visit, town: Town) -> None:
    assert staff.open("/console/fund-desk/files/nothing").status_code == 404
    where = bring(staff, partners_file(60)).url.path
    town.bank.set_up("Other")
    assert staff.open(where).status_code == 200
    assert not list(town.bank.settings.home.rglob("flows.csv"))


def test_who_may_not_read_the_book_sees_no_desk(town: Town, visit: Visit) -> None:
    clerk = town.bank.parties.add_staff(town.itself, "clerk", name="王芳", roles=["collector"])
    visit.open("/link")
    visit.send("/link", link=town.bank.parties.login_link(town.itself, PersonKind.STAFF, clerk))
    assert visit.open("/console/fund-desk").status_code == 403
    assert visit.open("/console/fund-desk/series.csv").status_code == 403


def test_the_banks_own_flows_are_read_from_its_positions(staff: Visit, town: Town) -> None:
    assert "Nothing has been subscribed to or redeemed yet" in staff.open("/console/fund-desk").text
    bank, itself = town.bank, town.itself
    today = bank.end_of_day.status(itself).business_date
    bank.treasury.take_in(itself, "in", town.party_id, 500_000)
    bank.treasury.subscribe(itself, "sub", town.party_id, "yulibao", 300_000)
    flows = bank.treasury.daily_flows(itself, today, today)
    assert flows == [
        {"product": "yulibao", "direction": "subscription", "day": today, "amount_fen": 300_000}
    ]
    bank.end_day(itself, today)
    page = staff.open("/console/fund-desk").text
    until = time.monotonic() + 60
    while 'role="status"' in page and time.monotonic() < until:
        page = staff.open("/console/fund-desk").text
    assert "85 more days are needed before anything can be foretold" in page
