"""A plan earns the most that it can, keeps every constraint, and says what each one costs."""

from __future__ import annotations

import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.market_examples import MARKET, YUAN, shop, street, terms

from martlet.credit.optimise import (
    Applicant,
    Bound,
    Cap,
    Counts,
    Market,
    Plan,
    Portfolio,
    Terms,
    check_plan,
    optimise,
)
from martlet.credit.optimise.constraints import rows_of
from martlet.credit.optimise.frontier import Frontier, Prices, grant_of
from martlet.credit.optimise.limits import CAPS_MAX
from martlet.credit.optimise.program import choose_shares
from martlet.credit.optimise.words import price_text, price_texts
from martlet.kernel.errors import Invalid, Refused, Unavailable
from martlet.kernel.i18n import Locale
from martlet.kernel.rounding import divide

ONE_PRICE = Market((40_000, 150_000), {"A": (0, 500_000), "B": (0, 500_000), "C": (0, 500_000)})
COUNTS = pytest.mark.parametrize("counts", list(Counts))


def price(plan: Plan, bound: Bound) -> int:
    return next(p.earns_ppm for p in plan.prices if p.bound is bound)


def test_one_shop_is_worked_out_by_hand() -> None:
    """10,000 yuan at 274 ppm a day: half accept, 2 % fail, 60 % of that is lost, money costs 2 %.

    5,000 drawn; 5,000 x 98 % x 10.001 % = 490.05; 5,000 x 2 % x 60 % = 60; 5,000 x 2 % = 100.
    """
    market = Market((100_010,), {"A": (500_000,)})
    asked = terms(rate_min_ppm=100_010, rate_max_ppm=100_010, funds_cost_ppm=20_000)
    grant = grant_of(shop(1, 20_000, 10_000), 10_000 * YUAN, 274, asked, market)
    assert (grant.volume_fen, grant.interest_fen) == (500_000, 49_005)
    assert (grant.loss_fen, grant.funds_fen) == (6_000, 10_000)
    assert grant.profit_fen == 49_005 - 6_000 - 10_000


def test_the_best_rate_weighs_those_who_leave_against_what_is_earned() -> None:
    """Acceptance falls in a straight line from 1 at 4 % to 1/2 at 15 %; money costs 2.5 %.

    Profit per yuan is (1 - (r - .04) / .22) x (r - .025): its summit is at r = .1425.
    """
    asked = terms(funds_cost_ppm=25_000)
    plan = optimise([shop(1, 0, 1_000)], asked, Portfolio(10**9), ONE_PRICE)
    assert plan.grants[0].annual_ppm == pytest.approx(142_500, abs=365)
    assert plan.grants[0].limit_fen == 1_000 * YUAN
    assert not any(found.binding for found in plan.prices)


def test_a_budget_for_one_goes_to_the_surer_shop_and_its_price_is_the_other_ones_profit() -> None:
    shops = [shop(1, 40_000, 1_000, rating="A"), shop(2, 10_000, 1_000, rating="A")]
    alone = optimise(shops[:1], terms(), Portfolio(10**9), MARKET)
    plan = optimise(shops, terms(), Portfolio(1_000 * YUAN), MARKET)
    assert [grant.limit_fen for grant in plan.grants] == [0, 1_000 * YUAN]
    wide = optimise(shops, terms(), Portfolio(1_500 * YUAN), MARKET)
    assert [grant.limit_fen for grant in wide.grants] == [500 * YUAN, 1_000 * YUAN]
    each = alone.totals["profit_fen"] * 1_000_000 // (1_000 * YUAN)
    assert price(wide, Bound.BUDGET) == pytest.approx(each, abs=20)


def test_from_one_yuan_up() -> None:
    plan = optimise([shop(1, 10_000, 1)], terms(), Portfolio(100), MARKET)
    assert plan.grants[0].limit_fen == 100
    nothing = optimise([shop(1, 10_000, 1)], terms(), Portfolio(99), MARKET)
    assert nothing.grants[0].limit_fen == 0


