"""Reminders whose process is killed with kill -9 at moments that nobody chose: none goes twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import select
from tests.lending.late_bank import make_late, reopened, send_all

from martlet.lending.collections import verify_collections
from martlet.lending.collections.tables import collections_event, collections_reminder
from martlet.store import verify_chain

ROOT = Path(__file__).parents[2]
BORROWERS = 8
KILLS = 3


@pytest.mark.slow
def test_reminders_killed_with_kill_9_go_out_once(prepared_url: str, tmp_path: Path) -> None:
    make_late(prepared_url, BORROWERS)
    folder = tmp_path / "reminders"
    for number in range(KILLS):
        _kill_after(prepared_url, folder, files=1 + 2 * number, seed=10 + number)
    send_all(prepared_url, folder, seed=20)
    bank = reopened(prepared_url, seed=21)
    with bank.database.read() as connection:
        verify_chain(connection)
        assert verify_collections(connection) == {"cases": BORROWERS}
        rows = connection.execute(select(collections_reminder)).all()
        events = connection.execute(select(collections_event)).all()
    bank.database.close()
    sent = [json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")]
    assert Counter(one["party_id"] for one in sent) == {str(row.party_id): 1 for row in rows}
    assert len(sent) == BORROWERS
    assert {row.state for row in rows} == {"sent"}
    assert sum(event.kind == "reminded" for event in events) == BORROWERS


def _kill_after(url: str, folder: Path, files: int, seed: int) -> None:
    """Kill a run once so many files lie in the folder."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.lending.late_bank", url, str(folder), str(seed)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
    )
    try:
        deadline = monotonic() + 60
        while len(list(folder.glob("*.json"))) < files:
            assert child.poll() is None, "the run ended by itself"
            assert monotonic() < deadline, "the run does not come forward"
            sleep(0.005)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
