"""The policy workbench over stored decisions: decide again, compare; and the monitoring columns.

`python -m benchmarks.workbench [--decisions 10000]` records synthetic decisions with every
characteristic of the expert scorecard known, through the room's own recording, then measures the
back-test of a changed policy, the back-test of nothing changed (nobody may move), and monitoring.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from benchmarks.machine import machine_lines
from martlet.bootstrap import open_bank
from martlet.credit import (
    Application,
    decide_and_record,
    default_policy,
    expert_scorecard,
    parse_policy,
)
from martlet.credit.monitoring import calibration, drift, fairness, rejects, vintages
from martlet.credit.workbench import Changed
from martlet.kernel.clock import ManualClock
from martlet.kernel.config import Settings
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import system_principal
from martlet.signals import KINDS, Signal, SignalSet, Unit
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal
    from martlet.store import Transaction

FIRST = datetime(2026, 1, 5, 4, tzinfo=UTC)
IN_ONE_COMMAND = 500
MONTHS = 12
TAKINGS = "verified_takings_monthly_fen"
ASKED_FEN = 50_000_000


def application(number: int, tx: Transaction, day: date) -> Application:
    """Return one synthetic application."""
    party_id = UUID(int=(1 << 76) + number)
    return Application(tx.ids.new(), party_id, "revolving_daily", ASKED_FEN, day, tenor_days=360)


def signals(party_id: UUID, now: datetime, rng: np.random.Generator) -> SignalSet:
    """Return every characteristic of the expert scorecard, and takings, as known since a day."""
    kinds = sorted({part.kind for part in expert_scorecard().characteristics} | {TAKINGS})
    return SignalSet(
        tuple(
            Signal(
                party_id=party_id,
                kind=kind,
                value=value_of(kind, rng),
                as_of=now.date() - timedelta(days=1),
                known_at=now - timedelta(hours=1),
                expires_at=now + timedelta(days=30),
                confidence_ppm=900_000,
                sample_size=200,
                provider="synthetic",
                provider_version="1",
                evidence=("ab" * 32,),
            )
            for kind in kinds
        )
    )


def value_of(kind: str, rng: np.random.Generator) -> int:
    """Return a value within a kind's range."""
    known = KINDS[kind]
    widest = {Unit.FEN: 20_000_000, Unit.PPM: 1_000_000, Unit.DAYS: 150, Unit.COUNT: 12}
    low = known.minimum or 0
    high = known.maximum if known.maximum is not None else low + widest[known.unit]
    return int(rng.integers(low, min(high, low + widest[known.unit]) + 1))


def fill(bank: Bank, principal: Principal, decisions: int) -> None:
    """Record synthetic decisions, evenly over the months."""
    rng = np.random.default_rng(310)
    assert isinstance(bank.clock, ManualClock)
    for start in range(0, decisions, IN_ONE_COMMAND):
        months = MONTHS * start // decisions
        moment = FIRST + timedelta(days=30 * months, seconds=start)
        bank.clock.set(moment)

        def handler(tx: Transaction, start: int = start) -> dict[str, Any]:
            for number in range(start, min(start + IN_ONE_COMMAND, decisions)):
                asked = application(number, tx, tx.now.date())
                decide_and_record(tx, asked, signals(asked.party_id, tx.now, rng), tx.now)
            return {}

        bank.database.command(Command("bench.decide", principal, f"k-{start}", {}), handler)


def timed(what: str, work: Callable[[], Any], decisions: int) -> Any:  # noqa: ANN401 - any answer
    """Do some work and print how long it took, and what one decision took of it."""
    start = perf_counter()
    answer = work()
    seconds = perf_counter() - start
    print(f"{what:<44}{seconds:7.2f} s  {seconds / decisions * 1e6:7.0f} µs a decision")
    return answer


def main() -> None:
    """Record, replay, monitor; print how long each took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--decisions", type=int, default=10_000)
    count = parser.parse_args().decisions
    harsher = default_policy().text.replace("at_most = 180", "at_most = 60")
    changed = parse_policy(harsher.replace('version = "starter-1"', 'version = "harsher"'))
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as home:
        for line in machine_lines(Path(home)):
            print(line)
        clock = ManualClock(FIRST)
        bank = open_bank(Settings(home=Path(home)), clock=clock, ids=SeededIds(1, clock))
        principal = system_principal(bank.set_up("Synthetic"))
        timed("record (synthetic, not the figure)", lambda: fill(bank, principal, count), count)
        credit = bank.credit
        same = timed("nothing changed", lambda: credit.backtest(principal, Changed()), count)
        assert same.comparison.identical == count, "a decision did not come out as stored"
        assert not same.comparison.movers_count
        moved = timed(
            "a changed policy", lambda: credit.backtest(principal, Changed(policy=changed)), count
        )
        read = timed("read into columns", lambda: credit.portfolio(principal), count)
        tell = (drift, calibration, fairness, rejects, vintages)
        timed("drift, calibration, fairness, …", lambda: [part(read) for part in tell], count)
        print(f"{count} decisions, {moved.comparison.movers_count} moves under the changed policy")
        bank.close()


if __name__ == "__main__":
    main()
