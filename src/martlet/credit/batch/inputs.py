"""Files of applications and signals: cut into shards by business, then read and cleaned by shard.

Cutting reads each file once, in a stream, and changes nothing; what cannot be used is found when a
shard is read. The invariant: no cell is believed that was not understood. An application with such
a cell is set aside with a reason, a signal's cell is counted and left out, and a file that says
something wrong about whole columns is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from polars.exceptions import PolarsError

from martlet.credit.batch.facts import ROW_COLUMNS, SAMPLE, SURENESS, in_range, value_columns
from martlet.credit.batch.rows import APPLICATION
from martlet.credit.limits import BATCH_CUT_ROWS
from martlet.kernel.errors import Invalid
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.signals import KINDS, Unit
from martlet.signals.model import PPM_WHOLE

if TYPE_CHECKING:
    from pathlib import Path

_REQUIRED = ("application_id", "party_id", "product", "requested_fen")
_READERS = {
    ".parquet": lambda files: pl.scan_parquet(files, glob=False),
    ".csv": lambda files: pl.scan_csv(files, infer_schema=False, glob=False),
}
APPLICATIONS, SIGNALS = "applications", "signals"


def files_of(path: Path) -> list[Path]:
    """Return the files that a path means: itself, or all of a folder, by name."""
    found = sorted(p for p in path.iterdir() if p.suffix in _READERS) if path.is_dir() else [path]
    if not found or len({file.suffix for file in found}) > 1 or found[0].suffix not in _READERS:
        raise Invalid("credit.batch_file_unreadable", file=path.name, detail="csv, parquet")
    return found


def cut(path: Path, what: str, folder: Path, shards: int) -> None:
    """Cut a file into a folder of shards: a business's rows all lie in one.

    By the hash that polars gives a text, which holds within a version; a run is cut once.
    """
    files = files_of(path)
    try:
        plan = _READERS[files[0].suffix](files)
        _check_columns(set(plan.collect_schema().names()), what, path)
        text = pl.col("party_id").cast(pl.String)
        keyed = plan.with_columns(text, (text.hash(0) % shards).alias("shard"))
        keyed.sink_parquet(
            pl.PartitionBy(folder, key="shard", include_key=False),
            mkdir=True,
            maintain_order=False,
            statistics=False,
            row_group_size=BATCH_CUT_ROWS,
            compression="lz4",
        )
    except (PolarsError, OSError) as error:
        raise Invalid(
            "credit.batch_file_unreadable", file=path.name, detail=str(error)[:200]
        ) from error


def _check_columns(names: set[str], what: str, path: Path) -> None:
    if what == APPLICATIONS:
        missing, unknown = set(_REQUIRED) - names, set[str]()
    else:
        missing = {"party_id"} - names
        unknown = {n for n in names - {"party_id", *ROW_COLUMNS} if not _is_of_kind(n)}
    if missing:
        raise Invalid("credit.batch_column_missing", file=path.name, column=min(missing))
    if unknown:
        raise Invalid("credit.batch_column_unknown", file=path.name, column=min(unknown))


def _is_of_kind(name: str) -> bool:
    slug, mark, rest = name.partition("#")
    return slug in KINDS and f"{mark}{rest}" in {"", SAMPLE, SURENESS}


def part(folder: Path, shard: int) -> pl.DataFrame | None:
    """Return a shard's rows as they were cut; None where there are none."""
    files = sorted((folder / f"shard={shard}").glob("*.parquet"))
    return pl.read_parquet(files, glob=False, hive_partitioning=False) if files else None


@dataclass(frozen=True, slots=True)
class Applications:
    """The applications of a shard that can be decided, by id, and those that cannot."""

    good: pl.DataFrame
    set_aside: pl.DataFrame
    """`application_id`, `party_id` and the reason."""


