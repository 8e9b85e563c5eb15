"""What the steps of the demo hand from one to the next, and what a step is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from martlet.kernel.calendar import SHANGHAI
from martlet.kernel.errors import Corrupt, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from martlet.bootstrap import Bank
    from martlet.cli.demo_cash import CashShops
    from martlet.kernel.clock import ShiftedClock
    from martlet.kernel.principal import Principal

MARKER = ".martlet-demo"
"""A folder is emptied only where this file says that a demo made it."""


CONSENT_DAYS = 365
ALL_RECORDS = ("invoices", "payments", "takings", "orders", "bank")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called, and what it does, telling a line at a time."""

    title: str
    run: Callable[[Demo], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Firm:
    """A business of the demo: as its records call it, and as the bank does."""

    name: str
    trade: str
    party_id: UUID
    outcome: bool | None = None
    """Whether it is known to have defaulted; None where nobody knows."""


@dataclass(slots=True)
class Demo:
    """The demo under way."""

    home: Path
    data: Path | None
    """Folder of the real invoices; None where there are none and a made-up world stands in."""
    examples: Path | None
    """Folder of example exports."""
    quiet: bool
    opened: Bank | None = None
    clock: ShiftedClock | None = None
    tenant: Principal | None = None
    staff: dict[str, Principal] = field(default_factory=dict)
    firms: dict[str, Firm] = field(default_factory=dict)
    """By the name that the records give them."""
    approved: dict[str, UUID] = field(default_factory=dict)
    """Facilities, by firm."""
    loans: dict[str, UUID] = field(default_factory=dict)
    stall: UUID | None = None
    """The business without any history, which was lent one yuan."""
    cash: CashShops | None = None
    """The made-up shops with idle cash, once they have some."""
    decisions: list[UUID] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    """What the summary tells."""

    @property
    def bank(self) -> Bank:
        """The bank, once it is open."""
        assert self.opened is not None, "the first step opens the bank"
        return self.opened

    @property
    def principal(self) -> Principal:
        """The bank itself, in the demo's tenant."""
        assert self.tenant is not None, "the first step makes the tenant"
        return self.tenant

    def morning_of(self, day: date) -> None:
        """Move the clock to nine in the morning of a day, in Shanghai, unless it is later."""
        assert self.clock is not None
        self.clock.set(max(morning(day), self.clock.now()))

    def close(self) -> None:
        """Close the bank."""
        if self.opened is not None:
            self.opened.close()


def morning(day: date) -> datetime:
    """Return nine in the morning in Shanghai."""
    return datetime.combine(day, time(9), SHANGHAI).astimezone(UTC)


def new_demo(home: Path, data: Path, examples: Path, *, quiet: bool) -> Demo:
    """Return a demo on an empty folder; a folder that no demo made is never emptied."""
    if home.exists() and any(home.iterdir()):
        if not (home / MARKER).exists():
            raise Refused("cli.demo_folder_taken", home=str(home))
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / MARKER).write_text("made by martlet demo; emptied by the next\n", encoding="utf-8")
    firms = data / "credit" / "cumcm2020c"
    return Demo(
        home=home,
        data=firms if firms.is_dir() else None,
        examples=examples if examples.is_dir() else None,
        quiet=quiet,
    )


def hold(promise: str, *, kept: bool) -> None:
    """End the demo where a promise is not kept."""
    if not kept:
        raise Corrupt("cli.demo_promise_broken", promise=promise)
