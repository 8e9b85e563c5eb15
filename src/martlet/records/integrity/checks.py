"""Every check over the records of one business or of many: the same answer alone and together.

Pure: records, a moment and a way to ask for names come in, findings go out. Nothing later than
the moment is looked at, because `visible` alone opens the records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.records.integrity.burst import BURST, RISING, sales_burst
from martlet.records.integrity.circular import (
    BOTH_WAYS,
    CIRCULAR,
    RETURNED,
    circular_trade,
    money_returned,
)
from martlet.records.integrity.dealing import SELF_DEALING, nobody_known, self_dealing
from martlet.records.integrity.marks import marks_of
from martlet.records.integrity.mirrored import (
    EQUAL,
    MIRRORED,
    SAME_AMOUNTS,
    equal_invoices,
    mirrored_invoices,
)
from martlet.records.integrity.standing import standing_invoices, standing_payments
from martlet.records.integrity.voided import VOIDED, voided_later
from martlet.records.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from martlet.records.integrity.dealing import OwnNames
    from martlet.records.integrity.finding import Book, Finding, Findings
    from martlet.records.integrity.marks import Mark
    from martlet.records.model import Plans

KINDS = (
    CIRCULAR,
    MIRRORED,
    SELF_DEALING,
    BURST,
    BOTH_WAYS,
    SAME_AMOUNTS,
    EQUAL,
    RISING,
    RETURNED,
    VOIDED,
)
"""The kinds of signals that a business's own records can give, in the order they are shown."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks give: findings, and the marks by which equal books find each other."""

    findings: Findings
    marks: Mapping[str, tuple[Mark, ...]]


def findings_of(records: Plans, as_of: datetime, own_names: OwnNames = nobody_known) -> Findings:
    """Return what the checks find in the records of each business as they stood at a moment."""
    return checked(records, as_of, own_names).findings


def checked(records: Plans, as_of: datetime, own_names: OwnNames = nobody_known) -> Checked:
    """Return the findings in the records of each business and the marks that they leave."""
    by_party: dict[str, dict[str, Finding]] = {}
    book = None
    if Kind.INVOICES in records:
        book = standing_invoices(records[Kind.INVOICES], as_of)
    for party, finding in _found(records, book, as_of, own_names):
        known = by_party.setdefault(party, {})
        before = known.get(finding.kind)
        if before is None or finding.value > before.value:
            known[finding.kind] = finding
    findings = {
        party: tuple(sorted(known.values(), key=lambda finding: KINDS.index(finding.kind)))
        for party, known in by_party.items()
    }
    return Checked(findings, {} if book is None else marks_of(book))


def _found(
    records: Plans, book: Book | None, as_of: datetime, own_names: OwnNames
) -> Iterator[tuple[str, Finding]]:
    if book is not None:
        yield from circular_trade(book)
        yield from mirrored_invoices(book)
        yield from equal_invoices(book)
        yield from self_dealing(book, own_names)
        yield from sales_burst(book)
        yield from voided_later(records[Kind.INVOICES], book, as_of)
    for kind in (Kind.BANK, Kind.PAYMENTS):
        if kind in records:
            yield from money_returned(standing_payments(records[kind], as_of), kind)
