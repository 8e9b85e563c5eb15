"""One command's session: which bank it works on, and as whom.

Whoever can read the bank's folder is its operator: the command line acts as the bank itself,
inside one tenant. Acts that ask for a named member of the staff (publishing a policy, promoting a
model) take `--staff`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from martlet.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.bootstrap import Bank
    from martlet.kernel.config import Settings
    from martlet.kernel.principal import Principal


@dataclass(frozen=True, slots=True)
class Session:
    """A bank that is open, and the one who acts."""

    bank: Bank
    principal: Principal


@dataclass(slots=True)
class _Chosen:
    """What the options before the command said."""

    home: Path | None = None
    tenant: str = ""


chosen = _Chosen()


def settings() -> Settings:
    """Read the settings of the chosen home folder."""
    from martlet.kernel.config import load_settings

    return load_settings(os.environ, chosen.home)


@contextmanager
def open_session(staff: str = "") -> Iterator[Session]:
    """Open the bank that the options and the environment name; close it afterwards."""
    found = _existing(settings())
    from martlet.bootstrap import open_bank
    from martlet.cli.actors import operator, staff_principal

    bank = open_bank(found)
    try:
        principal = operator(bank, chosen.tenant)
        yield Session(bank, staff_principal(bank, principal, staff) if staff else principal)
    finally:
        bank.close()


def _existing(found: Settings) -> Settings:
    """Refuse to make a bank by mistake: only `init` and `demo` do."""
    if not found.database_url and not (found.home / "martlet.db").exists():
        raise NotFound("cli.no_bank", home=str(found.home))
    return found