def test_whoever_costs_more_than_it_brings_is_offered_nothing() -> None:
    costly = terms(operating_cost_fen=50 * YUAN)
    shops = [shop(1, 10_000, 100), shop(2, 10_000, 100_000), shop(3, 500_000, 100_000)]
    plan = optimise(shops, costly, Portfolio(10**9), MARKET)
    assert [grant.limit_fen > 0 for grant in plan.grants] == [False, True, False]


def test_a_rate_above_the_law_or_the_table_is_never_asked() -> None:
    plan = optimise(street(40), terms(rate_max_ppm=70_000), Portfolio(10**12), MARKET)
    assert 0 < max(grant.annual_ppm for grant in plan.grants) <= 70_000
    plan = optimise(street(40), terms(rate_max_ppm=360_000), Portfolio(10**12), MARKET)
    assert 0 < max(grant.annual_ppm for grant in plan.grants) <= 150_000
    with pytest.raises(Refused, match=r"credit\.plan_no_rate"):
        optimise(street(5), terms(rate_max_ppm=39_999), Portfolio(10**9), MARKET)


def test_a_bound_on_losses_turns_the_risky_away_and_has_a_price() -> None:
    shops = street(60)
    free = optimise(shops, terms(), Portfolio(10**12), MARKET)
    share = free.totals["loss_share_ppm"] // 2
    held = optimise(shops, terms(), Portfolio(10**12, loss_share_max_ppm=share), MARKET)
    assert held.totals["loss_share_ppm"] <= share
    assert held.totals["profit_fen"] < free.totals["profit_fen"]
    assert price(held, Bound.LOSS) > 0
    worst = max(s.pd_ppm for s, g in zip(shops, held.grants, strict=True) if g.limit_fen)
    assert worst < max(s.pd_ppm for s, g in zip(shops, free.grants, strict=True) if g.limit_fen)


def test_a_cap_on_a_group_holds_and_the_money_goes_elsewhere() -> None:
    shops, budget = street(80), 3_000_000 * YUAN
    cap = Cap("trade-1", 50_000 * YUAN)
    plan = optimise(shops, terms(), Portfolio(budget, caps=(cap,)), MARKET)
    lent = sum(g.limit_fen for s, g in zip(shops, plan.grants, strict=True) if cap.holds(s))
    assert 49_000 * YUAN < lent <= cap.bound_fen
    assert plan.totals["limit_fen"] > budget - 100 * YUAN
    assert price(plan, Bound.GROUP) > 0


def test_a_promise_that_cannot_be_kept_is_refused_with_what_stands_in_its_way() -> None:
    shops, wanted = street(30), 10**12
    for portfolio, code in (
        (Portfolio(10**13, lend_least_fen=wanted), "demand"),
        (Portfolio(10**6, lend_least_fen=wanted), "budget"),
        (Portfolio(10**13, 2_000, lend_least_fen=10**8), "loss"),
        (
            Portfolio(
                10**13,
                caps=tuple(Cap(f"trade-{n}", 100) for n in range(4)),
                lend_least_fen=10**4,
            ),
            "caps",
        ),
    ):
        with pytest.raises(Refused, match=f"plan_infeasible_{code}") as refusal:
            optimise(shops, terms(), portfolio, MARKET)
        details = refusal.value.details
        assert details["missing_fen"] == portfolio.lend_least_fen - int(
            str(details["possible_fen"])
        )


def test_a_promise_beyond_what_pays_is_kept_and_costs() -> None:
    shops = street(60)
    free = optimise(shops, terms(), Portfolio(10**12), MARKET)
    least = free.totals["limit_fen"] + 100_000 * YUAN
    plan = optimise(shops, terms(), Portfolio(10**12, lend_least_fen=least), MARKET)
    assert plan.totals["limit_fen"] >= least
    assert plan.totals["profit_fen"] < free.totals["profit_fen"]
    assert price(plan, Bound.LEND_LEAST) > 0
    assert plan.gap_fen < 10 * YUAN


