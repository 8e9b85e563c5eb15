"""Files come in whole or not at all, once, and are found again a second later."""

from __future__ import annotations

import gzip
import io
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from tools.make_examples import write_examples

from martlet.kernel.errors import Conflict, Forbidden, Invalid, MartletError, NotFound
from martlet.kernel.principal import ActorKind, Principal
from martlet.records import Kind, RecordsService
from martlet.records.tables import record_import
from martlet.signals import SignalRequest

if TYPE_CHECKING:
    from uuid import UUID

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
TODAY = date(2026, 3, 2)

TAKINGS = "日期,流水,退款,笔数\n2026-02-27,1200.50,0,40\n2026-02-28,980.00,20.00,31\n"


def _file(tmp_path: Path, text: str | bytes, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _rows(records: RecordsService, principal: Principal, shop: UUID, as_of: datetime) -> dict:
    frame = records.features(principal, [shop], as_of)
    return frame.row(0, named=True) if frame.height else {}


@pytest.mark.parametrize(
    ("file", "slug", "rows", "warnings"),
    [
        ("alipay_example-alipay-records.csv", "alipay", 10, 4),
        ("wechat_example-wechat-records.csv", "wechat", 27, 4),
        ("mt_example-mt-records.csv", "meituan", 29, 1),
        ("jd_example-jd-records.csv", "jd", 26, 1),
        ("icbc_debit-v1_example-icbc-debit-v1-records.csv", "icbc", 11, 2),
        ("boc_debit_example-boc-records.csv", "boc", 17, 0),
        ("cmb_debit_example-cmb-records.csv", "cmb", 5, 0),
        ("abc_debit_example-abc_debit-records.csv", "abc", 5, 0),
    ],
)
def test_real_exports_import_cleanly(
    records: RecordsService, principal, shop, file: str, slug: str, rows: int, warnings: int
) -> None:
    """A total that the (cut down, anonymised) file states and does not hold is a warning."""
    report = records.import_file(principal, file, EXAMPLES / "takings" / file, party_id=shop)
    assert (report.format, report.rows_kept, report.rows_quarantined) == (slug, rows, 0)
    assert len(report.warnings) == warnings


def test_a_year_of_examples_verifies_takings(records, principal, shop, clock, tmp_path) -> None:
    for path in write_examples(tmp_path / "year", ending=TODAY - timedelta(days=1)):
        report = records.import_file(principal, path.name, path, party_id=shop)
        assert report.rows_quarantined == 0
        assert report.rows_kept == report.rows_read > 300
    signals = records.signals.collect(SignalRequest(principal, shop), clock.now())
    verified = signals.get("verified_takings_monthly_fen")
    assert verified is not None
    assert verified.confidence_ppm == 950_000
    assert 8_000_000 > verified.value > 3_000_000
    assert signals.value("records_sources_count") == 3
    assert {signal.known_at for signal in signals.signals} == {clock.now()}


def test_the_same_file_again_is_the_same_answer(records, principal, shop, tmp_path) -> None:
    path = _file(tmp_path, TAKINGS)
    first = records.import_file(principal, "k1", path, party_id=shop)
    again = records.import_file(principal, "k2", io.BytesIO(TAKINGS.encode()), party_id=shop)
    assert again == first.again()
    assert (first.rows_kept, first.total_fen) == (2, 218_050)


def test_an_overlapping_export_adds_only_what_is_new_or_changed(
    records, principal, shop, clock, tmp_path
) -> None:
    """28 February again, now with 30.00 refunded; 27 February word for word; 1 March new."""
    records.import_file(principal, "k1", _file(tmp_path, TAKINGS), party_id=shop)
    monday = clock.now()
    clock.advance(timedelta(hours=1))
    later = (
        "日期,流水,退款,笔数\n2026-02-27,1200.50,0,40\n2026-02-28,980.00,30.00,31\n"
        "2026-03-01,100.00,,4\n"
    )
    report = records.import_file(principal, "k2", _file(tmp_path, later), party_id=shop)
    assert (report.rows_kept, report.rows_revised, report.rows_known) == (2, 1, 1)
    assert _rows(records, principal, shop, monday)["takings_12m_fen"] == 216_050
    assert _rows(records, principal, shop, clock.now())["takings_12m_fen"] == 225_050


def test_twins_in_one_file_stay_twins_and_are_found_again(
    records, principal, shop, tmp_path
) -> None:
    """Two equal invoices are two; the same two in a wider export are the same two."""
    head = "发票号码,开票日期,购方名称,金额,税额,价税合计,发票状态\n"
    row = "00000001,2026-02-01,合成客户,100.00,3.00,103.00,正常\n"
    more = "00000002,2026-02-02,合成客户,50.00,1.50,51.50, 作废 \n"
    first = records.import_file(principal, "1", _file(tmp_path, head + row * 2), party_id=shop)
    wider = records.import_file(
        principal, "2", _file(tmp_path, head + more + row * 2), party_id=shop
    )
    assert (first.format, first.rows_kept) == ("vat_sales", 2)
    assert (wider.rows_kept, wider.rows_known, wider.total_fen) == (1, 2, 0)


def test_bad_rows_stand_in_quarantine_with_line_and_reason_and_run_no_formula(
    records, principal, shop, folder, tmp_path
) -> None:
    text = (
        "日期,流水,退款,笔数\n2026-02-27,1200.50,0,40\n2026-02-30,1.00,,1\n"
        '2026-02-26,=cmd|calc,,1\n2026-02-25,-12.50,,1\n2026-02-24,"1.005",,1\n2027-01-01,5,,\n'
        "2026-02-23,5\n2026-02-27,3,,1\n"
    )
    report = records.import_file(principal, "k", _file(tmp_path, text), party_id=shop)
    assert (report.rows_read, report.rows_kept, report.rows_quarantined) == (8, 1, 7)
    lines = (folder / report.quarantine_file).read_text("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["3", "4", "5", "6", "7", "8", "9"]
    assert "日期无法识别 / Not a date that can be read" in lines[1]
    assert "'=cmd|calc" in lines[2]
    assert ",-12.50," in lines[3]
    assert records.quarantine_path(principal, report.import_id).exists()


GOOD = TAKINGS.encode()
WRONG: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "records.file_empty"),
    "blank": (b"\n\n  \n", "records.file_empty"),
    "header only": ("日期,流水\n".encode(), "records.no_rows"),
    "another table": (b"a,b,c\n1,2,3\n", "records.header_not_found"),
    "binary": (b"a,b\n\x00\x01\x02", "records.file_not_text"),
    "a NUL late in the file": (GOOD * 9 + b"\x00", "records.file_not_text"),
    "a NUL after a megabyte": (
        b"day,taken\n" + b"2026-02-01,1\n" * 99_000 + b"\0",
        "records.file_not_text",
    ),
    "cut gzip": (gzip.compress(GOOD * 5_000, mtime=0)[:-30], "records.file_truncated"),
    "cut parquet": (b"PAR1" + b"\x15\x04" * 99, "records.file_truncated"),
    "spreadsheet": (b"PK\x03\x04" + b"x" * 99, "records.file_not_a_table"),
    "pdf": (b"%PDF-1.7\n", "records.file_not_a_table"),
    "utf-16": (TAKINGS.encode("utf-16"), "records.encoding_unsupported"),
    "neither encoding": (GOOD + b"\xff\xff\xff", "records.encoding_unknown"),
    "broken after a megabyte": (
        b"day,taken\n" + b"2026-02-01,1\n" * 99_000 + b"\xd6\xd0,1\n",
        "records.encoding_broken",
    ),
    "ten million characters": (
        b"day,taken\n2026-02-01," + b"9" * 10_000_000 + b"\n",
        "records.line_too_long",
    ),
    "nothing readable": ("日期,流水\n昨天,很多\n".encode(), "records.nothing_readable"),
}


