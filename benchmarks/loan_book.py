"""A synthetic book of live loans, written through the bulk load of the driver, that verifies.

Every loan has its terms, its events (a disbursement and each repayment) and the copy of its state
on the day of its last change, and the ledger has their sums, so `verify_lending` holds. Loans are
drawn from some thousands of stories (product, term, age, amount, how it was paid), each projected
once; a borrower has one to three loans. The mix of products is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from martlet.kernel.canonical import canonical_json
from martlet.kernel.ids import SystemIds
from martlet.kernel.principal import system_principal
from martlet.ledger import LedgerService, Transfer, post
from martlet.lending import EventKind, LoanEvent, LoanStatus, LoanTerms, product_named, project
from martlet.lending.agreed import agreed_terms
from martlet.lending.bookkeeping import transfers
from martlet.lending.loans import copy_of
from martlet.lending.marks import LAST_LOAN
from martlet.lending.postings import FIGURES, Accounts, Movement, Position, movements, position_of
from martlet.lending.product import TenorUnit
from martlet.store import Command, Database
from martlet.store.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from martlet.store import Transaction

TENANT = UUID("01900000-0000-7000-8000-0000000000be")
RAIL = "bench"
STORIES_MAX = 3_000
LOANS_PER_GROUP = 6
LOANS_PER_LOAD = 4_000 * LOANS_PER_GROUP
LINE_DAYS = 365
OVERDUE_SHARE = 0.05
TWO_PRODUCTS = {"equal_instalments": 0.7, "revolving_daily": 0.3}
ALL_PRODUCTS = {
    "equal_instalments": 0.40,
    "revolving_daily": 0.25,
    "equal_principal": 0.08,
    "interest_then_principal": 0.07,
    "bullet": 0.05,
    "flat": 0.06,
    "instalments_by_plan": 0.04,
    "takings_advance": 0.05,
}
"""How a book is mixed: a share for each product; loans on an order or a sale are one to a sale."""
RATES_PPM_PER_DAY = (200, 300, 450)
LONGEST_ARREARS_DAYS = 200
RECORDED_AT = "2026-01-01T00:00:00.000000+00:00"


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to a loan: as rows of its tables, and its position in the ledger."""

    row: dict[str, Any]
    events: tuple[tuple[Any, ...], ...]
    position: Position
    product: str
    principal_fen: int


def stories(
    count: int, today: date, rng: np.random.Generator, mix: Mapping[str, float]
) -> list[Story]:
    """Draw stories of live loans of a mix of products."""
    found: list[Story] = []
    while len(found) < count:
        story = _draw(today, rng, mix)
        if story is not None:
            found.append(story)
    return found


def _draw(today: date, rng: np.random.Generator, mix: Mapping[str, float]) -> Story | None:
    name = str(rng.choice(list(mix), p=list(mix.values())))
    product = product_named(name)
    tenor = int(rng.choice(product.tenor_options))
    late = rng.random() < OVERDUE_SHARE
    days = tenor * 30 if product.tenor_unit is TenorUnit.MONTHS else tenor
    age = int(rng.integers(0, days + (LONGEST_ARREARS_DAYS if late else 0)))
    start = today - timedelta(days=age)
    principal_fen = int(rng.integers(100_000, 30_000_000))
    terms = agreed_terms(product, principal_fen, int(rng.choice(RATES_PPM_PER_DAY)), tenor)
    missed_days = int(rng.integers(1, LONGEST_ARREARS_DAYS)) if rng.random() < 0.7 else 1
    events = _paid(terms, start, today - timedelta(days=missed_days if late else 0))
    return story_of(name, terms, events, today)


def story_of(name: str, terms: LoanTerms, events: Sequence[LoanEvent], today: date) -> Story | None:
    """Return what happened to a loan of a product as rows; None where it is live no more."""
    state, start = project(terms, events, today), events[0].value_date
    if state.status not in {LoanStatus.LIVE, LoanStatus.OVERDUE} or state.line is None:
        return None
    changed = project(terms, events, state.line.from_on)
    if changed.line is None or not changed.line.covers(today):
        changed = state
    row = {**copy_of(changed), "status": state.status.value}
    row |= {
        "product": name,
        "product_version": 1,
        "rail": RAIL,
        "terms": canonical_json(terms.as_json()).decode(),
        "rounding_mode": terms.conventions.rounding_mode.value,
        "principal_agreed_fen": terms.principal_fen,
        "created_on": start,
        "disbursed_on": start,
        "events": len(events),
    }
    told = tuple(
        (one.sequence, one.kind.value, one.value_date, one.value_date, one.amount_fen, "")
        for one in events
    )
    return Story(row, told, position_of(state), name, terms.principal_fen)


