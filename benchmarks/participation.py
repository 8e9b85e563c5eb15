"""Co-lending at size: 127 partners, 200,000 drawdowns, repayments, one day's settlement, its proof.

Synthetic throughout. Businesses and lines are loaded before the clock starts. Each drawdown is the
room's own promise and the rail's report of it, 200 of them to a commit (a caller of the API pays a
commit each, which `benchmarks.main_job` measures); repayments come in as the bank's files and the
night allocates them; the night is the whole end of day. The callers that race for caps go through
the service itself, one commit each. PostgreSQL gets a tenth of the drawdowns.

    python -m benchmarks.participation [--quick] [--drawdowns N] [--only sqlite|postgresql]
"""

from __future__ import annotations

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from benchmarks.machine import machine_lines, postgres_server, postgres_version
from martlet.credit import CreditService
from martlet.kernel.ids import SystemIds
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal, system_principal
from martlet.ledger import LedgerService, verify_ledger
from martlet.lending import (
    AgreementTerms,
    EndOfDay,
    LendingService,
    Outcome,
    ParticipationService,
    Receipt,
    SettingName,
    Sharing,
    SimulatedRail,
    drawdown,
    verify_lending,
)
from martlet.lending.limits import RECEIPTS_PER_COMMAND_MAX
from martlet.store import Command, Database, JobReport, open_database, verify_chain

if TYPE_CHECKING:
    from martlet.store import Transaction

TENANT = UUID("01900000-0000-7000-8000-0000000000c0")
TODAY = date(2026, 3, 2)
PARTNERS = 127
DRAWDOWNS = 200_000
DRAWDOWNS_PER_COMMIT = 200
DRAWDOWNS_PER_LINE = 100
REPAID_OF_LOANS = 10
CALLERS = 32
RACES = 2_000
RACE_FEN = 1_000
REPLAYED_LOANS_MAX = 20_000
POSTGRES_PART = 10
SEED = 127


