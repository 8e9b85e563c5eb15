"""Movements are read exactly, and a file that does not say which way money went is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from martlet.kernel.errors import Invalid, NotFound
from martlet.treasury.backtest import read_movements

if TYPE_CHECKING:
    from pathlib import Path

SIGNED = """account_id,date,amount,balance
a,2026-01-01,100.10,100.10
a,2026-01-03,-0.30,99.80
b,2026-01-02,5,25
b,2026-01-02,-1,24
"""


def written(folder: Path, text: str, name: str = "moves.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_amounts_become_whole_fen_by_account_and_day(tmp_path: Path) -> None:
    panel = read_movements(written(tmp_path, SIGNED))
    assert panel.account_ids == ("a", "b")
    assert panel.balance_fen.tolist() == [[100_10, 100_10, 99_80], [0, 24_00, 24_00]]
    assert panel.flow_fen.tolist() == [[100_10, 0, -30], [0, 24_00, 0]]
    assert panel.opened.tolist() == [0, 1]


def test_unsigned_amounts_follow_the_word_or_the_balance(tmp_path: Path) -> None:
    expected = read_movements(written(tmp_path, SIGNED))
    words = SIGNED.replace("balance", "balance,type").replace("-", "-").splitlines()
    typed = [words[0]]
    for row in words[1:]:
        way = "debit" if ",-" in row else "credit"
        typed.append(row.replace(",-", ",") + f",{way}")
    by_word = read_movements(written(tmp_path, "\n".join(typed)))
    by_balance = read_movements(written(tmp_path, SIGNED.replace(",-", ",")))
    for found in (by_word, by_balance):
        assert found.flow_fen.tolist() == expected.flow_fen.tolist()


def test_parquet_and_csv_say_the_same(tmp_path: Path) -> None:
    csv = written(tmp_path, SIGNED)
    frame = pl.read_csv(csv, try_parse_dates=True)
    frame.write_parquet(tmp_path / "moves.parquet")
    expected, found = read_movements(csv), read_movements(tmp_path / "moves.parquet")
    assert found.balance_fen.tolist() == expected.balance_fen.tolist()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("account_id,date,amount\na,2026-01-01,1\n", "columns_missing"),
        ("account_id,date,amount,balance\n", "rows_unreadable"),
        ("account_id,date,amount,balance\na,yesterday,1,1\n", "rows_unreadable"),
        ("account_id,date,amount,balance\na,2026-01-01,1,9\na,2026-01-02,2,50\n", "direction"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        read_movements(written(tmp_path, text))


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_movements(tmp_path / "none.csv")
