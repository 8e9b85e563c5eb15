"""Loans of another system, taken in with their history: right ones, differing ones, bad ones."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.lending.conftest import TODAY

from martlet.kernel.errors import Invalid, NotFound
from martlet.ledger import trial_balance, verify_ledger
from martlet.lending import verify_lending
from martlet.lending.migration import Files, ImportReport, PortfolioImport, export_portfolio
from martlet.store import verify_chain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lending.conftest import LendingBank

PARTY = {
    "party_reference": "B-1",
    "party_name": "合成商户",
    "owner_phone": "13900001234",
    "owner_name": "东家",
    "trade": "restaurant",
    "region": "杭州",
}
DAILY = {
    "loan_id": "L-1",
    **PARTY,
    "product": "revolving_daily",
    "principal_yuan": "1,000.00",
    "daily_rate_percent": "0.03",
    "disbursed_on": "2026-01-01",
    "tenor": "360",
    "stated_on": "2026-03-02",
    "stated_principal_yuan": "600.00",
    "stated_interest_yuan": "14.40",
}
"""Drawn on New Year's Day, 400 repaid after thirty nights; thirty more have passed since."""
PAID = {
    "loan_id": "L-1",
    "event_id": "P-1",
    "value_date": "2026-01-31",
    "kind": "repaid",
    "amount_yuan": "409.00",
    "principal_after_yuan": "600.00",
}
BALANCED = {"stated_interest_yuan": "5.40"}


def files_of(
    folder: Path, loans: list[dict[str, str]], events: list[dict[str, str]], **more: Any
) -> Files:
    for name, rows in (("loans", loans), ("events", events)):
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns or ["loan_id", "value_date", "kind"])
            writer.writeheader()
            writer.writerows(rows)
    whole = {"set_aside": True, **more}
    return Files(folder / "loans.csv", folder / "events.csv", folder / "findings", **whole)


def take_over(bank: LendingBank, files: Files) -> ImportReport:
    room = PortfolioImport(bank.database, bank.parties, bank.rail.name)
    return room.run(bank.principal, files)


def balances(bank: LendingBank) -> dict[str, int]:
    """What stands on each account, debits positive; proven first."""
    with bank.database.read() as connection:
        verify_chain(connection)
        verify_ledger(connection)
        verify_lending(connection)
        rows = trial_balance(connection, bank.principal, TODAY).rows
    return {row.path: row.debits_fen - row.credits_fen for row in rows}


def test_a_loan_comes_in_with_its_history_and_its_entries(
    bank: LendingBank, tmp_path: Path
) -> None:
    report = take_over(bank, files_of(tmp_path, [{**DAILY, **BALANCED}], [PAID], source="old_core"))
    assert (report.loans_taken, report.differences_count, report.rows_rejected) == (1, 0, 0)
    assert (report.balances_stated, report.balances_equal) == (2, 2)
    book = balances(bank)
    assert book["assets/loans/principal/revolving_daily"] == 600_00
    assert book["assets/loans/interest/revolving_daily"] == 5_40
    assert book["equity/taken_over/old_core"] == -605_40
    assert book["assets/suspense/old_core"] == 0
    (loan,) = bank.lending.loans(bank.principal)
    statement = bank.lending.statement(bank.principal, loan_id=_id(loan["loan_id"]))
    assert [line["kind"] for line in statement["lines"]] == ["disbursed", "repaid"]
    assert statement["balances"]["outstanding_fen"] == 605_40


def test_a_loan_taken_over_lives_on(bank: LendingBank, tmp_path: Path) -> None:
    take_over(bank, files_of(tmp_path, [{**DAILY, **BALANCED}], [PAID]))
    bank.close_days(10)
    (loan,) = bank.lending.loans(bank.principal)
    quote = bank.lending.payoff_quote(bank.principal, _id(loan["loan_id"]))
    assert quote["interest_fen"] == 7_20, "forty nights of 600 at 0.03 %"
    bank.lending.repay(bank.principal, "off", _id(loan["loan_id"]), quote["total_fen"])
    assert bank.lending.loan(bank.principal, _id(loan["loan_id"]))["status"] == "closed"
    (line,) = bank.lending.facilities(bank.principal)
    assert (line["used_fen"], line["lapsed"]) == (0, True), "nothing new without a decision"
    with bank.database.read() as connection:
        verify_lending(connection)