class Book:
    """A bank with lines to draw on and partners that would share."""

    def __init__(self, database: Database, drawdowns: int) -> None:
        self.database = database
        self.principal = system_principal(TENANT)
        self.drawdowns = drawdowns
        self.lending = LendingService(database, CreditService(database, []), SimulatedRail())
        self.partners = ParticipationService(database, "simulated")
        self.rng = np.random.default_rng(SEED)

    def prepare(self) -> list[UUID]:
        """Open the day, fund the rail, agree with the partners, load lines; return the lines."""
        LedgerService(self.database).open_day(self.principal, "open", TODAY)
        self.lending.fund(self.principal, "fund", 10**14)
        self._set(SettingName.TIER1_CAPITAL_FEN, 10**14)
        self._set(SettingName.OWN_JOINT_MAX_PPM, 1_000_000)
        whole_fen = self.drawdowns * 500_000
        for number in range(PARTNERS):
            cap_fen = whole_fen // PARTNERS * int(self.rng.integers(20, 60)) // 100
            self.agree(f"partner_{number:03d}", 300_000 + 1_000 * number, cap_fen)
        return self.database.command(
            Command("benchmark.lines", self.principal, "lines", {}), self._load_lines
        ).value["lines"]  # type: ignore[no-any-return] # a JSON value

    def _set(self, name: SettingName, value: int) -> None:
        self.partners.set_setting(
            self._person(1), name.value, name.value, value, TODAY, "benchmark, synthetic"
        )

    def _person(self, number: int) -> Principal:
        return Principal(TENANT, UUID(int=number), ActorKind.STAFF, ALL_SCOPES)

    def agree(self, slug: str, share_ppm: int, cap_fen: int, priority: int = 100) -> None:
        """Register a partner and agree with it, as two people."""
        self.partners.register_partner(self._person(1), f"r-{slug}", slug, f"合成银行 {slug}")
        until = TODAY + timedelta(days=365)
        terms = AgreementTerms(share_ppm, cap_fen, TODAY, until, priority, Sharing.PRO_RATA)
        proposed = self.partners.propose(self._person(1), f"p-{slug}", slug, terms)
        agreement_id = UUID(proposed["agreement_id"])
        self.partners.approve(self._person(2), f"a-{slug}", agreement_id)

    def _load_lines(self, tx: Transaction) -> dict[str, Any]:
        driver, lines = tx.driver, [tx.ids.new() for _ in range(self._lines_count)]
        columns = (
            "facility_id, tenant_id, party_id, product, limit_fen, used_fen, rate_ppm_per_day,"
            " tenors, offer_id, opened_on, available_until"
        )
        rows = [
            (
                driver.id(line),
                driver.id(TENANT),
                driver.id(tx.ids.new()),
                "revolving_daily",
                10**12,
                0,
                300,
                "[30,90,180,360]",
                driver.id(tx.ids.new()),
                driver.day(TODAY),
                driver.day(TODAY + timedelta(days=365)),
            )
            for line in lines
        ]
        driver.load("lending_facility", columns.split(", "), rows)
        return {"lines": [str(line) for line in lines]}

    @property
    def _lines_count(self) -> int:
        return max(CALLERS, self.drawdowns // DRAWDOWNS_PER_LINE)

    def draw_all(self, lines: list[UUID]) -> list[tuple[UUID, int]]:
        """Promise and settle every drawdown; return the loans with their amounts."""
        amounts = self.rng.integers(10_000, 1_000_000, self.drawdowns).tolist()
        loans: list[tuple[UUID, int]] = []
        for start in range(0, self.drawdowns, DRAWDOWNS_PER_COMMIT):
            part = amounts[start : start + DRAWDOWNS_PER_COMMIT]
            wanted = [(lines[(start + at) % len(lines)], fen) for at, fen in enumerate(part)]
            answer = self.database.command(
                Command("benchmark.draw", self.principal, f"draw-{start}", {"start": start}),
                lambda tx, wanted=wanted: self._draw(tx, wanted),
            ).value
            loans += zip(map(UUID, answer["loans"]), part, strict=True)
        return loans

    def _draw(self, tx: Transaction, wanted: list[tuple[str, int]]) -> dict[str, Any]:
        loans = []
        for line, amount_fen in wanted:
            caps = self.lending.rate_caps
            told = drawdown.promise(tx, UUID(line), amount_fen, None, "simulated", caps)
            drawdown.book_report(tx, UUID(told["order_id"]), Outcome.POSTED, "benchmark")
            loans.append(told["loan_id"])
        return {"loans": loans}

    def take_in(self, loans: list[tuple[UUID, int]]) -> int:
        """Take in repayments of a share of the loans; the night allocates them."""
        ids, chosen = SystemIds(), loans[::REPAID_OF_LOANS]
        receipts = [
            Receipt(ids.new(), loan_id, 1 + amount_fen * (at % 4 + 1) // 4, TODAY)
            for at, (loan_id, amount_fen) in enumerate(chosen)
        ]
        for start in range(0, len(receipts), RECEIPTS_PER_COMMAND_MAX):
            part = receipts[start : start + RECEIPTS_PER_COMMAND_MAX]
            self.lending.take_in(self.principal, f"receipts-{start}", part)
        return len(receipts)

    def end_day(self) -> tuple[dict[str, float], dict[str, int]]:
        """End the day; return the seconds of each step and the settlement's figures."""
        spent: dict[str, float] = {}
        last = perf_counter()

        def note(report: JobReport) -> None:
            nonlocal last
            now = perf_counter()
            spent[report.job.name[4:]] = spent.get(report.job.name[4:], 0.0) + now - last
            last = now

        business_date = self.lending.portfolio(self.principal)["business_date"]
        report = EndOfDay(self.database).run(
            self.principal, date.fromisoformat(business_date), note
        )
        return spent, report.totals("settle")

    def race(self, lines: list[UUID], races: int) -> str:
        """Let callers race for two small caps; return what came of it, or fail."""
        caps = {"race_one": 100 * RACE_FEN * 3 // 10 + 7, "race_two": 60 * RACE_FEN * 3 // 10 + 7}
        for slug, cap_fen in caps.items():
            self.agree(slug, 300_000, cap_fen, priority=1)

        def draw(number: int) -> int:
            line = UUID(str(lines[number % len(lines)]))
            told = self.lending.draw(self.principal, f"race-{number}", line, RACE_FEN)
            mine = [one for one in told.get("partners", ()) if one["partner"] in caps]
            return sum(one["fen"] for one in mine)

        with ThreadPoolExecutor(CALLERS) as callers:
            given = sum(callers.map(draw, range(races)))
        used = {slug: self.partners.partner(self.principal, slug)["used_fen"] for slug in caps}
        assert given == sum(used.values()), (given, used)
        assert all(used[slug] <= cap for slug, cap in caps.items()), (used, caps)
        return ", ".join(f"{used[slug]:,} of {cap:,} fen" for slug, cap in caps.items())


def measure(name: str, url: str, drawdowns: int, races: int) -> None:
    """Make the book, live the day, prove it, and print what each part took."""
    database = open_database(url)
    try:
        database.migrate()
        book = Book(database, drawdowns)
        begun = perf_counter()
        lines = book.prepare()
        print(f"\n{name}: {PARTNERS} partners, {len(lines):,} lines, ready in {since(begun):.1f} s")
        begun = perf_counter()
        loans = book.draw_all(lines)
        seconds = since(begun)
        shared = sum(one["used_fen"] > 0 for one in book.partners.partners(book.principal))
        rate = f"{drawdowns / seconds:,.0f}/s"
        print(f"  draw        {seconds:7.1f} s  {drawdowns:,} drawdowns, {rate}, {shared} partners")
        begun = perf_counter()
        receipts = book.take_in(loans)
        print(f"  repay       {since(begun):7.1f} s  {receipts:,} repayments taken in")
        for day in ("first", "second"):
            begun = perf_counter()
            spent, totals = book.end_day()
            steps = ", ".join(f"{name} {took:.1f}" for name, took in spent.items() if took >= 1)
            figures = ", ".join(f"{key} {value:,}" for key, value in totals.items())
            print(f"  {day:<11} {since(begun):7.1f} s  night; steps of a second or more: {steps}")
            print(f"              settlement {spent['settle']:.1f} s: {figures}")
        begun = perf_counter()
        said = book.race(lines, races)
        print(
            f"  race        {since(begun):7.1f} s  {races:,} drawdowns, {CALLERS} callers: {said}"
        )
        _prove(book)
    finally:
        database.close()


def _prove(book: Book) -> None:
    begun = perf_counter()
    report = book.partners.verify(book.principal)
    counts = {name: report[name] for name in ("partners", "files", "lines", "participations")}
    said = ", ".join(f"{value:,} {name}" for name, value in counts.items())
    verdict = "every ledger equals its files" if report["agrees"] else report["differences"][:3]
    print(f"  verify      {since(begun):7.1f} s  {said}: {verdict}")
    over = [
        one["partner"]
        for one in book.partners.partners(book.principal)
        if one["used_fen"] > one["cap_fen"]
    ]
    print(f"  caps        {len(over)} of {counts['partners']} partners above their cap")
    begun = perf_counter()
    with book.database.read() as connection:
        verify_chain(connection)
        verify_ledger(connection)
        if book.drawdowns <= REPLAYED_LOANS_MAX:
            verify_lending(connection)
    what = "and every loan replayed" if book.drawdowns <= REPLAYED_LOANS_MAX else "(sums of loans)"
    print(f"  book        {since(begun):7.1f} s  chain and ledger {what}: clean")


def since(begun: float) -> float:
    """Return the seconds since a moment."""
    return perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test, not a measurement")
    parser.add_argument("--drawdowns", type=int, help="how many drawdowns")
    parser.add_argument("--folder", type=Path, help="where the databases are made (a disk)")
    parser.add_argument("--only", nargs="*", choices=["sqlite", "postgresql"], default=None)
    chosen = parser.parse_args()
    drawdowns = chosen.drawdowns or (2_000 if chosen.quick else DRAWDOWNS)
    # A drawdown is some forty statements, each a round trip to a server: a tenth of them will do.
    on_postgres = chosen.drawdowns or max(500, drawdowns // POSTGRES_PART)
    races = 300 if chosen.quick else RACES
    wanted = chosen.only or ["sqlite", "postgresql"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=chosen.folder)))
        for line in machine_lines(folder):
            print(line)
        if "sqlite" in wanted:
            measure("SQLite", f"sqlite:///{folder / 'book.db'}", drawdowns, races)
        if "postgresql" in wanted:
            url = stack.enter_context(postgres_server(folder / "postgres"))
            measure(f"PostgreSQL {postgres_version(url)}", url, on_postgres, races)


if __name__ == "__main__":
    main()
