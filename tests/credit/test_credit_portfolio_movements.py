"""Features of movements, told on accounts small enough to compute by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.credit.portfolio_examples import Movement, write_records, write_rows

from martlet.credit.portfolio import reading
from martlet.credit.portfolio.features import movement_features
from martlet.credit.portfolio.movements import features_of_movements
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from pathlib import Path

SALARY = [
    Movement("H", f"2025-0{month}-05", "in", 300_000, 350_000, "salary", "Employer")
    for month in range(1, 6)
]
RENT = [
    Movement("H", f"2025-0{month}-20", "out", 240_000, 110_000, "rent", "Landlord")
    for month in range(1, 6)
]
STRAIN = [
    Movement("H", "2025-05-25", "out", 120_000, -10_000, "cash ATM", ""),
    Movement("H", "2025-05-26", "out", 1_000, -11_000, "SANKC. UROK", ""),
    Movement("H", "2025-05-30", "in", 21_000, 10_000, "gift", "Aunt"),
]


def features(
    folder: Path, movements: list[Movement], as_of: str = "2025-06-01", payment: str = "500"
) -> dict[str, int | None]:
    """Return the features of one household that asks for 5,000 over 12 months."""
    row = {
        "application_id": "A", "merchant_id": "H", "as_of": as_of, "requested_amount": "5000",
        "term_months": "12", "monthly_payment": payment,
    }  # fmt: skip
    apps = reading.read_applications(write_rows(folder / "a.csv", [row]), lambda _n: None)
    records = reading.read_records(write_records(folder / "r.csv", movements), lambda _n: None)
    found = features_of_movements(apps.frame, records.frame, lambda _done, _total: None)
    return found.row(0, named=True)


def test_level_burden_and_floor_of_a_household(tmp_path: Path) -> None:
    """
    From 5 January to 31 May, 147 days, so 4 whole months are covered:

    in   5 x 3,000 + 210 = 15,210   a month 3,802.50
    out  5 x 2,400 + 1,200 + 10 = 13,210   a month 3,302.50
    """
    found = features(tmp_path, [*SALARY, *RENT, *STRAIN])
    assert found["history_days"] == 147
    assert found["movements_count"] == 13
    assert found["movements_all_count"] == 13
    assert found["in_month_12m_fen"] == 380_250
    assert found["out_month_12m_fen"] == 330_250
    assert found["net_month_12m_fen"] == 50_000
    assert found["payment_of_in_ppm"] == round(50_000 / 380_250 * 1_000_000)
    assert found["burden_of_in_ppm"] == round(380_250 / 380_250 * 1_000_000)
    assert found["requested_of_yearly_in_ppm"] == round(500_000 / (380_250 * 12) * 1_000_000)
    assert found["last_movement_days"] == 2
    assert found["in_trend_ppm"] is None  # less than 180 days of history
    assert found["penalty_count"] == 1
    assert found["recurring_in_month_fen"] == 5 * 300_000 // 6
    assert found["in_top_party_ppm"] == round(1_500_000 / 1_521_000 * 1_000_000)
    assert found["in_parties_count"] == 2
    assert found["night_ppm"] is None  # dates only


def test_the_balance_holds_until_the_next_movement(tmp_path: Path) -> None:
    """
    Below zero from 25 to 30 May: 5 of 147 days. Below the instalment of 500 from 25 May on: 7 days.
    """
    found = features(tmp_path, [*SALARY, *RENT, *STRAIN])
    assert found["days_negative_ppm"] == round(5 / 147 * 1_000_000)
    assert found["days_below_payment_ppm"] == round(7 / 147 * 1_000_000)
    assert found["balance_min_6m_fen"] == -11_000
    assert found["balance_last_fen"] == 10_000
    assert found["balance_last_of_payment_ppm"] == 200_000


def test_without_balances_the_flows_still_speak(tmp_path: Path) -> None:
    bare = [Movement(m.merchant, m.day, m.kind, m.amount) for m in [*SALARY, *RENT]]
    found = features(tmp_path, bare)
    assert found["in_month_12m_fen"] == 375_000
    for name in ("balance_mean_fen", "days_negative_ppm", "days_below_payment_ppm"):
        assert found[name] is None


def test_nothing_dated_on_the_day_of_application_or_later_counts(tmp_path: Path) -> None:
    before = features(tmp_path, [*SALARY, *RENT])
    later = [
        Movement("H", "2025-06-01", "out", 900_000, -800_000, "penalty"),
        Movement("H", "2025-06-01 00:00:00", "in", 7_000_000),
        Movement("H", "2025-06-01 08:00:00", "out", 900_000, -800_000, "penalty"),
        Movement("H", "2026-01-01", "in", 9_000_000),
    ]
    assert features(tmp_path, [*SALARY, *RENT, *later]) == before


def test_with_a_time_of_application_the_same_day_counts_up_to_it(tmp_path: Path) -> None:
    """A date alone is only known at the end of its day; a time is known when it comes."""
    moments = [
        Movement("H", "2025-06-01 09:00:00", "in", 5_000),
        Movement("H", "2025-06-01", "in", 7_000),
        Movement("H", "2025-06-01 12:00:01", "in", 9_000),
    ]
    found = features(tmp_path, [*SALARY, *moments], as_of="2025-06-01 12:00:00")
    base = features(tmp_path, SALARY, as_of="2025-06-01 12:00:00")
    assert found["movements_count"] == base["movements_count"] + 1
    assert found["last_movement_days"] == 0


def test_a_merchant_without_movements_has_a_history_of_no_days(tmp_path: Path) -> None:
    found = features(tmp_path, [Movement("other", "2025-01-01", "in", 100)])
    assert found["history_days"] == 0
    assert found["movements_count"] == 0
    assert found["in_month_12m_fen"] is None
    assert found["payment_fen"] == 50_000


def test_a_payment_that_is_not_told_is_the_amount_over_the_term(tmp_path: Path) -> None:
    found = features(tmp_path, SALARY, payment="")
    assert found["payment_fen"] == 500_000 // 12


@pytest.mark.parametrize("name", list(movement_features()))
def test_every_feature_says_what_it_is(name: str) -> None:
    entry = movement_features()[name]
    assert entry.direction in {"higher", "lower", "unknown"}
    assert entry.unit in {"fen", "ppm", "days", "count"}
    assert name.endswith(f"_{entry.unit}"), "the unit is the last word of the name"
    assert entry.label(Locale.EN) != entry.label(Locale.ZH_CN)
    assert len(entry.definition) > 10
    assert len(entry.why) > 5
