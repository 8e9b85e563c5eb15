"""The folder of labelled firms: CUMCM 2020 problem C, real invoices of Chinese small firms.

Read from where it lies and never copied. The rating is not read (it is the outcome), firm numbers
serve to join and are then forgotten (they give the outcome away), void invoices count as void and
negative ones as refunds. The day of default is not known, so what is measured on all history may
look past it; what is measured before 2019 looks past it for far fewer firms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import polars as pl

from martlet.kernel.calendar import SHANGHAI
from martlet.kernel.canonical import content_hash
from martlet.kernel.errors import Invalid, NotFound
from martlet.records import COLUMNS, FEATURES, Kind, features_with_samples, sample_of
from martlet.signals import KINDS, Unit

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.credit.training.arrays import Truths
    from martlet.records import Records

SOURCE = "CUMCM 2020 problem C: VAT invoices of 123 Chinese small firms, 27 of them in default"
ALL_HISTORY = date(2020, 2, 22)
"""The last invoice is of 2020-02-21."""
LABELLED, STRANGERS = "123_labelled", "302_unlabelled"
"""The two samples, as their files are called: firms that share no partner and no outcome."""
_SIDES = ("sales", "purchases")
BEFORE_2019 = date(2018, 12, 31)
BEFORE_2018 = date(2017, 12, 31)
"""Fifteen months of invoices at most, and 15 firms that had not sold anything yet."""


@dataclass(frozen=True, slots=True)
class LabelledFirms:
    """Features of firms at a day, and which of them failed; no name, number or rating."""

    features: pl.DataFrame
    bad: Truths
    as_of: date
    source: str
    records_count: int


def read_contest(folder: Path) -> tuple[Records, pl.DataFrame]:
    """Return the invoices of the labelled firms in the records' own columns, and the labels."""
    labels = pl.read_csv(_file(folder, "123_firms.csv"), columns=["firm_id", "defaulted"])
    return {Kind.INVOICES: read_invoices(folder, LABELLED)}, labels


def read_invoices(folder: Path, sample: str) -> pl.DataFrame:
    """Return all invoices of one of the two samples in the records' own columns."""
    return pl.concat([_invoices(folder, sample, side) for side in _SIDES])


def read_strangers(folder: Path) -> dict[str, str]:
    """Return the firms without an outcome: each one's number and masked name, in order."""
    firms = pl.read_csv(_file(folder, "302_firms.csv"), columns=["firm_id", "name_masked"])
    return {code: name.strip() for code, name in firms.iter_rows()}


def invoices_hash(folder: Path, sample: str) -> str:
    """Return one hash of a sample's files, as evidence of what was read."""
    return content_hash(
        b"".join(_file(folder, f"{sample}_{side}.parquet").read_bytes() for side in _SIDES)
    )


def features_at(records: Records, day: date) -> pl.DataFrame:
    """Return what was known of every firm with a record at the end of a day, by `party_id`."""
    moment = datetime.combine(day, time(23, 59, 59), SHANGHAI).astimezone(UTC)
    figures = features_with_samples(records, moment)
    told = [part.slug for part in FEATURES if part.slug in figures.columns]
    return figures.select("party_id", *map(_where_known, told))


def labelled_at(records: Records, labels: pl.DataFrame, day: date) -> LabelledFirms:
    """Return what was known of every labelled firm at the end of a day.

    A firm without any invoice by then has no figures, and is kept. An account that shows anything
    at all says for certain what is not in it, so its amounts and counts stand, zeros too; a share
    or a trend that rests on fewer records than its kind asks for is unknown, as when it decides.
    """
    joined = labels.join(
        features_at(records, day), left_on="firm_id", right_on="party_id", how="left"
    )
    bad = (joined["defaulted"] == 1).to_numpy()
    if not 0 < int(bad.sum()) < len(bad):
        raise Invalid("credit.training_data_unusable", detail="no bad or no good cases")
    counted = records[Kind.INVOICES].filter(pl.col("day") <= day).height
    return LabelledFirms(joined.drop("firm_id", "defaulted"), bad, day, SOURCE, counted)


def _where_known(slug: str) -> pl.Expr:
    """Return a feature's column, a ratio only where it rests on enough records."""
    kind = KINDS[slug]
    if kind.unit is not Unit.PPM:
        return pl.col(slug)
    return pl.when(pl.col(sample_of(slug)) >= kind.sample_min).then(pl.col(slug)).alias(slug)


def _invoices(folder: Path, sample: str, side: str) -> pl.DataFrame:
    """Return one side's invoices; a day's invoices count as known from that day on."""
    rows = pl.scan_parquet(_file(folder, f"{sample}_{side}.parquet"))
    seen = pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("Asia/Shanghai")
    fen = [
        (pl.col(name) * 100).round().cast(pl.Int64).alias(f"{as_name}_fen")
        for name, as_name in (("amount", "net"), ("tax", "tax"), ("total", "total"))
    ]
    return (
        rows.with_row_index("place")
        .select(
            pl.col("firm_id").alias("party_id"),
            pl.format("{}/{}", pl.lit(side), pl.col("place")).alias("row_id"),
            pl.lit(0, pl.Int32).alias("revision"),
            seen.dt.convert_time_zone("UTC").alias("known_at"),
            pl.lit("cumcm2020c").alias("source"),
            pl.col("date").alias("day"),
            pl.lit(side).alias("side"),
            pl.col("invoice_no").cast(pl.String).alias("number"),
            pl.col("counterparty").cast(pl.String),
            *fen,
            pl.col("valid"),
        )
        .select(COLUMNS[Kind.INVOICES].keys())
        .collect()
    )


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.exists():
        raise NotFound("credit.training_data_missing", path=name)
    return path
