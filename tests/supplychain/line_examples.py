"""The synthetic nylon maker and the dairy distributor in a small stored graph, to decide about."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING

from tests.supplychain.graph_examples import ChainBank, edge, firm, product

from martlet.credit import Application, Decision, decide, expert_scorecard, parse_policy
from martlet.kernel.calendar import business_date_of
from martlet.signals import Signal, SignalRequest, SignalSet
from martlet.supplychain import Edge, Node, NodeKind, Relation, SourceKind
from martlet.supplychain.signals import ChainSignals
from martlet.supplychain.standing.service import StandingService

if TYPE_CHECKING:
    from uuid import UUID

R = Relation
NYLON, INSULATION, PACKS = firm("虚构尼龙厂"), firm("虚构绝缘件厂"), firm("虚构电池厂")
CARMAKER, WORKSHOP, SISTER = firm("虚构整车厂"), firm("虚构机械厂"), firm("虚构姊妹厂")
DAIRY, DISTRIBUTOR, SHOP = firm("虚构乳业"), firm("虚构商贸"), firm("虚构超市")
MATERIAL, BUSBAR, PACK = product("阻燃增强尼龙"), product("母排绝缘件"), product("动力电池包")
CAR = product("新能源乘用车")
TENDER = Node("tender:2026-1", NodeKind.TENDER, "母排绝缘件年度采购", {})
CARS = Node("tender:2026-2", NodeKind.TENDER, "动力电池包年度采购", {})
POLICY = parse_policy((files("martlet.credit") / "policies/chain.toml").read_text("utf-8"))
MODEL = expert_scorecard()
MILLION = 100_000_000
"""A million yuan in fen."""


def months(today: date, count: int) -> list[date]:
    """Return the first days of the whole months before a day, the newest last."""
    place = today.year * 12 + today.month - 1
    return [date((place - back) // 12, (place - back) % 12 + 1, 1) for back in range(count, 0, -1)]


def invoices(
    seller: Node,
    buyer: Node,
    monthly_fen: int,
    party: UUID,
    now: datetime,
    count: int = 26,
    source: SourceKind = SourceKind.INVOICE,
) -> list[Edge]:
    """Return a trade month by month under a business's consent."""
    return [
        edge(
            seller,
            R.SUPPLIES,
            buyer,
            source=source,
            reference=f"records/{party}/invoices:{month:%Y-%m}:{buyer.name}",
            known_at=now - timedelta(hours=1),
            party=party,
            period=(month, month.replace(day=28)),
            amount_fen=monthly_fen,
        )
        for month in months(business_date_of(now), count)
    ]


def patents(today: date, **told: str) -> list[Node]:
    """Return twelve patents: eight granted inventions of eight years, four utility models."""
    nodes = []
    for i in range(12):
        filed = today - timedelta(days=365 * (i % 8) + 900)
        attributes = {
            "type": "invention" if i < 8 else "utility",
            "state": "有效",
            "filed_on": filed.isoformat(),
            "granted_on": (filed + timedelta(days=700)).isoformat(),
        }
        title = f"一种母排绝缘用阻燃增强尼龙{i}"
        nodes.append(Node(f"patent:XG{i}", NodeKind.PATENT, title, attributes | told))
    return nodes


def public_chain() -> list[Edge]:
    """Return what anybody may know of the chain from nylon to the car."""
    return [
        edge(NYLON, R.MAKES, MATERIAL, source=SourceKind.REGISTER),
        edge(MATERIAL, R.MATERIAL_OF, BUSBAR),
        edge(BUSBAR, R.MATERIAL_OF, PACK),
        edge(PACK, R.MATERIAL_OF, CAR),
        edge(CARMAKER, R.MAKES, CAR, source=SourceKind.REGISTER),
        edge(INSULATION, R.MAKES, BUSBAR, source=SourceKind.REGISTER),
        edge(INSULATION, R.WON_TENDER, TENDER, source=SourceKind.TENDER),
        edge(TENDER, R.TENDERED_BY, PACKS, source=SourceKind.TENDER),
        edge(PACKS, R.WON_TENDER, CARS, source=SourceKind.TENDER),
        edge(CARS, R.TENDERED_BY, CARMAKER, source=SourceKind.TENDER),
    ]


def nylon_maker(bank: ChainBank, *, sells: bool = True, **held: str) -> UUID:
    """Put the nylon maker, its trade and its chain in; `held` is said of its patents."""
    now = bank.clock.now()
    party = bank.business()
    bank.told(*public_chain())
    bank.graph.link_party(bank.staff, bank.key(), party, NYLON.key)
    if sells:
        bank.told(
            *invoices(NYLON, INSULATION, 67_700_000, party, now),
            *invoices(NYLON, WORKSHOP, 15_000_000, party, now),
        )
    if held:
        holds(bank, patents(business_date_of(now), **held))
    StandingService(bank.database).follow(bank.staff, bank.key(), CARMAKER.key)
    return party


def holds(bank: ChainBank, nodes: list[Node]) -> None:
    """Say that the nylon maker holds patents."""
    edges = [edge(NYLON, R.HOLDS_PATENT, one, source=SourceKind.PATENT) for one in nodes]
    bank.told(*edges, nodes=tuple(nodes))
    bank.graph.record(bank.staff, bank.key(), nodes, [])


def distributor(bank: ChainBank) -> UUID:
    """Put the distributor in: nine tenths of what it buys is one dairy's."""
    now, party = bank.clock.now(), bank.business()
    bank.told(
        *invoices(DAIRY, DISTRIBUTOR, 42_900_000, party, now),
        *invoices(firm("虚构调料"), DISTRIBUTOR, 4_000_000, party, now),
        *invoices(DISTRIBUTOR, SHOP, 56_800_000, party, now),
    )
    bank.graph.link_party(bank.staff, bank.key(), party, DISTRIBUTOR.key)
    StandingService(bank.database).follow(bank.staff, bank.key(), DAIRY.key)
    return party


def signals_of(bank: ChainBank, party: UUID) -> SignalSet:
    """Compute the night's standings and return what a decision reads of a business."""
    StandingService(bank.database).refresh(bank.staff, [party])
    eye = ChainSignals(bank.database)
    return eye.collect(SignalRequest(bank.staff, party), bank.clock.now())


def answer(bank: ChainBank, party: UUID, chain: SignalSet, takings_fen: int) -> Decision:
    """Decide by the chain policy on steady books of so much a month, and the chain's signals."""
    now = bank.clock.now()
    known = {
        "verified_takings_monthly_fen": takings_fen,
        "records_history_days": 780,
        "records_days_since_last_days": 1,
        "invoice_sales_months_active_12m": 12,
        "invoice_sales_trend_ppm": 1_050_000,
        "invoice_void_share_ppm": 10_000,
        "invoice_refund_share_ppm": 5_000,
    }
    books = SignalSet(
        Signal(
            party,
            kind,
            value,
            business_date_of(now) - timedelta(days=1),
            now - timedelta(hours=1),
            now + timedelta(days=90),
            950_000,
            200,
            "records",
            "1",
        )
        for kind, value in known.items()
    )
    asked = Application(
        bank.database.ids.new(), party, "equal_instalments", 5 * MILLION, business_date_of(now)
    )
    return decide(asked, books.merged(chain), POLICY, MODEL, now)
