"""The demo's third bank: two small firms of a made-up chain, lent to by their place in it.

A nylon maker three tiers above a carmaker and a dairy's distributor, from raw files (register,
patents, tenders, their own invoices) to a line each. A bank of its own, closed again before the
demo goes on; every firm is made up and says so.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from martlet.bootstrap import open_bank
from martlet.cli.demo_state import CONSENT_DAYS, hold, morning
from martlet.cli.words import say
from martlet.kernel.clock import ShiftedClock
from martlet.kernel.config import Settings
from martlet.kernel.principal import Principal, system_principal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from martlet.bootstrap import Bank
    from martlet.cli.demo_state import Demo

FIRST_DAY = date(2026, 11, 2)
"""The first business day after the last of the made-up invoices (31 October 2026)."""

CAPITAL_FEN = 10**11
ASKED_FEN = 500_000_000
CORES = ("虚构远驰汽车有限公司", "虚构牧岭乳业股份有限公司")
"""The firms at the heads of the chains that this bank follows."""

NYLON, INSULATION, DISTRIBUTOR = "nylon", "insulation", "distributor"
NAMES = {
    NYLON: "虚构澄川尼龙材料有限公司",
    INSULATION: "虚构恒络绝缘科技有限公司",
    DISTRIBUTOR: "虚构清溪食品商贸有限公司",
}
"""Whose books are in the folder, by the beginning of their files' names."""


def lend_by_the_chain(demo: Demo) -> Iterator[str]:
    """Import a made-up chain and give both published cases their line."""
    folder = demo.examples / "chain" if demo.examples else None
    if folder is None or not folder.is_dir():
        yield say("No examples folder here: nothing to import.")
        return
    bank = open_bank(Settings(home=demo.home / "chain"), clock=ShiftedClock(morning(FIRST_DAY)))
    try:
        tenant = system_principal(bank.set_up("Chain", business_date=FIRST_DAY))
        parties = dict(_businesses(bank, tenant, folder))
        yield from _graph(bank, tenant, folder, parties)
        lines = {name: _line(bank, tenant, parties[name], name) for name in (NYLON, DISTRIBUTOR)}
        for name, decided in lines.items():
            yield from _told(name, decided, bank.standings.of_party(tenant, parties[name]))
        bank.verify()
    finally:
        bank.close()
    demo.facts |= {f"chain_{name}_line_fen": told["limit_fen"] for name, told in lines.items()}


def _businesses(bank: Bank, tenant: Principal, folder: Path) -> Iterator[tuple[str, UUID]]:
    """Register those whose books are here, let them consent, and import their invoices."""
    with (folder / "register.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["企业名称"]: row["统一社会信用代码"] for row in csv.DictReader(file)}
    for number, (name, registered) in enumerate(NAMES.items(), 1):
        party = bank.parties.register_business(
            tenant,
            f"chain:{name}",
            name=registered,
            owner_phone=f"1708000000{number}",
            owner_name=say("Owner of the firm"),
            trade=say("Wholesale") if name == DISTRIBUTOR else say("Manufacturing"),
            region=say("China"),
            registration_no=codes[registered],
        )
        until = FIRST_DAY + timedelta(days=CONSENT_DAYS)
        bank.parties.give_consent(
            tenant, f"chain:consent:{name}", party, records=("invoices",), until=until
        )
        for path in sorted(folder.glob(f"{name}_*.csv")):
            report = bank.records.import_file(tenant, f"chain:{path.name}", path, party_id=party)
            hold(say("every example is recognised and kept"), kept=report.rows_kept > 0)
        yield name, party


def _graph(
    bank: Bank, tenant: Principal, folder: Path, parties: dict[str, UUID]
) -> Iterator[str]:
    """Make the graph: what is public, what each firm's own invoices show, and the core firms."""
    room, kept = bank.supplychain, 0
    for form, name in (
        ("chains", "automobile"),
        ("chains", "dairy"),
        ("register", "register.csv"),
        ("patents", "patents.csv"),
        ("ocds", "tenders.json"),
    ):
        place = folder / name
        kept += room.import_form(tenant, f"chain:{name}", form, place).rows_kept
    for name, party in parties.items():
        kept += room.import_records(tenant, f"chain:records:{name}", party).rows_kept
    for name in CORES:
        core = room.the_one(tenant, name)
        bank.standings.follow(tenant, f"chain:core:{name}", core.key)
    bank.records.refresh_signals(tenant)
    computed_count = bank.standings.refresh(tenant)
    yield say(
        "A chain of made-up firms (synthetic): {facts_count} rows of register, patents, tenders and "
        "invoices; {computed_count} firms placed in it.",
        facts_count=kept,
        computed_count=computed_count,
    )


def _line(bank: Bank, tenant: Principal, party: UUID, name: str) -> dict[str, Any]:
    """Publish the chain policy once, fund once, and decide."""
    text = (files("martlet.credit") / "policies/chain.toml").read_text(encoding="utf-8")
    bank.credit.publish_policy(tenant, "chain:policy", text)
    bank.lending.fund(tenant, "chain:capital", CAPITAL_FEN)
    answer = bank.lending.apply(tenant, f"chain:{name}", party, "equal_instalments", ASKED_FEN)
    hold(say("a place in a verified chain carries a line"), kept=answer["offer"] is not None)
    decision: dict[str, Any] = answer["decision"]
    return decision


def _told(name: str, decision: dict[str, Any], standing: Any) -> Iterator[str]:
    yield f"{name} {decision['limit_fen']} {standing.as_json()}"
