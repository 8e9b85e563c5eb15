"""What a person types, read into values; what cannot be read is refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar

from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from enum import StrEnum

    from martlet.credit import Period

    Choice = TypeVar("Choice", bound=StrEnum)


def choice(known: type[Choice], text: str) -> Choice:
    """Read one of a few words."""
    try:
        return known(text)
    except ValueError as error:
        words = ", ".join(known)
        raise Invalid("cli.word_unknown", text=text[:40], words=words) from error


def day(text: str) -> date:
    """Read a day written as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("cli.day_unreadable", text=text[:40]) from error


def start_of(text: str) -> datetime:
    """Read a day as its first moment in Shanghai, in UTC."""
    from martlet.kernel.calendar import SHANGHAI

    return datetime.combine(day(text), time(0), SHANGHAI).astimezone(UTC)


def period(since: str, until: str, newest: int) -> Period:
    """Read which stored decisions are meant: from a day to a day, or only the newest."""
    from martlet.credit import Period

    return Period(
        since=start_of(since) if since else None,
        until=start_of(until) + timedelta(days=1) if until else None,
        newest=newest or None,
    )


def yuan(text: str) -> int:
    """Read an amount in yuan ('1', '1,234.56') into fen."""
    from martlet.kernel.money import parse_fen

    return parse_fen(text)


def amount(text: str) -> int:
    """Read an amount in yuan that is not below zero into fen."""
    found = yuan(text)
    if found < 0:
        raise Invalid("kernel.amount_unreadable", text=text[:32])
    return found


def share(text: str) -> int:
    """Read a share from 0 to 1 ('0.6', '60%') into ppm."""
    found = _ppm(text, 1)
    if found is None:
        raise Invalid("cli.share_unreadable", text=text[:40])
    return found


def months(text: str) -> int:
    """Read a number of months up to 24 ('2.5') into ppm of one."""
    found = _ppm(text, 24)
    if found is None:
        raise Invalid("cli.months_unreadable", text=text[:40])
    return found


def _ppm(text: str, most: int) -> int | None:
    from martlet.credit.optimise import share_ppm
    from martlet.kernel.rates import PPM

    found = share_ppm(text)
    return None if found is None or found > most * PPM else found