@pytest.mark.parametrize("what", sorted(WRONG))
def test_a_wrong_file_is_one_clear_error_and_changes_nothing(
    records, principal, shop, folder, tmp_path, database, what
) -> None:
    content, code = WRONG[what]
    with pytest.raises(MartletError) as refused:
        records.import_file(principal, "k", _file(tmp_path, content), party_id=shop)
    assert refused.value.code == code
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    with database.read() as connection:
        assert connection.execute(record_import.select()).first() is None
    records.import_file(principal, "k", _file(tmp_path, GOOD), party_id=shop)


def test_a_file_with_both_sides_named_asks_which(records, principal, shop, tmp_path) -> None:
    text = (
        "发票号码,开票日期,销方名称,购方名称,金额,税额,价税合计,发票状态\n"
        "1,2026-02-01,甲,乙,100,3,103,正常\n"
    )
    with pytest.raises(Invalid, match="records.format_ambiguous"):
        records.import_file(principal, "k", _file(tmp_path, text), party_id=shop)
    by_name = _file(tmp_path, text, "2026年2月销项.csv")
    assert records.import_file(principal, "n", by_name, party_id=shop).format == "vat_sales"
    told = records.import_file(
        principal, "t", _file(tmp_path, text), party_id=shop, format="vat_purchases"
    )
    assert told.format == "vat_purchases"


