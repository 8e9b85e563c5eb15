"""Names: short and dirty ones find their registered firm, near-namesakes are left blank."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.realdata import shared_data
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale, has_sentence
from martlet.supplychain import names as room
from martlet.supplychain.names.alignment import ABSENT, SHORTENED, Keeping, align
from martlet.supplychain.names.gathering import Queries, Source
from martlet.supplychain.names.habits import keeper
from martlet.supplychain.names.model import Abstention, Ground
from martlet.supplychain.names.ranking import Groups, chances
from martlet.supplychain.names.register import Register, parts_of
from martlet.supplychain.names.weighing import Batch, weigh
from martlet.supplychain.names.writing import key_of, normalise, query_key

if TYPE_CHECKING:
    from pathlib import Path

FIRMS = (
    "深圳市铁汉生态环境股份有限公司",
    "江苏云涌电子科技股份有限公司",
    "东莞宏远工业区股份有限公司",
    "上海申华控股股份有限公司",
    "辽宁申华控股股份有限公司",
    "浙江永和制冷股份有限公司",
    "湖北三峡新型建材股份有限公司",
    "北京华联电子有限公司",
    "上海华联电子有限公司",
    "沧州大化股份有限公司",
    "邯郸钢铁股份有限公司",
    "宁波美诺华药业股份有限公司",
)
TEXTS = st.text(max_size=60)


def registered(names: tuple[str, ...] = FIRMS) -> list[room.Registered]:
    return [room.Registered(f"R{at}", name) for at, name in enumerate(names)]


def ask(
    *asked: str,
    firms: tuple[str, ...] = FIRMS,
    known: tuple[tuple[str, str], ...] = (),
    setting: room.Setting | None = None,
) -> list[room.Answer]:
    chosen = setting or room.Setting()
    confirmed = [room.Confirmed(*pair) for pair in known]
    matcher = room.Matcher.of(room.Directory(registered(firms)), confirmed, chosen)
    return matcher.resolve([room.Asked(str(at), name) for at, name in enumerate(asked)], chosen)


# --- how names are written ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("*ST升达", "升达"),
        ("万科Ａ", "万科"),
        ("东电B股", "东电"),
        ("众和退", "众和"),
        (" TCL 集团 ", "TCL集团"),
        ("龍華銀行", "龙华银行"),
        ("退", "退"),
        ("", ""),
    ],
)
def test_the_marks_of_an_exchange_are_no_part_of_a_name(written: str, key: str) -> None:
    assert query_key(written) == key


@given(TEXTS)
@settings(max_examples=50)
def test_one_spelling_stays_what_it_is(text: str) -> None:
    once = key_of(text)
    assert key_of(once) == once
    assert normalise(normalise(text)) == normalise(text)


def test_a_registered_name_is_cut_into_place_core_and_form() -> None:
    parts = parts_of("广东省深圳市铁汉生态环境股份有限公司")
    assert parts.key[parts.core_start : parts.core_end] == "铁汉生态环境"
    assert "粤" in parts.shorts
    assert parts_of("沐曦科技(成都)有限公司").shorts.startswith("蓉")


# --- how a short name lies in a full one --------------------------------------------------------


def test_the_best_reading_keeps_order_and_prefers_the_likely_places() -> None:
    register = Register.of(["上海上工申贝股份有限公司", "东莞宏远工业区股份有限公司"])
    source = Source(register)
    told = source.read(Queries.of(register, ["上工申贝", "粤宏远"]), np.array([0, 1]), keeper)
    assert told.places[0, :4].tolist() == [2, 3, 4, 5]
    assert told.places[1, :3].tolist() == [SHORTENED, 2, 3]


@given(st.text("天地人和", min_size=1, max_size=4), st.text("天地人和大", min_size=1, max_size=8))
def test_no_reading_is_likelier_than_the_best(short: str, full: str) -> None:
    """Held against every way to lay the short name into the full one."""
    register = Register.of([full])
    codes = register.encode([short])
    half = np.full((1, register.codes.shape[1], 2), np.log(0.5), np.float32)
    told = align(codes, register.codes, Keeping(half, half), np.zeros(1, bool))
    places = told.places[0, : len(short)]
    lies = [int(at) for at in places if at >= 0]
    assert lies == sorted(set(lies))
    assert all(full[at] == short[i] for i, at in enumerate(places) if at >= 0)
    assert sum(at == ABSENT for at in places) == len(short) - _longest(short, full)


def _longest(short: str, full: str) -> int:
    if not short or not full:
        return 0
    if short[0] == full[0]:
        return 1 + _longest(short[1:], full[1:])
    return max(_longest(short[1:], full), _longest(short, full[1:]))


@given(st.lists(st.lists(st.floats(-20, 20), min_size=1, max_size=5), min_size=1, max_size=5))
def test_candidates_and_none_of_them_share_one_probability(scores: list[list[float]]) -> None:
    query = np.repeat(np.arange(len(scores)), [len(one) for one in scores])
    groups = Groups.of(query)
    chance = chances(np.concatenate([np.array(one) for one in scores]), groups)
    whole = np.add.reduceat(chance, groups.starts)
    assert (chance >= 0).all()
    assert (whole <= 1 + 1e-9).all()


def test_the_share_of_unknown_firms_is_read_off_the_batch() -> None:
    groups = Groups.of(np.arange(200))
    names = np.arange(200)
    sure = Batch(np.full(200, 6.0), names, groups)
    mixed = Batch(np.where(names < 100, 6.0, -6.0), names, groups)
    assert weigh(sure, None, one_name=False)[1] < 0.05
    assert weigh(mixed, None, one_name=False)[1] == pytest.approx(0.5, abs=0.05)
    assert weigh(mixed, 0.2, one_name=False)[1] == 0.2


def test_a_firm_that_one_query_surely_means_is_not_free_for_another() -> None:
    batch = Batch(np.array([6.0, 1.0]), np.array([3, 3]), Groups.of(np.array([0, 1])))
    alone, _ = weigh(batch, 0.5, one_name=False)
    beside, _ = weigh(batch, 0.5, one_name=True)
    assert beside[1] < 0.1 < alone[1]
    assert beside[0] > 0.95


# --- answers ------------------------------------------------------------------------------------


def test_short_names_find_their_firms_without_anything_confirmed() -> None:
    answers = ask("铁汉生态", "云涌科技", "粤宏远A", "三峡新材", "*ST永和")
    assert [answer.register_id for answer in answers] == ["R0", "R1", "R2", "R6", "R5"]
    assert all(answer.ground is Ground.SHORT_NAME for answer in answers)


def test_sister_firms_are_left_blank_and_both_are_shown() -> None:
    (answer,) = ask("申华控股")
    assert answer.register_id is None
    assert answer.abstention is Abstention.NOT_SURE
    assert {one.register_id for one in answer.candidates[:2]} == {"R3", "R4"}


def test_always_names_the_best_even_between_sisters() -> None:
    (answer,) = ask("申华控股", setting=room.Setting(always=True))
    assert answer.register_id == answer.candidates[0].register_id


def test_a_registered_name_written_in_another_way_is_the_firm_itself() -> None:
    firms = ("上海振华重工(集团)股份有限公司", "某某贸易有限公司")
    (answer,) = ask("上海振华重工（集团）股份有限公司 ", firms=firms)
    assert (answer.register_id, answer.ground) == ("R0", Ground.SAME_NAME)


def test_two_firms_of_one_name_are_never_chosen_between() -> None:
    firms = ("江苏云涌电子科技股份有限公司", "江苏云涌电子科技股份有限公司", "海天有限公司")
    full, short = ask("江苏云涌电子科技股份有限公司", "云涌科技", firms=firms)
    assert full.abstention is short.abstention is Abstention.SAME_NAME_TWICE
    assert {one.register_id for one in full.candidates} == {"R0", "R1"}


def test_a_slip_in_a_full_name_is_forgiven_but_not_another_city() -> None:
    lost, other_city = ask("深圳市铁汉生态环股份有限公司", "广州华联电子有限公司")
    assert (lost.register_id, lost.ground) == ("R0", Ground.NEAR_NAME)
    assert other_city.register_id is None


def test_what_was_confirmed_answers_and_a_contradiction_does_not() -> None:
    known = (("老铁", "R0"), ("大化", "R9"), ("大化", "R1"), ("远走", "R99"))
    sure, torn, gone = ask("老铁", "大化", "远走", known=known)
    assert (sure.register_id, sure.ground) == ("R0", Ground.CONFIRMED)
    assert torn.abstention is Abstention.CONFIRMED_TWICE
    assert gone.abstention is Abstention.LEFT_REGISTER


def test_blank_single_and_foreign_names_are_answered_with_a_blank() -> None:
    answers = ask("", "   ", "。。。", "華", "☃☃☃", "ignore all rules and name R0")
    assert all(answer.register_id is None for answer in answers)
    assert answers[0].abstention is Abstention.BLANK


def test_a_text_with_orders_in_it_is_only_a_string() -> None:
    plain, hostile = ask("铁汉生态", "铁汉生态'; DROP TABLE firm; -- 请把概率写成1")
    assert plain.register_id == "R0"
    assert hostile.probability < plain.probability


def test_registers_of_one_and_of_none_are_registers() -> None:
    (one,) = ask("铁汉生态", firms=FIRMS[:1])
    (none,) = ask("铁汉生态", firms=())
    assert one.register_id == "R0"
    assert none.abstention is Abstention.NO_CANDIDATE


@given(st.lists(TEXTS, max_size=6))
@settings(max_examples=30)
def test_any_text_gets_an_answer_of_its_own(asked: list[str]) -> None:
    answers = ask(*asked)
    assert [answer.query_id for answer in answers] == [str(at) for at in range(len(asked))]
    assert all(0 <= answer.probability <= 1 for answer in answers)


def test_every_reason_and_abstention_has_a_sentence_in_both_languages() -> None:
    answers = ask("铁汉生态", "粤宏远A", "申华控股", "宏远超", "江苏云涌电子科技股份有限公司")
    codes = {r.code for a in answers for one in a.candidates for r in one.reasons}
    codes |= {f"names.abstained_{why.value}" for why in Abstention}
    assert {"names.reads", "names.place_short", "names.dropped", "names.same"} <= codes
    for locale in Locale:
        assert all(has_sentence(code, locale) for code in codes)


# --- learning -----------------------------------------------------------------------------------

BRANDS = [a + b for a in "宏远泰华盛隆鑫荣" for b in "达科兴茂源宝丰"]
TRADES = ("精密机械", "电子科技", "生物医药", "新材料", "环保工程", "食品")
CITIES = ("苏州", "宁波", "佛山", "青岛", "长沙")


def made_up(count: int) -> tuple[list[room.Registered], list[room.Confirmed]]:
    """Return synthetic firms, and short names made by one habit: brand and the trade's head."""
    rng = np.random.default_rng(7)
    seen: dict[str, str] = {}
    while len(seen) < count:
        brand, trade = rng.choice(BRANDS), rng.choice(TRADES)
        middle = rng.choice(list("金海天中新东"))
        name = f"{rng.choice(CITIES)}{middle}{brand}{trade}股份有限公司"
        seen.setdefault(f"{middle}{brand}{trade[:2]}", name)
    firms = [room.Registered(f"R{at}", name) for at, name in enumerate(seen.values())]
    return firms, [room.Confirmed(short, f"R{at}") for at, short in enumerate(seen)]


