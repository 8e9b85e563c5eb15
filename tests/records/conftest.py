"""A records room on a fresh database of either kind, and a shop that lets it read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.parties import HeldCodeSender, PartiesService, Registration
from martlet.records import Kind, RecordsService

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.store import Database


@pytest.fixture
def parties(database: Database, clock: ManualClock) -> PartiesService:
    return PartiesService(database, new_keyring(SeededIds(7, clock)), clock, HeldCodeSender())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "records"


@pytest.fixture
def records(database: Database, folder: Path) -> RecordsService:
    return RecordsService(database, folder)


@pytest.fixture
def open_shop(
    parties: PartiesService, principal: Principal, clock: ManualClock
) -> Callable[..., UUID]:
    """Register the n-th shop; by default it lets all its records be read."""
    parties.create_tenant("合成银行", principal.tenant_id)

    def opened(number: int = 1, *, consents: tuple[str, ...] = tuple(Kind)) -> UUID:
        told = Registration(
            f"合成商户 {number:04d}", f"1990000{number:04d}", "东家", "restaurant", "杭州", None
        )
        [party_id] = parties.register_businesses(principal, f"shop-{number}", [told])
        if consents:
            parties.give_consent(
                principal,
                f"consent-{number}",
                party_id,
                records=tuple(str(kind) for kind in consents),
                until=clock.now().date() + timedelta(days=300),
            )
        return party_id

    return opened


@pytest.fixture
def shop(open_shop: Callable[..., UUID]) -> UUID:
    return open_shop()