def test_a_promise_that_only_parts_of_limits_would_keep_is_refused() -> None:
    """One limit of 1,000 yuan fits the budget and a second does not: 1,500 cannot be reached."""
    people = [shop(1, 10_000, 1_000), shop(2, 20_000, 1_000)]
    whole = terms(limit_min_fen=1_000 * YUAN)
    portfolio = Portfolio(1_500 * YUAN, lend_least_fen=1_500 * YUAN)
    with pytest.raises(Refused, match="plan_infeasible_rounding") as refusal:
        optimise(people, whole, portfolio, MARKET)
    assert refusal.value.details["possible_fen"] == 1_000 * YUAN


def test_a_customer_split_between_two_rates_is_offered_one_between_them() -> None:
    """The bound on losses makes room by a lower rate for the surer shop; nobody has two rates."""
    people = [shop(1, 8_000, 75_000), shop(2, 31_000, 15_000), shop(3, 19_000, 110_000)]
    free = optimise(people, terms(), Portfolio(10**9), MARKET)
    held = optimise(people, terms(), Portfolio(10**9, loss_share_max_ppm=8_800), MARKET)
    assert held.grants[0].limit_fen == 75_000 * YUAN
    assert held.grants[0].rate_ppm_per_day < free.grants[0].rate_ppm_per_day
    assert held.gap_fen < held.profit_bound_fen // 50


def test_the_bound_is_near_even_where_almost_nothing_can_be_lent() -> None:
    """A budget of four fen, and a bound on losses that nearly everybody breaks."""
    people = [shop(1, 100, 1), shop(2, 5_000, 20_000), shop(3, 26_698, 1)]
    plan = optimise(people, terms(), Portfolio(4, loss_share_max_ppm=68), MARKET)
    assert (plan.totals["limit_fen"], plan.profit_bound_fen) == (0, 1)


def test_prices_are_said_in_words() -> None:
    plan = optimise(street(60), terms(), Portfolio(10**8, loss_share_max_ppm=500_000), MARKET)
    first, second = price_texts(plan, Locale.EN)
    assert first.startswith("One more yuan of budget would earn 0.0")
    assert second.startswith("The bound on losses does not bind")
    assert price_text(plan.prices[0], Locale.ZH_CN).startswith("预算每增加 1 元，可多赚 0.0")


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(Invalid, match=r"credit\.plan_size"):
        optimise([], terms(), Portfolio(1), MARKET)
    with pytest.raises(Invalid, match=r"credit\.plan_rating_unknown"):
        optimise([shop(1, 1, 1, rating="D")], terms(), Portfolio(1), MARKET)
    with pytest.raises(Invalid, match=r"credit\.plan_rates_too_many"):
        optimise(street(3), terms(rate_min_ppm=0, days_per_year=100), Portfolio(1), MARKET)
    with pytest.raises(Invalid, match=r"credit\.plan_caps_too_many"):
        Portfolio(1, caps=tuple(Cap(f"group {number}", 1) for number in range(CAPS_MAX + 1)))


def test_without_the_solver_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    with pytest.raises(Unavailable, match=r"kernel\.missing_extra"):
        optimise(street(3), terms(), Portfolio(10**9), MARKET)


def test_the_solver_says_nothing_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    optimise(street(20), terms(), Portfolio(10**8), MARKET)
    assert capfd.readouterr().out == ""


shops = st.lists(
    st.tuples(
        st.integers(100, 400_000),
        st.sampled_from([1, 50, 1_000, 1_000, 20_000]),
        st.sampled_from(["", "north"]),
    ),
    min_size=1,
    max_size=12,
).map(lambda rows: [shop(i, *row) for i, row in enumerate(rows)])
portfolios = st.builds(
    Portfolio,
    st.integers(0, 60_000 * YUAN),
    st.one_of(st.none(), st.integers(0, 60_000)),
    st.sampled_from([(), (Cap("north", 900 * YUAN),), (Cap("B", 1_500 * YUAN, of_rating=True),)]),
    counts=st.sampled_from(list(Counts)),
)
costs = st.builds(
    terms,
    operating_cost_fen=st.sampled_from([0, 30]),
    limit_min_fen=st.sampled_from([100, 500 * YUAN]),
    tenor_days=st.sampled_from([90, 365]),
    rate_step_ppm_per_day=st.sampled_from([1, 60]),
)


