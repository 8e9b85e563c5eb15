"""Which module plays which family, and what came out of a file.

A case that makes the bank refuse, that cannot be read, or of a family that nobody plays is a failed
case with the reason as its difference; only a file that holds no cases at all stops the run.
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

_FORMS = {"steps": "lifecycle", "period_dates": "progressive"}
"""A field that only cases of one form have: how a new family of a known form is played."""
_MISREAD = (ArithmeticError, AttributeError, LookupError, StopIteration, TypeError, ValueError)
"""What reading a case raises whose fields are not of the form that its family has."""

_FAMILIES = {
    "fineract-emi": "progressive",
    "fineract-newer": "progressive",
    "apr-regz": "regulation_z",
    "published-us": "published",
    "published-foreign": "published",
    "frappe": "frappe",
}
_SHOWN_MAX = 80
"""Characters of a name or a reason that a case brings along, as shown."""
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


def module_of(case: Mapping[str, Any]) -> str | None:
    """Return the module that plays a case by its family, or by its form; None: nobody does."""
    family = str(case.get("family"))
    if (known := _FAMILIES.get(family)) is not None:
        return known
    by_name = next((name for start, name in _PREFIXES.items() if family.startswith(start)), None)
    return by_name or next((name for field, name in _FORMS.items() if field in case), None)


def play_case(case: Mapping[str, Any]) -> list[str]:
    """Play one case and return every difference, or why it cannot be played."""
    family = case.get("family")
    if not isinstance(family, str):
        return [_unreadable("family")]
    name = module_of(case)
    if name is None:
        return [f"nobody here plays cases of the family {family[:_SHOWN_MAX]}"]
    play: Play = import_module(f"martlet.lending.vectors.{name}").play
    try:
        return play(case)
    except Unreadable as error:
        return [_unreadable(error.field)]
    except MartletError as error:
        return [f"the bank refuses: {error}"]
    except AssertionError as error:
        return [f"terms without a meaning: {error}"]
    except _MISREAD as error:
        return [f"the case cannot be read: {type(error).__name__}: {str(error)[:_SHOWN_MAX]}"]


def _unreadable(field: str) -> str:
    return f"the field {field} is missing or malformed"


def play_file(path: Path) -> FileResult:
    """Play every case of a file."""
    return FileResult(path.name, tuple(_played(path)))


def _played(path: Path) -> Iterator[CaseResult]:
    for position, case in enumerate(_cases(path), 1):
        shown = case.get("id", position) if isinstance(case, Mapping) else position
        if not isinstance(case, Mapping):
            refuse(path.name, shown, "items")
        yield CaseResult(str(shown), tuple(play_case(case)))


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
