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

    Of those that begin on one day the last counts.
    A book taken over may have days older than any rule here; the oldest known stands for them.
    """
    ordered = sorted(settings, key=lambda one: one.effective_from)
    return ([one for one in ordered if one.effective_from <= day] or ordered[:1])[-1]
