"""How fast a whole book is planned, and how far the plan is from what no plan can exceed.

    python -m benchmarks.optimise [--sizes 302,10000,100000]

Synthetic applicants (lognormal pds and cash flows, eight groups) in a made-up market, limits from
1 yuan, under a budget, a bound on losses, two caps by group and one by rating. Prints the seconds
from values in memory to the checked plan, the gap to the bound, and what keeping peers in order
costs. Twice: with what is offered counted, and with what is expected to be drawn.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from benchmarks.machine import machine_lines
from martlet.credit.optimise import (
    Applicant,
    Cap,
    Counts,
    Market,
    Portfolio,
    Terms,
    check_plan,
    optimise,
    rating_of,
)

YUAN = 100
MARKET = Market(
    (40_000, 50_000, 60_000, 80_000, 100_000, 120_000, 150_000),
    {
        "A": (0, 220_000, 380_000, 590_000, 720_000, 815_000, 920_000),
        "B": (0, 205_000, 340_000, 550_000, 685_000, 780_000, 886_000),
        "C": (0, 180_000, 320_000, 525_000, 680_000, 780_000, 895_000),
    },
)


def applicants(count: int, seed: int = 8) -> tuple[Applicant, ...]:
    """Return made-up applicants, the same for the same seed."""
    rng = np.random.default_rng(seed)
    pds = np.clip(np.exp(rng.normal(-3.3, 0.9, count)), 0.0005, 0.6)
    flows = np.exp(rng.normal(11.5, 1.2, count))
    requests = np.exp(rng.normal(12.5, 1.0, count))
    groups = rng.integers(0, 8, count)
    return tuple(
        Applicant(
            application_id=str(place),
            pd_ppm=(pd_ppm := int(pds[place] * 1_000_000)),
            rating=rating_of(pd_ppm),
            cash_flow_monthly_fen=int(flows[place]) * YUAN,
            requested_fen=int(requests[place]) * YUAN,
            cap_fen=1_000_000 * YUAN,
            group=f"group-{groups[place]}",
        )
        for place in range(count)
    )


def main() -> None:
    """Plan books of several sizes and print what it took."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", default="302,10000,100000")
    given = arguments.parse_args()
    for line in machine_lines(Path(tempfile.gettempdir())):
        print(line)
    for size in map(int, given.sizes.split(",")):
        people = applicants(size)
        for counts in Counts:
            _plan(people, counts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory: {peak:.0f} MB at most")


def _plan(people: tuple[Applicant, ...], counts: Counts) -> None:
    terms = Terms(rate_min_ppm=40_000, rate_max_ppm=150_000, limit_max_fen=1_000_000 * YUAN)
    most_fen = sum(terms.ceiling_fen(one) for one in people)
    portfolio = Portfolio(
        most_fen // 6,
        12_000,
        (
            Cap("group-0", most_fen // 100),
            Cap("group-1", most_fen // 100),
            Cap("B", most_fen // 30, of_rating=True),
        ),
        counts=counts,
    )
    begun, cpu = perf_counter(), process_time()
    plan = optimise(people, terms, portfolio, MARKET)
    taken_s, cpu_s = perf_counter() - begun, process_time() - cpu
    assert check_plan(plan.grants, people, terms, portfolio) == []
    bound = max(plan.profit_bound_fen, 1)
    binding = [price.bound.value for price in plan.prices if price.binding]
    print(
        f"{len(people):>7,} applicants, {counts.value:<8}: {taken_s:6.2f} s"
        f" ({cpu_s:.2f} of the processor),"
        f" {plan.totals['granted_count']:,} granted, profit {plan.totals['profit_fen'] // 100:,}"
        f" yuan, gap {plan.gap_fen / bound:.1e} of the bound ({plan.gap_fen // 100:,} yuan, of"
        f" which order {plan.order_cost_fen // 100:,}), binding: {', '.join(binding)}"
    )


if __name__ == "__main__":
    main()
