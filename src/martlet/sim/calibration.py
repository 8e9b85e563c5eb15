"""The constants of the world, as data: where each comes from stands in `calibration.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_FILE = Path(__file__).with_name("calibration.toml")


@dataclass(frozen=True, slots=True)
class ShopShape:
    """How a shop's takings run."""

    weekday_ppm: list[int]
    noise_ppm: int
    closed_ppm: int
    festival_first_offset: int
    festival_ppm: list[int]
    takings_median_fen_per_day: int
    takings_log_spread_ppm: int
    trades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WholesaleShape:
    """How a firm's sales run."""

    month_ppm: list[int]
    weekday_ppm: list[int]
    takings_median_fen_per_day: int
    takings_log_spread_ppm: int


@dataclass(frozen=True, slots=True)
class MerchantShape:
    """What holds for both."""

    refund_ppm: int
    growth_log_median_ppm: int
    growth_log_spread_ppm: int
    fail_stress_ppm: int
    fail_ppm_per_year: int


@dataclass(frozen=True, slots=True)
class Assumed:
    """What no data tells."""

    wholesale_share_ppm: int
    new_share_ppm: int
    apply_share_ppm: int
    instalment_share_ppm: int
    draw_days_mean: int
    draw_share_min_ppm: int
    draw_share_max_ppm: int
    early_share_ppm: int
    late_share_ppm: int
    late_days_max: int
    one_yuan_share_ppm: int
    sent_twice_share_ppm: int
    decline_days: int
    tickets_fen_min: int
    tickets_fen_max: int
    wholesale_tickets_fen: int


@dataclass(frozen=True, slots=True)
class RailWeather:
    """How the payment rail misbehaves."""

    instant_ppm: int
    delay_hours_max: int
    repeat_ppm: int
    fail_ppm: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """All of it."""

    shop: ShopShape
    wholesale: WholesaleShape
    merchant: MerchantShape
    assumed: Assumed
    rail: RailWeather
    spring_festival: tuple[date, ...]


@cache
def calibration() -> Calibration:
    """Return the constants as they were worked out."""
    stored: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Calibration(
        ShopShape(**stored["shop"]),
        WholesaleShape(**stored["wholesale"]),
        MerchantShape(**stored["merchant"]),
        Assumed(**stored["assumed"]),
        RailWeather(**stored["rail"]),
        tuple(stored["spring_festival"]["days"]),
    )
