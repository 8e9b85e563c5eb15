"""Amounts: an integer of the minor unit together with its currency, never a float.

Inside a room an amount is a plain `int` whose name says its unit (`amount_fen`); `Money` is for
the places where a currency travels with it. Text is read and written here and nowhere else.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from martlet.kernel.errors import Invalid
from martlet.kernel.limits import AMOUNT_FEN_MAX


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency and how many decimals its minor unit has."""

    code: str
    exponent: int

    def __post_init__(self) -> None:
        assert re.fullmatch(r"[A-Z]{3}", self.code), self.code
        assert 0 <= self.exponent <= 4, self.exponent  # noqa: PLR2004 - ISO 4217 knows 0 to 4

    @property
    def minor_per_major(self) -> int:
        """How many minor units make one."""
        return int(10**self.exponent)


CNY = Currency("CNY", 2)
USD = Currency("USD", 2)
JPY = Currency("JPY", 0)
CURRENCIES = {currency.code: currency for currency in (CNY, USD, JPY)}


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An exact amount of one currency; adding two currencies is a mistake and says so."""

    minor: int
    currency: Currency = CNY

    def __post_init__(self) -> None:
        assert isinstance(self.minor, int)
        assert not isinstance(self.minor, bool)

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.currency.code} {decimal_text(self.minor, self.currency.exponent)}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise Invalid(
                "kernel.currency_mismatch", left=self.currency.code, right=other.currency.code
            )


def decimal_text(minor: int, exponent: int = 2, *, grouped: bool = False) -> str:
    """Write minor units as a decimal: 123456 -> '1234.56' (or '1,234.56')."""
    sign = "-" if minor < 0 else ""
    whole, fraction = divmod(abs(minor), 10**exponent)
    whole_text = f"{whole:,}" if grouped else str(whole)
    return f"{sign}{whole_text}.{fraction:0{exponent}d}" if exponent else f"{sign}{whole_text}"


_AMOUNT = re.compile(
    r"([+-]?)¥?\s*([+-]?)"  # the sign stands before or after the currency, not on both sides
    r"((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*))(?:\.([0-9]*))?"
    r"\s*元?"
)
_AMOUNT_CHARS_MAX = 64


def parse_fen(text: str) -> int:
    """Read an amount in yuan as a person or a bank writes it ('¥1,234.5') into fen, exactly.

    Full-width digits and signs ('￥１２．５') are read as their narrow forms, because Chinese
    keyboards type them; digits of other scripts, commas that do not part thousands and exponents
    are refused. More than two decimals are accepted only where the rest is zero. Raises `Invalid`.
    """
    if len(text) > _AMOUNT_CHARS_MAX:
        raise Invalid("kernel.amount_unreadable", text=text[:32])
    narrow = text if text.isascii() else unicodedata.normalize("NFKC", text)
    match = _AMOUNT.fullmatch(narrow.strip())
    signs, whole, fraction = "", "", ""
    if match is not None:
        signs = match.group(1) + match.group(2)
        whole, fraction = match.group(3).replace(",", ""), match.group(4) or ""
    if not (whole or fraction) or len(signs) > 1:
        raise Invalid("kernel.amount_unreadable", text=text[:32])
    if fraction[2:].strip("0"):
        raise Invalid("kernel.amount_too_precise", text=text[:32])
    amount_fen = int(whole or "0") * 100 + int(fraction[:2].ljust(2, "0"))
    if amount_fen > AMOUNT_FEN_MAX:
        raise Invalid("kernel.amount_too_large", text=text[:32], max_fen=AMOUNT_FEN_MAX)
    return -amount_fen if signs == "-" else amount_fen