@settings(max_examples=150, deadline=None)
@given(shops, costs, portfolios)
def test_every_plan_keeps_the_law(
    people: list[Applicant], asked: Terms, portfolio: Portfolio
) -> None:
    """Constraints, ceilings, the smallest line, sums, bound, prices and the order of peers."""
    plan = optimise(people, asked, portfolio, MARKET)
    assert check_plan(plan.grants, people, asked, portfolio) == []
    menu = asked.rates
    for person, grant in zip(people, plan.grants, strict=True):
        assert grant.limit_fen == 0 or (
            asked.limit_min_fen <= grant.limit_fen <= asked.ceiling_fen(person)
            and grant.limit_fen % asked.limit_unit_fen == 0
            and grant.rate_ppm_per_day in menu
        )
        again = grant_of(person, grant.limit_fen, grant.rate_ppm_per_day, asked, MARKET)
        assert again == grant
    totals = plan.totals
    parts = totals["loss_fen"] + totals["funds_fen"] + totals["operating_fen"]
    assert totals["profit_fen"] == totals["interest_fen"] - parts
    assert 0 <= totals["profit_fen"] <= plan.profit_bound_fen
    assert all(found.earns_ppm >= 0 for found in plan.prices)


@settings(max_examples=150, deadline=None)
@given(shops, costs, portfolios)
def test_of_peers_none_with_a_lower_pd_gets_less(
    people: list[Applicant], asked: Terms, portfolio: Portfolio
) -> None:
    plan = optimise(people, asked, portfolio, MARKET)
    blocks = rows_of(portfolio, people).blocks
    rows = list(zip(people, plan.grants, blocks, strict=True))
    for (one, got, mine), (other, theirs, its) in product(rows, rows):
        if asked.ceiling_fen(one) == asked.ceiling_fen(other) and mine == its:
            assert one.pd_ppm >= other.pd_ppm or got.limit_fen >= theirs.limit_fen


@settings(max_examples=60, deadline=None)
@given(shops, costs, portfolios, st.integers(1, 10_000 * YUAN))
def test_more_budget_never_lowers_what_can_be_earned(
    people: list[Applicant], asked: Terms, portfolio: Portfolio, more_fen: int
) -> None:
    """The bound never falls; and no plan is further from it than its gap says."""
    wider = Portfolio(
        portfolio.budget_fen + more_fen,
        portfolio.loss_share_max_ppm,
        portfolio.caps,
        counts=portfolio.counts,
    )
    before = optimise(people, asked, portfolio, MARKET)
    after = optimise(people, asked, wider, MARKET)
    rounding_fen = 2 * len(people) + 1
    assert after.profit_bound_fen + rounding_fen >= before.profit_bound_fen
    gained = after.profit_bound_fen - before.profit_bound_fen
    at_most = divide(price(before, Bound.BUDGET) * more_fen, 1_000_000)
    at_least = divide(price(after, Bound.BUDGET) * more_fen, 1_000_000)
    noise_fen = rounding_fen + more_fen // 100_000
    assert at_least - noise_fen <= gained <= at_most + noise_fen