def _paid(terms: LoanTerms, start: date, until: date) -> list[LoanEvent]:
    """Return a disbursement, and a repayment of all that is due on each due date up to a day."""
    events = [LoanEvent(UUID(int=1), 1, EventKind.DISBURSED, start, terms.principal_fen)]
    state = project(terms, events, start)
    if state.due_fen:
        events.append(LoanEvent(UUID(int=2), 2, EventKind.REPAID, start, state.due_fen))
        state = project(terms, events, start)
    while state.next_due_on is not None and state.next_due_on <= until:
        state = project(terms, events, state.next_due_on)
        paid = LoanEvent(
            UUID(int=len(events) + 1),
            len(events) + 1,
            EventKind.REPAID,
            state.as_of,
            max(state.due_fen, 1),
        )
        events.append(paid)
        state = project(terms, events, state.as_of)
    return events


def load_book(
    database: Database,
    loans: int,
    today: date,
    seed: int,
    mix: Mapping[str, float] = TWO_PRODUCTS,
) -> list[UUID]:
    """Write a book of live loans with its ledger on an open day; return the loans' identifiers."""
    rng = np.random.default_rng(seed)
    known = stories(min(STORIES_MAX, loans), today, rng, mix)
    chosen = rng.integers(0, len(known), loans).tolist()
    return write_book(database, [known[place] for place in chosen], today)


def load_new_loans(
    database: Database, loans: int, today: date, *, months: int, seed: int
) -> list[UUID]:
    """Write loans of equal instalments paid out on an open day; return their identifiers."""
    rng, name = np.random.default_rng(seed), "equal_instalments"
    told: list[Story] = []
    for principal_fen in rng.integers(100_000, 30_000_000, loans).tolist():
        rate = int(rng.choice(RATES_PPM_PER_DAY))
        terms = LoanTerms(principal_fen, rate, months, product_named(name).conventions)
        events = [LoanEvent(UUID(int=1), 1, EventKind.DISBURSED, today, principal_fen)]
        story = story_of(name, terms, events, today)
        assert story is not None
        told.append(story)
    return write_book(database, told, today)


def write_book(database: Database, told: Sequence[Story], today: date) -> list[UUID]:
    """Write loans as they were told with their ledger on an open day; return their identifiers."""
    LedgerService(database).open_day(system_principal(TENANT), "open", today)
    first = SystemIds().new().int >> 64 << 64
    loan_ids = [UUID(int=first + number) for number in range(len(told))]
    with database.engine.begin() as connection:
        driver = Driver(connection)
        pairs = zip(loan_ids, told, strict=True)
        for part in _parts(pairs):
            _load(driver, part)
        driver.run(
            "INSERT INTO lending_accrual_mark"
            " (tenant_id, accrued_until, accrued_before, through_loan) VALUES (?, ?, ?, ?)",
            (driver.id(TENANT), today.toordinal(), today.toordinal(), driver.id(LAST_LOAN)),
        )
        if driver.is_postgres:
            driver.run("ANALYZE")
    _post(database, told, today)
    return loan_ids


def _parts(pairs: Iterator[tuple[UUID, Story]]) -> Iterator[list[tuple[UUID, Story]]]:
    while part := list(islice(pairs, LOANS_PER_LOAD)):
        yield part


