"""Fit the built-in habits of shortening names, and print them as TOML.

    python tools/name_habits.py finre/train.txt > src/martlet/supplychain/names/habits.toml

Learns from the rows of FinRE (MIT) that say of two names that they are one firm (自己): how often a
character survives by where it stands, and how much each sign of a match weighs beside "no match".
The register is every longer name of the file, so that it has rivals; a few dozen numbers come out,
and no name.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from martlet.supplychain.names import habits
from martlet.supplychain.names.features import COLUMNS, own_features, with_rivals
from martlet.supplychain.names.gathering import Queries, Source
from martlet.supplychain.names.keeping import lesson
from martlet.supplychain.names.ranking import Groups, chances
from martlet.supplychain.names.register import Register
from martlet.supplychain.names.writing import key_of, query_key

if TYPE_CHECKING:
    import numpy.typing as npt

FULL_CHARS_MIN = 6
CANDIDATES = 12
SMOOTHING = 5
RIDGE = 0.5
HEADER = """\
# Built-in habits of shortening, for a register without confirmed pairs. Fitted by
# tools/name_habits.py on the rows of FinRE (thunlp/Chinese_NRE, MIT licence) that say of two names
# that they are one firm.
"""


def read(path: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the longer names of the file, and pairs of a short and a longer one of one firm."""
    names: dict[str, None] = {}
    pairs: dict[tuple[str, str], None] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) < len(("one", "other", "label", "sentence")):
            continue
        for name in cells[:2]:
            if len(key_of(name)) >= FULL_CHARS_MIN:
                names[key_of(name)] = None
        short, full = sorted((query_key(cells[0]), key_of(cells[1])), key=len)
        one_firm = cells[2] == "自己" and short != full and len(full) >= FULL_CHARS_MIN
        # What is not in the longer name in order is another name, not a shorter one.
        if one_firm and short and in_order(short, full):
            pairs[short, full] = None
    return list(names | {full: None for _, full in pairs}), list(pairs)


def in_order(short: str, full: str) -> bool:
    """Tell whether the characters of one name stand in another in their order."""
    rest = iter(full)
    return all(sign in rest for sign in short)


def table(source: Source, queries: Queries, truth: npt.NDArray[np.int64]) -> dict[str, list[float]]:
    """Return how often a character is kept by where it stands and whether the last was kept."""
    aligned = source.read(queries, truth, habits.keeper)
    features, kept = lesson(source.register, truth, aligned.places)
    where, last = habits.where(features), features[:, -1].astype(int)
    prior = habits.keeper(features)
    found = {}
    for number, name in enumerate(habits.WHERE):
        row = []
        for state in (0, 1):
            here = (where == number) & (last == state)
            before = prior[here].mean() if here.any() else 0.1
            row.append((kept[here].sum() + SMOOTHING * before) / (here.sum() + SMOOTHING))
        found[name] = [round(float(share), 3) for share in row]
    return found


def weights(source: Source, queries: Queries, truth: npt.NDArray[np.int64]) -> dict[str, float]:
    """Return what each sign of a match weighs, with the firm in the register and without."""
    pairs = source.pairs(queries, habits.keeper, CANDIDATES + 1)
    own = own_features(source.register, queries.codes, pairs)
    right = pairs.name == truth[pairs.query]
    rows, told, query = [], [], []
    for present in (True, False):
        keep = np.ones(right.size, bool) if present else ~right
        none = np.zeros(int(keep.sum()), np.int64)
        features = with_rivals(pairs.only(keep), own[keep], none)
        rows.append(features[:, [COLUMNS[name] for name in habits.WEIGHED]])
        told.append(right[keep].astype(float))
        query.append(pairs.query[keep] + (0 if present else len(queries.keys)))
    signs, correct = np.concatenate(rows).astype(float), np.concatenate(told)
    groups = Groups.of(np.concatenate(query))
    scale = signs.std(0)
    answered = np.add.reduceat(correct, groups.starts)

    def surprise(weight: npt.NDArray[np.float64]) -> float:
        chance = np.clip(chances(signs / scale @ weight[1:] + weight[0], groups), 1e-9, 1 - 1e-9)
        none = np.clip(1 - np.add.reduceat(chance, groups.starts), 1e-9, 1)
        gain = (correct * np.log(chance)).sum() + ((1 - answered) * np.log(none)).sum()
        return float(RIDGE * (weight[1:] ** 2).sum() - gain)

    found = minimize(surprise, np.zeros(len(scale) + 1), method="L-BFGS-B").x
    told_weights = dict(zip(habits.WEIGHED, found[1:] / scale, strict=True))
    return {"start": round(float(found[0]), 3)} | {
        name: round(float(weight), 3) for name, weight in told_weights.items()
    }


def main() -> None:
    """Print the habits that a file of FinRE's form teaches."""
    names, pairs = read(Path(sys.argv[1]))
    row = {name: at for at, name in enumerate(names)}
    source = Source(Register.of(names))
    queries = Queries.of(source.register, [short for short, _ in pairs])
    truth = np.array([row[full] for _, full in pairs])
    print(HEADER + f"# {len(pairs)} pairs, {len(names)} names.\n\n[keep]")
    for name, shares in table(source, queries, truth).items():
        print(f"{name} = {shares}")
    print("\n[choice]")
    for name, weight in weights(source, queries, truth).items():
        print(f"{name} = {weight}")


if __name__ == "__main__":
    main()
