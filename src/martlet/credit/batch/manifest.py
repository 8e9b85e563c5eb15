"""What a batch is made from and how far it has come: one file, replaced whole and durably.

The invariant: a shard that stands here is on the disk with the bytes whose hash is written beside
it. A run that finds a manifest of other inputs, another policy, model or day refuses to go on.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from martlet.kernel.canonical import canonical_json, parse_json
from martlet.kernel.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NAME = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """A batch: what it is made from, and the shards that are done."""

    as_of: datetime
    shards: int
    policy_hash: str
    model_hash: str
    inputs: Mapping[str, str]
    """The path and the hash of each input file: `applications:0:/where/it/lies` → hash."""
    done: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def with_done(self, shard: int, figures: Mapping[str, Any]) -> Manifest:
        """Return it with one more shard done."""
        return replace(self, done={**self.done, f"{shard:04d}": figures})

    def totals(self) -> dict[str, Any]:
        """Return the figures of all done shards together."""
        whole: dict[str, Any] = {}
        for figures in self.done.values():
            _add(whole, figures)
        return whole

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "format": _FORMAT,
            "as_of": self.as_of.isoformat(),
            "shards": self.shards,
            "policy_hash": self.policy_hash,
            "model_hash": self.model_hash,
            "inputs": dict(self.inputs),
            "done": {shard: dict(figures) for shard, figures in sorted(self.done.items())},
        }


def _add(whole: dict[str, Any], figures: Mapping[str, Any]) -> None:
    for name, value in figures.items():
        if isinstance(value, dict):
            _add(whole.setdefault(name, {}), value)
        elif isinstance(value, int):
            whole[name] = whole.get(name, 0) + value


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder; None where no run has begun."""
    path = folder / NAME
    if not path.exists():
        return None
    value = parse_json(path.read_bytes())
    if value["format"] != _FORMAT:
        raise Conflict("credit.batch_other_run", folder=folder.name, differs="format")
    return Manifest(
        datetime.fromisoformat(value["as_of"]),
        value["shards"],
        value["policy_hash"],
        value["model_hash"],
        value["inputs"],
        value["done"],
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in place, on the disk."""
    put_bytes(folder / NAME, canonical_json(manifest.as_json()))


def continued(folder: Path, new: Manifest) -> Manifest:
    """Return what to go on from: the folder's own manifest, or a new one; never another run's."""
    before = read_manifest(folder)
    if before is None:
        return new
    for name in ("as_of", "shards", "policy_hash", "model_hash", "inputs"):
        if getattr(before, name) != getattr(new, name):
            raise Conflict("credit.batch_other_run", folder=folder.name, differs=name)
    return before


def put_bytes(path: Path, data: bytes) -> None:
    """Write a file whole: beside its place, synced, then renamed into it."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(data)
    put_in_place(draft, path)


def put_in_place(draft: Path, path: Path) -> None:
    """Rename a written file or folder into its place, durably."""
    sync([draft, *draft.rglob("*")] if draft.is_dir() else [draft])
    draft.replace(path)
    sync([path.parent])


def sync(paths: Sequence[Path]) -> None:
    """Force files and folders to the disk."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def hash_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
