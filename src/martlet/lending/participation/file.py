"""A settlement file's text: a pure function of its lines, the same bytes whenever it is made.

A heading, the columns, one line for each loan that moved, control totals, what is to be paid each
way, and the SHA-256 of all that stands above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.kernel.canonical import content_hash
from martlet.lending.participation.split import Split, add, balances

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

FORMAT = "martlet-settlement"
VERSION = 1
FIXED = ("loan_id", "kind", "product", "share_ppm")


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """What moved of one loan between a partner and the bank since the file before."""

    loan_id: UUID
    kind: str
    product: str
    share_ppm: int
    moved: Mapping[str, int]
    principal_after_fen: int


@dataclass(frozen=True, slots=True)
class SettlementFile:
    """One partner's file of one business date."""

    text: str
    lines_count: int
    totals: Split
    content_hash: str
    """Of everything above the last line, which states it."""


def settlement_file(
    partner: str, settled_on: date, columns: Sequence[str], lines: Iterable[SettlementLine]
) -> SettlementFile:
    """Write a file; its lines come in the order of their loans."""
    totals: Split = {}
    principal_fen = count = 0
    rows = [
        f"{FORMAT},{VERSION},{partner},{settled_on.isoformat()},CNY",
        ",".join((*FIXED, *(f"{name}_fen" for name in columns), "principal_after_fen")),
    ]
    for line in lines:
        assert set(line.moved) <= set(columns), line
        moved = ",".join(str(line.moved.get(name, 0)) for name in columns)
        head = f"{line.loan_id},{line.kind},{line.product},{line.share_ppm}"
        rows.append(f"{head},{moved},{line.principal_after_fen}")
        add(totals, line.moved)
        principal_fen += line.principal_after_fen
        count += 1
    sums = ",".join(str(totals.get(name, 0)) for name in columns)
    rows += [
        f"total,{count},,,{sums},{principal_fen}",
        f"partner_pays_fen,{funded_fen(totals)}",
        f"bank_pays_fen,{collected_fen(totals)}",
    ]
    body = "".join(f"{row}\n" for row in rows)
    digest = content_hash(body.encode())
    kept = {name: amount for name, amount in totals.items() if amount}
    return SettlementFile(f"{body}sha256,{digest}\n", count, kept, digest)


def funded_fen(totals: Mapping[str, int]) -> int:
    """Return what a partner owes the bank for its part of new loans."""
    return balances(totals)["receivable"]


def collected_fen(totals: Mapping[str, int]) -> int:
    """Return what the bank owes a partner of what it has collected or taken over."""
    return -balances(totals)["payable"]