def test_what_differs_is_listed_and_stays_on_the_suspense_account(
    bank: LendingBank, tmp_path: Path
) -> None:
    """The other system booked the second repayment twice: from there on the two part."""
    twice = {**PAID, "event_id": "P-2", "value_date": "2026-02-10", "amount_yuan": "101.80"}
    twice["principal_after_yuan"] = "400.00"
    stated = {"stated_principal_yuan": "400.00", "stated_interest_yuan": ""}
    report = take_over(bank, files_of(tmp_path, [{**DAILY, **stated}], [PAID, twice]))
    (one,) = report.differences
    assert (one["loan"], one["field"]) == ("L-1", "principal")
    assert (one["stated_fen"], one["computed_fen"]) == (400_00, 500_00)
    assert one["parted_at"] == "P-2"
    assert report.suspense_fen == -100_00
    assert balances(bank)["assets/suspense/migrated"] == -100_00
    told = (tmp_path / "findings" / "differences.csv").read_text(encoding="utf-8-sig")
    assert [row["difference_fen"] for row in csv.DictReader(io.StringIO(told))] == ["-10000"]


def test_the_same_files_again_change_nothing(bank: LendingBank, tmp_path: Path) -> None:
    files = files_of(tmp_path, [{**DAILY, **BALANCED}], [PAID])
    take_over(bank, files)
    before, loans = balances(bank), bank.lending.loans(bank.principal)
    again = take_over(bank, files)
    assert (again.loans_taken, again.loans_known, again.businesses_registered) == (0, 1, 0)
    assert (balances(bank), bank.lending.loans(bank.principal)) == (before, loans)
    other = files_of(tmp_path, [{**DAILY, **BALANCED, "tenor": "90"}], [PAID])
    refused = take_over(bank, other)
    assert refused.rejected[0]["code"] == "lending.migration_known_differently"
    assert balances(bank) == before


def test_a_dry_run_finds_the_same_and_writes_nothing(bank: LendingBank, tmp_path: Path) -> None:
    before = balances(bank)
    tried = take_over(bank, files_of(tmp_path, [DAILY], [PAID], dry_run=True))
    assert (tried.loans_taken, tried.differences_count) == (1, 1)
    assert (tried.differences[0]["stated_fen"], tried.suspense_fen) == (14_40, 9_00)
    assert balances(bank) == before
    assert bank.lending.loans(bank.principal) == []
    with bank.database.read() as connection:
        assert verify_chain(connection)[0] > 0


BAD_LOANS = {
    "product": ("gold", "migration_out_of_range", "product"),
    "principal_yuan": ("1.005", "migration_cell_unreadable", "principal_yuan"),
    "daily_rate_percent": ("", "migration_cell_missing", "annual_rate_percent"),
    "disbursed_on": ("01/02/2026", "migration_cell_unreadable", "disbursed_on"),
    "tenor": ("0", "migration_cell_missing", "tenor"),
    "stated_on": ("2026-03-03", "migration_in_the_future", "stated_on"),
    "owner_phone": ("12", "migration_party_bad", "owner_phone"),
    "party_name": ("", "migration_cell_missing", "party_name"),
    "loan_id": (" ", "migration_cell_missing", "loan_id"),
}


