"""The demo's second bank: one restaurant brings in every file of the examples folder, and borrows.

A bank of its own, because the examples end years after the real invoices do and a bank's clock
does not go back. It is closed again before the demo goes on.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from martlet.bootstrap import open_bank
from martlet.cli.demo_state import ALL_RECORDS, CONSENT_DAYS, hold, morning
from martlet.cli.words import say
from martlet.kernel.clock import ShiftedClock
from martlet.kernel.config import Settings
from martlet.kernel.principal import Principal, system_principal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from martlet.bootstrap import Bank
    from martlet.cli.demo_state import Demo

FIRST_DAY = date(2026, 11, 2)
"""The first business day after the last of the examples (31 October 2026)."""

CHAIN = "chain"
"""The examples that belong to several firms; a step of its own imports them."""

CAPITAL_FEN = 10**10
ASKED_FEN = 10**7


def import_examples(demo: Demo) -> Iterator[str]:
    """Import the exports of wallets, platforms and banks, and decide a second later."""
    found = demo.examples.rglob("*.csv") if demo.examples else ()
    files = sorted(path for path in found if path.parent.name != CHAIN)
    if not files:
        yield say("No examples folder here: nothing to import.")
        return
    bank = open_bank(Settings(home=demo.home / "examples"), clock=ShiftedClock(morning(FIRST_DAY)))
    try:
        tenant = system_principal(bank.set_up("Examples", business_date=FIRST_DAY))
        party = _restaurant(bank, tenant)
        for path in files:
            yield _import(bank, tenant, party, path)
        yield _borrow(bank, tenant, party)
        bank.verify()
    finally:
        bank.close()
    demo.facts["example_files_count"] = len(files)


def _restaurant(bank: Bank, tenant: Principal) -> UUID:
    party = bank.parties.register_business(
        tenant,
        "examples:restaurant",
        name=say("Made-up restaurant of the examples"),
        owner_phone="17099999999",
        owner_name=say("Owner of the restaurant"),
        trade=say("Catering"),
        region=say("China"),
    )
    bank.parties.give_consent(
        tenant,
        "examples:consent",
        party,
        records=ALL_RECORDS,
        until=FIRST_DAY + timedelta(days=CONSENT_DAYS),
    )
    return party


def _import(bank: Bank, tenant: Principal, party: UUID, path: Path) -> str:
    report = bank.records.import_file(tenant, f"examples:{path.name}", path, party_id=party)
    hold(say("every example is recognised and kept"), kept=report.rows_kept > 0)
    return say(
        "{file}: {format}, {rows_count} rows read, {kept_count} kept, {bad_count} in quarantine.",
        file=path.name,
        format=report.format,
        rows_count=report.rows_read,
        kept_count=report.rows_kept,
        bad_count=report.rows_quarantined,
    )


def _borrow(bank: Bank, tenant: Principal, party: UUID) -> str:
    bank.lending.fund(tenant, "examples:capital", CAPITAL_FEN)
    answer = bank.lending.apply(tenant, "examples:apply", party, "revolving_daily", ASKED_FEN)
    hold(say("the restaurant is approved"), kept=answer["offer"] is not None)
    offer = answer["offer"]
    line = bank.lending.accept(tenant, "examples:accept", UUID(offer["offer_id"]))
    drawn = bank.lending.draw(tenant, "examples:draw", UUID(line["facility_id"]), 100_000)
    hold(say("the rail has paid"), kept=drawn["state"] == "posted")
    return say(
        "The restaurant, a second later: a line of {limit_fen} at {rate_ppm_per_day} a day, "
        "¥1,000.00 paid out.",
        limit_fen=line["limit_fen"],
        rate_ppm_per_day=offer["rate_ppm_per_day"],
    )
