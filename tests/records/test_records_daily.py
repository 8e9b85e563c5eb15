"""What a shop took on one day: by the best of its records, known by now, and allowed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.records.test_records_imports import TAKINGS, _file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.records import RecordsService

DAY = date(2026, 2, 28)


def test_a_day_is_what_the_till_took_less_what_it_gave_back(
    records: RecordsService, principal: Principal, shop: UUID, tmp_path: Path, clock: ManualClock
) -> None:
    assert records.taken_on(principal, [shop], DAY) == {}
    records.import_file(principal, "k1", _file(tmp_path, TAKINGS), party_id=shop)
    assert records.taken_on(principal, [shop], DAY) == {shop: 96_000}
    assert records.taken_on(principal, [shop], DAY + timedelta(days=1)) == {}
    clock.advance(timedelta(hours=1))
    later = "日期,流水,退款,笔数\n2026-02-28,980.00,30.00,31\n"
    records.import_file(principal, "k2", _file(tmp_path, later), party_id=shop)
    assert records.taken_on(principal, [shop], DAY) == {shop: 95_000}


def test_what_a_platform_wrote_goes_before_the_owners_word(
    records: RecordsService, principal: Principal, shop: UUID, tmp_path: Path
) -> None:
    records.import_file(principal, "k1", _file(tmp_path, TAKINGS), party_id=shop)
    paid = (
        "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注\n"
        "2026-02-28 12:00:00,二维码收款,甲,面,收入,¥30.00,/,已存入零钱,1,1,/\n"
        "2026-02-28 13:00:00,二维码收款,乙,面,收入,¥25.00,/,已存入零钱,2,2,/\n"
    )
    records.import_file(principal, "k2", _file(tmp_path, paid, "wechat.csv"), party_id=shop)
    assert records.taken_on(principal, [shop], DAY) == {shop: 5_500}
    before = DAY - timedelta(days=1)
    assert records.taken_on(principal, [shop], before) == {shop: 120_050}


def test_what_may_not_be_read_does_not_count(
    records: RecordsService, principal: Principal, open_shop: Callable[..., UUID], tmp_path: Path
) -> None:
    closed = open_shop(2, consents=("invoices",))
    records.import_file(principal, "k1", _file(tmp_path, TAKINGS), party_id=closed)
    assert records.taken_on(principal, [closed], DAY) == {}
