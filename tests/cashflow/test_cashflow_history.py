"""Anyone's file becomes one grid; what is odd about a series is said of that series alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.cashflow import Standing, read_history
from martlet.cashflow.history import Duplicates, Gaps, Negatives, ReadingRules, history_of
from martlet.cashflow.judging import CODES
from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale, has_sentence

if TYPE_CHECKING:
    from pathlib import Path

FIRST = date(2026, 1, 1)


def _csv(folder: Path, text: str) -> Path:
    path = folder / "history.csv"
    path.write_text(text, encoding="utf-8")
    return path


def _codes(history, series: str) -> set[str]:
    return {f.code.removeprefix("cashflow.") for f in history.findings if f.series_id == series}


def _long(days: dict[str, list[float]]) -> str:
    rows = ["series_id,date,value"]
    for name, values in days.items():
        rows += [
            f"{name},{date.fromordinal(FIRST.toordinal() + n)},{value}"
            for n, value in enumerate(values)
        ]
    return "\n".join(rows) + "\n"


def test_a_sound_series_has_no_finding(tmp_path: Path) -> None:
    history = read_history(_csv(tmp_path, _long({"shop": [1.5] * 40})))
    assert history.findings == ()
    assert (history.first_day, history.day_count) == (FIRST, 40)


def test_every_oddity_is_told_and_none_spoils_another(tmp_path: Path) -> None:
    text = _long({"good": [5.0] * 60, "zeros": [0.0] * 60, "reversal": [5.0] * 59 + [-2.0]})
    text += "young,2026-02-27,3\nyoung,2026-02-28,3\nyoung,2026-03-01,3\n"
    text += "holes,2026-01-01,1\nholes,2026-03-01,1\n"
    text += "twice,2026-01-01,1\ntwice,2026-01-01,2\ntwice,2026-03-01,1\n"
    text += "ahead,2026-02-27,1\nahead,2099-01-01,7\nwords,yesterday,many\n,2026-01-01,1\n"
    text += "only,2098-01-01,3\nend,2026-01-02,1\nbroken,2026-03-01,inf\nbroken,2026-02-28,1\n"
    history = read_history(_csv(tmp_path, text), ReadingRules(as_of=date(2026, 3, 5)))
    assert _codes(history, "good") == set()
    assert _codes(history, "zeros") == {"all_zero"}
    assert _codes(history, "reversal") == {"negatives_kept"}
    assert "series_short" in _codes(history, "young")
    assert "gaps_no_movement" in _codes(history, "holes")
    assert "duplicates_added" in _codes(history, "twice")
    assert "future_days" in _codes(history, "ahead")
    assert "series_ended" in _codes(history, "end")
    assert "rows_unreadable" in _codes(history, "broken")
    assert _codes(history, "words") == {"nothing_usable"}
    assert _codes(history, "only") == {"only_future_days"}
    assert _codes(history, "") == {"series_unnamed"}
    assert {"words", "only", ""}.isdisjoint(history.series_ids)
    assert history.last_day == date(2026, 3, 1)
    twice = history.values[history.series_ids.index("twice")]
    assert (twice[0], twice[1], twice[-1]) == (3.0, 0.0, 1.0)
    young = history.values[history.series_ids.index("young")]
    assert np.isnan(young[:-3]).all()


def test_currencies_never_mix_within_a_series(tmp_path: Path) -> None:
    rows = ["series_id,date,value,currency,city"]
    rows += [f"one,2026-01-{day:02d},5,CNY,杭州" for day in range(1, 31)]
    rows += [f"two,2026-01-{day:02d},5,{'CNY' if day % 2 else 'USD'},宁波" for day in range(1, 31)]
    history = read_history(_csv(tmp_path, "\n".join(rows)))
    assert history.series_ids == ("one",)
    assert history.currencies == ("CNY",)
    assert history.groups == {"city": ("杭州",)}
    assert _codes(history, "two") == {"currencies_mixed"}


def test_a_gap_is_unknown_where_that_is_what_it_means(tmp_path: Path) -> None:
    path = _csv(tmp_path, "unique_id,ds,y\na,2026-01-01,1\na,20260103,2\na,2026/1/5,\n")
    history = read_history(path, ReadingRules(gaps=Gaps.UNKNOWN))
    assert np.array_equal(history.values, [[1.0, np.nan, 2.0]], equal_nan=True)
    assert {"gaps_unknown", "rows_unreadable"} <= _codes(history, "a")


def test_duplicates_and_negatives_are_refused_where_that_is_asked(tmp_path: Path) -> None:
    text = _long({"good": [5.0] * 30, "minus": [5.0] * 29 + [-1.0], "net": [5.0, -5.0] * 15})
    text += "twice,2026-01-01,1\ntwice,2026-01-01,1\n"
    rules = ReadingRules(duplicates=Duplicates.REFUSE, negatives=Negatives.REFUSE)
    history = read_history(_csv(tmp_path, text), rules)
    assert history.series_ids == ("good", "net")
    assert _codes(history, "minus") == {"negatives_refused"}
    assert _codes(history, "twice") == {"duplicates_refused"}


def test_a_row_of_1900_costs_no_grid(tmp_path: Path) -> None:
    text = _long({"shop": [1.0] * 40}) + "shop,1900-01-01,9\n"
    history = read_history(_csv(tmp_path, text))
    assert history.day_count == 40
    assert _codes(history, "shop") == {"days_too_old"}


def test_parquet_reads_as_csv_does(tmp_path: Path) -> None:
    path = _csv(tmp_path, _long({"a": [1.0, 2.5], "b": [3.0, 4.0]}))
    pl.read_csv(path, try_parse_dates=True).write_parquet(tmp_path / "history.parquet")
    one, other = read_history(path), read_history(tmp_path / "history.parquet")
    assert one.series_ids == other.series_ids
    assert np.array_equal(one.values, other.values)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "history_empty"),
        ("\n\n", "history_empty"),
        ("series_id,date\na,2026-01-01\n", "column_missing"),
        ("series_id,date,value\n", "history_empty"),
    ],
)
def test_a_file_that_is_no_history_is_refused_whole(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        read_history(_csv(tmp_path, text))


CELLS = {
    "series_id": st.sampled_from(["a", "b", "c", "", None]),
    "date": st.sampled_from(["2026-01-01", "2026-01-09", "2030-01-01", "1900-01-01", "x", None]),
    "value": st.sampled_from(["1", "-1", "0", "1e400", "nan", "", None, "12,000"]),
    "currency": st.sampled_from(["CNY", "USD", None]),
}


@given(st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=12), st.sampled_from(Gaps))
def test_whatever_the_rows_every_named_series_is_answered_or_refused(rows, gaps: Gaps) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(CELLS, pl.String))
    history = history_of(frame, ReadingRules(gaps=gaps, as_of=date(2026, 6, 1)))
    refused = {f.series_id for f in history.findings if f.standing is Standing.REFUSED}
    named = {row["series_id"] or "" for row in rows}
    assert set(history.series_ids) | refused == named
    assert not set(history.series_ids) & refused
    assert history.known.any(axis=1).all()
    assert np.isfinite(history.values[history.known]).all()


@pytest.mark.parametrize("locale", Locale)
def test_every_finding_has_a_sentence(locale: Locale) -> None:
    assert not [code for code in CODES if not has_sentence(code, locale)]
