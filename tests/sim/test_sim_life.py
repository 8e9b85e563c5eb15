"""A small world lives with the bank: the same seed, the same chain, on either database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from martlet.bootstrap import open_bank
from martlet.credit.workbench import Changed
from martlet.kernel.config import Settings
from martlet.kernel.errors import Corrupt, Invalid
from martlet.kernel.principal import system_principal
from martlet.sim import open_world, run_world, simulate
from martlet.sim.checks import Checks

if TYPE_CHECKING:
    from pathlib import Path

SEED, MERCHANTS, DAYS = 11, 10, 75


def test_the_same_seed_is_the_same_chain_on_either_database(
    tmp_path: Path, database_url: str
) -> None:
    moved: list[tuple[int, int]] = []
    expected = run_world(seed=SEED, merchants=MERCHANTS, days=DAYS)
    bank = open_world(tmp_path / "world", SEED, database_url)
    found = simulate(
        bank, SEED, MERCHANTS, DAYS, on_progress=lambda done, total: moved.append((done, total))
    )
    bank.close()
    assert found == expected
    assert len(found.chain_hash) == 64
    assert moved[-1] == (DAYS, DAYS)
    assert len(moved) == DAYS
    assert (found.synthetic, found.trial_balance_difference_fen) == (True, 0)
    assert found.applications == found.approved + found.declined > 0
    assert found.loans > 0
    assert found.repayments > 0
    assert found.months_checked == 3
    assert found.as_json()["chain_links"] > 500


def test_what_a_world_was_told_comes_out_the_same_when_decided_again(tmp_path: Path) -> None:
    bank = open_world(tmp_path, SEED)
    report = simulate(bank, SEED, 6, 30)
    (tenant,) = bank.parties.tenants()
    principal = system_principal(tenant.tenant_id)
    found = bank.credit.backtest(principal, Changed()).comparison
    assert found.identical == found.cases == report.applications > 0
    assert found.movers_count == 0
    assert found.before.approved == report.approved
    assert found.kept.drawn_fen <= report.drawn_fen
    watched = bank.credit.portfolio(principal)
    assert sum(loan.amount_fen for loan in watched.loans) == found.kept.drawn_fen
    bank.close()


def test_another_seed_is_another_chain() -> None:
    first, second = (run_world(seed=seed, merchants=2, days=3) for seed in (1, 2))
    assert first.chain_hash != second.chain_hash


def test_the_bank_is_held_to_its_word(tmp_path: Path) -> None:
    """A command that was answered and is not on the record is found, and so is one too many."""
    bank = open_world(tmp_path, SEED)
    simulate(bank, SEED, 2, 2)
    (tenant,) = bank.parties.tenants()
    checks = Checks(bank, system_principal(tenant.tenant_id))
    with pytest.raises(Corrupt, match="sim.record_differs") as surplus:
        checks.run()
    assert surplus.value.details["lost_count"] == 0
    checks = Checks(bank, system_principal(tenant.tenant_id), acknowledged=["syn:never:1"])
    with pytest.raises(Corrupt, match="sim.record_differs") as lost:
        checks.run()
    assert lost.value.details["lost_count"] == 1
    bank.close()


@pytest.mark.parametrize(("merchants", "days"), [(0, 10), (1_001, 10), (10, 0), (10, 1_001)])
def test_a_world_has_bounds(merchants: int, days: int) -> None:
    with pytest.raises(Invalid, match="sim.too_large"):
        run_world(seed=1, merchants=merchants, days=days)


def test_a_world_lives_only_on_a_clock_that_it_moves(tmp_path: Path) -> None:
    bank = open_bank(Settings(home=tmp_path), threaded=False)
    with pytest.raises(AssertionError, match="moves its own clock"):
        simulate(bank, 1, 1, 1)
    bank.close()
