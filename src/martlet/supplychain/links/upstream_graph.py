"""Products and what they are made of, laid out for questions about names that the graph lacks.

Materials that some product uses come first, then names that are only listed, then those coined
from products' names. Guards that nothing here looks beyond the edges and names handed in: an
edge held back for a test is not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.links.limits import KNOWN_MAX
from martlet.supplychain.links.matrices import (
    Floats,
    column_sums,
    ones,
    row_sums,
    scaled_columns,
    scaled_rows,
    unit_rows,
)
from martlet.supplychain.links.names_text import Grams, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from martlet.supplychain.links.model import Pair, Vocabulary

PRIOR = 2.0
"""Imagined products beside those seen, so that one of one is not certainty."""

HALF = 0.5

PART_PRIOR, PART_RATE = 4.0, 0.35
"""Before anything is seen, a known material in a product's name is one of its materials this
often (a third, read off the training part of the public graph), worth this many products."""


class UpstreamGraph:
    """Edges product → material, names and what follows from both by counting."""

    def __init__(self, pairs: Iterable[Pair], vocabulary: Vocabulary) -> None:
        edges = sorted(set(pairs))
        self.products = sorted({product for product, _ in edges})
        self.product_number = {name: at for at, name in enumerate(self.products)}
        used = sorted({material for _, material in edges})
        taken = set(used)
        self.used = len(used)
        listed = [name for name in dict.fromkeys(vocabulary.names) if name not in taken]
        coined = sorted(vocabulary.coined.keys() - taken - set(listed))
        self.listed = self.used + len(listed)
        self.materials = [*used, *listed, *coined]
        self.material_number = {name: at for at, name in enumerate(self.materials)}
        lists: list[list[int]] = [[] for _ in self.products]
        for product, material in edges:
            lists[self.product_number[product]].append(self.material_number[material])
        self.uses = ones(lists, self.used)
        self.users: Floats = np.zeros(len(self.materials), np.float32)
        self.users[: self.used] = column_sums(self.uses)
        self.materials_of = row_sums(self.uses)
        self._read_names(vocabulary)
        self._count_rules()
        self._count_company()
        self._count_parts()
        self._read_kinds(vocabulary)

    def _read_names(self, vocabulary: Vocabulary) -> None:
        self.grams = Grams((*self.products, *self.materials))
        self.product_grams = self.grams.matrix(self.products)
        self.product_text = self.grams.weighed(self.product_grams)
        self.product_text_by_gram = self.product_text.T.tocsr()
        self.material_grams = self.grams.matrix(self.materials)
        self.material_text = self.grams.weighed(self.material_grams)
        self.used_text_by_gram = self.material_text[: self.used].T.tocsr()
        self.listed_text_by_gram = self.material_text[self.used : self.listed].T.tocsr()
        single = self.grams.chosen(self.grams.single)
        self.material_chars = scaled_columns(self.material_grams, single)
        self.char_weight: Floats = np.maximum(row_sums(self.material_chars), np.float32(1e-6))
        self.lengths = np.array([len(name) for name in self.materials], np.float32)
        self.is_product = np.array(
            [name in self.product_number for name in self.materials], np.float32
        )
        self.reads_used = self._weigh_names()
        self.coined = np.array(
            [vocabulary.coined.get(name, 0.0) for name in self.materials], np.float32
        )

    def _weigh_names(self) -> Floats:
        """Return how much each name reads like those in use rather than those only listed.

        A name counts for neither side when it is weighed itself.
        """
        listed = self.material_grams[self.used : self.listed]
        if not listed.shape[0]:
            return np.zeros(len(self.materials), np.float32)
        in_use = column_sums(self.material_grams[: self.used]) / self.used
        aside = column_sums(listed) / listed.shape[0]
        least = HALF / self.used
        own_use, own_aside = np.float32(1 / self.used), np.float32(1 / listed.shape[0])
        others = np.maximum(in_use - own_use, 0)
        as_used = np.log((others + least) / (aside + least))
        as_listed = np.log((in_use + least) / (np.maximum(aside - own_aside, 0) + least))
        total = np.concatenate(
            [
                self.material_grams[: self.used] @ as_used,
                self.material_grams[self.used :] @ as_listed,
            ]
        )
        return (total / np.maximum(row_sums(self.material_grams), 1.0)).astype(np.float32)

    def _count_rules(self) -> None:
        """Count how often products whose name has a run of characters use a material."""
        together = (self.product_grams.T @ self.uses).tocsr()
        together.sort_indices()
        having = column_sums(self.product_grams)
        self.rule = scaled_rows(together, 1.0 / (having + PRIOR))
        # Half a product is taken off: a rule seen once is mostly chance.
        strict = together.copy()
        strict.data = strict.data - np.float32(0.5)
        self.strict_rule = scaled_rows(strict, 1.0 / (having + 1.0))
        self.having = having

    def _count_company(self) -> None:
        """Count which materials are used by the same products."""
        # A product with hundreds of materials is a list, and a list squared fills the memory.
        few = scaled_rows(self.uses, (self.materials_of <= KNOWN_MAX).astype(np.float32))
        together = (few.T @ few).tocsr()
        of_row = np.repeat(np.arange(self.used), np.diff(together.indptr))
        together.data[of_row == together.indices] = 0
        together.eliminate_zeros()
        together.sort_indices()
        users = self.users[: self.used]
        spread = (1.0 / np.sqrt(np.maximum(users, 1.0) + 1.0)).astype(np.float32)
        self.company = scaled_rows(scaled_columns(together, spread), spread)
        self.company_rate = scaled_rows(together, 1.0 / (users + PRIOR))
        heads = scaled_columns(
            self.uses, np.log1p(len(self.products) / np.maximum(users, 1.0)).astype(np.float32)
        )
        self.use_text_by_material = unit_rows(heads).T.tocsr()
        mates = np.asarray(self.uses.T @ self.materials_of, np.float32).ravel()
        self.mates = np.zeros(len(self.materials), np.float32)
        self.mates[: self.used] = mates / np.maximum(users, 1.0)

    def _count_parts(self) -> None:
        """Count how often a material that stands in a product's name is one of its materials."""
        self.in_names = np.zeros(len(self.materials), np.float32)
        hits = np.zeros(len(self.materials), np.float32)
        for row, product in enumerate(self.products):
            inside = {number for number, _, _ in parts_of(product, self.material_number)}
            used = set(self.known_of_row(row))
            for number in inside:
                self.in_names[number] += 1
                hits[number] += number in used
        self.part_rate = (hits + PART_PRIOR * PART_RATE) / (self.in_names + PART_PRIOR)

    def _read_kinds(self, vocabulary: Vocabulary) -> None:
        """Note how general each name is where kinds are known, and what each is a kind of."""
        self.wider: dict[str, set[str]] = {}
        below = dict.fromkeys(self.materials, 0)
        for narrower, wider in vocabulary.kinds:
            self.wider.setdefault(narrower, set()).add(wider)
            if wider in below:
                below[wider] += 1
        self.kinds_below = np.array([below[name] for name in self.materials], np.float32)
        self.kinds_above = np.array(
            [len(self.wider.get(name, ())) for name in self.materials], np.float32
        )

    def known_of_row(self, row: int) -> Sequence[int]:
        """Return the numbers of a product's known materials."""
        span = slice(self.uses.indptr[row], self.uses.indptr[row + 1])
        return [int(number) for number in self.uses.indices[span]]

    def known(self, product: str) -> list[int]:
        """Return the numbers of a product's known materials; none for a product never seen."""
        row = self.product_number.get(product)
        return [] if row is None else sorted(self.known_of_row(row))
