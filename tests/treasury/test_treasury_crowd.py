"""Many callers at once, and days that nobody planned: caps hold, nothing is lost, all is proven."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import MORNING, TENANT
from tests.treasury.conftest import opened

from martlet.kernel.clock import ManualClock
from martlet.kernel.errors import Conflict, Refused
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import system_principal
from martlet.store import open_database
from martlet.treasury.rail import SimulatedRedemptions

if TYPE_CHECKING:
    from tests.treasury.conftest import TreasuryBank

CAP_FEN = 1_000_000


def test_twenty_callers_at_once_never_get_more_than_the_days_cap(bank: TreasuryBank) -> None:
    shop = bank.business(8_000_000)
    position = bank.subscribe(shop, "yulibao", 8_000_000)
    bank.close_days()

    def ask(number: int) -> int:
        answer = bank.treasury.redeem(bank.principal, f"caller-{number}", position, 130_000)
        return int(answer["at_once_fen"])

    with ThreadPoolExecutor(20) as callers:
        at_once = list(callers.map(ask, range(20)))
    assert sum(at_once) == CAP_FEN
    assert bank.figures(shop)["paid_fen"] == CAP_FEN
    assert bank.figures(shop)["waiting_fen"] == 20 * 130_000 - CAP_FEN
    bank.proven()
    bank.close_days()
    assert bank.figures(shop)["paid_fen"] == 20 * 130_000
    bank.proven()


WISHES = st.lists(
    st.tuples(
        st.sampled_from(["take_in", "surplus", "term", "plan", "out", "night", "silent", "rail"]),
        st.integers(0, 2),
        st.integers(1, 3_000_000),
    ),
    min_size=5,
    max_size=12,
)


@given(WISHES)
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_asked_for_the_book_is_in_balance_and_everything_is_proven(
    sqlite_template: Path, wishes: list[tuple[str, int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bank.db"
        shutil.copy(sqlite_template, path)
        clock = ManualClock(MORNING)
        database = open_database(f"sqlite:///{path}", clock=clock, ids=SeededIds(1, clock))
        bank = opened(database, clock, system_principal(TENANT), SimulatedRedemptions())
        try:
            _lived(bank, wishes)
        finally:
            database.close()


def _lived(bank: TreasuryBank, wishes: list[tuple[str, int, int]]) -> None:
    shops = [bank.business(2_000_000), bank.business()]
    bank.treasury.set_sweep(bank.principal, "sweep", shops[1], "yulibao", 1_000)
    for wish, which, fen in wishes:
        with suppress(Refused, Conflict):
            _wished(bank, wish, shops[which % 2], fen)
    bank.rail.fails = bank.rail.slow = False
    bank.close_days(2)
    bank.proven()
    seen = [one for shop in shops for one in bank.treasury.positions(bank.principal, shop)]
    assert all(one["value_fen"] >= 0 for one in seen)


def _wished(bank: TreasuryBank, wish: str, shop: UUID, fen: int) -> None:
    match wish:
        case "take_in":
            bank.take_in(shop, fen)
        case "surplus":
            bank.subscribe(shop, "yulibao", fen)
        case "term":
            bank.subscribe(shop, "wenlibao", fen, tenor_days=28)
        case "plan":
            bank.subscribe(shop, "yuelibao", fen // 10 + 1, instalments=6)
        case "out":
            for one in bank.treasury.positions(bank.principal, shop)[:2]:
                bank.redeem(UUID(one["position_id"]), min(fen, one["standing_fen"]) or 1)
        case "night":
            bank.close_days(1 + fen % 3)
        case "silent":
            bank.close_days(ppm=None)
        case "rail":
            bank.rail.fails, bank.rail.slow = bool(fen & 1), bool(fen & 2)
    bank.proven()
