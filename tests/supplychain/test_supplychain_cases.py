"""The two published cases, from raw made-up files to a line: a nylon maker, a distributor."""

from __future__ import annotations

from pathlib import Path

from tools.make_chain_example import FOLDER, write_chain

from martlet.cli.demo_chain import lend_by_the_chain
from martlet.cli.demo_state import new_demo

MILLION = 100_000_000
"""A million yuan in fen."""


def test_register_patents_tenders_and_invoices_lead_to_two_lines(tmp_path: Path) -> None:
    demo = new_demo(tmp_path / "demo", Path("absent"), Path("examples"), quiet=True)
    told = list(lend_by_the_chain(demo))
    assert demo.facts["chain_nylon_line_fen"] == 2 * MILLION
    assert demo.facts["chain_distributor_line_fen"] == MILLION
    carmaker = next(line for line in told if "虚构远驰汽车有限公司" in line)
    assert carmaker.endswith("(Tender notice, known since 18 Mar 2025)")
    assert not any("¥0.00" in line for line in told)


def test_the_files_in_the_repository_are_what_the_seed_writes(tmp_path: Path) -> None:
    for path in write_chain(tmp_path):
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name