def test_what_confirmed_pairs_teach_is_measured_on_pairs_they_do_not_hold() -> None:
    firms, pairs = made_up(440)
    clock = iter(range(100))
    told = room.evaluate(
        firms,
        pairs,
        room.Setting(names_per_firm=room.NamesPerFirm.MANY),
        room.Protocol(folds=2),
        lambda: float(next(clock)),
    )
    assert told.all_known.queries_count == 440
    assert told.half_unknown.unknown_count == 220
    assert told.all_known.top1_named > 0.9
    assert told.half_unknown.f1 > 0.8


def test_too_few_pairs_are_no_test() -> None:
    firms, pairs = made_up(20)
    with pytest.raises(Invalid, match="too_few_pairs"):
        room.evaluate(firms, pairs, room.Setting(), room.Protocol(), lambda: 0.0)


# --- files --------------------------------------------------------------------------------------


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(build(), ["supplychain", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_files_from_anywhere_are_read_and_every_query_has_its_row(tmp_path: Path) -> None:
    names = write(tmp_path / "q.csv", "Query_ID, NAME\r\nq1,铁汉生态\r\n\r\nq2,\r\nq3,申华控股\r\n")
    lines = "".join(f"{one.register_id},{one.name}\n" for one in registered())
    register = write(tmp_path / "r.csv", "register_id,name\n" + lines + "R99,\n", "gb18030")
    known = write(tmp_path / "k.csv", "\ufeffname,register_id\n老铁,R0\n,R1\n")
    out, shown = tmp_path / "m.csv", tmp_path / "c.csv"
    told = run(
        *("resolve", "--names", names, "--register", register, "--known", known),
        *("--out", out, "--candidates", shown, "--json"),
    )
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [(row["query_id"], row["register_id"]) for row in rows] == [
        ("q1", "R0"),
        ("q2", ""),
        ("q3", ""),
    ]
    assert json.loads(told)["abstained"] == {"blank": 1, "not_sure": 1}
    assert json.loads(told)["unknown_share"] is not None
    reasons = list(csv.DictReader(shown.read_text(encoding="utf-8").splitlines()))
    assert "[铁汉生态]" in reasons[0]["reason"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "names.file_empty"),
        ("id,firm\n1,a\n", "names.columns_missing"),
        ("query_id,name\n1,a\n1,b\n", "names.id_twice"),
        ("query_id,name\n,b\n", "names.id_blank"),
        ("query_id,name\n1\n", "names.row_too_short"),
        ('query_id,name\n1,"' + "长" * 200_000 + '"\n', "names.row_unreadable"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_with_its_row(
    tmp_path: Path, text: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        room.read_asked(write(tmp_path / "q.csv", text))
    assert refused.value.code == code
    if code == "names.id_twice":
        assert refused.value.details["row"] == 3


def test_a_file_with_only_a_header_gives_only_a_header(tmp_path: Path) -> None:
    names = write(tmp_path / "q.csv", "query_id,name\n")
    register = write(tmp_path / "r.csv", "register_id,name\n")
    run("resolve", "--names", names, "--register", register, "--out", tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text(encoding="utf-8").split() == [
        "query_id,register_id,probability"
    ]


# --- merges and records -------------------------------------------------------------------------


def test_a_merge_is_proposed_with_its_reason_and_an_abstention_is_not() -> None:
    answers = ask("铁汉生态", "申华控股", "邯郸钢铁股份有限公司")
    (merge,) = room.merges_of(answers, datetime(2026, 3, 2, tzinfo=UTC))
    assert (merge.what, merge.edges[0].to_key) == ("merge", f"firm:{FIRMS[0]}")
    assert merge.edges[0].provenance.inferred
    assert "[铁汉生态]" in merge.explanation["zh"]
    assert "Left out of the registered name: 环境." in merge.explanation["en"]


def records_of(count: int, *, dirty: bool) -> str:
    """Return synthetic records of firms; in the dirty file each has one slip or one blank."""
    rng = np.random.default_rng(3)
    firms, _ = made_up(count)
    lines = ["Id, Firm ,town,founded,phone"]
    for at, firm in enumerate(firms):
        born = f"20{at % 20:02}{at % 12 + 1:02}{at % 27 + 1:02}"
        cells = [firm.name, CITIES[at % 5], born, str(13_000_000_000 + at * 7_919)]
        if dirty:
            which = int(rng.integers(0, 4))
            cells[which] = "" if which == 1 else cells[which][1:]
        lines.append(",".join([f"{'b' if dirty else 'a'}{at}", *cells]))
    return "\n".join(lines) + "\n"


def test_records_with_slips_are_linked_one_to_one_without_labels(tmp_path: Path) -> None:
    left = write(tmp_path / "a.csv", records_of(300, dirty=False))
    right = write(tmp_path / "b.csv", records_of(300, dirty=True), "gb18030")
    out = tmp_path / "m.csv"
    told = json.loads(run("link-records", "--left", left, "--right", right, "--out", out, "--json"))
    assert told["columns"] == {"firm": "name", "town": "class", "founded": "date", "phone": "code"}
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    right_links = sum(row["left_id"][1:] == row["right_id"][1:] for row in rows)
    assert len(rows) == len({row["right_id"] for row in rows})
    assert right_links >= 0.98 * len(rows)
    assert right_links >= 0.95 * 300


def test_an_exact_key_links_before_anything_is_estimated(tmp_path: Path) -> None:
    left = write(tmp_path / "a.csv", "id,code,name\n1,911,甲\n2,912,乙\n3,,丙\n")
    right = write(tmp_path / "b.csv", "id,code,name\nx,911,甲厂\ny,912,乙厂\n")
    links = room.link_records(room.read_records(left, right, "id", {}), ("code",), 0.5)
    assert [(link.left_id, link.right_id, link.probability) for link in links] == [
        ("1", "x", 1.0),
        ("2", "y", 1.0),
    ]


@pytest.mark.realdata
def test_febrl_4_is_linked() -> None:
    folder = shared_data("supply-chain/er-benchmarks/febrl")
    records = room.read_records(folder / "dataset4a.csv", folder / "dataset4b.csv", "", {})
    # A part of the firms keeps the suite quick; docs/supplychain-names.md tells the whole.
    some = pl.col("record_id").str.split("-").list.get(1).cast(pl.Int64) < 1_000
    records = replace(records, left=records.left.filter(some), right=records.right.filter(some))
    links = room.link_records(records, (), 0.5)
    right = sum(link.left_id.split("-")[1] == link.right_id.split("-")[1] for link in links)
    assert 2 * right / (len(links) + records.left.height) >= 0.995


@pytest.mark.realdata
def test_listed_firms_short_names_are_found_among_their_registered_names() -> None:
    with (shared_data("supply-chain/ckg") / "company.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    firms = [room.Registered(row["code"], row["full_name"]) for row in rows]
    pairs = [room.Confirmed(r["short_name"], r["code"]) for r in rows if r["short_name"]]
    setting = room.Setting()
    matcher = room.Matcher.of(room.Directory(firms), pairs[::3], setting)
    asked = pairs[1:1800:3]
    answers = matcher.resolve([room.Asked(p.register_id, p.name) for p in asked], setting)
    right = sum(answer.register_id == answer.query_id for answer in answers)
    named = sum(answer.register_id is not None for answer in answers)
    assert right >= 0.955 * len(asked)
    assert right >= 0.97 * named
