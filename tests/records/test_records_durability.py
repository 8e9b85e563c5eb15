"""An import is there or it is not: when two come at once, when the process dies in the middle."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from martlet.records import RecordsService, finishing
from martlet.records.limits import CHANGED_RETRIES_MAX
from martlet.records.registration import RecordsChanged
from martlet.signals import SignalRequest

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "日期,流水,退款,笔数\n"


def _file(tmp_path: Path, name: str, *days: int) -> Path:
    path = tmp_path / name
    rows = "".join(f"2026-02-{day:02d},100.00,,1\n" for day in days)
    path.write_text(HEAD + rows, encoding="utf-8")
    return path


class PowerCut(BaseException):
    """The machine stops."""


def test_a_cut_between_the_files_and_the_commit_leaves_nothing_to_see(
    records: RecordsService, principal, shop, clock, tmp_path, monkeypatch
) -> None:
    """The files are in place, the commit never happens; the same import later is whole."""
    path = _file(tmp_path, "a.csv", 1, 2, 3)

    def stop(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(finishing, "register", stop)
        with pytest.raises(PowerCut):
            records.import_file(principal, "k", path, party_id=shop)
    assert records.imports(principal) == ()
    assert records.features(principal, None, clock.now()).height == 0
    assert records.import_file(principal, "k", path, party_id=shop).rows_kept == 3
    [row] = records.features(principal, None, clock.now()).rows(named=True)
    assert row["takings_12m_fen"] == 30_000


def test_overlapping_files_sent_at_once_never_double_a_row(
    records, principal, shop, clock, tmp_path
) -> None:
    """Six files of three days each over eight days, from six callers at once."""
    files = [_file(tmp_path, f"{n}.csv", n, n + 1, n + 2) for n in range(1, 7)]
    reports, errors = [], []

    def send(path: Path) -> None:
        try:
            reports.append(records.import_file(principal, path.name, path, party_id=shop))
        except RecordsChanged as error:
            errors.append(error)

    callers = [threading.Thread(target=send, args=(path,)) for path in files]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for path in files if errors else []:
        records.import_file(principal, f"again {path.name}", path, party_id=shop)
    [row] = records.features(principal, None, clock.now()).rows(named=True)
    assert row["takings_12m_fen"] == 80_000
    stored = records.signals.collect(SignalRequest(principal, shop), clock.now())
    assert stored.value("takings_12m_fen") == 80_000


def test_an_import_that_is_always_overtaken_gives_up_with_a_reason(
    records, principal, shop, folder, tmp_path, monkeypatch
) -> None:
    rounds = []

    def overtaken(*_: object) -> None:
        rounds.append(1)
        raise RecordsChanged("records.changed_meanwhile")

    monkeypatch.setattr(finishing, "register", overtaken)
    with pytest.raises(RecordsChanged):
        records.import_file(principal, "k", _file(tmp_path, "a.csv", 1), party_id=shop)
    assert len(rounds) == CHANGED_RETRIES_MAX
    assert list(folder.rglob("*.parquet")) == []


def test_many_small_imports_of_one_shop_add_up(records, principal, shop, clock, tmp_path) -> None:
    """A file a day, each with yesterday in it again."""
    for day in range(2, 12):
        clock.advance(timedelta(minutes=5))
        report = records.import_file(
            principal, f"d{day}", _file(tmp_path, f"{day}.csv", day - 1, day), party_id=shop
        )
        assert report.rows_kept == (2 if day == 2 else 1)
        signals = records.signals.collect(SignalRequest(principal, shop), clock.now())
        assert signals.value("takings_12m_fen") == day * 10_000
        assert signals.get("takings_12m_fen").known_at == clock.now()
    assert len(signals.get("takings_12m_fen").evidence) == 10
