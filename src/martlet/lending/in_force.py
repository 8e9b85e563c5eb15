"""Which of some dated settings counts on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


class Dated(Protocol):
    """A setting that counts from a day on, until the next of its kind."""

    @property
    def effective_from(self) -> date:
        """Its first day."""
        ...


DatedSetting = TypeVar("DatedSetting", bound=Dated)


def in_force(settings: Sequence[DatedSetting], day: date) -> DatedSetting:
    """Return the setting of a day: the latest begun by then, before the first the first.

    A book taken over may have days older than any rule here; the oldest known stands for them.
    """
    begun = [one for one in settings if one.effective_from <= day]
    if begun:
        return max(begun, key=lambda one: one.effective_from)
    return min(settings, key=lambda one: one.effective_from)
