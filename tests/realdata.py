"""Where real data lie, for tests that need them: beside the repository, never in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_data(relative: str) -> Path:
    """Return a folder of `../shared/data` (or of MARTLET_SHARED_DATA); skip where it is absent.

    A worktree of the repository may lie one level deeper, so the grandparent is tried as well.
    """
    told = os.environ.get("MARTLET_SHARED_DATA")
    places = [Path(told)] if told else [up / "shared" / "data" for up in list(ROOT.parents)[:2]]
    for place in places:
        if (place / relative).exists():
            return place / relative
    pytest.skip(f"no real data at {' or '.join(str(place / relative) for place in places)}")
