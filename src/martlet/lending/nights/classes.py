"""Classify: each borrower into the category of the worst of its loans, by the rules of the day.

Only borrowers with something unpaid, restructured or charged off, and those not in the best
category, are looked at. The invariant: history is written only where a category changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import Corrupt
from martlet.lending.asset_classes import AssetClass, class_rules_on, classify, classify_columns
from martlet.lending.events import standing
from martlet.lending.limits import (
    CLASS_CHANGES_PER_LOAN_CHUNK,
    EVENTS_LOOKUP_LOANS,
    SAMPLE_LOANS,
)
from martlet.lending.loans import events_by_loan
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.asset_classes import ClassRules
    from martlet.lending.nights.night import Night
    from martlet.store import Transaction

_CATEGORIES = tuple(AssetClass)

_LATE = """
    SELECT party_id, min(oldest_due_on),
    max(CASE WHEN charged_off_on IS NULL THEN 0 ELSE 1 END)
    FROM lending_loan WHERE tenant_id = ? AND live = 1 AND oldest_due_on IS NOT NULL
    GROUP BY party_id
"""
_CHARGED_OFF = """
    SELECT DISTINCT party_id FROM lending_loan
    WHERE tenant_id = ? AND live = 1 AND charged_off_on IS NOT NULL
"""
_WATCHED = """
    SELECT party_id, category FROM lending_borrower_class
    WHERE tenant_id = ? AND category <> 'normal'
"""
_KEEP = """
    INSERT INTO lending_borrower_class (tenant_id, party_id, category, since, rules_version)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant_id, party_id) DO UPDATE
    SET category = excluded.category, since = excluded.since,
    rules_version = excluded.rules_version
"""
_HISTORY = (
    "tenant_id",
    "party_id",
    "changed_on",
    "category_before",
    "category",
    "days_overdue",
    "restructured",
    "charged_off",
    "rules_version",
)


@dataclass(slots=True)
class _Standing:
    """What decides a borrower's category, and the one it is in."""

    before: AssetClass = AssetClass.NORMAL
    days_overdue: int = 0
    restructured: int = 0
    charged_off: int = 0


def classify_step(tx: Transaction, _cursor: str, night: Night) -> Progress:
    """Classify all borrowers and write a bounded number of changes; a rerun finds the others."""
    rules = class_rules_on(night.until)
    standings = _standings(tx, night, rules)
    found = _categories(standings, rules)
    changed = sorted(party for party, one in standings.items() if found[party] is not one.before)
    bound = night.chunk_loans * CLASS_CHANGES_PER_LOAN_CHUNK
    part = changed[:bound]
    _keep(tx, night, rules, [(party, standings[party], found[party]) for party in part])
    totals = {"changed": len(part)}
    if len(changed) > bound:
        return Progress("more", totals)
    for category in _CATEGORIES[1:]:
        totals[category.value] = sum(one is category for one in found.values())
    totals["checked"] = _check(standings, found, rules)
    return Progress(None, totals)


def _standings(tx: Transaction, night: Night, rules: ClassRules) -> dict[Any, _Standing]:
    """Return the borrowers to be looked at, by their identifiers as the database keeps them."""
    driver, tenant = tx.driver, tx.driver.id(tx.tenant_id)
    found: dict[Any, _Standing] = {
        party: _Standing(AssetClass(category))
        for party, category in driver.fetch(_WATCHED, (tenant,))
    }
    days: dict[Any, int] = {}
    for party, oldest, charged_off in driver.fetch(_LATE, (tenant,)):
        if oldest not in days:
            since = driver.to_day(oldest)
            assert since is not None
            days[oldest] = (night.until - since).days
        one = found.setdefault(party, _Standing())
        one.days_overdue, one.charged_off = days[oldest], charged_off
    for (party,) in driver.fetch(_CHARGED_OFF, (tenant,)):
        found.setdefault(party, _Standing()).charged_off = 1
    for party in _restructured(tx, night.until, rules):
        found.setdefault(party, _Standing()).restructured = 1
    return found


def _restructured(tx: Transaction, until: date, rules: ClassRules) -> set[Any]:
    """Return the borrowers with a live loan that was restructured and is still observed."""
    driver, kinds = tx.driver, sorted(rules.restructured.kinds)
    begins = until - timedelta(days=rules.restructured.observation_days)
    rows = driver.fetch(
        "SELECT DISTINCT l.loan_id, l.party_id FROM lending_loan_event e"  # noqa: S608 - marks only
        " JOIN lending_loan l ON l.loan_id = e.loan_id AND l.live = 1"
        " WHERE e.tenant_id = ? AND e.kind NOT IN ('disbursed', 'repaid') AND e.value_date > ?"
        f" AND e.kind IN ({', '.join('?' * len(kinds))})",
        (driver.id(tx.tenant_id), driver.day(begins), *kinds),
    )
    parties = {driver.to_id(loan_id): party for loan_id, party in rows}
    found: set[Any] = set()
    waiting = iter(parties)
    while part := list(islice(waiting, EVENTS_LOOKUP_LOANS)):
        for loan_id, events in events_by_loan(tx.connection, part).items():
            if any(
                event.kind in rules.restructured.kinds and event.value_date > begins
                for event in standing(events)
            ):
                found.add(parties[loan_id])
    return found


def _categories(standings: dict[Any, _Standing], rules: ClassRules) -> dict[Any, AssetClass]:
    columns = [
        np.array([getattr(one, name) for one in standings.values()], np.int64)
        for name in ("days_overdue", "restructured", "charged_off")
    ]
    places = classify_columns(columns[0], rules, columns[1], columns[2])
    return dict(zip(standings, (_CATEGORIES[place] for place in places.tolist()), strict=True))


def _check(standings: dict[Any, _Standing], found: dict[Any, AssetClass], rules: ClassRules) -> int:
    """Classify some of the borrowers one by one: the same categories."""
    parties = list(standings)
    sample = parties[:: max(1, len(parties) // SAMPLE_LOANS)]
    for party in sample:
        one = standings[party]
        alone = classify(
            one.days_overdue,
            rules,
            restructured=bool(one.restructured),
            charged_off=bool(one.charged_off),
        )
        if alone is not found[party]:
            raise Corrupt("lending.columns_differ", loan_id=str(party))
    return len(sample)


def _keep(
    tx: Transaction,
    night: Night,
    rules: ClassRules,
    changes: Sequence[tuple[Any, _Standing, AssetClass]],
) -> None:
    driver = tx.driver
    tenant, since = driver.id(tx.tenant_id), driver.day(night.until)
    driver.run_many(
        _KEEP,
        [(tenant, party, category.value, since, rules.version) for party, _, category in changes],
    )
    history = [
        (tenant, party, since, one.before.value, category.value,
         one.days_overdue, one.restructured, one.charged_off, rules.version)
        for party, one, category in changes
    ]  # fmt: skip
    driver.load("lending_class_change", _HISTORY, history)
    for party, one, category in changes:
        party_id = driver.to_id(party)
        told = {
            "party_id": str(party_id),
            "category_before": one.before.value,
            "category": category.value,
            "days_overdue": one.days_overdue,
            "rules_version": rules.version,
        }
        stream = f"borrower:{party_id}"
        tx.emit("lending.borrower_classified", stream, told, business_date=night.business_date)
