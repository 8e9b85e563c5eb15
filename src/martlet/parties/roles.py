"""Roles are data: a name in two languages and a set of scopes, read once from `roles.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale
from martlet.kernel.principal import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FILE = Path(__file__).with_name("roles.toml")


@dataclass(frozen=True, slots=True)
class Role:
    """What a member of staff does at the bank, and therefore may do in its systems."""

    name: str
    titles: Mapping[Locale, str]
    scopes: frozenset[Scope]


@cache
def roles() -> Mapping[str, Role]:
    """Return every role by its name."""
    stored = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        name: Role(
            name,
            {Locale.EN: role["en"], Locale.ZH_CN: role["zh_cn"]},
            frozenset(Scope(scope) for scope in role["scopes"]),
        )
        for name, role in stored.items()
    }


def read_roles(names: Iterable[str]) -> tuple[str, ...]:
    """Return role names sorted and single; none at all or an unknown one is refused."""
    chosen = sorted(set(names))
    for name in chosen:
        if name not in roles():
            raise Invalid("parties.role_unknown", role=name[:40])
    if not chosen:
        raise Invalid("parties.role_needed")
    return tuple(chosen)


def scopes_of(names: Iterable[str]) -> frozenset[Scope]:
    """Return the scopes that these roles add up to."""
    return frozenset[Scope]().union(*(roles()[name].scopes for name in names))
