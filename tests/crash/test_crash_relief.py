"""A launch killed again and again relieves every loan once and books what was foretold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from time import monotonic, sleep
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.crash.crash_rounds import ROOT, START_SECONDS_MAX
from tests.crash.crash_works import BANK, FIRST_DAY
from tests.lending.conftest import SteadyTakings

from martlet.credit import CreditService
from martlet.kernel.crypto import new_keyring
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.ledger import LedgerService, verify_ledger
from martlet.lending import LendingService, SimulatedRail, verify_lending
from martlet.lending.relief import ReliefService, shipped_programmes, verify_relief
from martlet.parties import HeldCodeSender, PartiesService, Registration
from martlet.store import open_database, verify_chain

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

LOANS = 24
KILLS = 3


def _book(url: str) -> tuple[UUID, int]:
    """Open a bank with some loans and an approved programme; return it with its foretold cost."""
    database = open_database(url)
    database.migrate()
    LedgerService(database).open_day(BANK, "open", FIRST_DAY)
    lending = LendingService(database, CreditService(database, [SteadyTakings()]), SimulatedRail())
    lending.fund(BANK, "fund", 10_000_000_000)
    keyring = new_keyring(database.ids)
    parties = PartiesService(database, keyring, database.clock, HeldCodeSender())
    told = Registration("合成商户", "19900000001", "东家", "restaurant", "杭州")
    party = parties.register_businesses(BANK, "shop", [told])[0]
    applied = lending.apply(BANK, "apply", party, "revolving_daily", 10_000_000)
    line = UUID(lending.accept(BANK, "accept", UUID(applied["offer"]["offer_id"]))["facility_id"])
    for number in range(LOANS):
        lending.draw(BANK, f"draw-{number}", line, 100_000 + number)
    relief = ReliefService(database)
    second = Principal(BANK.tenant_id, UUID(int=2), ActorKind.STAFF, ALL_SCOPES)
    text = shipped_programmes()["free_then_discount"]
    programme = UUID(relief.draft(BANK, "draft", text)["programme_id"])
    cost_fen = int(relief.preview(BANK, programme)["cost_fen"])
    relief.approve(second, "approve", programme)
    database.close()
    return programme, cost_fen


def _kill_launch(url: str, programme: UUID, log: Path) -> None:
    """Launch in another process and kill it once it has told of a step more."""
    seen = len(log.read_text().splitlines()) if log.exists() else 0
    arguments = [sys.executable, "-m", "tests.crash.launch_relief", url, str(programme), str(log)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    child = subprocess.Popen(arguments, cwd=ROOT, env=environment)
    deadline = monotonic() + START_SECONDS_MAX
    while not log.exists() or len(log.read_text().splitlines()) <= seen:
        assert child.poll() in {None, 0}, child.returncode
        assert monotonic() < deadline, "no step was told of in time"
        sleep(0.001)
    child.send_signal(signal.SIGKILL)
    child.wait()


def test_a_launch_survives_being_killed(database_url: str, tmp_path: Path) -> None:
    programme, cost_fen = _book(database_url)
    for _ in range(KILLS):
        _kill_launch(database_url, programme, tmp_path / "told.log")
    database = open_database(database_url)
    found = ReliefService(database, chunk_loans=2).launch(BANK, "launch", programme)
    assert (found["loans"], found["cost_fen"]) == (LOANS, cost_fen)
    with database.read() as connection:
        verify_chain(connection)
        verify_ledger(connection)
        verify_lending(connection)
        assert verify_relief(connection).cost_fen == cost_fen
    database.close()
