"""Imports into the stored graph: batches, the same file again, and a business's own records."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.supplychain.graph_examples import ChainBank, chain_bank

from martlet.kernel.errors import Invalid
from martlet.records import RecordsService
from martlet.supplychain import Node, NodeKind, Relation, SourceKind, limits
from martlet.supplychain.service import SupplychainService
from martlet.supplychain.telling import told_around

if TYPE_CHECKING:
    from uuid import UUID

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.store import Database
    from martlet.supplychain.facts import Finding

EXAMPLES = Path(__file__).parents[2] / "examples" / "chain"
HEADINGS = "发票代码,发票号码,开票日期,购方名称,金额,税额,价税合计,发票状态\n"


@pytest.fixture
def bank(database: Database, clock: ManualClock, principal: Principal, tmp_path: Path) -> ChainBank:
    found = chain_bank(database, clock, principal)
    records = RecordsService(database, tmp_path / "records")
    found.graph = SupplychainService(database, records)
    return found


def test_the_same_file_again_writes_nothing_twice_and_a_corrected_one_says_so(
    bank: ChainBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("martlet.supplychain.intake.BATCH_EDGES_MAX", 4)
    path = tmp_path / "company_product.csv"
    path.write_text("company,product,weight\n600001,甲,0.6\n600001,乙,0.3\n600002,乙,1\n,丙,1\n")
    seen: list[Finding] = []
    first = bank.graph.import_form(bank.staff, bank.key(), "ckg", tmp_path, on_finding=seen.append)
    assert (first.figures["edges_new"], first.rows_read, first.rows_kept) == (3, 4, 3)
    assert [(one.code, one.row) for one in seen] == [("supplychain.cell_blank", 5)]
    again = bank.graph.import_form(bank.staff, bank.key(), "ckg", tmp_path)
    assert (again.figures["edges_new"], again.figures["edges_same"]) == (0, 3)
    path.write_text("company,product,weight\n600001,甲,0.5\n600001,乙,0.3\n")
    told = bank.graph.import_form(bank.staff, bank.key(), "ckg", tmp_path)
    (conflict,) = told.findings.kept
    assert (conflict.code, conflict.file, conflict.row) == (
        "supplychain.conflict", "company_product.csv", 2,
    )  # fmt: skip
    right = bank.graph.import_form(bank.staff, bank.key(), "ckg", tmp_path, correct=True)
    assert right.figures["edges_corrected"] == 1
    runs = bank.graph.imports(bank.staff)
    assert [run["state"] for run in runs] == ["done"] * 4


def test_a_row_that_cannot_stand_costs_only_itself(bank: ChainBank, tmp_path: Path) -> None:
    long = "甲" * (limits.KEY_CHARS_MAX + 5)
    (tmp_path / "product_product.csv").write_text(
        f"from,to,rel\n安全带,安全带,上游材料\n{long},丝,上游材料\n安全带,丝,上游材料\n"
    )
    told = bank.graph.import_form(bank.staff, bank.key(), "ckg", tmp_path)
    assert told.figures["edges_new"] == 1
    assert [(one.code, one.row) for one in told.findings.kept] == [
        ("supplychain.self_loop", 2),
        ("supplychain.key_unusable", 3),
    ]
    with pytest.raises(Invalid, match="form_unknown"):
        bank.graph.import_form(bank.staff, bank.key(), "records", tmp_path)


def book(bank: ChainBank, party: UUID, *rows: str) -> None:
    text = HEADINGS + "".join(f"044,{number},{row}\n" for number, row in enumerate(rows, 1))
    assert bank.graph._records is not None
    bank.graph._records.import_file(
        bank.staff, bank.key(), BytesIO(text.encode()), party_id=party, name="sales.csv"
    )


def test_a_business_s_invoices_become_monthly_edges_under_its_consent(bank: ChainBank) -> None:
    party = bank.business()
    book(
        bank,
        party,
        "2026-01-05,甲整车有限公司,100.00,13.00,113.00,正常",
        "2026-01-25,甲整车有限公司,10.00,1.30,11.30,正常",
        "2026-02-05,甲整车有限公司,50.00,6.50,56.50,作废",
        "2026-02-06,张三,50.00,6.50,56.50,正常",
    )
    told = bank.graph.import_records(bank.staff, bank.key(), party)
    assert told.figures["edges_new"] == 1
    assert set(told.findings.counts) == {"supplychain.persons_left_out"}
    (own,) = bank.graph.firms_of(bank.staff, party)
    (edge,) = bank.graph.edges_of(bank.staff, own)
    assert (edge.relation, edge.amount_fen, edge.to_key) == (
        Relation.SUPPLIES, 12_430, "firm:甲整车有限公司",
    )  # fmt: skip
    provenance = edge.provenance
    assert (provenance.source, provenance.consent_party_id) == (SourceKind.INVOICE, party)
    assert (provenance.valid_from, provenance.valid_until) == (date(2026, 1, 1), date(2026, 1, 31))
    around = told_around(bank.graph.around(bank.staff, "firm:甲整车有限公司"))
    assert [(one.tier, one.could_be_financed, one.traded_fen) for one in around] == [
        (-1, True, 12_430)
    ]
    owner = bank.owner_of(party)
    assert len(bank.graph.around(owner, own).placed) == 2
    bank.parties.withdraw_consent(bank.staff, bank.key(), party, records=("invoices",))
    assert bank.graph.edges_of(bank.staff, own) == ()


def test_a_month_that_grew_is_corrected_and_stays_as_it_was_before(bank: ChainBank) -> None:
    party = bank.business()
    book(bank, party, "2026-02-05,甲整车有限公司,100.00,13.00,113.00,正常")
    bank.graph.import_records(bank.staff, bank.key(), party)
    before = bank.clock.now()
    bank.clock.advance(timedelta(days=1))
    book(
        bank,
        party,
        "2026-02-05,甲整车有限公司,100.00,13.00,113.00,正常",
        "2026-02-27,甲整车有限公司,100.00,13.00,113.00,正常",
    )
    assert bank.graph.import_records(bank.staff, bank.key(), party).figures["edges_corrected"] == 1
    (own,) = bank.graph.firms_of(bank.staff, party)
    amounts = [
        bank.graph.edges_of(bank.staff, own, as_of=moment)[0].amount_fen
        for moment in (before, None)
    ]
    assert amounts == [11_300, 22_600]


def test_a_business_that_is_linked_later_keeps_what_its_records_told(bank: ChainBank) -> None:
    party = bank.business()
    book(bank, party, "2026-02-05,甲整车有限公司,100.00,13.00,113.00,正常")
    bank.graph.import_records(bank.staff, bank.key(), party)
    bank.graph.import_form(bank.staff, bank.key(), "register", EXAMPLES / "register.csv")
    firm = bank.graph.the_one(bank.staff, "虚构澄川尼龙材料有限公司")
    assert firm.key != "firm:虚构澄川尼龙材料有限公司", "the register's entry stands for its name"
    bank.clock.advance(timedelta(hours=1))
    bank.graph.link_party(bank.staff, bank.key(), party, firm.key)
    assert bank.tiers(firm)["甲整车有限公司"] == 1
    bank.clock.advance(timedelta(hours=1))
    bank.graph.unlink_party(bank.staff, bank.key(), party)
    assert "甲整车有限公司" not in bank.tiers(firm)


def test_the_example_files_and_the_shipped_chains_are_read_without_a_finding(
    bank: ChainBank,
) -> None:
    for form, name in (("register", "register.csv"), ("patents", "patents.csv"),
                       ("ocds", "tenders.json")):  # fmt: skip
        told = bank.graph.import_form(bank.staff, bank.key(), form, EXAMPLES / name)
        assert told.findings.counts == {}
        assert told.figures["edges_new"] > 0
    chain = bank.graph.import_form(bank.staff, bank.key(), "chains", Path("automobile"))
    assert chain.figures["edges_new"] > 0
    buyer = bank.graph.the_one(bank.staff, "虚构远驰汽车有限公司")
    told_tiers = {
        one.node.name: (one.tier, one.standing)
        for one in told_around(bank.graph.around(bank.staff, buyer.key, 2))
    }
    assert told_tiers["虚构擎芯电池系统有限公司"] == (-1, "public")
    around = told_around(bank.graph.around(bank.staff, buyer.key, 2))
    assert [one.node.name for one in around].count("虚构擎芯电池系统有限公司") == 1
    assert buyer.name not in {one.node.name for one in around}, "its other entry is no neighbour"
    assert all(edge.relation is not Relation.ALIAS_OF for one in around for edge in one.how)


def test_a_private_flag_stays_with_the_checks(bank: ChainBank) -> None:
    flagged = Node("firm:a", NodeKind.FIRM, "甲", {"private_same_representative": "firm:b"})
    bank.graph.record(bank.staff, bank.key(), [flagged], [])
    (seen,) = bank.graph.around(bank.staff, "firm:a").placed
    assert told_around(bank.graph.around(bank.staff, "firm:a")) == ()
    assert seen.node.attributes == {"private_same_representative": "firm:b"}
