"""The chart of accounts: which accounts there may be, as typed paths, kept as data.

An account exists because a pattern of `chart.toml` allows its path; a path that no pattern allows
is refused with the reason, so that a typing error never becomes an account.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid
from martlet.ledger.limits import PATH_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

SEGMENT_TYPES = {
    "slug": r"[a-z][a-z0-9_]{0,39}",
    "id": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}


class Side(StrEnum):
    """The two sides of an account."""

    DEBIT = "debit"
    CREDIT = "credit"


class Guard(StrEnum):
    """What an account's totals must always keep to."""

    NONE = "none"
    NEVER_OVERDRAWN = "never_overdrawn"


@dataclass(frozen=True, slots=True)
class AccountPattern:
    """One line of the chart: a path with named segments and what is true of its accounts."""

    path: str
    account_class: str
    normal_side: Side
    guard: Guard
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class AccountKind:
    """What the chart says of one valid path."""

    path: str
    pattern: AccountPattern
    segments: tuple[tuple[str, str], ...]

    @property
    def account_class(self) -> str:
        """The class: asset, liability, equity, income, expense or memo."""
        return self.pattern.account_class


@dataclass(frozen=True, slots=True)
class AccountClass:
    """A class of accounts: the root of its paths and its normal side."""

    name: str
    root: str
    normal_side: Side
    en: str
    zh: str


class Chart:
    """All account patterns of a bank."""

    def __init__(
        self, classes: tuple[AccountClass, ...], patterns: Mapping[AccountPattern, re.Pattern[str]]
    ) -> None:
        self.classes = classes
        self.patterns = tuple(patterns)
        self._roots = {known.root: known for known in classes}
        self._compiled = dict(patterns)

    def account(self, path: str) -> AccountKind:
        """Return what the chart says of `path`; outside it, raise `Invalid` with the reason.

        An unknown root and a path that fits no pattern of its root are told apart.
        """
        if not 0 < len(path) <= PATH_CHARS_MAX:
            raise Invalid("ledger.path_malformed", path=path[:PATH_CHARS_MAX])
        root = path.partition("/")[0]
        if root not in self._roots:
            raise Invalid("ledger.path_root_unknown", path=path, roots=", ".join(self._roots))
        for pattern, expression in self._compiled.items():
            if match := expression.fullmatch(path):
                return AccountKind(path, pattern, tuple(match.groupdict().items()))
        near = [known.path for known in self.patterns if known.path.startswith(f"{root}/")]
        raise Invalid("ledger.path_outside_chart", path=path, patterns=", ".join(near))


def parse_chart(text: str) -> Chart:
    """Read a chart from TOML; anything that contradicts itself is a mistake of its author."""
    data = tomllib.loads(text)
    classes = tuple(
        AccountClass(name, one["root"], Side(one["normal_side"]), one["en"], one["zh"])
        for name, one in data["classes"].items()
    )
    by_root = {one.root: one for one in classes}
    assert len(by_root) == len(classes), "two classes with one root"
    patterns: dict[AccountPattern, re.Pattern[str]] = {}
    for line in data["accounts"]:
        family = by_root[line["path"].partition("/")[0]]
        pattern = AccountPattern(
            line["path"],
            family.name,
            Side(line.get("normal_side", family.normal_side)),
            Guard(line.get("guard", "none")),
            line["en"],
            line["zh"],
        )
        assert pattern.path not in {known.path for known in patterns}, pattern.path
        patterns[pattern] = _expression(pattern.path, data["segments"])
    return Chart(classes, patterns)


def _expression(path: str, segments: Mapping[str, Any]) -> re.Pattern[str]:
    parts = []
    for part in path.split("/"):
        if part.startswith("{"):
            name = part[1:-1]
            parts.append(f"(?P<{name}>{SEGMENT_TYPES[segments[name]['type']]})")
        else:
            assert re.fullmatch(SEGMENT_TYPES["slug"], part), path
            parts.append(part)
    return re.compile("/".join(parts))


@cache
def standard_chart() -> Chart:
    """Return the chart that ships with Martlet."""
    return parse_chart(files(__package__).joinpath("chart.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=65_536)
def account(path: str) -> AccountKind:
    """Return what the shipped chart says of `path`, or refuse it with the reason."""
    return standard_chart().account(path)
