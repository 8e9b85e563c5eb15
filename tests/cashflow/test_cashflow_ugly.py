"""Files as they really come: each is answered, marked as thin, or refused in a clear sentence."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.kernel.errors import MartletError
from martlet.kernel.i18n import Locale, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

FIRST = date(2026, 3, 2)
HEAD = "series_id,date,value"


def _days(count: int, written: str = "%Y-%m-%d") -> list[str]:
    return [(FIRST + timedelta(days=n)).strftime(written) for n in range(count)]


def _shop(name: str, count: int = 40, written: str = "%Y-%m-%d") -> list[str]:
    return [f"{name},{day},{100 + 9 * (n % 7)}" for n, day in enumerate(_days(count, written))]


def _text(rows: Sequence[str], head: str = HEAD) -> str:
    return "\n".join([head, *rows])


class Answer:
    """What `martlet cashflow forecast` made of a file: figures, answers and marks, or a refusal."""

    def __init__(self, folder: Path, data: bytes | str, *options: str) -> None:
        source, out = folder / "history.csv", folder / "out.parquet"
        out.unlink(missing_ok=True)
        source.write_bytes(data.encode() if isinstance(data, str) else data)
        words = ["cashflow", "forecast", "--history", str(source), "--out", str(out), "--json"]
        words += [*options, *([] if "--horizon" in options else ["--horizon", "9"])]
        result = CliRunner().invoke(build(), words)
        self.refusal = result.exception if isinstance(result.exception, MartletError) else None
        if self.refusal is None:
            assert result.exit_code == 0, result.exception
            self.figures = json.loads(result.stdout)
            self.rows = pl.read_parquet(out)
            self.marks = pl.read_csv(folder / "out.marks.csv", infer_schema=False)

    @property
    def answered(self) -> set[str]:
        return set(self.rows["series_id"])

    def codes(self, series: str) -> set[str]:
        """Return what is said of a series."""
        said = self.marks.filter(pl.col("series_id").fill_null("") == series)["code"]
        return {code.removeprefix("cashflow.") for code in said}

    def says(self, series: str, language: str = "en") -> str:
        return " ".join(self.marks.filter(series_id=series)[f"sentence_{language}"])


Ask = "Callable[..., Answer]"


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Answer]:
    return lambda data, *options: Answer(tmp_path, data, *options)


@pytest.mark.parametrize(
    "written",
    [
        *("%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%dT%H:%M:%S+08:00"),
        *("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S.000", "%Y-%m-%dT%H:%M:%SZ"),
    ],
)
def test_days_as_people_and_programs_write_them(ask: Ask, written: str) -> None:
    found = ask(_text(_shop("a", written=written)))
    assert (found.figures["history_from"], found.marks.height) == ("2026-03-02", 0)


def test_days_as_spreadsheets_count_them(ask: Ask) -> None:
    found = ask(_text([f"a,{46083 + n},5" for n in range(30)]))
    assert found.figures["history_from"] == "2026-03-02"


@pytest.mark.parametrize("written", ["%d/%m/%Y", "%m/%d/%Y", "%y-%m-%d", "%d-%b-%Y"])
def test_a_day_that_could_be_two_is_refused_and_shown(ask: Ask, written: str) -> None:
    found = ask(_text([*_shop("good"), *_shop("bad", written=written)]))
    assert (found.answered, found.codes("bad")) == ({"good"}, {"nothing_usable"})
    for language in ("en", "zh"):
        assert f"#42 date “{FIRST.strftime(written)}”" in found.says("bad", language)
        assert "2026-03-02" in found.says("bad", language)


def test_amounts_as_people_write_them(ask: Ask) -> None:
    ways = (
        "1234.5",
        '"1,234.50"',
        "￥1234.50",
        '"¥ 1,234.5"',
        "1234.5元",
        "１２３４．５",
        "1.2345e3",
    )
    rows = [f"s{way},{day},{text}" for way, text in enumerate(ways) for day in _days(30)]
    rows += [f"minus,{day},(1234.5)" for day in _days(30)]
    found = ask(_text(rows), "--tier", "quick")
    mean = dict(found.rows.group_by("series_id").agg(pl.col("mean").mean()).iter_rows())
    assert {name: round(value, 6) for name, value in mean.items()} == {
        **{f"s{way}": 1234.5 for way in range(len(ways))},
        "minus": -1234.5,
    }


@pytest.mark.parametrize(
    "text", ['"1.234,56"', '"12,34"', "inf", "nan", "many", "1e300", "", "1.2万"]
)
def test_what_is_no_amount_is_refused_for_its_series_alone(ask: Ask, text: str) -> None:
    found = ask(_text([*_shop("good"), *(f"bad,{day},{text}" for day in _days(30))]))
    assert (found.answered, found.codes("bad")) == ({"good"}, {"nothing_usable"})


@pytest.mark.parametrize(
    ("encoding", "sign"),
    [("utf-8-sig", ","), ("gbk", ","), ("gb18030", ";"), ("utf-16", "\t"), ("utf-8", "|")],
)
def test_a_file_as_spreadsheets_save_it(ask: Ask, encoding: str, sign: str) -> None:
    text = _text(_shop("杭州店"), "店铺,日期,金额").replace(",", sign).replace("\n", "\r\n")
    assert ask(text.encode(encoding)).answered == {"杭州店"}


def test_columns_by_other_names(ask: Ask) -> None:
    assert ask(_text(_shop("a"), " Series_ID ,DATE,Value")).answered == {"a"}
    named = ask(_text(_shop("a"), "铺,天,钱"), "--columns", "series_id=铺,date=天,value=钱")
    assert named.answered == {"a"}
    refused = ask(_text(_shop("a"), "铺,天,钱")).refusal
    assert refused.code == "cashflow.column_missing"
    for locale in Locale:
        assert "铺, 天, 钱" in explain(refused.code, refused.details, locale)
    two = ask(_text([f"{row},b" for row in _shop("a")], "商户,日期,金额,门店")).refusal
    assert two.code == "cashflow.column_missing"


def test_a_row_with_too_many_cells_shifts_nothing(ask: Ask) -> None:
    found = ask(_text([*_shop("a"), "b,2026-03-02,1,234.50", *_shop("b")[1:], ",,,", "", "lone"]))
    assert found.answered == {"a", "b"}
    assert "rows_spilled" in found.codes("b")
    assert "rows_unreadable" not in found.codes("b")
    alone = ask(_text([*_shop("a"), "b,2026-03-02,1,234.50"]))
    assert "#42 value “1,234.50”" in alone.says("b")
    assert found.codes("a") == set()
    assert found.rows.filter(series_id="b")["q99"].max() < 234


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "history_empty"),
        (HEAD, "history_empty"),
        (b"PK\x03\x04" + bytes(99), "file_is_workbook"),
        (bytes(range(128, 256)) * 9, "file_not_text"),
        (b"PAR1" + bytes(99), "file_unreadable"),
        (_text(['"a,2026-03-02,5', *_shop("b")]), "quote_unclosed"),
        (_text(_shop("a"), "value"), "column_missing"),
        (",".join(map(str, range(2000))), "columns_too_many"),
    ],
)
def test_what_is_no_table_is_refused_whole(ask: Ask, data: bytes | str, code: str) -> None:
    assert ask(data).refusal.code == f"cashflow.{code}"


@pytest.mark.parametrize(
    "levels", ["0", "100", "-5,50", ",".join(f"0.{n:04}" for n in range(1, 120))]
)
def test_levels_out_of_range_are_refused(ask: Ask, levels: str) -> None:
    assert ask(_text(_shop("a")), "--levels", levels).refusal.code == "cashflow.levels_unusable"


def test_a_horizon_longer_than_the_history_is_answered_as_thin(ask: Ask) -> None:
    found = ask(_text(["a,2026-03-02,5", "a,2026-03-03,6", "b,2026-03-03,7"]), "--horizon", "366")
    assert found.rows.height == 2 * 366
    assert set(found.rows["standing"]) == {"thin"}


def test_a_giant_leaves_dwarfs_their_size(ask: Ask) -> None:
    rows = [f"giant,{day},{9e14 * (1 + n % 2)}" for n, day in enumerate(_days(60))]
    rows += [f"dwarf{k},{day},0.0{1 + n % 7}" for k in range(3) for n, day in enumerate(_days(60))]
    found = ask(_text(rows))
    dwarfs = found.rows.filter(pl.col("series_id") != "giant")["mean"]
    assert 0.01 <= dwarfs.min() <= dwarfs.max() <= 0.08


def test_currencies_the_future_and_zeros(ask: Ask) -> None:
    rows = [f"{row},{'USD' if n % 2 else 'CNY'}" for n, row in enumerate(_shop("mixed"))]
    rows += [f"{row},rmb" for row in _shop("yuan")]
    rows += [f"later,2099-01-0{n},5,CNY" for n in (1, 2)]
    rows += [f"still,{day},0,CNY" for day in _days(40)]
    found = ask(_text(rows, f"{HEAD},currency"))
    assert found.answered == {"yuan", "still"}
    assert found.codes("mixed") == {"currencies_mixed"}
    assert found.codes("later") == {"only_future_days"}
    assert found.codes("still") == {"all_zero"}


NAMES = st.sampled_from(["a", "b", " a ", "店", "", '"x\ny"', "n" * 300, "NULL"])
DAYS = st.one_of(
    st.dates(FIRST, FIRST + timedelta(days=90)).map(str),
    st.sampled_from(["", "soon", "2026-02-30", "0026-03-02", "9999-12-31", "2026/3/2", "46083"]),
)
VALUES = st.one_of(
    st.floats(width=32).map(repr),
    st.sampled_from(["", "0", "-0", "1e999", "-1", "many", '"1,000"', "5,6", "１２"]),
)
ROWS = st.lists(st.tuples(NAMES, DAYS, VALUES).map(",".join), max_size=40)


@given(
    ROWS,
    st.sampled_from([HEAD, "店铺,日期,金额", f"{HEAD},city", "a,b,c", ""]),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    st.sampled_from([(), ("--gaps", "unknown"), ("--duplicates", "refuse"), ("--levels", "0.5")]),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_file_brings_it_down(
    ask: Ask, rows: list[str], head: str, encoding: str, options
) -> None:
    found = ask(_text(rows, head).encode(encoding), *options)
    if found.refusal is not None:
        for locale in Locale:
            assert explain(found.refusal.code, found.refusal.details, locale) != found.refusal.code
        return
    numbers = found.rows.select(pl.selectors.float())
    assert (
        numbers.select(pl.all_horizontal(pl.all().is_finite()).all()).item() or not numbers.height
    )
    refused = set(found.marks.filter(standing="refused")["series_id"].fill_null(""))
    assert not found.answered & refused
    assert len(found.answered) == found.figures["series_count"]
    thin = set(found.marks.filter(standing="thin")["series_id"])
    assert set(found.rows.filter(standing="thin")["series_id"]) == thin
