"""The laws of splitting: sums are exact, remainders are the lead's, nothing is left when paid."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel.rates import PPM
from martlet.ledger import account
from martlet.lending.participation.file import SettlementLine, settlement_file
from martlet.lending.participation.model import Agreement, AgreementTerms, Sharing, in_order
from martlet.lending.participation.split import (
    COMPONENTS,
    FLOW_NAMES,
    FLOWS,
    KEPT_BY_LEAD,
    POSITION_FIELDS,
    add,
    balances,
    bought_out,
    change,
    movements,
    outstanding,
    partner_account,
    split,
)
from martlet.lending.postings import Position

amounts = st.integers(0, 10**12)
shares = st.integers(1, 990_000)


@st.composite
def positions(draw: st.DrawFn) -> Position:
    """A position in which nothing is paid, waived or written off that was not owed."""
    figures: dict[str, int] = {"recovered_fen": draw(amounts)}
    for component in COMPONENTS:
        owed = 0
        for flow in component.raised:
            figures[flow.field] = draw(amounts)
            owed += figures[flow.field]
        for flow in component.lowered:
            figures[flow.field] = draw(st.integers(0, owed))
            owed -= figures[flow.field]
    return Position(**figures)


def test_every_figure_of_a_position_is_shared_or_kept_on_purpose() -> None:
    names = {field.name for field in fields(Position)}
    assert set(POSITION_FIELDS) | KEPT_BY_LEAD == names
    assert not set(POSITION_FIELDS) & KEPT_BY_LEAD


def test_every_account_of_a_partner_is_in_the_chart() -> None:
    for flow in FLOWS:
        for kind in (flow.debit, flow.credit):
            assert account(partner_account(kind, "north")).path.endswith("/north")


@given(positions(), st.lists(st.integers(1, 300_000), min_size=1, max_size=3))
def test_parts_never_exceed_the_whole_and_the_lead_takes_the_rest(
    position: Position, parts: list[int]
) -> None:
    for component in COMPONENTS:
        for side in (component.raised, component.lowered):
            whole = sum(getattr(position, flow.field) for flow in side)
            given_away = [
                sum(split(position, part).get(flow.name, 0) for flow in side) for part in parts
            ]
            for part, theirs in zip(parts, given_away, strict=True):
                assert theirs == whole * part // PPM
            lead = whole - sum(given_away)
            assert lead * PPM >= whole * (PPM - sum(parts)), "the lead never gets less than its due"


@given(positions(), shares)
def test_a_partner_is_never_owed_less_than_nothing_and_nothing_when_all_is_paid(
    position: Position, share_ppm: int
) -> None:
    parts = split(position, share_ppm)
    for component in COMPONENTS:
        raised = sum(getattr(position, flow.field) for flow in component.raised)
        lowered = sum(getattr(position, flow.field) for flow in component.lowered)
        left = outstanding(parts, component)
        assert left >= 0
        assert raised != lowered or left == 0


@given(positions(), shares, st.sampled_from(POSITION_FIELDS), amounts)
def test_more_of_a_figure_is_never_less_for_the_partner(
    position: Position, share_ppm: int, name: str, more: int
) -> None:
    grown = replace(position, **{name: getattr(position, name) + more})
    moved = change(split(position, share_ppm), split(grown, share_ppm))
    raises = {flow.field for component in COMPONENTS for flow in component.raised}
    assert name not in raises or sum(moved.values()) >= 0
    flow = next(flow for flow in FLOWS if flow.field == name)
    assert moved.get(flow.name, 0) >= 0


@given(st.lists(positions(), min_size=1, max_size=6), shares)
def test_settling_day_by_day_ends_where_settling_once_does(
    course: list[Position], share_ppm: int
) -> None:
    """Positions may go back, as a payment found late makes them: only differences are posted."""
    settled: dict[str, int] = {}
    ledger: dict[str, int] = {}
    for position in course:
        after = split(position, share_ppm)
        for move in movements(change(settled, after), "north"):
            ledger[move.debit] = ledger.get(move.debit, 0) + move.amount_fen
            ledger[move.credit] = ledger.get(move.credit, 0) - move.amount_fen
        settled = after
    assert sum(ledger.values()) == 0
    expected = balances(split(course[-1], share_ppm))
    for kind, amount in expected.items():
        assert ledger.get(partner_account(kind, "north"), 0) == amount


@given(positions(), shares)
def test_a_buy_back_leaves_nothing_outstanding_and_costs_what_was(
    position: Position, share_ppm: int
) -> None:
    parts = split(position, share_ppm)
    bought = bought_out(parts)
    owed = sum(outstanding(parts, component) for component in COMPONENTS)
    assert sum(bought.values()) == owed
    add(parts, bought)
    assert all(outstanding(parts, component) == 0 for component in COMPONENTS)


@given(st.lists(positions(), max_size=5), shares)
def test_a_file_is_its_lines_and_nothing_else(course: list[Position], share_ppm: int) -> None:
    lines = [
        SettlementLine(UUID(int=number), "day", "p", share_ppm, split(one, share_ppm), 0)
        for number, one in enumerate(course)
    ]
    day = date(2026, 3, 2)
    made = settlement_file("north", day, FLOW_NAMES, lines)
    assert made == settlement_file("north", day, FLOW_NAMES, iter(lines))
    total: dict[str, int] = {}
    for line in lines:
        add(total, line.moved)
    assert made.totals == total
    assert made.lines_count == len(lines)
    if lines:
        other = [*lines[:-1], replace(lines[-1], principal_after_fen=1)]
        assert settlement_file("north", day, FLOW_NAMES, other).content_hash != made.content_hash


def test_the_order_is_rank_then_how_full_then_name() -> None:
    def one(slug: str, priority: int, cap_fen: int, sharing: Sharing) -> Agreement:
        day = date(2026, 1, 1)
        terms = AgreementTerms(300_000, cap_fen, day, day, priority, sharing)
        return Agreement(UUID(int=len(slug)), UUID(int=1), slug, slug, terms)

    asked = in_order(
        [
            one("late", 2, 100, Sharing.PRIORITY),
            one("half", 1, 100, Sharing.PRO_RATA),
            one("third", 1, 150, Sharing.PRO_RATA),
        ],
        {"half": 50, "third": 50},
    )
    assert [agreement.partner for agreement in asked] == ["third", "half", "late"]
