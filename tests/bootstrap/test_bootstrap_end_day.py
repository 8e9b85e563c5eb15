"""The end of a day leaves the next one ready: closed books, and signals that need no reading."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from sqlalchemy import select

from martlet.bootstrap import open_bank
from martlet.kernel.clock import ShiftedClock
from martlet.kernel.config import Settings
from martlet.kernel.principal import system_principal
from martlet.records.tables import party_signal

if TYPE_CHECKING:
    from pathlib import Path

MORNING = datetime(2026, 3, 2, 1, tzinfo=UTC)
TAKINGS = "date,takings,refunded,payments\n" + "".join(
    f"2026-02-{day:02d},{100 + day}.00,0.00,{day}\n" for day in range(1, 29)
)


def test_the_night_stores_the_next_days_signals(tmp_path: Path) -> None:
    clock = ShiftedClock(MORNING)
    bank = open_bank(Settings(home=tmp_path), clock=clock)
    try:
        bank_itself = system_principal(bank.set_up("Night", business_date=MORNING.date()))
        party = bank.parties.register_business(
            bank_itself,
            "shop",
            name="夜市小铺",
            owner_phone="13800138000",
            owner_name="张三",
            trade="小吃",
            region="浙江杭州",
        )
        until = MORNING.date() + timedelta(days=365)
        bank.parties.give_consent(bank_itself, "yes", party, records=("takings",), until=until)
        source = BytesIO(TAKINGS.encode())
        bank.records.import_file(bank_itself, "file", source, party_id=party, name="takings.csv")
        evening = MORNING + timedelta(days=3, hours=13)
        clock.set(evening)
        orphan = tmp_path / "records" / "cut-off.parquet"
        orphan.write_bytes(b"left by an import that was killed")
        os.utime(orphan, (0, 0))
        report = bank.end_day(bank_itself)
        assert report.totals("trial_balance")["difference_fen"] == 0
        with bank.database.read() as connection:
            (computed_at,) = connection.execute(select(party_signal.c.computed_at)).scalars()
        assert timedelta(0) <= computed_at - evening < timedelta(minutes=5)
        assert not orphan.exists()
        quiet = bank.credit.signals(bank_itself, party, bank.clock.now())
        assert quiet.value("records_days_since_last_days") == 5
    finally:
        bank.close()
