"""What the checks found reaches decisions by consent, and people with the records behind it."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.records.trade_stories import exported, ordinary, ring

from martlet.kernel.crypto import new_keyring
from martlet.kernel.errors import Forbidden, Invalid, NotFound
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import OWNER_SCOPES, ActorKind, Principal
from martlet.parties import HeldCodeSender, OwnNames, PartiesService, Registration
from martlet.records import Kind, RecordsService
from martlet.records.tables import party_integrity
from martlet.signals import SignalRequest, usable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.crypto import Keyring
    from martlet.signals import SignalSet
    from martlet.store import Database

CIRCULAR = "integrity_circular_trade_ppm"


@pytest.fixture
def keyring(clock: ManualClock) -> Keyring:
    return new_keyring(SeededIds(7, clock))


@pytest.fixture
def records(
    database: Database, folder: Path, keyring: Keyring, clock: ManualClock
) -> RecordsService:
    names = OwnNames(keyring, SeededIds(8, clock))
    return RecordsService(database, folder, ask_names=names.carried_by)


@pytest.fixture
def parties(database: Database, clock: ManualClock, keyring: Keyring) -> PartiesService:
    return PartiesService(database, keyring, clock, HeldCodeSender())


def _file(tmp_path: Path, told: Iterable, side: str, firms: Iterable[str] = ()) -> Path:
    path = tmp_path / f"{side}.csv"
    path.write_text(exported(told, side, firms=firms), encoding="utf-8")
    return path


@pytest.fixture
def bring(
    records: RecordsService, principal: Principal, tmp_path: Path
) -> Callable[[UUID, Iterable], None]:
    """Import a story as a shop's two files."""

    def brought(shop: UUID, told: Iterable) -> None:
        for side in ("sales", "purchases"):
            path = _file(tmp_path, told, side)
            report = records.import_file(principal, f"{shop}:{side}", path, party_id=shop)
            assert report.rows_quarantined == 0

    return brought


def _asked(
    records: RecordsService, principal: Principal, shop: UUID, clock: ManualClock
) -> SignalSet:
    """Ask about one shop, alone and in a batch, which must answer the same."""
    eye, now = records.integrity_signals, clock.now()
    alone = eye.collect(SignalRequest(principal, shop), now)
    assert eye.collect_each(principal, [shop], now) == {shop: alone}
    return alone


def test_a_round_found_at_the_import_stops_the_next_decision(
    records, principal, shop, clock, bring, database
) -> None:
    bring(shop, [*ordinary(420), *ring()])
    found = _asked(records, principal, shop, clock)
    [signal] = usable(found, clock.now()).signals
    assert (signal.kind, signal.role, signal.sample_size) == (CIRCULAR, "exclusion", 12)
    assert signal.value > 200_000
    assert signal.provider == "records.integrity"
    assert [len(content) for content in signal.evidence] == [64, 64]
    with database.read() as connection:
        stored = connection.execute(select(party_integrity.c.signs)).scalar_one()
    assert "Pu'er friends" not in str(stored), "the records stay on the shelf"
    clock.advance(timedelta(days=3))
    later = _asked(records, principal, shop, clock).get(CIRCULAR)
    assert later is not None, "checked anew: the year has moved by three days"
    assert later.as_of == signal.as_of + timedelta(days=3)


def test_people_see_the_invoices_behind_it_as_of_any_day(
    records, principal, shop, clock, bring
) -> None:
    before = clock.now() - timedelta(seconds=1)
    bring(shop, [*ordinary(420), *ring()])
    report = records.integrity(principal, shop, clock.now())
    [tea] = report.as_json()["findings"]
    assert (tea["kind"], tea["role"], len(tea["evidence"])) == (CIRCULAR, "exclusion", 20)
    assert {row["counterparty"] for row in tea["evidence"]} == {"Pu'er friends"}
    assert records.integrity(principal, shop, before).findings == (), "nothing was known then"


def test_without_consent_nothing_is_read_and_nothing_is_said(
    records, principal, shop, clock, bring, parties
) -> None:
    bring(shop, [*ordinary(420), *ring()])
    assert _asked(records, principal, shop, clock).signals
    parties.withdraw_consent(principal, "no more", shop, records=("invoices",))
    clock.advance(timedelta(seconds=1))
    assert _asked(records, principal, shop, clock).signals == ()
    assert records.integrity(principal, shop, clock.now()).findings == ()