def applications_of(rows: pl.DataFrame) -> Applications:
    """Return a shard's applications, each with every column; what was not understood set aside."""
    amounts = ("requested_fen", "tenor_days", "tenor_months", "committed_fen")
    there = [name for name in amounts if name in rows.columns]
    read = rows.select(
        *(pl.col(name).cast(pl.String) for name in ("application_id", "party_id", "product")),
        *(_whole(rows, name) for name in there),
        *(pl.lit(None, pl.Int64).alias(name) for name in amounts if name not in there),
        bad_cell=pl.any_horizontal(pl.lit(value=False), *(_lost(rows, name) for name in there)),
    ).with_columns(pl.col("committed_fen").fill_null(0))
    fits = pl.all_horizontal(
        pl.col(name).is_between(0, AMOUNT_FEN_MAX) for name in ("requested_fen", "committed_fen")
    )
    reasons = {
        "unnamed": pl.any_horizontal(pl.col(name).is_null() for name in _REQUIRED[:3]),
        "unreadable": pl.col("bad_cell"),
        "amount": ~fits.fill_null(value=False),
        "two_tenors": pl.col("tenor_days").is_not_null() & pl.col("tenor_months").is_not_null(),
        "id_twice": pl.col("application_id").is_duplicated(),
    }
    told = pl.coalesce(*(pl.when(case).then(pl.lit(name)) for name, case in reasons.items()))
    sorted_rows = read.with_columns(reason=told).sort(list(APPLICATION), nulls_last=True)
    aside = sorted_rows.filter(pl.col("reason").is_not_null())
    return Applications(
        sorted_rows.filter(pl.col("reason").is_null()).select(list(APPLICATION)),
        aside.select("application_id", "party_id", "reason"),
    )


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of a shard as columns, and how many cells were left out."""

    frame: pl.DataFrame
    cells_left_out: int
    """Not understood, or outside of what their kind accepts."""


def signals_of(rows: pl.DataFrame) -> Signals:
    """Return a shard's signals; a business with two rows, or a wrong statement, is refused."""
    frame = rows.select("party_id", *(_typed(rows, n) for n in rows.columns if n != "party_id"))
    twice = frame.filter(pl.col("party_id").is_duplicated())
    if twice.height:
        raise Invalid("credit.batch_signals_twice", party_id=str(twice["party_id"].min())[:80])
    kinds = value_columns(frame)
    for name in set(frame.columns) - {"party_id"} - {kind.slug for kind in kinds}:
        _check_statement(rows, frame, name)
    lost = rows.select(_lost(rows, kind.slug).sum().alias(kind.slug) for kind in kinds)
    beyond = frame.select((~in_range(kind)).sum().alias(kind.slug) for kind in kinds)
    return Signals(frame, sum(map(int, (*_only_row(lost), *_only_row(beyond)))))


def _only_row(frame: pl.DataFrame) -> tuple[int, ...]:
    return frame.row(0) if frame.width else ()


def _check_statement(rows: pl.DataFrame, frame: pl.DataFrame, name: str) -> None:
    """Refuse a file whose statement about its signals was not understood or cannot be."""
    wrong = frame[name].null_count() != rows[name].null_count()
    if not wrong and name not in ROW_COLUMNS:
        most = PPM_WHOLE if name.endswith(SURENESS) else AMOUNT_FEN_MAX
        wrong = not frame[name].drop_nulls().is_between(0, most).all()
    if wrong:
        raise Invalid("credit.batch_column_malformed", column=name)


def _typed(rows: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column of a signals file in the type that it means; null where it has none."""
    if name in ROW_COLUMNS:
        return _dated(rows, name)
    kind = KINDS.get(name)
    if kind is not None and kind.unit is Unit.TEXT:
        return pl.col(name).cast(pl.String)
    if kind is not None and kind.unit is Unit.FLAG:
        if rows.schema[name] == pl.String:
            words = {"true": True, "True": True, "1": True, "false": False, "False": False}
            known = words | {"0": False}
            return pl.col(name).replace_strict(known, default=None, return_dtype=pl.Boolean)
        return pl.col(name).cast(pl.Boolean)
    return _whole(rows, name)


def _dated(rows: pl.DataFrame, name: str) -> pl.Expr:
    column, wanted, found = pl.col(name), ROW_COLUMNS[name], rows.schema[name]
    if found == pl.String:
        if wanted == pl.Date:
            return column.str.to_date(strict=False)
        return column.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    if wanted == pl.Date:
        return column.cast(pl.Date)
    moment = column.cast(pl.Datetime("us")) if found == pl.Date else column
    zone = getattr(found, "time_zone", None)
    if zone is None:
        return moment.dt.replace_time_zone("UTC").dt.cast_time_unit("us")
    return moment.dt.convert_time_zone("UTC").dt.cast_time_unit("us")


def _whole(rows: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column as whole numbers; null where a cell is none."""
    column, found = pl.col(name), rows.schema[name]
    if found.is_float():
        exact = column.is_finite() & (column == column.floor())
        return pl.when(exact).then(column.cast(pl.Int64, strict=False)).alias(name)
    return column.cast(pl.Int64, strict=False)


def _lost(rows: pl.DataFrame, name: str) -> pl.Expr:
    """Tell where a cell held something and nothing was understood."""
    column = pl.col(name)
    there = column.is_not_null()
    if rows.schema[name].is_float():
        there &= column.is_not_nan()
    return there & _typed(rows, name).is_null()
