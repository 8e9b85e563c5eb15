"""Answers kept on disk by what was asked: the same question costs once, and can be replayed.

The invariant: an entry is written whole or not at all, and one that cannot be read is no entry; the
key of an endpoint is never part of it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from martlet.llm.limits import CACHED_BYTES_MAX

if TYPE_CHECKING:
    from pathlib import Path


class AnswerCache:
    """A folder of answers, one file each, by the digest of the question."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, digest: str) -> dict[str, Any] | None:
        """Return the entry of a question; None where there is none that can be read."""
        path = self._path(digest)
        try:
            if path.stat().st_size > CACHED_BYTES_MAX:
                return None
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and "value" in found else None

    def keep(self, digest: str, entry: dict[str, Any]) -> None:
        """Write an entry; one that is too large to be read again is not kept."""
        text = json.dumps(entry, ensure_ascii=False)
        if len(text.encode()) > CACHED_BYTES_MAX:
            return
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.json"