def test_a_bad_loan_is_set_aside_with_its_column_and_the_reason(
    bank: LendingBank, tmp_path: Path
) -> None:
    loans = [{**DAILY, **BALANCED, "loan_id": "L-good"}]
    for column, (value, _, _) in BAD_LOANS.items():
        loans.append({**DAILY, "loan_id": f"L-{column}", column: value})
    report = take_over(bank, files_of(tmp_path, loans, [{**PAID, "loan_id": "L-good"}]))
    told = {row["line"]: (row["code"], row["column"]) for row in report.rejected}
    for line, (_, code, at) in enumerate(BAD_LOANS.values(), 3):
        assert told[line] == (f"lending.{code}", at)
    assert (report.loans_taken, report.loans_rejected) == (1, len(BAD_LOANS))
    written = (tmp_path / "findings" / "rejected.csv").read_text(encoding="utf-8-sig")
    assert written.count("\n") == 1 + len(BAD_LOANS)


BAD_EVENTS: dict[str, tuple[dict[str, str], str]] = {
    "a kind that is none": ({"kind": "paid"}, "migration_out_of_range"),
    "no amount": ({"amount_yuan": ""}, "migration_cell_missing"),
    "tomorrow": ({"value_date": "2026-03-03"}, "migration_in_the_future"),
    "details that are no JSON": ({"details": "{"}, "migration_cell_unreadable"),
    "before the payout": ({"value_date": "2025-12-31"}, "migration_before_payout"),
    "details of another kind": ({"kind": "extended", "amount_yuan": ""}, "migration_details_bad"),
}


def test_a_bad_event_takes_its_loan_along(bank: LendingBank, tmp_path: Path) -> None:
    before = balances(bank)
    loans = [{**DAILY, "loan_id": name} for name in BAD_EVENTS]
    events = [
        {**PAID, "details": "", "loan_id": name, **bad} for name, (bad, _) in BAD_EVENTS.items()
    ]
    report = take_over(bank, files_of(tmp_path, loans, events))
    told = {(row["file"], row["line"]): row["code"] for row in report.rejected}
    for line, (_, code) in enumerate(BAD_EVENTS.values(), 2):
        assert f"lending.{code}" in {told.get(("events", line)), told.get(("loans", line))}, code
    assert (report.loans_taken, report.loans_rejected) == (0, len(BAD_EVENTS))
    assert balances(bank) == before, "nothing is half imported"


