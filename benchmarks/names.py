"""Names against a big register: building it, and CPU a query, without confirmed pairs.

    python -m benchmarks.names --names 1000000 --queries 1000

The register is synthetic: place, two or three drawn characters, a word of a trade, a legal form.
Each query is the drawn characters with the head of the trade's word. Prints CPU seconds, so that a
busy machine says the same as a quiet one, and the peak of memory.
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.machine import machine_lines
from martlet.supplychain import names as room
from martlet.supplychain.names.places import places

TRADES = (
    *("科技", "电子科技", "生物科技", "新材料科技", "贸易", "机械制造", "精密机械", "建筑工程"),
    *("环保工程", "食品", "农业发展", "物流", "信息技术", "医疗器械", "服饰", "塑料制品", "化工"),
)
FORMS = ("有限公司",) * 9 + ("股份有限公司",)
FIRST, LAST = 0x4E00, 0x4E00 + 3_000


def made_up(count: int, seed: int) -> tuple[list[room.Registered], list[str]]:
    """Return a synthetic register, and a short name of each firm."""
    rng = np.random.default_rng(seed)
    cities = sorted(places())
    # Names favour a few hundred characters, as real ones do.
    drawn = FIRST + (rng.beta(1, 4, (count, 3)) * (LAST - FIRST)).astype(int)
    where = rng.integers(0, len(cities), count)
    trade, form = rng.integers(0, len(TRADES), count), rng.integers(0, len(FORMS), count)
    size = rng.integers(2, 4, count)
    firms, shorts = [], []
    for at in range(count):
        brand = "".join(map(chr, drawn[at, : size[at]]))
        word = TRADES[trade[at]]
        firms.append(
            room.Registered(f"R{at}", f"{cities[where[at]]}{brand}{word}{FORMS[form[at]]}")
        )
        shorts.append(brand + word[:2])
    return firms, shorts


def main() -> None:
    """Print what a register of that size costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1_000)
    asked = parser.parse_args()
    for line in machine_lines(Path()):
        print(line)
    firms, shorts = made_up(asked.names, seed=1)
    began = process_time()
    directory = room.Directory(firms)
    setting = room.Setting()
    matcher = room.Matcher.of(directory, [], setting)
    chosen = np.random.default_rng(2).choice(len(firms), asked.queries, replace=False)
    queries = [room.Asked(str(at), shorts[at]) for at in chosen]
    matcher.resolve(queries[:1], setting)
    built = process_time()
    answers = matcher.resolve(queries, setting)
    done = process_time()
    best = [one.candidates[0].register_id if one.candidates else "" for one in answers]
    right = sum(f"R{at}" == one for at, one in zip(chosen, best, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    print(f"register of {len(firms):,} synthetic names, {asked.queries:,} queries")
    print(f"build and index: {built - began:.1f} CPU s")
    print(f"ask: {1000 * (done - built) / asked.queries:.2f} CPU ms a query")
    print(f"best candidate right: {right / asked.queries:.3f}")
    print(f"peak memory: {peak:.2f} GiB")


if __name__ == "__main__":
    main()