def _load(driver: Driver, part: Sequence[tuple[UUID, Story]]) -> None:
    names = list(part[0][1].row)
    tenant = driver.id(TENANT)
    ready = {id(story): [_kept(driver, story.row[name]) for name in names] for _, story in part}
    lines: dict[tuple[UUID, str], _Line] = {}
    rows, events = [], []
    for loan_id, story in part:
        party = _borrower_of(loan_id)
        line = lines.setdefault((party, story.product), _Line(loan_id, party, story))
        line.take(story)
        own, place = driver.id(loan_id), driver.id(line.facility_id)
        rows.append((own, tenant, driver.id(party), place, *ready[id(story)]))
        for sequence, kind, value_date, day, amount, reference in story.events:
            event_id = driver.id(UUID(int=loan_id.int + (sequence << 32)))
            days = driver.day(value_date), driver.day(day)
            said = (sequence, kind, *days, amount, reference, RECORDED_AT)
            events.append((event_id, tenant, own, *said))
    driver.load("lending_facility", _LINE_COLUMNS, [one.row(driver) for one in lines.values()])
    driver.load("lending_loan", ("loan_id", "tenant_id", "party_id", "facility_id", *names), rows)
    driver.load("lending_loan_event", _EVENT_COLUMNS, events)


def _borrower_of(loan_id: UUID) -> UUID:
    """Return the borrower: of every six loans one has three, one has two, and one has one."""
    group, place = divmod(loan_id.int & (2**64 - 1), LOANS_PER_GROUP)
    first = 0 if place < 3 else 3 if place < 5 else 5
    return UUID(int=(loan_id.int >> 64 << 64) + 2**63 + group * LOANS_PER_GROUP + first)


class _Line:
    """A borrower's line on a product, used by all its loans of that product."""

    def __init__(self, facility_id: UUID, party_id: UUID, story: Story) -> None:
        self.facility_id, self.party_id, self.product = facility_id, party_id, story.product
        self.opened_on: date = story.row["created_on"]
        self.used_fen = self.limit_fen = 0

    def take(self, story: Story) -> None:
        """Use the line for one more loan."""
        self.limit_fen += story.principal_fen
        owed_fen = story.row["disbursed_fen"] - story.row["principal_paid_fen"]
        revolving = product_named(story.product).revolving
        self.used_fen += owed_fen if revolving else story.principal_fen

    def row(self, driver: Driver) -> tuple[Any, ...]:
        """Return it as a row of its table."""
        own, party, tenant = map(driver.id, (self.facility_id, self.party_id, TENANT))
        until = driver.day(self.opened_on + timedelta(days=LINE_DAYS))
        said = (self.product, self.limit_fen, self.used_fen, RATES_PPM_PER_DAY[0], "[]")
        return (own, tenant, party, *said, own, driver.day(self.opened_on), until)


_LINE_COLUMNS = (
    "facility_id",
    "tenant_id",
    "party_id",
    "product",
    "limit_fen",
    "used_fen",
    "rate_ppm_per_day",
    "tenors",
    "offer_id",
    "opened_on",
    "available_until",
)
_EVENT_COLUMNS = (
    "event_id",
    "tenant_id",
    "loan_id",
    "sequence",
    "kind",
    "value_date",
    "business_date",
    "amount_fen",
    "reference",
    "recorded_at",
)


def _kept(driver: Driver, value: Any) -> Any:  # noqa: ANN401 - the database's own form
    return driver.day(value) if isinstance(value, date) else value


def _post(database: Database, told: Sequence[Story], today: date) -> None:
    """Post what the book amounts to: capital, disbursements, and all that came of them."""
    sums: dict[str, dict[str, int]] = {}
    for story in told:
        mine = sums.setdefault(story.product, dict.fromkeys(FIGURES, 0))
        for name in FIGURES:
            mine[name] += getattr(story.position, name)
    moves = []
    lent = sum(one["disbursed_fen"] for one in sums.values())
    moves.append(Movement(Accounts("", RAIL).settlement, "equity/capital", lent, "bench.funding"))
    for product, totals in sorted(sums.items()):
        defers_fees = product_named(product).defers_fees
        accounts, whole = Accounts(product, RAIL, defers_fees), Position(**totals)
        moves.append(
            Movement(accounts.principal, accounts.settlement, whole.disbursed_fen, "bench.lent")
        )
        moves += movements(Position(disbursed_fen=whole.disbursed_fen), whole, accounts)

    def handler(tx: Transaction) -> dict[str, Any]:
        entries: list[Transfer] = transfers(tx, moves, "synthetic book")
        post(tx, entries, today)
        return {}

    database.command(Command("bench.load", system_principal(TENANT), "load", {}), handler)
