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


class ShiftedClock:
    """A clock that runs as fast as the machine's, on another day: for a demo on older records."""

    def __init__(self, start: datetime, machine: Clock | None = None) -> None:
        assert start.tzinfo is not None, "a naive moment has no meaning"
        self._machine = machine or SystemClock()
        self._shift = start - self._machine.now()

    def now(self) -> datetime:
        """Return the machine's moment, moved."""
        return self._machine.now() + self._shift

    def set(self, moment: datetime) -> None:
        """Move forward to `moment` and run on from there; a moment that is past is refused."""
        shift = moment - self._machine.now()
        assert shift >= self._shift - timedelta(seconds=1), (shift, self._shift)
        self._shift = max(shift, self._shift)
