"""A bank whose pages are looked at: an owner with a shop, a member of staff, sample sources."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from martlet.api import create_app
from martlet.bootstrap import Bank, open_bank
from martlet.kernel.config import Settings
from martlet.kernel.principal import Principal, system_principal
from martlet.parties import HeldCodeSender, PersonKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

SAMPLES = Path(__file__).parents[2] / "examples" / "synthetic"
PHONE = "13800138000"


@dataclass(frozen=True, slots=True)
class Town:
    """A small world with a bank in it."""

    bank: Bank
    itself: Principal
    sender: HeldCodeSender
    party_id: UUID
    owner_id: UUID
    staff_id: UUID

    def link(self, kind: PersonKind = PersonKind.OWNER) -> str:
        """Return the secret of a fresh one-time link."""
        person = self.owner_id if kind is PersonKind.OWNER else self.staff_id
        return self.bank.parties.login_link(self.itself, kind, person)


def build_town(home: Path) -> Town:
    """Open a bank by the machine's own clock, so that samples of the last year are recent."""
    sender = HeldCodeSender()
    bank = open_bank(Settings(home=home), code_sender=sender)
    itself = system_principal(bank.set_up("Test"))
    bank.lending.fund(itself, "fund", 1_000_000_000)
    party_id = bank.parties.register_business(
        itself,
        "shop",
        name="清风面馆",
        owner_phone=PHONE,
        owner_name="张建国",
        trade="餐饮",
        region="浙江杭州",
    )
    owner = bank.parties.owners(itself, party_id)[0]
    roles = ["admin", "operations", "risk", "officer"]
    staff_id = bank.parties.add_staff(itself, "staff", name="李敏", roles=roles)
    shutil.copytree(SAMPLES, home / "samples")
    return Town(bank, itself, sender, party_id, owner.owner_id, staff_id)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    built = build_town(tmp_path / "home")
    yield built
    built.bank.close()


TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')


@dataclass(slots=True)
class Visit:
    """A browser without JavaScript: it follows forms by what the page says."""

    client: TestClient
    page: str = ""

    def open(self, path: str) -> Any:
        answer = self.client.get(path)
        self.page = answer.text
        return answer

    def send(self, path: str, files: Any = None, **fields: str) -> Any:
        """Send a form with the token and the key of the page that was last opened."""
        data = {"token": TOKEN.findall(self.page)[-1], **fields}
        if keys := KEY.findall(self.page):
            data.setdefault("key", keys[-1])
        answer = self.client.post(path, data=data, files=files)
        if "text/html" in answer.headers.get("content-type", ""):
            self.page = answer.text
        return answer


@pytest.fixture
def visit(town: Town) -> Iterator[Visit]:
    with TestClient(create_app(town.bank), headers={"Accept-Language": "en"}) as client:
        yield Visit(client)


@pytest.fixture
def owner(visit: Visit, town: Town) -> Visit:
    """The owner, signed in by a one-time link."""
    visit.open("/link")
    assert visit.send("/link", link=town.link()).status_code == 200
    return visit


@pytest.fixture
def staff(visit: Visit, town: Town) -> Visit:
    """A member of staff with every role."""
    visit.open("/link")
    assert visit.send("/link", link=town.link(PersonKind.STAFF)).status_code == 200
    return visit
