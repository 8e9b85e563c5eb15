"""A parties' room on a fresh database of either kind, with a sender that can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.parties import HeldCodeSender, PartiesService, Registration
from martlet.parties.identifiers import credit_code_check_sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.kernel.clock import ManualClock
    from martlet.store import Database


@pytest.fixture
def sender() -> HeldCodeSender:
    return HeldCodeSender()


@pytest.fixture
def parties(database: Database, clock: ManualClock, sender: HeldCodeSender) -> PartiesService:
    return PartiesService(database, new_keyring(SeededIds(7, clock)), clock, sender)


def credit_code(number: int) -> str:
    """A well-formed unified social credit code that no registrar has given out."""
    body = f"91310000MA{number:07d}"
    return body + credit_code_check_sign(body)


@pytest.fixture
def shop() -> Callable[..., Registration]:
    """Tells of the n-th shop; anything may be said otherwise."""

    def told(number: int = 1, **otherwise: Any) -> Registration:
        told_so: dict[str, Any] = {
            "name": f"合成商户 {number:04d}",
            "owner_phone": f"1990000{number:04d}",
            "owner_name": f"东家{number}",
            "trade": "restaurant",
            "region": "杭州",
            "registration_no": credit_code(number),
        }
        return Registration(**(told_so | otherwise))

    return told
