"""The smallest words of the trade: what a payment may pay, and how far apart instalments are."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Component(StrEnum):
    """What a payment may be applied to."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"

    # A replay looks parts up some hundred thousand times; an enum's own hash is not compiled.
    __hash__ = str.__hash__


class FrequencyUnit(StrEnum):
    """What instalments are counted in."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Frequency(Struct, frozen=True):
    """How far apart instalments are: every so many units."""

    every: int
    unit: FrequencyUnit

    def __post_init__(self) -> None:
        assert self.every >= 1, self
