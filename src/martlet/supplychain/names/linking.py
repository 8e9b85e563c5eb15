"""Records of several fields: exact keys by polars, the rest by Splink 5 (Fellegi and Sunter).

The only module that knows Splink. Settings follow from the kinds of columns and from how many pairs
each rule of blocking would make, so that any two tables with columns in common can be linked. The
invariant: nothing is learnt from labels; a record is linked once on each side.
"""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.kernel.errors import Invalid, missing_extra
from martlet.supplychain.names.limits import (
    BLOCK_PAIRS_A_RECORD,
    LINK_SAMPLE_PAIRS,
    TRAINING_BLOCKS,
)
from martlet.supplychain.names.record_columns import ID, ColumnKind, Records

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 1
RECALL_GUESS = 0.7
"""Share of matches that agree in two strong columns; the estimate of it hardly moves the links."""

EXACT = 1.0

UNKNOWN_LEVEL = -1
SAME_LEVEL = {
    ColumnKind.NAME: 3,
    ColumnKind.TEXT: 3,
    ColumnKind.CODE: 3,
    ColumnKind.DATE: 3,
    ColumnKind.NUMBER: 2,
    ColumnKind.CLASS: 1,
}
"""Splink's number of the level at which two values are equal; 0 is unlike, -1 unknown."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two records that are one thing, and how each column compares."""

    left_id: str
    right_id: str
    probability: float
    same: tuple[str, ...]
    close: tuple[str, ...]
    different: tuple[str, ...]


def link_records(records: Records, keys: Sequence[str], threshold: float) -> list[Link]:
    """Return the links of two tables: exact keys first, then the likeliest pairs, one to one."""
    named = {header: column for column, header, _ in records.columns()}
    unknown = [key for key in keys if key not in named]
    if unknown:
        raise Invalid("names.key_unknown", columns=", ".join(unknown))
    exact = _exact(records, [named[key] for key in keys] or [c for c, _, _ in records.columns()])
    left = records.left.join(exact, left_on=ID, right_on="left_id", how="anti")
    right = records.right.join(exact, left_on=ID, right_on="right_id", how="anti")
    every = tuple(header for _, header, _ in records.columns())
    same = tuple(keys) or every
    links = [Link(one, other, EXACT, same, (), ()) for one, other in exact.iter_rows()]
    if left.height and right.height:
        # Splink learns from all records: the exact ones show how often true pairs agree.
        links += _probable(records, left[ID], right[ID], threshold)
    return links


def _exact(records: Records, columns: Sequence[str]) -> pl.DataFrame:
    """Return the pairs that agree in all of some columns, where they do so once on each side."""

    def once(table: pl.DataFrame, name: str) -> pl.DataFrame:
        whole = table.drop_nulls(list(columns))
        return whole.select(pl.col(ID).alias(name), *columns).unique(list(columns), keep="none")

    pairs = once(records.left, "left_id").join(once(records.right, "right_id"), on=list(columns))
    return pairs.select("left_id", "right_id").sort("left_id")


def blocking_columns(records: Records) -> list[tuple[str, ...]]:
    """Return the columns, alone or by two, whose equality makes few enough pairs to compare."""
    most = BLOCK_PAIRS_A_RECORD * max(records.left.height, records.right.height, 1)
    columns = [column for column, _, _ in records.columns()]
    alone = [(column,) for column in columns if _pairs(records, (column,)) <= most]
    single = {column for (column,) in alone}
    rest = [column for column in columns if column not in single]
    both = [(one, other) for at, one in enumerate(rest) for other in rest[at + 1 :]]
    return alone + [pair for pair in both if _pairs(records, pair) <= most]


def _pairs(records: Records, columns: Sequence[str]) -> int:
    """Return how many pairs agree in all of some columns."""
    counts = [
        table.drop_nulls(list(columns)).group_by(list(columns)).len(name)
        for table, name in ((records.left, "n_left"), (records.right, "n_right"))
    ]
    joined = counts[0].join(counts[1], on=list(columns))
    product = pl.col("n_left").cast(pl.Int64) * pl.col("n_right").cast(pl.Int64)
    return int(joined.select(product.sum()).item() or 0)


def _probable(records: Records, left: pl.Series, right: pl.Series, least: float) -> list[Link]:
    blocks = blocking_columns(records)
    if not blocks:
        raise Invalid("names.no_block")
    scored = _scored(records, blocks)
    likely = scored.filter(
        (pl.col("probability") >= least)
        & pl.col("left_id").is_in(left.implode())
        & pl.col("right_id").is_in(right.implode())
    ).sort(["probability", "left_id", "right_id"], descending=[True, False, False])
    taken_left: set[str] = set()
    taken_right: set[str] = set()
    links = []
    for row in likely.iter_rows(named=True):
        if row["left_id"] in taken_left or row["right_id"] in taken_right:
            continue
        taken_left.add(row["left_id"])
        taken_right.add(row["right_id"])
        links.append(_link(records, row))
    return links


