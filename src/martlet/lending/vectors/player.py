"""Which module plays which family, and what came out of a file.

A case that makes the bank refuse is a failed case with the refusal as its difference; a case that
cannot be read stops the run, because its file is not what it says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid, MartletError
from martlet.lending.limits import VECTOR_FILE_BYTES_MAX
from martlet.lending.vectors.reading import Unreadable, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Play = Callable[[Mapping[str, Any]], list[str]]

_FAMILIES = {
    "fineract-emi": "progressive",
    "fineract-newer": "progressive",
    "apr-regz": "regulation_z",
    "published-us": "published",
    "published-foreign": "published",
    "frappe": "frappe",
}
_PREFIXES = {"fineract-Loan": "lifecycle", "published-": "published", "apr-": "regulation_z"}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case and how it differs; nothing means passed."""

    case_id: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileResult:
    """What came out of one file."""

    name: str
    cases: tuple[CaseResult, ...]

    @property
    def failed(self) -> int:
        """How many cases differ."""
        return sum(1 for case in self.cases if case.differences)

    @property
    def passed(self) -> int:
        """How many do not."""
        return len(self.cases) - self.failed


def module_of(family: str) -> str | None:
    """Return the module that plays a family, or None for one that nobody plays."""
    if (known := _FAMILIES.get(family)) is not None:
        return known
    return next((name for start, name in _PREFIXES.items() if family.startswith(start)), None)


def play_case(case: Mapping[str, Any]) -> list[str]:
    """Play one case and return every difference."""
    family = case.get("family")
    if not isinstance(family, str):
        raise Unreadable("family")
    name = module_of(family)
    play: Play | None = None
    if name is not None:
        try:
            play = import_module(f"martlet.lending.vectors.{name}").play
        except ModuleNotFoundError as error:
            if error.name != f"martlet.lending.vectors.{name}":
                raise
    if play is None:
        raise Invalid("lending.vectors_family_unknown", family=family[:40])
    try:
        return play(case)
    except MartletError as error:
        return [f"the bank refuses: {error}"]
    except AssertionError as error:
        return [f"terms without a meaning: {error}"]


def play_file(path: Path) -> FileResult:
    """Play every case of a file."""
    return FileResult(path.name, tuple(_played(path)))


def _played(path: Path) -> Iterator[CaseResult]:
    for position, case in enumerate(_cases(path), 1):
        shown = case.get("id", position) if isinstance(case, Mapping) else position
        if not isinstance(case, Mapping):
            refuse(path.name, shown, "items")
        try:
            yield CaseResult(str(shown), tuple(play_case(case)))
        except Unreadable as error:
            refuse(path.name, shown, error.field)


def _cases(path: Path) -> list[Any]:
    if not path.is_file():
        raise Invalid("lending.vectors_no_file", file=path.name)
    if path.stat().st_size > VECTOR_FILE_BYTES_MAX:
        raise Invalid("lending.vectors_no_json", file=path.name)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Invalid("lending.vectors_no_json", file=path.name) from error
    items = content.get("items") if isinstance(content, Mapping) else None
    if not isinstance(items, list):
        refuse(path.name, "-", "items")
    if content.get("cases", len(items)) != len(items):
        refuse(path.name, "-", "cases")
    return items
