"""What tells a pair of a short name and a candidate: the reading, the pieces, the rivals.

The invariant: a feature of a pair is a function of the query, the register and the confirmed pairs
that were given, never of the pair's own answer; rivals are the other candidates of the same query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.names.alignment import ABSENT, SHORTENED
from martlet.supplychain.names.keeping import COLUMN, position_features
from martlet.supplychain.names.register import BRACKET

if TYPE_CHECKING:
    import numpy.typing as npt

    from martlet.supplychain.names.register import Floats, Ints, Register, Smalls

    Singles = npt.NDArray[np.float32]

OWN = (
    *("score", "score_a_char", "chars", "absent", "absent_weight", "coverage", "weight"),
    *("rarest", "shortened", "kept_place", "kept_core", "kept_form", "core_start", "core_size"),
    *("size", "first_in_core", "last_from_end", "joined", "runs", "before", "between", "after"),
    *("before_weight", "between_weight", "after_weight", "heaviest_lost", "end_from_end", "form"),
    *("bracket", "brand_family", "tail_from_last", "tail_past_last", "block"),
)
"""Features of a pair by itself, in their order."""

RIVALS = ("claimed", "rank", "lead", "share", "wholes", "near", "block_gap")
"""Features of a pair beside the others of its query, which follow them."""

COLUMNS = {name: at for at, name in enumerate((*OWN, *RIVALS))}

NEAR = 2.0
"""Log probability within which a rival counts as near the best."""


@dataclass(frozen=True)
class Pairs:
    """Candidates of many queries in one list, those of a query together, best reading first."""

    query: Ints
    """Which query each pair belongs to, ascending."""
    name: Ints
    """The candidate's row in the register."""
    score: Singles
    """Log probability of the best reading."""
    places: Smalls
    """Where the query's characters lie in the name."""
    block: Singles
    """The weight of shared pieces by which the name became a candidate."""

    def only(self, keep: npt.NDArray[np.bool_]) -> Pairs:
        """Return some of the pairs."""
        return Pairs(
            self.query[keep], self.name[keep], self.score[keep], self.places[keep], self.block[keep]
        )

    def moved(self, begin: int) -> Pairs:
        """Return the pairs with their queries counted from elsewhere."""
        return Pairs(self.query + begin, self.name, self.score, self.places, self.block)


def own_features(register: Register, queries: Smalls, pairs: Pairs) -> Singles:
    """Return what a pair shows by itself; `queries` are rows of character numbers."""
    codes, places = queries[pairs.query], pairs.places
    asked = codes != 0
    lies, absent = (places >= 0) & asked, (places == ABSENT) & asked
    weight = np.where(asked, register.weight[np.maximum(codes, 0)], 0)
    count = asked.sum(1)
    last_asked = places[np.arange(len(codes)), count - 1]
    steps = np.diff(np.where(lies, places, -99), axis=1)
    joined = ((steps == 1) & lies[:, 1:] & lies[:, :-1]).sum(1)
    end = register.cores[1][pairs.name]
    told = {
        "score": pairs.score,
        "score_a_char": pairs.score / count,
        "chars": count,
        "absent": absent.sum(1),
        "absent_weight": (weight * absent).sum(1),
        "coverage": (weight * lies).sum(1) / np.maximum(weight.sum(1), 1e-6),
        "weight": weight.sum(1),
        "rarest": np.where(asked, weight, 99).min(1),
        "shortened": places[:, 0] == SHORTENED,
        "joined": joined,
        "runs": count - joined,
        "end_from_end": end - last_asked,
        "block": pairs.block,
        **_of_names(register, pairs, lies),
    }
    return np.column_stack([told[name] for name in OWN]).astype(np.float32)


def _of_names(
    register: Register, pairs: Pairs, lies: npt.NDArray[np.bool_]
) -> dict[str, npt.NDArray[np.generic]]:
    """Return what of the candidate's name was kept and what was lost."""
    unique, back = np.unique(pairs.name, return_inverse=True)
    told = position_features(register, unique)
    width = told.shape[1]
    start, end = (bound[pairs.name] for bound in register.cores)
    at = np.where(lies, pairs.places, width)
    kept = np.zeros((len(at), width + 1), bool)
    np.put_along_axis(kept, at.astype(np.int64), values=True, axis=1)
    kept = kept[:, :width]
    columns = np.arange(width)
    core = (columns >= start[:, None]) & (columns < end[:, None])
    lost = core & ~kept
    weight = register.weight[register.codes[pairs.name]]
    first = np.where(lies.any(1), at.min(1), -1)
    last = np.where(lies, pairs.places, -1).max(1)
    last_at = np.clip(last, 0, width - 1)
    before = lost & (columns < first[:, None])
    between = lost & (columns > first[:, None]) & (columns < last[:, None])
    after = lost & (columns > last[:, None])
    return {
        "kept_place": (kept & (columns < start[:, None])).sum(1),
        "kept_core": (kept & core).sum(1),
        "kept_form": (kept & (columns >= end[:, None])).sum(1),
        "core_start": start,
        "core_size": end - start,
        "size": register.lengths[pairs.name],
        "first_in_core": first - start,
        "last_from_end": end - last,
        "before": before.sum(1),
        "between": between.sum(1),
        "after": after.sum(1),
        "before_weight": (weight * before).sum(1),
        "between_weight": (weight * between).sum(1),
        "after_weight": (weight * after).sum(1),
        "heaviest_lost": np.where(lost, weight, 0).max(1),
        "form": register.forms[pairs.name],
        "bracket": (told[:, :, COLUMN["part"]] == BRACKET).any(1)[back],
        "brand_family": told[back, np.minimum(start + 1, width - 1), COLUMN["beginnings"]],
        "tail_from_last": told[back, last_at, COLUMN["endings"]],
        "tail_past_last": told[back, last_at, COLUMN["next_ending"]],
    }


def with_rivals(pairs: Pairs, own: Singles, known: Ints) -> Singles:
    """Return all features of each pair; `known` counts other confirmed names of its firm."""
    new = np.r_[True, pairs.query[1:] != pairs.query[:-1]]
    starts, group = np.flatnonzero(new), np.cumsum(new) - 1
    sizes = np.diff(np.r_[starts, len(pairs.query)])
    rank = np.arange(len(pairs.query)) - starts[group]
    score = pairs.score.astype(np.float64)
    top = score[starts][group]
    follower = np.minimum(starts + 1, len(score) - 1)
    second = np.where(sizes > 1, score[follower], score[starts] - 20)[group]
    odds = np.exp(score - top)
    whole = (own[:, COLUMNS["absent"]] == 0).astype(np.int64)
    told = {
        "claimed": known,
        "rank": rank,
        "lead": score - np.where(rank == 0, second, top),
        "share": odds / np.add.reduceat(odds, starts)[group],
        "wholes": np.add.reduceat(whole, starts)[group],
        "near": np.add.reduceat((score > top - NEAR).astype(np.int64), starts)[group],
        "block_gap": pairs.block - np.maximum.reduceat(pairs.block, starts)[group],
    }
    return np.column_stack([own, *(told[name] for name in RIVALS)]).astype(np.float32)


def whole(own: Singles) -> Floats:
    """Return 1 for each pair in whose name every character of the query lies."""
    lies: Floats = (own[:, COLUMNS["absent"]] == 0).astype(np.float64)
    return lies
