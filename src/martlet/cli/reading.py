"""What a person types, read into values; what cannot be read is refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from martlet.kernel.errors import Invalid


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


def yuan(text: str) -> int:
    """Read an amount in yuan ('1', '1,234.56') into fen."""
    from martlet.kernel.money import parse_fen

    return parse_fen(text)
