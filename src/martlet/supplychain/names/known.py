"""Confirmed pairs of a name and a firm, as far as they hold together.

The invariant: a name that was confirmed for two firms teaches nothing and answers nothing; a pair
whose firm has left the register is kept for what it says about the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.names.limits import LEARN_PAIRS_MIN, ONE_NAME_SHARE_MAX
from martlet.supplychain.names.model import NamesPerFirm
from martlet.supplychain.names.writing import key_of, query_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.supplychain.names.model import Confirmed
    from martlet.supplychain.names.register import Ints, Register


@dataclass(frozen=True)
class Confirmations:
    """What is known of names."""

    exact: Mapping[str, tuple[str, ...]]
    """Identifiers confirmed for a name as it is written; several contradict each other."""
    unmarked: Mapping[str, tuple[str, ...]]
    """The same by the name without the marks of an exchange: 万科A beside 万科B."""
    names_of: Mapping[int, tuple[str, ...]]
    """Confirmed names by register row, as they were written."""
    rows: Mapping[str, int]
    """The row of each key that is confirmed for one firm of the register."""
    one_name: bool
    """Whether a firm has one name among pairs and queries together."""
    left_count: int
    """Pairs whose firm is not in the register."""

    @classmethod
    def of(
        cls, pairs: Sequence[Confirmed], row_of_id: Mapping[str, int], rule: NamesPerFirm
    ) -> Confirmations:
        """Return pairs with their contradictions set apart."""
        exact: dict[str, dict[str, None]] = {}
        unmarked: dict[str, dict[str, None]] = {}
        written: dict[str, str] = {}
        for pair in pairs:
            key = query_key(pair.name)
            if key:
                exact.setdefault(key_of(pair.name), {})[pair.register_id] = None
                unmarked.setdefault(key, {})[pair.register_id] = None
                written.setdefault(key, pair.name)
        rows = {
            key: row_of_id[ids[0]]
            for key, ids in ((key, tuple(ids)) for key, ids in unmarked.items())
            if len(ids) == 1 and ids[0] in row_of_id
        }
        names_of: dict[int, tuple[str, ...]] = {}
        for key, row in rows.items():
            names_of[row] = (*names_of.get(row, ()), written[key])
        several = sum(len(names) > 1 for names in names_of.values())
        many_enough = len(rows) >= LEARN_PAIRS_MIN
        by_itself = many_enough and several <= ONE_NAME_SHARE_MAX * len(names_of)
        one = rule is NamesPerFirm.ONE or (rule is NamesPerFirm.AUTO and by_itself)
        left = sum(pair.register_id not in row_of_id for pair in pairs)
        return cls(_told(exact), _told(unmarked), names_of, rows, one, left)

    def short_pairs(self, register: Register) -> tuple[list[str], Ints]:
        """Return keys and rows that teach how names are shortened: what is written out does not."""
        pairs = [(key, row) for key, row in self.rows.items() if register.parts[row].key != key]
        return [key for key, _ in pairs], np.array([row for _, row in pairs], np.int64)

    def claimed(self, size: int) -> Ints:
        """Return how many confirmed names each row has, where that counts against another one."""
        counts = np.zeros(size, np.int64)
        if self.one_name:
            for row, names in self.names_of.items():
                counts[row] = len(names)
        return counts


def _told(found: Mapping[str, Mapping[str, None]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(ids) for key, ids in found.items()}