def test_parquet_of_many_firms_lands_with_each_firm(
    records, principal, open_shop, clock, tmp_path
) -> None:
    shops = {f"E{number}": open_shop(number) for number in (1, 2, 3)}
    path = tmp_path / "bulk_sales.parquet"
    pl.DataFrame(
        {
            "firm_id": ["E1", "E1", "E2", "E9"],
            "invoice_no": ["1", "2", "3", "4"],
            "date": [date(2026, 2, 1)] * 4,
            "counterparty": ["B1"] * 4,
            "amount": [9401.71, 0.1, -943.4, 1.0],
            "tax": [1598.29, 0.01, -56.6, 0.0],
            "total": [11000.0, 0.11, -1000.0, 1.0],
            "valid": [True, True, True, True],
        }
    ).write_parquet(path)
    report = records.import_file(principal, "k", path, party_of=shops)
    assert (report.rows_kept, report.rows_quarantined, report.parties_count) == (3, 1, 2)
    assert report.total_fen == 1_100_011 - 100_000
    assert records.refresh_signals(principal) == 2
    seen = records.features(principal, None, clock.now())
    sold = dict(seen.select("party_id", "invoice_sales_12m_fen").iter_rows())
    assert sold == {str(shops["E1"]): 1_100_011, str(shops["E2"]): None}
    stored = records.signals.collect(SignalRequest(principal, shops["E1"]), clock.now())
    assert stored.value("invoice_sales_12m_fen") == 1_100_011


def test_without_consent_the_answer_is_without_it(
    records, parties, principal, open_shop, clock, tmp_path
) -> None:
    shop = open_shop(1, consents=(Kind.INVOICES,))
    records.import_file(principal, "k", _file(tmp_path, TAKINGS), party_id=shop)
    request = SignalRequest(principal, shop)
    assert records.signals.collect(request, clock.now()).signals == ()
    assert records.features(principal, [shop], clock.now()).height == 0
    parties.give_consent(
        principal, "now", shop, records=("takings",), until=TODAY + timedelta(days=9)
    )
    assert records.signals.collect(request, clock.now()).value("takings_12m_fen") == 216_050
    parties.withdraw_consent(principal, "no more", shop, records=("takings",))
    clock.advance(timedelta(seconds=1))
    assert records.signals.collect(request, clock.now()).signals == ()


def test_stored_and_fresh_signals_say_the_same_and_neither_sees_the_future(
    records, principal, shop, clock, tmp_path, database, folder
) -> None:
    records.import_file(principal, "k", _file(tmp_path, TAKINGS), party_id=shop)
    request, now = SignalRequest(principal, shop), clock.now()
    stored = records.signals.collect(request, now)
    assert stored.value("takings_12m_fen") == 216_050
    assert records.signals.collect(request, now - timedelta(seconds=1)).signals == ()
    clock.advance(timedelta(days=3))
    fresh = records.signals.collect(request, clock.now())
    assert fresh.value("takings_12m_fen") == 216_050
    assert fresh.value("takings_days_since_last_days") == 5
    assert stored.value("takings_days_since_last_days") == 2
    assert fresh.get("takings_12m_fen").known_at == now
    columns = records.signals.collect_many([request], clock.now()).row(0, named=True)
    for signal in fresh.signals:
        assert columns[signal.kind] in {signal.value, None}


