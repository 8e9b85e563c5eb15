"""Every check over the records of one business or of many: the same answer alone and together.

Pure: records, a moment and a way to ask for names come in, findings go out. Nothing later than
the moment is looked at, because `visible` alone opens the records.
"""

from __future__ import annotations

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
    from collections.abc import Iterator
    from datetime import datetime

    import polars as pl

    from martlet.records.integrity.dealing import OwnNames
    from martlet.records.integrity.finding import Finding, Findings
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


def findings_of(records: Plans, as_of: datetime, own_names: OwnNames = nobody_known) -> Findings:
    """Return what the checks find in the records of each business as they stood at a moment."""
    by_party: dict[str, dict[str, Finding]] = {}
    for party, finding in _found(records, as_of, own_names):
        known = by_party.setdefault(party, {})
        before = known.get(finding.kind)
        if before is None or finding.value > before.value:
            known[finding.kind] = finding
    return {
        party: tuple(sorted(known.values(), key=lambda finding: KINDS.index(finding.kind)))
        for party, known in by_party.items()
    }


def _found(records: Plans, as_of: datetime, own_names: OwnNames) -> Iterator[tuple[str, Finding]]:
    if Kind.INVOICES in records:
        yield from _in_invoices(records[Kind.INVOICES], as_of, own_names)
    for kind in (Kind.BANK, Kind.PAYMENTS):
        if kind in records:
            yield from money_returned(standing_payments(records[kind], as_of), kind)


def _in_invoices(
    invoices: pl.DataFrame | pl.LazyFrame, as_of: datetime, own_names: OwnNames
) -> Iterator[tuple[str, Finding]]:
    book = standing_invoices(invoices, as_of)
    yield from circular_trade(book)
    yield from mirrored_invoices(book)
    yield from equal_invoices(book)
    yield from self_dealing(book, own_names)
    yield from sales_burst(book)
    yield from voided_later(invoices, book, as_of)
