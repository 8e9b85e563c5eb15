"""What the steps of the demo hand from one to the next, and what a step is."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Corrupt, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal

MARKER = ".martlet-demo"
"""A folder is emptied only where this file says that a demo made it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called, and what it does, telling a line at a time."""

    title: str
    run: Callable[[Demo], Iterator[str]]


@dataclass(slots=True)
class Demo:
    """The demo under way."""

    home: Path
    data: Path | None
    """Real data, where there is any."""
    quiet: bool = False
    bank: Bank | None = None
    principal: Principal | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """What the summary tells."""
    parties: dict[str, UUID] = field(default_factory=dict)
    """The firm's own id in the data -> the bank's."""
    found: dict[str, Any] = field(default_factory=dict)
    """What one step leaves for a later one."""

    def close(self) -> None:
        """Close the bank."""
        if self.bank is not None:
            self.bank.close()


def new_demo(home: Path, data: Path, *, quiet: bool) -> Demo:
    """Return a demo on an empty folder; a folder that no demo made is never emptied."""
    if home.exists() and any(home.iterdir()):
        if not (home / MARKER).exists():
            raise Refused("cli.demo_folder_taken", home=str(home))
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / MARKER).write_text("made by martlet demo; emptied by the next\n", encoding="utf-8")
    firms = data / "credit" / "cumcm2020c"
    there = firms.is_dir() and os.access(firms, os.R_OK)
    return Demo(home=home, data=data if there else None, quiet=quiet)


def hold(promise: str, *, kept: bool) -> None:
    """End the demo where a promise is not kept."""
    if not kept:
        raise Corrupt("cli.demo_promise_broken", promise=promise)
