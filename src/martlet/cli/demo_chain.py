"""The demo's third bank: two small firms of a made-up chain, lent to by their place in it.

A nylon maker three tiers above a carmaker and a dairy's distributor, from raw files (register,
patents, tenders, their own invoices) to a line each. A bank of its own, closed again before the
demo goes on; every firm is made up and says so.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING

from martlet.bootstrap import open_bank
from martlet.cli.chain_words import relation_word, source_word
from martlet.cli.demo_state import CONSENT_DAYS, hold, morning
from martlet.cli.words import say
from martlet.kernel.clock import ShiftedClock
from martlet.kernel.config import Settings
from martlet.kernel.principal import Principal, system_principal

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path
    from uuid import UUID

    from martlet.bootstrap import Bank
    from martlet.cli.demo_state import Demo
    from martlet.supplychain.standing.compute import Standing

FIRST_DAY = date(2026, 11, 2)
"""The first business day after the last of the made-up invoices (31 October 2026)."""

CAPITAL_FEN = 10**11
ASKED_FEN = 500_000_000
CORES = ("虚构远驰汽车有限公司", "虚构牧岭乳业股份有限公司")
"""The firms at the heads of the chains that this bank follows."""

PRODUCT = "equal_instalments"
PUBLIC = (
    ("chains", "automobile"),
    ("chains", "dairy"),
    ("register", "register.csv"),
    ("ocds", "tenders.json"),
)
"""What anybody may know, by its form; the patents come later, to show what they change."""

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
        policy = (files("martlet.credit") / "policies/chain.toml").read_text(encoding="utf-8")
        bank.credit.publish_policy(tenant, "chain:policy", policy)
        bank.lending.fund(tenant, "chain:capital", CAPITAL_FEN)
        parties = dict(_businesses(bank, tenant, folder))
        yield _graph(bank, tenant, folder, parties)
        lines = yield from _lines(bank, tenant, folder, parties)
        bank.verify()
    finally:
        bank.close()
    demo.facts |= {f"chain_{name}_line_fen": limit_fen for name, limit_fen in lines.items()}


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


def _graph(bank: Bank, tenant: Principal, folder: Path, parties: dict[str, UUID]) -> str:
    """Make the graph: what is public, what each firm's own invoices show, and the core firms."""
    room, rows_count = bank.supplychain, 0
    for form, name in PUBLIC:
        rows_count += room.import_form(tenant, f"chain:{name}", form, folder / name).rows_kept
    for name, party in parties.items():
        firm = room.the_one(tenant, NAMES[name])
        room.link_party(tenant, f"chain:link:{name}", party, firm.key)
        rows_count += room.import_records(tenant, f"chain:records:{name}", party).rows_kept
    for name in CORES:
        bank.standings.follow(tenant, f"chain:core:{name}", room.the_one(tenant, name).key)
    bank.records.refresh_signals(tenant)
    return say(
        "A chain of made-up firms (synthetic): {rows_count} rows of register, tenders and months "
        "of invoices, and two chains as data; {cores_count} core firms followed.",
        rows_count=rows_count,
        cores_count=len(CORES),
    )


def _lines(
    bank: Bank, tenant: Principal, folder: Path, parties: dict[str, UUID]
) -> Generator[str, None, dict[str, int]]:
    """Decide on both; on the nylon maker before its patents are known, and after."""
    before_fen = _line(bank, tenant, parties[NYLON], "before")
    bank.supplychain.import_form(tenant, "chain:patents", "patents", folder / "patents.csv")
    nylon_fen = _line(bank, tenant, parties[NYLON], NYLON)
    maker = bank.standings.of_party(tenant, parties[NYLON])
    assert maker.position is not None, "its invoices place it"
    yield say(
        "The nylon maker, {tiers_count} tiers above the carmaker: {revenue_fen} a month verified "
        "through the chain, technology {grade}: a line of {limit_fen}; before its "
        "{patents_count} patents were known, {before_fen}.",
        tiers_count=maker.position.figures["chain_tiers_count"],
        revenue_fen=maker.position.figures["chain_revenue_monthly_fen"],
        grade=maker.technology.as_json()["grade"],
        limit_fen=nylon_fen,
        patents_count=maker.technology.figures["technology_patents_count"],
        before_fen=before_fen,
    )
    yield from _why(maker)
    hold(say("patents move the grade of a firm with cash flow"), kept=nylon_fen > before_fen)
    dairy_fen = _line(bank, tenant, parties[DISTRIBUTOR], DISTRIBUTOR)
    seller = bank.standings.of_party(tenant, parties[DISTRIBUTOR])
    assert seller.position is not None, "its invoices place it"
    yield say(
        "The distributor, whose own invoices say for which dairy: {share_ppm} of its trade in "
        "{months_count} of 24 months: a line of {limit_fen}, without a stamped contract.",
        share_ppm=seller.position.figures["chain_revenue_share_ppm"],
        months_count=seller.position.figures["chain_trade_months_count"],
        limit_fen=dairy_fen,
    )
    yield from _why(seller)
    return {NYLON: nylon_fen, DISTRIBUTOR: dairy_fen}


def _line(bank: Bank, tenant: Principal, party: UUID, key: str) -> int:
    """Place a business as of now, decide, and return its limit."""
    bank.standings.refresh(tenant, [party])
    asked = bank.lending.apply(tenant, f"chain:apply:{key}", party, PRODUCT, ASKED_FEN)
    hold(say("a place in a verified chain carries a line"), kept=asked["offer"] is not None)
    limit_fen: int = asked["offer"]["limit_fen"]
    return limit_fen


def _why(standing: Standing) -> Iterator[str]:
    """Tell the first path hop by hop, each with its source and date, and the weakest."""
    paths = standing.as_json()["paths"]
    hold(say("a line through a chain is explained"), kept=bool(paths))
    hops = paths[0]["hops"]
    for place, hop in enumerate(hops):
        ends = (hop["start_name"], hop["end_name"])
        giver, taker = ends if hop["from"] == hop["start"] else ends[::-1]
        told = say(
            "{from_name} {relation} {to_name} ({source}, known since {known_on})",
            from_name=giver,
            relation=relation_word(hop["relation"]),
            to_name=taker,
            source=source_word(hop["source"]),
            known_on=date.fromisoformat(hop["known_at"][:10]),
        )
        weakest = (
            say("the weakest hop") if len(hops) > 1 and place == paths[0]["weakest_hop"] else ""
        )
        yield f"  {told}  {weakest}".rstrip()