def test_one_bad_row_anywhere_withholds_the_whole_pair(
    bank: LendingBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bad loan stands in the last batch: the ones before it were looked at and not written."""
    monkeypatch.setattr("martlet.lending.migration.importing.BATCH_LOANS", 2)
    loans = [{**DAILY, **BALANCED, "loan_id": f"L-{n}", "party_reference": f"B-{n}"}
             for n in range(6)]  # fmt: skip
    bad = [*loans[:-1], {**loans[-1], "principal_yuan": "0.00"}]
    before, parties = balances(bank), len(bank.parties.businesses(bank.principal))
    withheld = take_over(bank, files_of(tmp_path, bad, [], set_aside=False))
    assert (withheld.withheld, withheld.loans_taken, withheld.loans_rejected) == (True, 0, 1)
    assert (tmp_path / "findings" / "rejected.csv").exists()
    assert balances(bank) == before
    assert bank.lending.loans(bank.principal) == []
    assert len(bank.parties.businesses(bank.principal)) == parties
    sound = take_over(bank, files_of(tmp_path, loans, [], set_aside=False))
    assert (sound.withheld, sound.loans_taken, sound.businesses_registered) == (False, 6, 6)


def test_an_event_of_a_loan_that_is_not_there_is_told(bank: LendingBank, tmp_path: Path) -> None:
    report = take_over(bank, files_of(tmp_path, [DAILY], [{**PAID, "loan_id": "L-9"}]))
    assert [row["code"] for row in report.rejected] == ["lending.migration_no_such_loan"]
    assert report.loans_taken == 1


CORRUPTED = {
    "another encoding": "贷款".encode("gb18030"),
    "an open quote": b'"L-3,x\n',
    "a cell without end": b"x" * 200_000 + b"\n",
}


def test_a_corrupted_file_is_refused_with_its_line(bank: LendingBank, tmp_path: Path) -> None:
    files = files_of(tmp_path, [DAILY], [PAID])
    sound = files.loans.read_bytes()
    for name, more in CORRUPTED.items():
        files.loans.write_bytes(sound + more)
        with pytest.raises(Invalid, match="migration_unreadable") as refused:
            take_over(bank, files)
        assert refused.value.details["line"] == 3, name
    assert bank.lending.loans(bank.principal) == []


def test_a_torn_row_is_set_aside_and_missing_columns_refuse_the_file(
    bank: LendingBank, tmp_path: Path
) -> None:
    files = files_of(tmp_path, [{**DAILY, **BALANCED}], [PAID])
    files.loans.write_bytes(files.loans.read_bytes() + b"L-3,B-3\n")
    report = take_over(bank, files)
    assert [row["code"] for row in report.rejected] == ["lending.migration_cells"]
    assert report.loans_taken == 1
    files.events.write_text("loan_id,kind\n", encoding="utf-8")
    with pytest.raises(Invalid, match="value_date"):
        take_over(bank, files)
    with pytest.raises(NotFound, match="migration_no_file"):
        take_over(bank, Files(tmp_path / "none.csv", files.events, tmp_path))


def test_names_that_are_used_twice_are_told(bank: LendingBank, tmp_path: Path) -> None:
    loans = [{**DAILY, **BALANCED}, {**DAILY, "tenor": "90"}]
    report = take_over(bank, files_of(tmp_path, loans, [PAID, PAID]))
    assert [row["code"] for row in report.rejected] == 2 * ["lending.migration_repeated"]
    assert report.loans_rejected == 2


def test_a_business_that_the_bank_knows_keeps_its_line(bank: LendingBank, tmp_path: Path) -> None:
    party_id = bank.business()
    line = bank.line("revolving_daily", party_id)
    row = {**DAILY, **BALANCED, "party_id": str(party_id), "party_reference": ""}
    take_over(bank, files_of(tmp_path, [row], [PAID]))
    facility = bank.lending.facility(bank.principal, line)
    assert facility["used_fen"] == 600_00
    nobody = {**row, "loan_id": "L-2", "party_id": "01900000-0000-7000-8000-00000000dead"}
    report = take_over(bank, files_of(tmp_path, [nobody], []))
    assert report.rejected[0]["code"] == "lending.migration_no_such_business"


def test_many_loans_are_dealt_out_and_written_in_batches(
    bank: LendingBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("martlet.lending.migration.dealing.PARTITION_BYTES", 500)
    monkeypatch.setattr("martlet.lending.migration.importing.BATCH_LOANS", 3)
    loans = [{**DAILY, **BALANCED, "loan_id": f"L-{n}", "party_reference": f"B-{n % 7}"}
             for n in range(20)]  # fmt: skip
    events = [{**PAID, "loan_id": f"L-{n}"} for n in reversed(range(20))]
    seen: list[tuple[int, int]] = []
    room = PortfolioImport(bank.database, bank.parties, bank.rail.name)
    report = room.run(
        bank.principal, files_of(tmp_path, loans, events), lambda *at: seen.append(at)
    )
    assert (report.loans_taken, report.events_taken) == (20, 40)
    assert report.businesses_registered == 7
    assert seen[-1] == (20, 20)
    assert balances(bank)["assets/loans/principal/revolving_daily"] == 20 * 600_00


def test_what_a_bank_exports_it_can_import(bank: LendingBank, tmp_path: Path) -> None:
    loan_id = bank.drawn(300_000, "equal_instalments", tenor=3)
    bank.close_days(40)
    bank.lending.repay(bank.principal, "part", loan_id, 5_000, value_date=TODAY + timedelta(days=9))
    out = (tmp_path / "loans.csv", tmp_path / "events.csv")
    written = export_portfolio(bank.database, bank.parties, bank.principal, *out)
    assert (written.loans_count, written.events_count) == (1, 2)
    report = take_over(bank, Files(*out, tmp_path, source="itself", dry_run=True))
    assert (report.loans_taken, report.balances_equal, report.differences_count) == (1, 4, 0)


def _id(text: str) -> Any:
    from martlet.kernel.ids import parse_id

    return parse_id(text)
