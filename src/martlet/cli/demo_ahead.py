"""The demo's look ahead: a made-up statement of the stall, and a made-up partner's flows."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.cli.demo_state import hold
from martlet.cli.demo_statement import made_up_statement
from martlet.cli.words import say
from martlet.kernel.calendar import business_date_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.cli.demo_state import Demo

SEED = 20_200_326
FLOW_DAYS = 420
PARTNERS = (("east", 1_400_000), ("west", 900_000), ("south", 500_000))
"""Made-up partners and what is bought through each on a usual day, in yuan."""

SATURDAY = 5


def look_ahead(demo: Demo) -> Iterator[str]:
    """Bring in a made-up statement of the stall, tell what lies ahead, leave a partner's file."""
    from martlet.web.sources import FUND_SAMPLES, SAMPLES_FOLDER

    bank, principal, party = demo.bank, demo.principal, demo.stall
    assert party is not None, "the stall comes before its statement"
    today = business_date_of(bank.clock.now())
    statement = demo.home / "made-up-statement.csv"
    statement.write_text(made_up_statement(today), encoding="utf-8")
    report = bank.records.import_file(principal, "demo:statement", statement, party_id=party)
    hold(say("every row of the made-up statement is kept"), kept=report.rows_quarantined == 0)
    outlook = bank.cashflow.outlook(principal, party)
    hold(say("the money at hand is known"), kept=outlook.balance is not None)
    yield say(
        "{rows_count} movements of a made-up account (synthetic): lowest on {lowest_on} with "
        "{lowest_fen} expected; safe to move: {safe_fen}.",
        rows_count=report.rows_kept,
        lowest_on=outlook.lowest.on,
        lowest_fen=outlook.lowest.expected_fen,
        safe_fen=outlook.safe_to_move_fen,
    )
    flows = demo.home / SAMPLES_FOLDER / FUND_SAMPLES / "made-up-partners.csv"
    flows.parent.mkdir(parents=True, exist_ok=True)
    flows.write_text(made_up_flows(today), encoding="utf-8")
    yield say(
        "A made-up partners' file of {days_count} days waits on the fund desk.",
        days_count=FLOW_DAYS,
    )


def made_up_flows(until: date, days: int = FLOW_DAYS) -> str:
    """Return a CSV of daily subscriptions and redemptions of some partners before `until`.

    Synthetic: calm weekends, busy month starts, and days of which one makes the next like it.
    """
    chance: Any = np.random.default_rng(SEED)
    lines = io.StringIO()
    lines.write("series_id,date,value,partner,direction\n")
    for name, size in PARTNERS:
        for side, part in (("subscription", 1.0), ("redemption", 0.96)):
            mood = 0.0
            for back in range(days, 0, -1):
                day = until - timedelta(days=back)
                mood = 0.6 * mood + float(chance.normal(0, 0.08))
                busy = 0.45 if day.weekday() >= SATURDAY else 1.0
                first = 1.3 if day.day <= 3 and side == "subscription" else 1.0  # noqa: PLR2004 - wages have come
                value = size * part * busy * first * float(np.exp(mood))
                lines.write(f"{name}/{side},{day},{value:.2f},{name},{side}\n")
    return lines.getvalue()
