"""Drift, calibration, vintages, fairness and the refused: by hand, and by their laws."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import MORNING, TENANT
from tests.credit.credit_examples import STEADY, WEAK, application, known

from martlet.credit import CreditService, LoanOutcome, decide_and_record, expert_scorecard
from martlet.credit.history import Extent
from martlet.credit.monitoring import (
    SCORE,
    Baseline,
    Fit,
    Portfolio,
    Ratio,
    Share,
    Standing,
    Verdict,
    calibration,
    drift,
    fairness,
    rejects,
    vintages,
    yardsticks,
)
from martlet.credit.monitoring.portfolio import COLUMNS
from martlet.credit.monitoring.stability import chance_ppm, psi_ppm
from martlet.kernel.errors import Forbidden
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.kernel.clock import ManualClock
    from martlet.store import Database, Transaction

HISTORY = "records_history_days"
KINDS = [part.kind for part in expert_scorecard().characteristics]
ONE: dict[str, Any] = {
    "month": "2026-01",
    "approved": True,
    "limit_fen": 1_000_000,
    "pd_ppm": 30_000,
    "takings_fen": 2_000_000,
    "region": "浙江",
    "trade": "餐饮",
    "size": "10k_to_50k",
    "drawn": True,
    "bad": None,
    **dict.fromkeys(KINDS),
}


def portfolio(
    *groups: tuple[int, dict[str, Any]], loans: tuple[LoanOutcome, ...] = ()
) -> Portfolio:
    rows = [{**ONE, **what} for count, what in groups for _ in range(count)]
    schema = {**COLUMNS, **dict.fromkeys(KINDS, pl.Int64)}
    frame = pl.DataFrame(rows, schema=schema)
    return Portfolio(frame, loans, (), expert_scorecard(), Extent(len(rows), len(rows)))


counts = st.lists(st.integers(0, 200), min_size=5, max_size=5)


@given(counts, counts)
def test_psi_is_never_negative_and_nought_of_the_same(one: list[int], other: list[int]) -> None:
    found = psi_ppm(one, other, 100)
    assert (found is None) == (not sum(one) or not sum(other))
    if found is not None:
        assert all(part >= 0 for part in found[0])
        assert sum(found[0]) == found[1]
        assert psi_ppm(one, [3 * count for count in one], 100) == ([0] * 5, 0)
        assert psi_ppm(other, one, 100) == found, "it tells a distance, not a direction"


def test_psi_by_hand() -> None:
    """(.6 - .5) ln(.6 / .5) + (.4 - .5) ln(.4 / .5) = .01823 + .02231"""
    found = psi_ppm([60, 40], [50, 50], 100)
    assert found is not None
    assert found[1] == pytest.approx(40_547, abs=2)


def test_a_month_that_moved_is_told_bin_by_bin() -> None:
    steady = {HISTORY: 500}
    found = drift(
        portfolio(
            (100, {**steady, "month": "2026-01"}),
            (100, {**steady, "month": "2026-02"}),
            (50, {**steady, "month": "2026-03"}),
            (50, {HISTORY: None, "month": "2026-03"}),
        ),
        Baseline("2026-01", "2026-02"),
    )
    assert (found.baseline_months, found.baseline_cases) == (("2026-01", "2026-02"), 200)
    course = next(one for one in found.courses if one.kind == HISTORY)
    assert [month.psi_ppm for month in course.months[:2]] == [0, 0]
    march = course.months[2]
    assert march.verdict is Verdict.ACT
    assert (march.cells[-1].count, march.cells[-1].share_ppm) == (50, 500_000)
    assert march.psi_ppm == sum(cell.psi_ppm or 0 for cell in march.cells)
    assert sum(cell.count for cell in march.cells) == march.cases == 100
    untouched = next(one for one in found.courses if one.kind not in {HISTORY, SCORE})
    assert {month.verdict for month in untouched.months} == {Verdict.STEADY}


def test_a_few_cases_are_never_judged_and_chance_is_not_drift() -> None:
    few = yardsticks().cell_min - 1
    rng = np.random.default_rng(7)
    scattered = [(1, {HISTORY: int(v), "month": "2026-01"}) for v in rng.integers(0, 700, 60)]
    later = [(1, {HISTORY: int(v), "month": "2026-02"}) for v in rng.integers(0, 700, 25)]
    found = drift(
        portfolio(*scattered, *later, (few, {"month": "2026-03"})), Baseline("", "2026-01")
    )
    course = next(one for one in found.courses if one.kind == HISTORY)
    assert course.months[2].verdict is Verdict.SMALL
    february = course.months[1]
    assert february.psi_ppm is not None
    assert february.chance_ppm is not None
    assert february.verdict in {Verdict.CHANCE, Verdict.STEADY}


def test_what_chance_gives_falls_with_the_cases_and_is_the_same_each_time() -> None:
    base = [100, 200, 300, 400]

    def given_by_chance(cases: int) -> int | None:
        return chance_ppm(cases, base, 100, np.random.default_rng(1))

    few, many = given_by_chance(20), given_by_chance(2_000)
    assert few is not None
    assert many is not None
    assert few > 10 * many
    assert given_by_chance(20) == few
    assert given_by_chance(0) is None


def test_drift_of_nobody_is_empty() -> None:
    found = drift(portfolio()).as_json()
    assert (found["courses"], found["approvals"], found["baseline_count"]) == ([], [], 0)
    assert calibration(portfolio()).as_json()["bands"] == []
    assert rejects(portfolio()).as_json()["assumed"][0]["through_the_door_ppm"] is None
    assert fairness(portfolio()).as_json()["sides"] == {"region": [], "trade": [], "size": []}
    assert vintages(portfolio()) == ()


@given(st.integers(0, 300), st.integers(0, 300))
def test_an_interval_contains_its_share(part: int, more: int) -> None:
    share = Share(part, part + more)
    if not share.cases:
        assert share.ppm is share.low_ppm is share.high_ppm is None
        return
    assert share.ppm is not None
    assert share.low_ppm is not None
    assert share.high_ppm is not None
    assert 0 <= share.low_ppm <= share.ppm <= share.high_ppm <= 1_000_000
    assert share.low_ppm < share.high_ppm


@given(*[st.integers(0, 60)] * 4)
def test_the_interval_of_a_ratio_contains_it(a: int, b: int, c: int, d: int) -> None:
    ratio = Ratio(Share(a, a + b), Share(c, c + d))
    if ratio.ppm is None:
        return
    assert ratio.low_ppm is not None
    assert ratio.low_ppm <= ratio.ppm + 1
    assert ratio.high_ppm is None or ratio.ppm <= ratio.high_ppm + 1


def test_wilson_as_published() -> None:
    """10 of 100: 5.5 % to 17.4 %."""
    share = Share(10, 100)
    assert (share.low_ppm, share.high_ppm) == (55_229, 174_366)


def test_calibration_says_what_was_expected_seen_and_not_known() -> None:
    found = calibration(
        portfolio(
            (70, {"bad": False}),
            (30, {"bad": True}),
            (15, {"bad": None}),
            (40, {"pd_ppm": 100_000, "bad": False}),
            (4, {"pd_ppm": 100_000, "bad": True}),
            (9, {"pd_ppm": 900_000, "bad": True}),
            (5, {"approved": False, "limit_fen": 0}),
        )
    )
    low, middle, high = found.bands
    assert (low.approved, low.observed.cases, low.observed.part) == (115, 100, 30)
    assert (low.expected_ppm, low.fit) == (30_000, Fit.WORSE)
    assert (middle.expected_ppm, middle.fit) == (100_000, Fit.INSIDE)
    assert high.fit is Fit.SMALL
    assert found.whole.as_json()["not_known_count"] == 15


def loan(drawn: date, observed: date, bad_on: date | None = None) -> LoanOutcome:
    return LoanOutcome(
        UUID(int=1), UUID(int=1), UUID(int=1), UUID(int=1), drawn, 1_000, observed,
        True if bad_on else None, False, bad_on, 0, 0, 0,
    )  # fmt: skip


def test_a_vintage_is_as_long_as_its_youngest_loan() -> None:
    """
    January: two loans, drawn on the 5th and the 31st, seen until 1 June
    the one went bad on 5 April, after three months to the day: in month 3 and after
    the other has been on book for 4 whole months: so 4 cells
    """
    seen = date(2026, 6, 1)
    loans = (
        loan(date(2026, 1, 5), seen, date(2026, 4, 5)),
        loan(date(2026, 1, 31), seen),
        loan(date(2026, 5, 20), seen),
    )
    january, may = vintages(portfolio((1, {}), loans=loans))
    assert [cell.part for cell in january.cells] == [0, 0, 1, 1]
    assert {cell.cases for cell in january.cells} == {2}
    assert (may.month, may.cells, may.small) == ("2026-05", (), True)
    assert january.amount_fen == 2_000


@given(st.lists(st.tuples(st.integers(0, 27), st.integers(0, 200)), min_size=1, max_size=20))
def test_a_vintage_never_falls(told: list[tuple[int, int]]) -> None:
    seen = date(2026, 12, 1)
    loans = []
    for day, later in told:
        drawn = date(2026, 1, 2) + timedelta(days=day)
        loans.append(loan(drawn, seen, drawn + timedelta(days=later) if later else None))
    (cohort,) = vintages(portfolio((1, {}), loans=tuple(loans)))
    parts = [cell.part for cell in cohort.cells]
    assert parts == sorted(parts)
    assert len(parts) == 10
    assert parts[-1] <= sum(1 for _, later in told if later)


def test_fairness_judges_with_the_whole_interval_or_not_at_all() -> None:
    refused = {"approved": False, "limit_fen": 0}
    found = fairness(
        portfolio(
            (180, {"region": "A"}),
            (20, {"region": "A", **refused}),
            (40, {"region": "B"}),
            (60, {"region": "B", **refused}),
            (7, {"region": "C"}),
            (4, {"region": "C", **refused}),
            (2, {"region": "D"}),
        )
    )
    standing = {group.name: group.standing for group in found.sides["region"]}
    assert standing == {
        "A": Standing.REFERENCE,
        "B": Standing.ADVERSE,
        "C": Standing.UNCLEAR,
        "D": Standing.SMALL,
    }
    largest = found.as_json()["sides"]["region"][0]
    assert (largest["approval_ppm"], largest["impact_ppm"]) == (900_000, None)
    assert largest["limit_to_takings_ppm"] == 500_000
    assert [group.name for group in found.sides["trade"]] == ["餐饮"]


def test_many_groups_leave_one_remainder() -> None:
    found = fairness(portfolio(*((1, {"region": f"R{n:02d}"}) for n in range(40))))
    groups = found.sides["region"]
    assert len(groups) == 31
    assert (groups[-1].name, groups[-1].approval.cases) == ("other", 10)
    assert sum(group.approval.cases for group in groups) == 40


@given(
    bad=st.integers(0, 40),
    good=st.integers(0, 40),
    unripe=st.integers(0, 40),
    pds=st.lists(st.integers(1_000, 990_000), max_size=20),
)
def test_every_assumption_lies_within_the_bounds(
    bad: int, good: int, unripe: int, pds: list[int]
) -> None:
    found = rejects(
        portfolio(
            (bad, {"bad": True}),
            (good, {"bad": False}),
            (unripe, {"bad": None}),
            *((1, {"approved": False, "limit_fen": 0, "pd_ppm": pd}) for pd in pds),
        )
    )
    least, most = found.refused_only.least_ppm, found.refused_only.most_ppm
    if bad + good == 0:
        assert least is most is None
        return
    assert least is not None
    assert most is not None
    assumed = [parcel.through_the_door_ppm or 0 for parcel in found.parcels]
    assert [least, *assumed, most] == sorted([least, *assumed, most])
    assert (found.nothing_assumed.least_ppm or 0) <= least
    assert most <= (found.nothing_assumed.most_ppm or 0)


def test_the_refused_by_hand() -> None:
    """
    80 approved, 10 % of the known bad; 20 refused with a pd of 30 %
    bounds    (8 + 0) / 100 … (8 + 20) / 100
    assumed   (8 + 6) / 100 at once the pd; from 4 times on all are bad
    """
    found = rejects(
        portfolio(
            (4, {"bad": True}),
            (36, {"bad": False}),
            (40, {"bad": None}),
            (20, {"approved": False, "limit_fen": 0, "pd_ppm": 300_000}),
        )
    )
    assert (found.refused_only.least_ppm, found.refused_only.most_ppm) == (80_000, 280_000)
    assert (found.nothing_assumed.least_ppm, found.nothing_assumed.most_ppm) == (40_000, 640_000)
    doors = [parcel.through_the_door_ppm for parcel in found.parcels]
    assert doors == [140_000, 200_000, 260_000, 280_000]


# Over the database.

STAFF = Principal(TENANT, UUID(int=1), ActorKind.STAFF, ALL_SCOPES)


class Lived:
    """A book in which one decision was drawn and came out good."""

    def __init__(self, decision_id: UUID) -> None:
        self.decision_id = decision_id

    def definitions(self) -> tuple[()]:
        return ()

    def outcomes(
        self, principal: Principal, drawn_since: date | None = None
    ) -> Iterator[LoanOutcome]:
        yield LoanOutcome(
            UUID(int=5), self.decision_id, UUID(int=5), UUID(int=5), date(2026, 3, 3), 1_000,
            date(2027, 9, 1), False, True, None, 3, 0, 50,
        )  # fmt: skip


def test_stored_decisions_become_columns_with_their_outcome(
    database: Database, clock: ManualClock
) -> None:
    ids: list[UUID] = []
    clock.set(MORNING + timedelta(hours=3))
    for number, values in enumerate((STEADY, WEAK, {})):

        def handler(tx: Transaction, values: dict[str, int] = values) -> dict[str, Any]:
            ids.append(decide_and_record(tx, application(), known(values), tx.now)[0])
            return {}

        database.command(Command("test.decide", STAFF, f"k-{number}", {}), handler)
    credit = CreditService(database, (), Lived(ids[0]))
    found = credit.portfolio(STAFF)
    frame = found.decisions
    assert frame["approved"].to_list() == [True, False, True]
    assert frame["bad"].to_list() == [False, None, None]
    assert frame["month"].to_list() == ["2026-03"] * 3
    assert frame["takings_fen"].to_list() == [10_000_000, 60_000, None]
    assert frame[HISTORY].to_list() == [500, 400, None]
    assert frame["size"].to_list() == ["50k_to_200k", "under_10k", "unknown"]
    assert found.about()["loans_count"] == 1
    assert found.scorecard.score_columns(frame)["score"].to_list() == [
        stored.decision.score for stored in reversed(credit.decisions(STAFF))
    ]
    owner = Principal(TENANT, UUID(int=9), ActorKind.OWNER, ALL_SCOPES, frozenset({UUID(int=9)}))
    with pytest.raises(Forbidden):
        credit.portfolio(owner)