def _link(records: Records, row: dict[str, Any]) -> Link:
    """Return a link with its columns sorted by how they compare."""
    same: list[str] = []
    close: list[str] = []
    different: list[str] = []
    for column, header, kind in records.columns():
        level = row[f"gamma_{column}"]
        if level == UNKNOWN_LEVEL:
            continue
        if level == SAME_LEVEL[kind]:
            same.append(header)
        else:
            (close if level > 0 else different).append(header)
    told = (tuple(same), tuple(close), tuple(different))
    return Link(row["left_id"], row["right_id"], float(row["probability"]), *told)


def _scored(records: Records, blocks: Sequence[tuple[str, ...]]) -> pl.DataFrame:
    """Return every blocked pair with its probability and levels, by Splink."""
    splink, duckdb_api, library = _splink()
    with tempfile.TemporaryDirectory() as folder:
        api = duckdb_api()
        frames = []
        for name, table in (("left", records.left), ("right", records.right)):
            path = Path(folder) / f"{name}.parquet"
            table.write_parquet(path)
            api.duckdb_con.execute(
                f"CREATE TABLE records_{name} AS SELECT * FROM read_parquet(?)",  # noqa: S608 - ours
                [str(path)],
            )
            frames.append(api.register(f"records_{name}", dataset_display_name=f"a_{name}"))
        settings = splink.SettingsCreator(
            link_type="link_only",
            unique_id_column_name=ID,
            comparisons=[_comparison(library, c, kind) for c, _, kind in records.columns()],
            blocking_rules_to_generate_predictions=[splink.block_on(*block) for block in blocks],
            retain_matching_columns=True,
            retain_intermediate_calculation_columns=True,
        )
        linker = splink.Linker(frames, settings, log_level=None)
        _train(splink, linker, records, blocks)
        predicted = linker.inference.predict(threshold_match_probability=0.01)
        out = Path(folder) / "predicted.parquet"
        api.duckdb_con.execute(
            f"COPY (SELECT * FROM {predicted.physical_name}) TO '{out}' (FORMAT PARQUET)"  # noqa: S608
        )
        told = pl.read_parquet(out)
    return _named(records, told)


def _named(records: Records, told: pl.DataFrame) -> pl.DataFrame:
    """Return Splink's pairs under our names: left is the left file, whatever Splink ordered."""
    swapped = pl.col("source_dataset_l") == "a_right"
    one, other = pl.col(f"{ID}_l"), pl.col(f"{ID}_r")
    gammas = [f"gamma_{column}" for column, _, _ in records.columns()]
    return told.select(
        pl.when(swapped).then(other).otherwise(one).alias("left_id"),
        pl.when(swapped).then(one).otherwise(other).alias("right_id"),
        pl.col("match_probability").alias("probability"),
        *gammas,
    )


def _train(splink: Any, linker: Any, records: Records, blocks: Sequence[tuple[str, ...]]) -> None:  # noqa: ANN401 - no types
    """Estimate how often columns agree by chance and in truth, without labels."""
    by_pairs = sorted(blocks, key=lambda block: _pairs(records, block))
    strong = [block for block in by_pairs if len(block) == 1][:3] or by_pairs[:3]
    rules = [
        splink.block_on(*one, *other) for at, one in enumerate(strong) for other in strong[at + 1 :]
    ] or [splink.block_on(*strong[0])]
    training = linker.training
    training.estimate_probability_two_random_records_match(rules, recall=RECALL_GUESS)
    training.estimate_u_using_random_sampling(max_pairs=LINK_SAMPLE_PAIRS, seed=SEED)
    for block in by_pairs[:TRAINING_BLOCKS]:
        training.estimate_parameters_using_expectation_maximisation(
            splink.block_on(*block), record_sample_proportion=1.0
        )


def _comparison(library: Any, column: str, kind: ColumnKind) -> Any:  # noqa: ANN401 - no types
    if kind is ColumnKind.NAME or kind is ColumnKind.TEXT:
        made = library.JaroWinklerAtThresholds(column, [0.92, 0.8])
    elif kind in {ColumnKind.CODE, ColumnKind.DATE}:
        made = library.DamerauLevenshteinAtThresholds(column, [1, 2])
    elif kind is ColumnKind.NUMBER:
        made = library.DamerauLevenshteinAtThresholds(column, [1])
    else:
        made = library.ExactMatch(column)
    frequent = kind in {ColumnKind.NAME, ColumnKind.TEXT, ColumnKind.CLASS}
    return made.configure(term_frequency_adjustments=frequent)


def _splink() -> tuple[Any, Any, Any]:
    try:
        import splink  # noqa: PLC0415 - heavy, and an extra
        import splink.comparison_library as library  # noqa: PLC0415 - as above
        from splink.backends.duckdb import DuckDBAPI  # noqa: PLC0415 - as above
    except ImportError as error:
        raise missing_extra("linkage", "splink") from error
    # Levels that two tables never show are no news to whoever links them.
    logging.getLogger("splink").setLevel(logging.ERROR)
    return splink, DuckDBAPI, library
