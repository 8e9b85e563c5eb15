"""How long a loan with a plan takes to replay: 2,400 rows, a payment for most, one backdated.

`python -m benchmarks.plan_replay` prints, for each kind of plan, the median of five replays of the
whole loan in processor time, which is what a payment backdated by five years costs. All loans are
synthetic.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from benchmarks.machine import machine_lines
from martlet.lending.events import EventKind, LoanEvent
from martlet.lending.parts import Frequency, FrequencyUnit
from martlet.lending.plan.replay import replay
from martlet.lending.plan.rules import (
    FEE,
    INTEREST,
    PENALTY,
    PRINCIPAL,
    Advance,
    Advanced,
    Engine,
    InterestPeriod,
    InterestType,
    PlanRules,
    Recalculation,
    Timing,
)
from martlet.lending.plan.story import PlanTerms

ROWS = 2_400
PAID_ROWS = 2_200
START = date(2018, 1, 1)
AMOUNT_FEN = 100_000_000
ROUNDS = 5
DAILY = Frequency(1, FrequencyUnit.DAYS)
BY_DAY = InterestPeriod.DAILY
ORDER = Advanced(
    tuple((timing, part) for timing in Timing for part in (PENALTY, FEE, PRINCIPAL, INTEREST))
)
FORWARD = Engine.PROGRESSIVE
PLANS = {
    "cumulative, flat": PlanRules(interest_type=InterestType.FLAT, frequency=DAILY),
    "cumulative, declining": PlanRules(interest_period=BY_DAY, frequency=DAILY),
    "cumulative, recalculated": PlanRules(
        interest_period=BY_DAY, frequency=DAILY, recalculation=Recalculation()
    ),
    "progressive, recalculated": PlanRules(
        engine=FORWARD,
        interest_period=BY_DAY,
        frequency=DAILY,
        advanced=ORDER,
        recalculation=Recalculation(advance=Advance.LAST),
    ),
}


def main() -> int:
    """Replay each loan, and print how long it took."""
    with TemporaryDirectory() as folder:
        machine = machine_lines(Path(folder))
    lines = [*machine, "", "| plan | rows | events | one replay, processor time, median of 5 |"]
    lines.append("| --- | ---: | ---: | ---: |")
    for name, rules in PLANS.items():
        terms = PlanTerms(Fraction(12, 100), ROWS, rules)
        events = _events(terms)
        as_of, taken = START + timedelta(days=ROWS - 100), []
        for _ in range(ROUNDS):
            begun = time.process_time()
            account = replay(terms, events, as_of)
            taken.append(time.process_time() - begun)
        median_ms = statistics.median(taken) * 1_000
        lines.append(f"| {name} | {len(account.rows)} | {len(events)} | {median_ms:.0f} ms |")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _events(terms: PlanTerms) -> list[LoanEvent]:
    """Return a drawdown, a payment for most rows, and one that became known five years later."""
    drawn = LoanEvent(UUID(int=1), 1, EventKind.DISBURSED, START, AMOUNT_FEN)
    told = [
        (START + timedelta(days=number), max(1, row.due_fen))
        for number, row in enumerate(replay(terms, [drawn], START).rows[:PAID_ROWS], start=1)
    ]
    told.append((START + timedelta(days=400), 77_700))
    paid = [
        LoanEvent(UUID(int=number), number, EventKind.REPAID, on, amount_fen)
        for number, (on, amount_fen) in enumerate(told, start=2)
    ]
    return [drawn, *paid]


if __name__ == "__main__":
    raise SystemExit(main())
