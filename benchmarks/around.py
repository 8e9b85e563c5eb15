"""How fast a bank tells who is around a firm, and how fast it takes facts in.

    python -m benchmarks.around [--hub 200000]
    python -m benchmarks.around --home BANK FIRM... [--as-of 2022-07-01]

The first makes a bank of its own with one firm of so many made-up customers, half of whose edges
are over, and asks for it; the second asks an existing bank for its firms, by name or key.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from benchmarks.machine import machine_lines
from martlet.bootstrap import open_bank
from martlet.kernel.calendar import business_date_of
from martlet.kernel.config import Settings
from martlet.kernel.principal import system_principal
from martlet.supplychain import Edge, Node, NodeKind, Provenance, Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal

BATCH = 10_000
HUB = Node("firm:hub", NodeKind.FIRM, "hub (synthetic)", {})
TIERS = (1, 4, 5)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("firms", nargs="*")
    asked.add_argument("--home", type=Path)
    asked.add_argument("--hub", type=int, default=200_000)
    asked.add_argument("--as-of", type=date.fromisoformat)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = told.home or Path(folder)
        print("\n".join(machine_lines(home)))
        bank = open_bank(Settings(home=home))
        if not bank.parties.tenants():
            bank.set_up("Benchmark")
        principal = system_principal(bank.parties.tenants()[0].tenant_id)
        if told.home is None:
            take_in(bank, principal, told.hub)
        ask(bank, principal, told.firms or [HUB.key], told.as_of)
        bank.close()


def take_in(bank: Bank, principal: Principal, count: int) -> None:
    """Give one firm so many customers, every second of whom it supplies no more."""
    over = business_date_of(bank.clock.now()) - timedelta(days=30)
    began, at = process_time(), bank.clock.now()
    for first in range(0, count, BATCH):
        firms = [
            Node(f"firm:{n}", NodeKind.FIRM, f"customer {n} (synthetic)", {})
            for n in range(first, min(first + BATCH, count))
        ]
        edges = [
            Edge(
                HUB.key,
                Relation.SUPPLIES,
                firm.key,
                Provenance(
                    SourceKind.DATASET, "synthetic", at, valid_until=over if n % 2 else None
                ),
            )
            for n, firm in enumerate(firms)
        ]
        bank.supplychain.record(principal, f"batch-{first}", [HUB, *firms], edges)
    spent = process_time() - began
    print(f"imported  {count:,} edges and as many nodes: {spent:.1f} CPU s")


def ask(bank: Bank, principal: Principal, firms: Sequence[str], day: date | None) -> None:
    """Ask who is around each firm, from near to far."""
    for name in firms:
        key = bank.supplychain.the_one(principal, name, day).key
        for tiers in TIERS:
            wall, began = perf_counter(), process_time()
            found = bank.supplychain.around(principal, key, tiers, day)
            spent, passed = process_time() - began, perf_counter() - wall
            print(
                f"around    {found.center.name}, {tiers} tiers: {len(found.placed):,} nodes, "
                f"{len(found.edges):,} edges, {found.left_out:,} left out: "
                f"{spent:.3f} CPU s, {passed:.3f} s"
            )


if __name__ == "__main__":
    main()
