"""The demo's idle cash: made-up shops sweep, hold a term, save monthly, and let a plan run.

Their takings are made up, the same on every run, and called so; yields are published day by day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from martlet.cli.demo_state import hold
from martlet.cli.words import say
from martlet.ledger import current_business_date
from martlet.treasury.consent import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.cli.demo_state import Demo

SEED = 20_200_224
SURPLUS = "yulibao"
KEEP_FEN = 20_000
TERM_FEN, TERM_DAYS = 1_000_000, 28
SAVED_FEN, INSTALMENTS = 50_000, 6
BEGINS_WITH_FEN = 3_000_000
TAKINGS_FEN = (30_000, 90_000)
"""Least and most that a shop takes in a day."""

PAYS_EVERY_DAYS, PAYS_FEN = 7, 250_000
"""Rent and goods of the shop with a plan: once a week, out of its balance."""

YIELD_PPM = (11_500, 13_000)
"""Least and most of a day's made-up yield."""

LIMITS = Limits(floor_fen=300_000, move_fen_max=1_000_000)


@dataclass(frozen=True, slots=True)
class CashShops:
    """Who does what with its idle cash."""

    sweeps: UUID
    holds: UUID
    saves: UUID
    plans: UUID

    def all(self) -> tuple[UUID, ...]:
        """Return all of them."""
        return self.sweeps, self.holds, self.saves, self.plans


def put_cash_to_work(demo: Demo) -> Iterator[str]:
    """Let four made-up owners begin: a sweep, a term, a monthly plan, a standing order."""
    assert demo.stall is not None, "the stall comes before its takings"
    bank, principal = demo.bank, demo.principal
    shops = CashShops(demo.stall, *(_shop(demo, number) for number in (1, 2, 3)))
    for party in shops.all():
        key = f"demo:cash:{party}"
        bank.treasury.take_in(principal, f"{key}:first", party, BEGINS_WITH_FEN, "demo")
    bank.treasury.set_sweep(principal, "demo:cash:sweep", shops.sweeps, SURPLUS, KEEP_FEN)
    term = bank.treasury.subscribe(
        principal, "demo:cash:term", shops.holds, "wenlibao", TERM_FEN, tenor_days=TERM_DAYS
    )
    bank.treasury.subscribe(
        principal, "demo:cash:plan", shops.saves, "yuelibao", SAVED_FEN, instalments=INSTALMENTS
    )
    bank.standing.give_consent(principal, "demo:cash:consent", shops.plans, LIMITS)
    demo.cash = shops
    yield say(
        "Made-up owners: one sweeps its takings, one holds {term_fen} until {until}, one saves "
        "{saved_fen} a month, one lets a plan run within limits.",
        term_fen=TERM_FEN,
        until=term["matures_on"],
        saved_fen=SAVED_FEN,
    )


def _shop(demo: Demo, number: int) -> UUID:
    return demo.bank.parties.register_business(
        demo.principal,
        f"demo:cash:shop:{number}",
        name=f"{say('Made-up shop')} {'ABC'[number - 1]}",
        owner_phone=f"1709000000{number}",
        owner_name=say("Owner of the shop"),
        trade=say("Noodles"),
        region=say("China"),
    )


def cash_day(demo: Demo, number: int) -> None:
    """Live a day of the made-up shops: takings come, one pays its rent, a yield is published."""
    if demo.cash is None:
        return
    bank, principal = demo.bank, demo.principal
    with bank.database.read() as connection:
        today = current_business_date(connection, principal.tenant_id)
    chance = np.random.default_rng([SEED, number])
    for party in demo.cash.all():
        taken_fen = int(chance.integers(*TAKINGS_FEN))
        bank.treasury.take_in(principal, f"demo:cash:{party}:{number}", party, taken_fen, "demo")
    if number % PAYS_EVERY_DAYS == 0:
        bank.treasury.withdraw(
            principal, f"demo:cash:pays:{number}", demo.cash.plans, PAYS_FEN, "demo"
        )
    told = {today: int(chance.integers(*YIELD_PPM))}
    bank.treasury.publish_yields(principal, f"demo:cash:yield:{number}", SURPLUS, told)


def cash_told(demo: Demo) -> Iterator[str]:
    """Tell what the days have brought, and hold the promises of idle cash."""
    if demo.cash is None:
        return
    room, principal = demo.bank.treasury, demo.principal
    seen = [room.overview(principal, party) for party in demo.cash.all()]
    earned_fen = sum(one["earned_fen"] for one in seen)
    hold(say("idle cash has earned"), kept=all(one["earned_fen"] > 0 for one in seen))
    hold(say("the term is back in the balance"), kept=not seen[1]["positions"])
    plans = demo.bank.standing.plans(principal, demo.cash.plans)
    same = [
        demo.bank.standing.replay(principal, UUID(one["plan_id"]))["identical"] for one in plans
    ]
    hold(say("every plan is made again exactly"), kept=bool(same) and all(same))
    total_fen = sum(one["total_fen"] for one in seen)
    demo.facts |= {
        "idle_cash_fen": total_fen,
        "idle_cash_earned_fen": earned_fen,
        "plans_replayed_count": len(same),
    }
    yield say(
        "Idle cash of made-up shops (synthetic): {total_fen}, {earned_fen} earned; "
        "{plans_count} plans carried out and made again exactly.",
        total_fen=total_fen,
        earned_fen=earned_fen,
        plans_count=len(same),
    )