def test_an_honest_shop_has_no_signals_at_all(records, principal, shop, clock, bring) -> None:
    bring(shop, ordinary(420))
    assert _asked(records, principal, shop, clock).signals == ()


def test_a_bulk_import_is_checked_by_the_nightly_refresh(
    records, principal, open_shop, clock, tmp_path
) -> None:
    shops = {f"E{n}": open_shop(n) for n in (1, 2)}
    told = [*ordinary(420), *ring()]
    for side in ("sales", "purchases"):
        path = _file(tmp_path, told, side, firms=shops)
        records.import_file(principal, side, path, party_of=shops)
    before = {shop: _asked(records, principal, shop, clock) for shop in shops.values()}
    assert records.refresh_signals(principal) == 2
    after = {shop: _asked(records, principal, shop, clock) for shop in shops.values()}
    assert after == before, "stored or computed anew, the answer is the same"
    requests = [SignalRequest(principal, shop) for shop in shops.values()]
    columns = records.integrity_signals.collect_many(requests, clock.now())
    for row in columns.iter_rows(named=True):
        one = after[UUID(row["party_id"])]
        told_as_columns = {kind: value for kind, value in row.items() if kind != "party_id"}
        assert {k: v for k, v in told_as_columns.items() if v is not None} == {
            signal.kind: signal.value for signal in one.signals
        }


def _second_shop(parties: PartiesService, principal: Principal, number: int, of: int) -> UUID:
    """Another shop under the phone of shop number `of`."""
    told = Registration(f"另一家 {number}", f"1990000{of:04d}", "东家", "retail", "杭州")
    [party_id] = parties.register_businesses(principal, f"second-{number}", [told])
    return party_id


def test_two_shops_of_one_owner_are_no_sign_of_anything(
    records, principal, shop, clock, bring, parties
) -> None:
    second = _second_shop(parties, principal, 2, of=1)
    bring(shop, ordinary(420))
    assert _asked(records, principal, shop, clock).signals == ()
    assert _asked(records, principal, second, clock).signals == ()


def test_three_shops_in_a_month_are_told_to_people_only(
    records, principal, shop, clock, parties
) -> None:
    _second_shop(parties, principal, 2, of=1)
    clock.advance(timedelta(days=10))
    _second_shop(parties, principal, 3, of=1)
    [signal] = _asked(records, principal, shop, clock).signals
    assert (signal.kind, signal.value, signal.role) == (
        "integrity_owner_businesses_count",
        3,
        "context",
    )


def test_a_round_in_one_shop_stops_the_owners_other_shop_while_it_may_be_read(
    records, principal, shop, clock, bring, parties
) -> None:
    second = _second_shop(parties, principal, 2, of=1)
    stranger = _second_shop(parties, principal, 9, of=9)
    bring(shop, [*ordinary(420), *ring()])
    [signal] = _asked(records, principal, second, clock).signals
    assert (signal.kind, signal.value) == ("integrity_owner_excluded_count", 1)
    assert _asked(records, principal, stranger, clock).signals == ()
    [finding] = records.integrity(principal, second, clock.now()).owner_findings
    assert [other.party_id for other in finding.businesses] == [shop]
    parties.withdraw_consent(principal, "no more", shop, records=("invoices",))
    clock.advance(timedelta(seconds=1))
    assert _asked(records, principal, second, clock).signals == ()


def test_selling_to_ones_own_name_is_seen_though_names_are_sealed(
    records, principal, shop, clock, bring
) -> None:
    own = [(3 + 12 * n, "sales", "合成商户 (0001)", 2_000_000) for n in range(20)]
    bring(shop, [*ordinary(420), *own])
    [signal] = _asked(records, principal, shop, clock).signals
    assert signal.kind == "integrity_self_dealing_ppm"


def test_findings_are_for_staff_and_other_tenants_have_none(
    records, principal, shop, clock
) -> None:
    owner = Principal(principal.tenant_id, shop, ActorKind.OWNER, OWNER_SCOPES, frozenset({shop}))
    with pytest.raises(Forbidden, match="records.integrity_for_staff"):
        records.integrity(owner, shop, clock.now())
    other_bank = Principal(shop, shop, ActorKind.SYSTEM, principal.scopes)
    with pytest.raises(NotFound):
        records.integrity(other_bank, shop, clock.now())
    assert Kind.INVOICES.value in records.integrity_signals.consents


BORROWED, ELSEWHERE = "integrity_borrowed_invoices_ppm", "integrity_invoices_elsewhere_ppm"


