"""The only module that reads the time. Everything else is told it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present moment, always in UTC and always aware of it."""

    def now(self) -> datetime:
        """Return the present moment."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved: for the simulated world and for tests."""

    def __init__(self, start: datetime) -> None:
        assert start.tzinfo is not None, "a naive moment has no meaning"
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment it was last moved to."""
        return self._now

    def advance(self, step: timedelta) -> None:
        """Move forward by `step`; time never goes back."""
        assert step >= timedelta(0), step
        self._now += step

    def set(self, moment: datetime) -> None:
        """Move to `moment`, which is not before the present one."""
        assert moment >= self._now, (moment, self._now)
        self._now = moment.astimezone(UTC)