def test_businesses_asked_for_together_are_answered_as_each_alone(
    records, principal, open_shop, clock, tmp_path
) -> None:
    seen, silent, empty = open_shop(1), open_shop(2, consents=(Kind.INVOICES,)), open_shop(3)
    for number, shop in enumerate((seen, silent)):
        records.import_file(principal, f"k{number}", _file(tmp_path, TAKINGS), party_id=shop)
    for later in (timedelta(0), timedelta(days=3)):
        moment = clock.now() + later
        each = records.signals.collect_each(principal, [seen, silent, empty], moment)
        for shop in (seen, silent, empty):
            alone = records.signals.collect(SignalRequest(principal, shop), moment)
            assert each[shop] == alone, later
        assert each[seen].value("takings_12m_fen") == 216_050


def test_nobody_imports_for_a_business_that_is_not_his(
    records, principal, shop, open_shop, tmp_path
) -> None:
    path = _file(tmp_path, TAKINGS)
    other = open_shop(2)
    owner = Principal(
        principal.tenant_id, other, ActorKind.OWNER, principal.scopes, frozenset({other})
    )
    with pytest.raises(NotFound, match="parties.business_not_found"):
        records.import_file(owner, "k", path, party_id=shop)
    stranger = Principal(principal.tenant_id, other, ActorKind.STAFF, frozenset())
    with pytest.raises(Forbidden):
        records.import_file(stranger, "k", path, party_id=shop)
    with pytest.raises(Invalid, match="records.whose_unclear"):
        records.import_file(principal, "k", path)
    report = records.import_file(owner, "own", path, party_id=other)
    (listed,) = records.imports(owner)
    assert replace(listed, imported_at=None) == report
    assert listed.imported_at is not None, "a list tells since when the bank knows"
    with pytest.raises(NotFound):
        records.imports(owner, shop)


def test_one_business_s_file_that_names_two_is_refused(records, principal, shop, tmp_path) -> None:
    text = "企业代号,日期,流水\nE1,2026-02-01,5\nE2,2026-02-01,6\n"
    with pytest.raises(Invalid, match="records.many_firms"):
        records.import_file(principal, "k", _file(tmp_path, text), party_id=shop)
    no_names = {"E1": shop}
    with pytest.raises(Invalid, match="records.firm_column_missing"):
        records.import_file(principal, "b", _file(tmp_path, TAKINGS), party_of=no_names)


def test_a_key_used_for_another_file_is_refused_and_leaves_no_file(
    records, principal, shop, folder, tmp_path
) -> None:
    records.import_file(principal, "k", _file(tmp_path, TAKINGS), party_id=shop)
    before = sorted(folder.rglob("*.parquet"))
    with pytest.raises(Conflict, match="store.key_reused"):
        records.import_file(principal, "k", _file(tmp_path, TAKINGS + "2026-03-01,1,,\n"),
                            party_id=shop)  # fmt: skip
    assert sorted(folder.rglob("*.parquet")) == before


def test_an_import_cut_off_before_its_commit_does_not_exist_and_is_swept_away(
    records, principal, shop, folder, clock, tmp_path
) -> None:
    report = records.import_file(principal, "k", _file(tmp_path, TAKINGS), party_id=shop)
    [registered] = folder.rglob("*.parquet")
    orphan = registered.with_name("orphan.parquet")
    shutil.copy(registered, orphan)
    as_of = clock.now()
    assert _rows(records, principal, shop, as_of)["takings_12m_fen"] == 216_050
    clock.set(datetime.now(UTC) + timedelta(days=2))  # noqa: TID251 - file times are real
    assert records.sweep() == 1
    assert (registered.exists(), orphan.exists()) == (True, False)
    assert report.rows_kept == 2


def test_issued_rows_are_known_from_their_own_day(records, principal, shop, tmp_path) -> None:
    records.import_file(principal, "k", _file(tmp_path, TAKINGS), party_id=shop, known_at="issued")
    noon = datetime(2026, 2, 27, 4, tzinfo=UTC)
    with pytest.raises(Invalid, match="records.known_at_unknown"):
        records.import_file(principal, "x", _file(tmp_path, TAKINGS), party_id=shop, known_at="?")
    frame = records.features(principal, None, noon)
    assert frame.height == 0, "the consent is younger than that day"


def test_progress_is_told_and_ends_at_the_end(records, principal, shop, tmp_path) -> None:
    seen = []
    path = _file(tmp_path, TAKINGS)
    records.import_file(principal, "k", path, party_id=shop, on_progress=seen.append)
    assert seen[-1].rows_read == 2
    assert seen[-1].bytes_read == seen[-1].bytes_total == path.stat().st_size
