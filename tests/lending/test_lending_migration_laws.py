"""What one bank writes down another reads as the very same loan, whatever happened to it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import MORNING, TENANT
from tests.lending.conftest import TODAY
from tests.lending.event_stories import happenings, loans, told
from tests.lending.loan_stories import day
from tests.lending.peopled_bank import peopled
from tests.lending.test_lending_migration import PARTY

from martlet.kernel.clock import ManualClock
from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import system_principal
from martlet.ledger import LedgerService, balances, verify_ledger
from martlet.lending import EventKind, LoanEvent, LoanTerms, product_named, verify_lending
from martlet.lending.events import Reversed, standing
from martlet.lending.migration import Files, PortfolioImport, export_portfolio
from martlet.lending.migration.cells import Cells
from martlet.lending.migration.exporting import event_cells, loan_cells
from martlet.lending.migration.preparing import Frame, Prepared, prepare
from martlet.parties import HeldCodeSender, PartiesService
from martlet.store import open_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from martlet.lending.events import Details

Happenings = list[tuple[int, EventKind, int, "Details"]]
A_LOAN = UUID("01900000-0000-7000-8000-00000000beef")
A_BUSINESS = UUID("01900000-0000-7000-8000-00000000cafe")


def reread(line: int, cells: dict[str, Any]) -> Cells:
    """A row as it comes back from a file."""
    file = io.StringIO()
    writer = csv.DictWriter(file, cells)
    writer.writeheader()
    writer.writerow(cells)
    file.seek(0)
    return Cells(line, next(csv.DictReader(file)))


@settings(max_examples=150)
@given(loans(), happenings(), st.integers(0, 8), st.integers(0, 400))
def test_a_loan_written_down_is_read_as_the_same_loan(
    terms: LoanTerms, happened: Happenings, undone: int, more_days: int
) -> None:
    events = told(terms, happened)
    if 1 <= undone < len(events):
        undoing = Reversed(events[undone].event_id)
        last = len(events) + 1
        events.append(LoanEvent(UUID(int=last), last, EventKind.REVERSED, day(500), 0, undoing))
    today = day(500 + more_days)
    product = "equal_instalments" if terms.conventions.tenor_unit == "months" else "revolving_daily"
    if terms.takings is not None:
        product = "takings_advance"
    row = {"party_id": str(A_BUSINESS), **loan_cells(A_LOAN, product, terms, events, today)}
    history = [reread(line, event_cells(A_LOAN, event)) for line, event in enumerate(events, 2)]
    frame = Frame("itself", "rail", today, today, SeededIds(3, ManualClock(MORNING)))
    found = prepare(reread(2, row), history, frame)
    assert isinstance(found, Prepared), found
    assert found.source.terms == terms
    assert found.differences == ()
    assert found.opening.suspense_fen == 0
    assert [(one.kind, one.value_date, one.amount_fen) for one in found.events] == [
        (one.kind, one.value_date, one.amount_fen) for one in events
    ]
    assert len(standing(list(found.events))) == len(standing(events))


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    payments=st.lists(st.tuples(st.integers(0, 6), st.integers(1, 60_000)), max_size=6),
    nights=st.integers(3, 12),
)
def test_a_book_that_was_lived_is_taken_over_by_an_empty_bank(
    payments: list[tuple[int, int]],
    nights: int,
    fresh_url: Callable[[str], str],
    tmp_path: Path,
) -> None:
    """Some loans of both products, some payments, some nights: nothing is lost on the way."""
    clock, principal = ManualClock(MORNING), system_principal(TENANT)
    with_tables = [open_database(fresh_url("sqlite"), clock=clock) for _ in range(2)]
    for database in with_tables:
        database.create_schema()
    old, new = with_tables
    lived = peopled(old, clock, principal)
    drawn = [UUID(loan["loan_id"]) for loan in lived.lending.loans(principal)]
    for number, (which, amount_fen) in enumerate(payments):
        lived.lending.repay(principal, f"pay-{number}", drawn[which], amount_fen, value_date=None)
        lived.close_days(1)
    lived.close_days(nights)
    files = (tmp_path / "loans.csv", tmp_path / "events.csv")
    written = export_portfolio(old, lived.parties, principal, *files)
    LedgerService(new).open_day(principal, "open", written.on)
    parties = PartiesService(new, new_keyring(SeededIds(8, clock)), clock, HeldCodeSender())
    room = PortfolioImport(new, parties, "simulated")
    report = room.run(principal, Files(*files, tmp_path / "findings", source="old"))
    assert (report.loans_taken, report.rows_rejected) == (written.loans_count, 0)
    assert (report.differences_count, report.suspense_fen) == (0, 0)
    assert report.balances_equal == 4 * written.loans_count
    with old.read() as before, new.read() as after:
        verify_lending(after)
        owed = [
            {
                one.path: one.balance_fen
                for one in balances(read, principal, "assets/loans/")
                if one.balance_fen and "/allowance/" not in one.path
            }
            for read in (before, after)
        ]
    assert owed[0] == owed[1], "what is provided for it is the new bank's own night's"
    assert written.on > TODAY
    old.close()
    new.close()


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lives=st.lists(happenings(), min_size=6, max_size=12))
def test_whatever_happened_to_loans_the_books_they_open_prove(
    lives: list[Happenings], fresh_url: Callable[[str], str], tmp_path: Path
) -> None:
    """Waivers, refunds, write-offs: the control accounts still equal the loans, loan by loan."""
    clock, principal, today = ManualClock(MORNING), system_principal(TENANT), day(520)
    database = open_database(fresh_url("sqlite"), clock=clock)
    database.create_schema()
    LedgerService(database).open_day(principal, "open", today)
    parties = PartiesService(database, new_keyring(SeededIds(8, clock)), clock, HeldCodeSender())
    rows: dict[str, list[dict[str, Any]]] = {"loans": [], "events": []}
    for number, life in enumerate(lives, 1):
        product = product_named(("equal_instalments", "revolving_daily")[number % 2])
        terms = LoanTerms(500_000 + number, 300, product.tenor_options[0], product.conventions)
        events, loan_id = told(terms, life), UUID(int=number)
        cells = loan_cells(loan_id, product.name, terms, events, today)
        rows["loans"].append({**PARTY, "party_reference": f"B-{number % 3}", **cells})
        rows["events"] += [event_cells(loan_id, event) for event in events]
    for name, told_rows in rows.items():
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, told_rows[0])
            writer.writeheader()
            writer.writerows(told_rows)
    files = Files(tmp_path / "loans.csv", tmp_path / "events.csv", tmp_path / "findings")
    report = PortfolioImport(database, parties, "simulated").run(principal, files)
    assert (report.loans_taken, report.rows_rejected) == (len(lives), 0)
    assert (report.differences_count, report.suspense_fen) == (0, 0)
    with database.read() as connection:
        verify_ledger(connection)
        verify_lending(connection)
    database.close()
