"""The steps of the demo, in order, and the doors that it leaves open at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.bootstrap import open_bank
from martlet.cli.bank import login_url
from martlet.cli.demo_ahead import look_ahead
from martlet.cli.demo_cash import put_cash_to_work
from martlet.cli.demo_chain import lend_by_the_chain
from martlet.cli.demo_credit import publish_policy, train_model
from martlet.cli.demo_examples import import_examples
from martlet.cli.demo_lending import (
    decide_all,
    draw_all,
    live_days,
    one_yuan,
    today,
)
from martlet.cli.demo_records import (
    FIRST_DAY,
    connect_source,
    import_records,
    register_firms,
)
from martlet.cli.demo_state import Step, hold, morning
from martlet.cli.words import say
from martlet.kernel.clock import ShiftedClock
from martlet.kernel.config import Settings
from martlet.kernel.principal import system_principal
from martlet.ledger import trial_balance
from martlet.parties import PersonKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.cli.demo_state import Demo

CAPITAL_FEN = 10**12
"""Ten thousand million yuan: the demo never runs out of money, so that limits are what binds."""

QUIET_DAYS_MAX = 60
"""The owner whom the demo lets in has records as recent as this."""

STAFF = {
    "modeller": ("risk",),
    "approver": ("risk",),
    "officer": ("officer", "operations"),
}
"""Two of them, because whoever registers a model may not make it the champion."""


def open_the_bank(demo: Demo) -> Iterator[str]:
    """Open a bank in an empty folder: keys, tables, a tenant, its first day, staff, capital."""
    demo.clock = ShiftedClock(morning(FIRST_DAY))
    demo.opened = open_bank(Settings(home=demo.home), clock=demo.clock)
    tenant_id = demo.bank.set_up("Martlet", business_date=FIRST_DAY)
    demo.tenant = system_principal(tenant_id)
    for name, roles in STAFF.items():
        person = demo.bank.parties.add_staff(
            demo.principal, f"demo:staff:{name}", name=name, roles=roles
        )
        link = demo.bank.parties.login_link(demo.principal, PersonKind.STAFF, person)
        demo.staff[name] = demo.bank.parties.log_in_by_link(link).principal
    demo.bank.lending.fund(demo.principal, "demo:capital", CAPITAL_FEN)
    yield say(
        "A new bank in {home}, on {day}; staff of {staff_count}; capital {capital_fen}.",
        home=demo.home,
        day=FIRST_DAY,
        staff_count=len(STAFF),
        capital_fen=CAPITAL_FEN,
    )


def prove(demo: Demo) -> Iterator[str]:
    """Recompute everything that is stored twice, and every decision from its inputs."""
    report = demo.bank.verify()
    links_count = report["chain"]["links_count"]
    yield say("Chain of {links_count} entries recomputed: unbroken.", links_count=links_count)
    identical = sum(
        demo.bank.credit.replay(demo.principal, decision).identical for decision in demo.decisions
    )
    hold(say("every decision replays byte for byte"), kept=identical == len(demo.decisions))
    yield say("{decisions_count} decisions replayed byte for byte.", decisions_count=identical)
    with demo.bank.database.read() as connection:
        book: Any = trial_balance(connection, demo.principal, today(demo))
    hold(say("the trial balance is zero"), kept=book.difference_fen == 0)
    yield say(
        "Trial balance: debits {debits_fen}, credits {credits_fen}, difference {difference_fen}.",
        debits_fen=book.debits_fen,
        credits_fen=book.credits_fen,
        difference_fen=book.difference_fen,
    )
    demo.facts |= {
        "trial_balance_difference_fen": book.difference_fen,
        "chain_verified": True,
        "chain_links_count": links_count,
        "decisions_replayed_count": identical,
    }


STEPS = (
    Step("Open a bank", open_the_bank),
    Step("Register the businesses, with their consents", register_firms),
    Step("Import their records", import_records),
    Step("A second bank: import the example exports, and lend on them", import_examples),
    Step("A third bank: lend by a place in a made-up chain", lend_by_the_chain),
    Step("Train a scorecard on those whose outcome is known", train_model),
    Step("Publish a policy", publish_policy),
    Step("Decide on everybody else", decide_all),
    Step("Pay out", draw_all),
    Step("Lend one yuan to a business without any history", one_yuan),
    Step("Put idle cash of made-up shops to work", put_cash_to_work),
    Step("Live through thirty days", live_days),
    Step("Connect a made-up source, and ask again", connect_source),
    Step("Bring in a made-up account statement, and look ahead", look_ahead),
    Step("Prove it", prove),
)


def links(demo: Demo) -> Iterator[tuple[str, str]]:
    """Return who may look in, and the address that lets each in once."""
    parties, bank = demo.bank.parties, demo.principal
    name = _lively(demo)
    owner = parties.owners(bank, demo.firms[name].party_id)[0]
    assert demo.stall is not None, "the stall comes before the doors"
    stall = parties.owners(bank, demo.stall)[0]
    officer = demo.staff["officer"].actor_id
    for who, kind, person in (
        (f"{say('An owner')} ({name})", PersonKind.OWNER, owner.owner_id),
        (say("The owner of the stall"), PersonKind.OWNER, stall.owner_id),
        (say("The console"), PersonKind.STAFF, officer),
    ):
        token = parties.login_link(bank, kind, person)
        yield who, login_url(demo.bank.settings, token)


def _lively(demo: Demo) -> str:
    """Return a borrower whose records are recent and whose loan is still running, if any."""
    now = demo.bank.clock.now()
    for name, loan_id in demo.loans.items():
        signals = demo.bank.credit.signals(demo.principal, demo.firms[name].party_id, now)
        quiet_days = signals.value("records_days_since_last_days")
        running = demo.bank.lending.loan(demo.principal, loan_id)["status"] == "live"
        if running and quiet_days is not None and quiet_days <= QUIET_DAYS_MAX:
            return name
    return next(iter(demo.loans))
