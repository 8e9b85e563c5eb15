"""What a decision reads of the days ahead: computed in the night, never while it decides."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import polars as pl
import pytest
from tests.cashflow.firm_examples import AS_OF, PARTY, frame, shop_rows, statement

from martlet.cashflow import chinese_calendar
from martlet.cashflow.crowd import crowd_of
from martlet.cashflow.figures import KINDS, figures_of
from martlet.cashflow.firm_flows import flows_of
from martlet.cashflow.projecting import Known, _history
from martlet.cashflow.service import CashflowService
from martlet.cashflow.signals import HELD_DAYS, CashflowSignals
from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.parties import HeldCodeSender, PartiesService, Registration
from martlet.records import Kind, RecordsService
from martlet.signals import NOTHING, SignalRequest, kind_of

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.store import Database


def _named(rows, party):
    return [{**row, "party_id": party} for row in rows]


def _figures(rows, as_of=AS_OF):
    records = {Kind.BANK: frame(Kind.BANK, rows)}
    found = figures_of(crowd_of(records, as_of), chinese_calendar())
    return {party: {kind: value for kind, value, _ in told} for party, told in found.items()}


def test_a_firm_in_a_crowd_has_the_days_that_it_has_alone() -> None:
    rows = shop_rows(days=300)
    flows = flows_of({Kind.BANK: frame(Kind.BANK, rows)})
    alone = _history(flows, Known()).values
    others = _named(shop_rows(days=90, seed=3, last=AS_OF - timedelta(days=30)), "other")
    crowd = crowd_of({Kind.BANK: frame(Kind.BANK, rows + others)}, AS_OF)
    row = crowd.party_ids.index(str(PARTY))
    assert np.array_equal(crowd.inflow[row][-300:], alone[0])
    assert np.array_equal(crowd.outflow[row][-300:], alone[1])
    assert np.isnan(crowd.inflow[row][:-300]).all()
    other = crowd.party_ids.index("other")
    assert np.isnan(crowd.inflow[other][-30:]).all()
    assert crowd.balance_fen[row] == rows[-1]["balance_fen"]


def test_a_shop_that_spends_what_it_takes_can_carry_no_instalment() -> None:
    rich = _named(shop_rows(rent=False), "rich")
    poor = [
        {**row, "amount_fen": row["amount_fen"] * (2 if row["flow"] == "out" else 1)}
        for row in _named(shop_rows(), "poor")
    ]
    told = _figures(rich + poor)
    assert told["rich"]["cash_instalment_cap_fen"] > 100_000
    assert told["rich"]["cash_free_28d_low_fen"] > 0 > told["poor"]["cash_free_28d_low_fen"]
    assert told["poor"]["cash_instalment_cap_fen"] == 0
    for told_of in told.values():
        assert set(told_of) <= set(KINDS)
        assert all(kind_of(kind).accepts(value) for kind, value in told_of.items())


def test_an_empty_account_falls_short_sooner_than_a_full_one() -> None:
    rows = [row for back in (0,) for row in shop_rows(opening_fen=50_000)]
    debts = [{**row, "amount_fen": int(row["amount_fen"] * 1.7)} if row["flow"] == "out" else row
             for row in rows]  # fmt: skip
    full = _named([{**row, "balance_fen": 900_000_000} for row in debts], "full")
    bare = _named([{**row, "balance_fen": 0} for row in debts], "bare")
    told = _figures(full + bare)
    assert told["full"]["cash_shortfall_56d_ppm"] < 50_000
    assert told["bare"]["cash_shortfall_56d_ppm"] > 500_000


def test_the_best_day_for_an_instalment_is_when_the_money_of_the_month_has_come() -> None:
    rows = []
    for row in shop_rows(rent=False):
        if row["flow"] == "in":
            big = row["day"].day in range(18, 22)
            rows.append({**row, "amount_fen": row["amount_fen"] * (8 if big else 1)})
        else:
            rows.append(row)
    [told] = _figures(rows).values()
    assert told["cash_instalment_day_count"] in range(21, 27)


def test_few_records_tell_little_and_never_break_a_crowd() -> None:
    rows = _named(shop_rows(days=1), "day") + _named(shop_rows(days=400), "year")
    told = _figures(rows)
    assert "cash_error_28d_ppm" not in told["day"]
    assert "cash_error_28d_ppm" in told["year"]
    assert figures_of(crowd_of({Kind.BANK: frame(Kind.BANK, [])}, AS_OF), chinese_calendar()) == {}


@pytest.fixture
def bank_rooms(
    database: Database, principal: Principal, clock: ManualClock, tmp_path: Path
) -> tuple[RecordsService, CashflowService, PartiesService]:
    parties = PartiesService(database, new_keyring(SeededIds(7, clock)), clock, HeldCodeSender())
    parties.create_tenant("合成银行", principal.tenant_id)
    records = RecordsService(database, tmp_path / "records")
    return records, CashflowService(database, records), parties


def test_figures_are_stored_in_the_night_and_read_while_the_consent_holds(
    bank_rooms, database: Database, principal: Principal, clock: ManualClock
) -> None:
    records, cashflow, parties = bank_rooms
    told = Registration("合成商户", "19900000001", "东家", "restaurant", "杭州", None)
    [shop] = parties.register_businesses(principal, "shop", [told])
    today = clock.now().date()
    parties.give_consent(
        principal, "yes", shop, records=("bank",), until=today + timedelta(days=200)
    )
    rows = shop_rows(last=today - timedelta(days=1))
    records.import_file(principal, "k", BytesIO(statement(rows)), party_id=shop, name="icbc.csv")
    eye = CashflowSignals(database)
    assert eye.collect(SignalRequest(principal, shop), clock.now()) == NOTHING
    assert cashflow.refresh_signals(principal) == 1
    assert cashflow.refresh_signals(principal) == 0  # nothing is new
    found = eye.collect(SignalRequest(principal, shop), clock.now())
    assert {one.kind for one in found.signals} == set(KINDS)
    assert found == eye.collect_each(principal, [shop], clock.now())[shop]
    frame_ = eye.collect_many([SignalRequest(principal, shop)], clock.now())
    assert frame_.columns == ["party_id", *KINDS]
    assert frame_["cash_instalment_cap_fen"][0] == found.value("cash_instalment_cap_fen")
    assert found.get("cash_season_ppm").evidence
    before = clock.now() - timedelta(seconds=1)
    assert eye.collect(SignalRequest(principal, shop), before) == NOTHING
    clock.advance(timedelta(days=HELD_DAYS + 1))
    assert eye.collect(SignalRequest(principal, shop), clock.now()) == NOTHING
    assert cashflow.refresh_signals(principal) == 1
    again = eye.collect(SignalRequest(principal, shop), clock.now())
    assert len(again) >= len(KINDS) - 1
    parties.withdraw_consent(principal, "no", shop, records=("bank",))
    assert eye.collect(SignalRequest(principal, shop), clock.now()) == NOTHING


def test_a_business_without_records_has_no_figures(bank_rooms, database, principal, clock) -> None:
    _, cashflow, _ = bank_rooms
    assert cashflow.refresh_signals(principal) == 0
    nobody = SignalRequest(principal, UUID(int=9))
    eye = CashflowSignals(database)
    assert eye.collect(nobody, clock.now()) == NOTHING
    assert eye.collect_each(principal, [UUID(int=9)], clock.now()) == {UUID(int=9): NOTHING}
    assert isinstance(eye.collect_many([nobody], clock.now()), pl.DataFrame)
