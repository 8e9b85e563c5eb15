"""The demo's businesses and their records: real invoices where there are any, else made up."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import TYPE_CHECKING

from martlet.cli.demo_state import ALL_RECORDS, CONSENT_DAYS, Firm, hold
from martlet.cli.demo_world import made_up_firms, made_up_takings
from martlet.cli.output import progress
from martlet.cli.words import say
from martlet.kernel.calendar import business_date_of
from martlet.parties import Registration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from martlet.cli.demo_state import Demo
    from martlet.cli.output import Moved
    from martlet.records import ImportProgress

FIRST_DAY = date(2020, 2, 24)
"""The first business day after the last of the real invoices (21 February 2020)."""


def register_firms(demo: Demo) -> Iterator[str]:
    """Register the businesses and their consents; every owner is made up."""
    told = _real_firms(demo.data) if demo.data else made_up_firms()
    rows = [
        Registration(
            name=label,
            owner_phone=f"170{number:08d}",
            owner_name=f"{say('Owner')} {code}",
            trade=trade,
            region=say("China"),
        )
        for number, (code, label, trade, _outcome) in enumerate(told, 1)
    ]
    parties = demo.bank.parties.register_businesses(demo.principal, "demo:firms", rows)
    for (code, _label, trade, outcome), party_id in zip(told, parties, strict=True):
        demo.firms[code] = Firm(code, trade, party_id, outcome)
    until = FIRST_DAY + timedelta(days=CONSENT_DAYS)
    for purpose in ("credit", "training"):
        demo.bank.parties.give_consents(
            demo.principal,
            f"demo:consents:{purpose}",
            parties,
            records=ALL_RECORDS,
            until=until,
            purpose=purpose,
        )
    demo.facts["businesses_count"] = len(parties)
    if demo.data is None:
        yield say("No real data here: a made-up world of shops stands in (synthetic, seeded).")
    yield say(
        "{firms_count} businesses registered, each with its consents until {until}.",
        firms_count=len(parties),
        until=until,
    )


def import_records(demo: Demo) -> Iterator[str]:
    """Import everything that the businesses let the bank read."""
    party_of = {code: firm.party_id for code, firm in demo.firms.items()}
    rows_count = 0
    for source in _files(demo):
        with progress(source.name, quiet=demo.quiet) as moved:

            def tell(at: ImportProgress, moved: Moved = moved) -> None:
                moved(at.bytes_read, at.bytes_total)

            report = demo.bank.records.import_file(
                demo.principal,
                f"demo:import:{source.name}",
                source,
                party_of=party_of,
                on_progress=tell,
            )
        rows_count += report.rows_read
        yield say(
            "{file}: {rows_count} rows read, {kept_count} kept, {bad_count} in quarantine.",
            file=source.name,
            rows_count=report.rows_read,
            kept_count=report.rows_kept,
            bad_count=report.rows_quarantined,
        )
    demo.bank.records.refresh_signals(demo.principal)
    demo.bank.cashflow.refresh_signals(demo.principal)
    demo.facts["rows_count"] = rows_count


def connect_source(demo: Demo) -> Iterator[str]:
    """Offer a made-up source on the owners' pages; the stall connects it and asks again."""
    from martlet.web.sources import SAMPLES_FOLDER

    bank, principal, party = demo.bank, demo.principal, demo.stall
    assert party is not None, "the stall comes before its source"
    now = bank.clock.now()
    source = demo.home / SAMPLES_FOLDER / "takings.csv"
    source.parent.mkdir()
    source.write_text(made_up_takings(["S1"], business_date_of(now)), encoding="utf-8")
    bank.parties.give_consent(
        principal,
        "demo:stall:consent",
        party,
        records=ALL_RECORDS,
        until=business_date_of(now) + timedelta(days=CONSENT_DAYS),
    )
    report = bank.records.import_file(principal, "demo:stall:source", source, party_id=party)
    answer = bank.lending.apply(principal, "demo:stall:again", party, "revolving_daily", 10**7)
    offer = answer["offer"]
    before_fen = int(demo.facts["one_yuan_line_fen"])
    hold(
        say("records raise the line of a business without history"),
        kept=offer is not None and offer["limit_fen"] > before_fen,
    )
    yield say(
        "{rows_count} days of takings (synthetic) counted at once: a line of {before_fen} became "
        "an offer of {limit_fen}.",
        rows_count=report.rows_kept,
        before_fen=before_fen,
        limit_fen=offer["limit_fen"],
    )


def _real_firms(folder: Path) -> list[tuple[str, str, str, bool | None]]:
    """Return each firm's code, masked name, trade and whether it defaulted, where known."""
    found: list[tuple[str, str, str, bool | None]] = []
    for name in ("123_firms.csv", "302_firms.csv"):
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                told = row.get("defaulted")
                found.append(
                    (
                        row["firm_id"],
                        row["name_masked"].strip() or row["firm_id"],
                        say("Small firm"),
                        None if told is None else told == "1",
                    )
                )
    return found


def _files(demo: Demo) -> list[Path]:
    if demo.data is not None:
        return sorted(demo.data.glob("*_sales.parquet")) + sorted(
            demo.data.glob("*_purchases.parquet")
        )
    made_up = demo.home / "made-up-takings.csv"
    made_up.write_text(made_up_takings(list(demo.firms), FIRST_DAY), encoding="utf-8")
    return [made_up]
