"""The demo's credit: decide, draw, the loan of one yuan, thirty days with repayments."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from martlet.cli.demo_cash import cash_day, cash_told
from martlet.cli.demo_state import hold
from martlet.cli.output import progress
from martlet.cli.words import say
from martlet.ledger import current_business_date

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from martlet.cli.demo_state import Demo

ASKED_FEN = 100_000_000
DAYS = 30
ONE_YUAN_FEN = 100
_SHARES = {(0, 10): 100, (1, 7): 10, (1, 14): 10, (1, 21): 10, (1, 28): 10, (2, 30): 1}
"""Per cent of the debt that an owner of a habit pays on a day; the last habit pays nothing."""


def decide_all(demo: Demo) -> Iterator[str]:
    """Decide on every business of which nobody knows how it repays; nobody is asked."""
    asked = [firm for firm in demo.firms.values() if firm.outcome is None]
    limits_fen = 0
    with progress(say("decisions"), quiet=demo.quiet) as moved:
        for done, firm in enumerate(asked, 1):
            answer = demo.bank.lending.apply(
                demo.principal,
                f"demo:apply:{firm.name}",
                firm.party_id,
                _product_of(done),
                ASKED_FEN,
            )
            demo.decisions.append(UUID(answer["decision"]["decision_id"]))
            if answer["offer"] is not None:
                line = demo.bank.lending.accept(
                    demo.principal,
                    f"demo:accept:{firm.name}",
                    UUID(answer["offer"]["offer_id"]),
                )
                demo.approved[firm.name] = UUID(line["facility_id"])
                limits_fen += line["limit_fen"]
            moved(done, len(asked))
    hold(say("somebody is approved"), kept=bool(demo.approved))
    demo.facts |= {
        "decided_count": len(asked),
        "approved_count": len(demo.approved),
        "limits_fen": limits_fen,
    }
    yield say(
        "{decided_count} decided, {approved_count} approved, limits of {limits_fen} in all; "
        "0 people.",
        decided_count=len(asked),
        approved_count=len(demo.approved),
        limits_fen=limits_fen,
    )


def _product_of(number: int) -> str:
    """Return which product the n-th business asks for: every fifth wants instalments."""
    return "equal_instalments" if number % 5 == 0 else "revolving_daily"


def draw_all(demo: Demo) -> Iterator[str]:
    """Disburse half of every line, in whole yuan."""
    lent_fen = 0
    with progress(say("drawdowns"), quiet=demo.quiet) as moved:
        for done, (name, facility_id) in enumerate(demo.approved.items(), 1):
            line = demo.bank.lending.facility(demo.principal, facility_id)
            amount_fen = max(ONE_YUAN_FEN, line["limit_fen"] // 200 * 100)
            drawn = demo.bank.lending.draw(
                demo.principal, f"demo:draw:{name}", facility_id, amount_fen
            )
            hold(say("the rail has paid"), kept=drawn["state"] == "posted")
            demo.loans[name] = UUID(drawn["loan_id"])
            lent_fen += amount_fen
            moved(done, len(demo.approved))
    demo.facts |= {"loans_count": len(demo.loans), "lent_fen": lent_fen}
    yield say(
        "{loans_count} loans paid out, {lent_fen} in all.",
        loans_count=len(demo.loans),
        lent_fen=lent_fen,
    )


def one_yuan(demo: Demo) -> Iterator[str]:
    """Lend one yuan to a business that the bank knows nothing of, and take it back."""
    bank, principal = demo.bank, demo.principal
    party = demo.stall = bank.parties.register_business(
        principal,
        "demo:stall",
        name=say("Stall opened today"),
        owner_phone="17088888888",
        owner_name=say("Owner of the stall"),
        trade=say("Street food"),
        region=say("China"),
    )
    answer = bank.lending.apply(principal, "demo:stall:apply", party, "revolving_daily", 10_000)
    hold(say("a business without history gets a line"), kept=answer["offer"] is not None)
    line = bank.lending.accept(principal, "demo:stall:accept", UUID(answer["offer"]["offer_id"]))
    drawn = bank.lending.draw(principal, "demo:stall:draw", UUID(line["facility_id"]), ONE_YUAN_FEN)
    hold(say("the rail has paid"), kept=drawn["state"] == "posted")
    paid = bank.lending.repay(
        principal, "demo:stall:repay", UUID(drawn["loan_id"]), ONE_YUAN_FEN, "demo"
    )
    hold(say("one yuan repays one yuan on the same day"), kept=paid["outstanding_fen"] == 0)
    demo.facts |= {"one_yuan_line_fen": line["limit_fen"], "one_yuan_loan": paid["status"]}
    yield say(
        "No history at all: a line of {limit_fen}, ¥1.00 lent and repaid; the loan is {status}.",
        limit_fen=line["limit_fen"],
        status=say(paid["status"]),
    )


def live_days(demo: Demo) -> Iterator[str]:
    """Live through thirty business days: owners repay, each in their way; every day is closed."""
    start = today(demo)
    repaid_fen, report = 0, None
    with progress(say("business days"), quiet=demo.quiet) as moved:
        for number in range(1, DAYS + 1):
            day = today(demo)
            demo.morning_of(day)
            for place, (name, loan_id) in enumerate(demo.loans.items()):
                repaid_fen += _repay(demo, name, loan_id, place, number)
            cash_day(demo, number)
            report = demo.bank.end_of_day.run(demo.principal)
            demo.bank.follow_treasury(demo.principal)
            moved(number, DAYS)
    assert report is not None
    book = report.totals("trial_balance")
    demo.morning_of(today(demo))
    demo.facts |= {"days_count": DAYS, "repaid_fen": repaid_fen}
    yield say(
        "{days_count} days closed from {start}; {repaid_fen} repaid; the last trial balance: "
        "debits {debits_fen}, credits {credits_fen}, difference {difference_fen}.",
        days_count=DAYS,
        start=start,
        repaid_fen=repaid_fen,
        debits_fen=book["debits_fen"],
        credits_fen=book["credits_fen"],
        difference_fen=book["difference_fen"],
    )
    yield from cash_told(demo)


def today(demo: Demo) -> date:
    """Return the open business date."""
    with demo.bank.database.read() as connection:
        return current_business_date(connection, demo.principal.tenant_id)


def _repay(demo: Demo, name: str, loan_id: UUID, place: int, number: int) -> int:
    """Repay as this owner does: all on the tenth day, a part every week, a little, nothing."""
    share = _SHARES.get((place % 4, number))
    if share is None:
        return 0
    lending, principal = demo.bank.lending, demo.principal
    whole_fen = lending.payoff_quote(principal, loan_id)["total_fen"]
    amount_fen = max(min(whole_fen, ONE_YUAN_FEN), whole_fen * share // 100)
    lending.repay(principal, f"demo:repay:{name}:{number}", loan_id, amount_fen, f"day {number}")
    return int(amount_fen)