def test_a_shop_that_brings_its_neighbours_invoices_is_stopped_and_the_neighbour_is_not(
    records, principal, shop, open_shop, clock, bring, parties
) -> None:
    neighbour = open_shop(5)
    bring(neighbour, ordinary(420))
    honest = clock.now()
    clock.advance(timedelta(hours=1))
    last_year = [told for told in ordinary(420) if told[0] < 300]
    bring(shop, last_year)
    [stopped] = _asked(records, principal, shop, clock).signals
    assert stopped.kind == BORROWED
    assert stopped.value > 900_000, "all but the month in which the copy begins"
    assert stopped.evidence
    [told] = _asked(records, principal, neighbour, clock).signals
    assert (told.kind, told.role) == (ELSEWHERE, "context")
    [found] = records.integrity(principal, shop, clock.now()).book_findings
    assert found.others == (neighbour,)
    assert len(found.evidence) == 20
    assert {row.side for row in found.evidence} == {"sales"}
    then = records.integrity_signals.collect(SignalRequest(principal, neighbour), honest)
    assert then.signals == (), "nobody had copied it yet"
    parties.withdraw_consent(principal, "no more", neighbour, records=("invoices",))
    clock.advance(timedelta(seconds=1))
    assert _asked(records, principal, shop, clock).signals == ()


def test_where_nobody_was_first_both_wait_for_a_person(
    records, principal, shop, open_shop, clock, bring
) -> None:
    twin = open_shop(5)
    for one in (shop, twin):
        bring(one, ordinary(420))
    kinds = {
        signal.kind
        for one in (shop, twin)
        for signal in _asked(records, principal, one, clock).signals
    }
    assert kinds == {BORROWED}
    columns = records.integrity_signals.collect_many(
        [SignalRequest(principal, one) for one in (shop, twin)], clock.now()
    )
    assert columns[BORROWED].to_list() == [1_000_000, 1_000_000]


def test_shops_that_buy_from_one_another_share_no_sales(
    records, principal, shop, open_shop, clock, bring
) -> None:
    """One's sales invoice is the other's purchase invoice: that is how trade looks."""
    buyer, flipped = open_shop(5), {"sales": "purchases", "purchases": "sales"}
    bring(shop, ordinary(420))
    bring(buyer, [(age, flipped[side], partner, fen) for age, side, partner, fen in ordinary(420)])
    for one in (shop, buyer):
        kinds = {signal.kind for signal in _asked(records, principal, one, clock).signals}
        assert not kinds & {BORROWED, ELSEWHERE}


def test_a_person_looked_and_the_round_is_explained_until_it_grows(
    records, principal, shop, clock, bring, parties
) -> None:
    second = _second_shop(parties, principal, 2, of=1)
    bring(shop, [*ordinary(420), *ring()])
    with pytest.raises(NotFound, match="records.finding_not_found"):
        records.clear_finding(principal, "c0", shop, kind="integrity_sales_burst_ppm", reason="x")
    with pytest.raises(Invalid, match="records.reason_needed"):
        records.clear_finding(principal, "c1", shop, kind=CIRCULAR, reason="  ")
    owner = Principal(principal.tenant_id, shop, ActorKind.OWNER, OWNER_SCOPES, frozenset({shop}))
    with pytest.raises(Forbidden):
        records.clear_finding(owner, "c2", shop, kind=CIRCULAR, reason="believe me")
    before = clock.now()
    clock.advance(timedelta(minutes=1))
    records.clear_finding(principal, "c3", shop, kind=CIRCULAR, reason="Roasting to order: seen")
    assert _asked(records, principal, shop, clock).signals == ()
    assert _asked(records, principal, second, clock).signals == (), "nor the owner's other shop"
    [told] = records.integrity(principal, shop, clock.now()).as_json()["findings"]
    assert (told["cleared"], told["kind"]) == (True, CIRCULAR)
    request = SignalRequest(principal, shop)
    assert records.integrity_signals.collect(request, before).get(CIRCULAR) is not None
    more = [*ordinary(420), *ring(), *ring("other friends", amount_fen=2_000_000)]
    records.import_file(
        principal, "more", io.BytesIO(exported(more, "sales").encode()), party_id=shop
    )
    records.import_file(
        principal, "yet more", io.BytesIO(exported(more, "purchases").encode()), party_id=shop
    )
    clock.advance(timedelta(minutes=1))
    assert _asked(records, principal, shop, clock).get(CIRCULAR) is not None, "it has grown"
