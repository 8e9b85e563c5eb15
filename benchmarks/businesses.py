"""Synthetic businesses with a year of synthetic takings each, put in through the real services."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.calendar import business_date_of
from martlet.parties import Registration

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal

DAYS = 365
CHUNK = 500
SEED = 20_260_301


def many_businesses(bank: Bank, principal: Principal, count: int) -> list[UUID]:
    """Register `count` businesses that allow their takings to be read, and import the takings."""
    parties: list[UUID] = []
    for first in range(0, count, CHUNK):
        rows = [
            Registration(
                name=f"合成商户 {number:05d}",
                owner_phone=f"199{number:08d}",
                owner_name="合成店主",
                trade="retail",
                region="330000",
                registration_no=None,
                opened_on=None,
            )
            for number in range(first, min(first + CHUNK, count))
        ]
        parties += bank.parties.register_businesses(principal, f"businesses:{first}", rows)
    today = business_date_of(bank.clock.now())
    bank.parties.give_consents(
        principal, "consents", parties, records=("takings",), until=today + timedelta(days=365)
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "takings.csv"
        _write_takings(file, len(parties), today - timedelta(days=DAYS))
        party_of = {f"S{number}": party for number, party in enumerate(parties)}
        bank.records.import_file(principal, "takings", file, party_of=party_of, format="takings")
    bank.records.refresh_signals(principal)
    return parties


def _write_takings(file: Path, count: int, first_day: date) -> None:
    generator = np.random.default_rng(SEED)
    sizes_fen = np.exp(generator.normal(11.5, 0.8, count))
    days = [first_day + timedelta(days=number) for number in range(DAYS)]
    week = np.array([1.2 if day.weekday() >= 5 else 0.92 for day in days])
    with file.open("w", encoding="utf-8") as out:
        out.write("商户编号,日期,流水,笔数\n")
        for number in range(count):
            noise = generator.gamma(8.0, 1 / 8.0, DAYS)
            for day, amount in zip(days, sizes_fen[number] * week * noise, strict=True):
                fen = int(amount)
                out.write(f"S{number},{day},{fen // 100}.{fen % 100:02d},{fen // 3000 + 1}\n")
