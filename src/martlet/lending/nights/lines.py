"""Watch lines: tell of those that lie unused for long and of those whose end is near, once each.

A line is looked at on the day on which it passes the setting, so the work is that of one day; when
a setting changes, the days between the two are caught up. The invariant: one notice a line, kind
and day.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from martlet.lending.in_force import in_force
from martlet.store import Progress

if TYPE_CHECKING:
    from martlet.lending.nights.night import Night
    from martlet.store import Transaction


@dataclass(frozen=True, slots=True)
class LineWatch:
    """One version of the settings."""

    version: str
    effective_from: date
    dormant_after_days: int
    maturing_within_days: int
    source: str

    def __post_init__(self) -> None:
        assert self.dormant_after_days > 0 < self.maturing_within_days, self


@cache
def line_watches() -> tuple[LineWatch, ...]:
    """Return every version of the settings, the earliest first."""
    table = tomllib.loads((files("martlet.lending") / "line_watch.toml").read_text("utf-8"))
    found = [LineWatch(**entry) for entry in table["watch"]]
    return tuple(sorted(found, key=lambda one: one.effective_from))


def line_watch_on(day: date) -> LineWatch:
    """Return the settings in force on a day."""
    return in_force(line_watches(), day)


_UNUSED = "f.used_fen = 0 AND f.available_until >= ?"
_DORMANT = f"""
    SELECT f.facility_id, f.party_id, f.product, f.limit_fen FROM lending_facility f
    WHERE f.tenant_id = ? AND f.opened_on > ? AND f.opened_on <= ? AND {_UNUSED}
    AND NOT EXISTS (SELECT 1 FROM lending_loan l WHERE l.tenant_id = f.tenant_id
        AND l.facility_id = f.facility_id AND l.disbursed_on IS NOT NULL)
    UNION
    SELECT f.facility_id, f.party_id, f.product, f.limit_fen FROM lending_loan e
    JOIN lending_facility f ON f.facility_id = e.facility_id
    WHERE e.tenant_id = ? AND e.closed_on > ? AND e.closed_on <= ? AND {_UNUSED}
    AND NOT EXISTS (SELECT 1 FROM lending_loan l WHERE l.tenant_id = f.tenant_id
        AND l.facility_id = f.facility_id AND (l.live = 1 OR l.closed_on > ?))
    ORDER BY 1
"""  # noqa: S608 - the module's own words
_MATURING = """
    SELECT facility_id, party_id, product, limit_fen FROM lending_facility
    WHERE tenant_id = ? AND available_until > ? AND available_until <= ? ORDER BY facility_id
"""
_COLUMNS = ("tenant_id", "facility_id", "kind", "noticed_on")


def watch_lines_step(tx: Transaction, _cursor: str, night: Night) -> Progress:
    """Notice the lines that have passed a setting since the morning before."""
    driver, tenant = tx.driver, tx.driver.id(tx.tenant_id)
    today = driver.day(night.until)
    now, before = line_watch_on(night.until), line_watch_on(night.business_date)
    unused = (
        driver.day(night.business_date - timedelta(days=before.dormant_after_days)),
        driver.day(night.until - timedelta(days=now.dormant_after_days)),
    )
    ends = (
        driver.day(night.business_date + timedelta(days=before.maturing_within_days)),
        driver.day(night.until + timedelta(days=now.maturing_within_days)),
    )
    dormant = driver.fetch(_DORMANT, (tenant, *unused, today, tenant, *unused, today, unused[1]))
    maturing = driver.fetch(_MATURING, (tenant, *ends))
    _notice(tx, night, "dormant", dormant)
    _notice(tx, night, "maturing", maturing)
    return Progress(None, {"dormant": len(dormant), "maturing": len(maturing)})


def _notice(tx: Transaction, night: Night, kind: str, lines: list[tuple[Any, ...]]) -> None:
    driver = tx.driver
    tenant, today = driver.id(tx.tenant_id), driver.day(night.until)
    driver.load("lending_line_notice", _COLUMNS, [(tenant, line[0], kind, today) for line in lines])
    for facility_id, party_id, product, limit_fen in lines:
        own = str(driver.to_id(facility_id))
        told = {
            "facility_id": own,
            "party_id": str(driver.to_id(party_id)),
            "product": product,
            "limit_fen": limit_fen,
        }
        day = night.business_date
        tx.emit(f"lending.line_{kind}", f"facility:{own}", told, business_date=day)