@settings(max_examples=60, deadline=None)
@given(shops, costs, portfolios)
def test_the_bound_is_that_of_the_whole_linear_program(
    people: list[Applicant], asked: Terms, portfolio: Portfolio
) -> None:
    """Every applicant at every rate, all at once, by the same solver: the same optimum."""
    rows = rows_of(portfolio, people)
    frontier = Frontier(people, asked, MARKET, rows)
    menu = len(asked.rates)
    index = np.repeat(np.arange(len(people)), menu)
    staying = np.zeros(len(index))
    earning = np.zeros(len(index))
    for place, (person, rate) in enumerate(product(people, asked.rates)):
        accepting = MARKET.accepting_ppm(person.rating, rate * asked.days_per_year) / 1e6
        staying[place] = accepting
        earning[place] = accepting * rate * asked.tenor_days / 1e6
    profit, counted, excess = frontier.uses(staying, earning, index)
    uses = rows.counting[frontier.blocks[index]] * counted[:, np.newaxis]
    if rows.loss is not None:
        uses[:, rows.loss] = excess
    taken, solved = choose_shares(profit / 1e3, index, uses, rows.right_sides)
    assert solved
    plan = optimise(people, asked, portfolio, MARKET)
    granted = plan.totals["granted_count"]
    assert plan.profit_bound_fen - 2 * granted == pytest.approx(
        float(profit @ taken), rel=1e-5, abs=2
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(100, 200_000), st.integers(1, 4)), min_size=1, max_size=3),
    st.integers(0, 8),
    st.one_of(st.none(), st.integers(2_000, 40_000)),
    st.sampled_from(list(Counts)),
)
def test_trying_every_plan_finds_none_better_than_the_bound(
    rows: list[tuple[int, int]], budget: int, loss: int | None, counts: Counts
) -> None:
    """Three shops, limits in steps of 100 yuan, four rates: all plans are tried."""
    asked = terms(limit_unit_fen=100 * YUAN, limit_min_fen=100 * YUAN, rate_step_ppm_per_day=100)
    people = [shop(i, pd, 100 * units + i) for i, (pd, units) in enumerate(rows)]
    portfolio = Portfolio(budget * 100 * YUAN, loss, counts=counts)
    best = 0
    offers = [
        [grant_of(person, 0, 0, asked, MARKET)]
        + [
            grant_of(person, units * 100 * YUAN, rate, asked, MARKET)
            for units in range(1, asked.ceiling_fen(person) // (100 * YUAN) + 1)
            for rate in asked.rates
        ]
        for person in people
    ]
    for grants in product(*offers):
        total = sum(grant.profit_fen for grant in grants)
        if total > best and not check_plan(grants, people, asked, portfolio):
            best = total
    plan = optimise(people, asked, portfolio, MARKET)
    assert plan.totals["profit_fen"] <= best <= plan.profit_bound_fen
    largest = sorted(
        (max(grant.profit_fen for grant in choices) for choices in offers), reverse=True
    )
    assert plan.totals["profit_fen"] >= best - sum(largest[: len(plan.prices)])


@COUNTS
def test_a_constraint_with_a_price_is_used_up_and_one_with_room_is_free(counts: Counts) -> None:
    """Complementary slackness, up to the smallest step of one limit."""
    people = street(400)
    caps = (Cap("trade-0", 10**8), Cap("trade-1", 10**12), Cap("C", 2 * 10**8, of_rating=True))
    portfolio = Portfolio(2 * 10**9, 9_000, caps, counts=counts)
    plan = optimise(people, terms(), portfolio, MARKET)
    for found in plan.prices:
        left = found.bound_fen - found.used_fen
        assert left >= 0
        assert not found.binding or left <= 100 + found.bound_fen // 10_000, found
        assert found.binding or found.earns_ppm == 0
    assert any(found.binding for found in plan.prices)
    assert plan.gap_fen <= plan.order_cost_fen + plan.profit_bound_fen // 1_000


def test_the_same_applicants_give_the_same_plan() -> None:
    portfolio = Portfolio(2 * 10**9, 9_000, (Cap("trade-0", 10**8),))
    first = optimise(street(200), terms(), portfolio, MARKET)
    assert optimise(street(200), terms(), portfolio, MARKET) == first


def test_columns_and_whole_numbers_tell_the_same() -> None:
    """What the solver reads is within a fen a component of what is computed exactly."""
    people, asked = street(50), terms(operating_cost_fen=20, tenor_days=180)
    rows = rows_of(Portfolio(10**9), people)
    frontier = Frontier(people, asked, MARKET, rows)
    choice = frontier.best(Prices(np.array([0.001])))
    for place, person in enumerate(people):
        if choice.worth[place] <= 0:
            continue
        rate = frontier.rate_at(place, int(choice.place[place]))
        grant = grant_of(person, frontier.ceilings_fen[place], rate, asked, MARKET)
        assert grant.profit_fen == pytest.approx(choice.profit[place], abs=2)
        assert grant.limit_fen == choice.counted[place]
