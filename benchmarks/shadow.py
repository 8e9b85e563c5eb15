"""What models in shadow cost: decisions in durable batches with none, one and three of them.

`python -m benchmarks.shadow [--businesses 400] [--rounds 5]` decides on synthetic businesses
(takings only) in one process, SQLite, batches of 256, and prints CPU time a decision. The trees
are made by chance: 200 of four leaves, which is what training gives on few cases.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from benchmarks.businesses import many_businesses
from benchmarks.machine import machine_lines
from martlet.bootstrap import Bank, open_bank
from martlet.credit import Application, BoostedTrees, CreditModel, ModelState, expert_scorecard
from martlet.credit.boosted import Feature, Tree
from martlet.credit.scorecard import Direction
from martlet.credit.training.boosted import MICRO_PER_POINT
from martlet.credit.training.scale import FIRST_SCORE, pd_table
from martlet.kernel.calendar import business_date_of
from martlet.kernel.config import Settings
from martlet.kernel.principal import Principal, system_principal

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = 256
TREES = 200
KINDS = ("verified_takings_monthly_fen", "records_history_days", "takings_trend_ppm")
SCALES = (10_000_000, 700, 1_000_000)


def trees_by_chance(version: str, count: int = TREES) -> BoostedTrees:
    """Return a challenger of small monotone trees made by chance (synthetic)."""
    rng = np.random.default_rng(int(version))

    def tree() -> Tree:
        asked = tuple(int(place) for place in rng.integers(0, len(KINDS), 3))
        leaves = tuple(int(worth) for worth in np.sort(rng.integers(-50_000, 50_000, 4)))
        cuts = tuple(int(rng.uniform(0, 2) * SCALES[place]) for place in asked)
        return Tree(asked, cuts, (1, ~0, ~2), (2, ~1, ~3), (1, 1, 1), leaves)

    return BoostedTrees(
        name="by-chance",
        version=version,
        features=tuple(Feature(kind, Direction.HIGHER, 333_333) for kind in KINDS),
        base_micro=500 * MICRO_PER_POINT,
        micro_per_point=MICRO_PER_POINT,
        trees=tuple(tree() for _ in range(count)),
        first_score=FIRST_SCORE,
        pd_ppm_by_score=pd_table(),
        about={"data": "made by chance", "synthetic": "yes"},
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--businesses", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for line in machine_lines(Path(folder)):
            print(line)
        bank = open_bank(Settings(home=Path(folder)))
        principal = system_principal(bank.set_up("Benchmark"))
        parties = many_businesses(bank, principal, asked.businesses)
        card = replace(expert_scorecard(), name="card-in-shadow")
        few, many = trees_by_chance("1"), trees_by_chance("2")
        settings: tuple[tuple[str, list[CreditModel]], ...] = (
            ("none", []),
            ("a scorecard", [card]),
            (f"{TREES} trees", [few]),
            (f"a scorecard and 2 × {TREES} trees", [card, few, many]),
        )
        print(f"{asked.businesses:,} synthetic businesses × {asked.rounds} rounds, one process")
        for title, models in settings:
            ids = [_into_shadow(bank, principal, f"{title}:{m.name}{m.version}", m) for m in models]
            cpu_us, wall_us = _measure(bank, principal, title, parties, asked.rounds)
            print(f"in shadow {title:<34} CPU {cpu_us:6.0f} µs, wall {wall_us:6.0f} µs a decision")
            for model_id in ids:
                for state in (ModelState.RETIRED, ModelState.CANDIDATE):
                    key = f"{title}:{model_id}:{state}"
                    bank.credit.promote_model(principal, key, model_id, state)
        bank.close()


def _into_shadow(bank: Bank, principal: Principal, key: str, model: CreditModel) -> UUID:
    known = {m.content_hash: m.model_id for m in bank.credit.models(principal)}
    model_id = known.get(model.content_hash)
    if model_id is None:
        answer = bank.credit.register_model(principal, f"register:{key}", model, "# Synthetic")
        model_id = UUID(answer["model_id"])
    bank.credit.promote_model(principal, f"shadow:{key}", model_id, ModelState.SHADOW)
    return model_id


def _measure(
    bank: Bank, principal: Principal, title: str, parties: Sequence[UUID], rounds: int
) -> tuple[float, float]:
    """Return CPU and wall time a decision, in microseconds, after one round to warm up."""
    today, taken = business_date_of(bank.clock.now()), [0.0, 0.0]
    for turn in range(rounds + 1):
        applications = [
            Application(bank.ids.new(), party, "revolving_daily", 5_000_000, today)
            for party in parties
        ]
        cpu, wall = process_time(), perf_counter()
        for first in range(0, len(applications), BATCH):
            key = f"{title}:{turn}:{first}"
            bank.credit.decide_batch(principal, key, applications[first : first + BATCH])
        if turn:
            taken[0] += process_time() - cpu
            taken[1] += perf_counter() - wall
    cases = rounds * len(parties)
    return taken[0] * 1e6 / cases, taken[1] * 1e6 / cases


if __name__ == "__main__":
    main()
