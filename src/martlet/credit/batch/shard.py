"""One shard of a batch: read, cleaned, decided over columns, proven on a sample, put in place.

The invariant: nothing is written that the single decision would contradict. A sample of each
shard's rows is decided one by one, and the first row that differs stops the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from martlet.credit.batch.columns import decide_columns
from martlet.credit.batch.inputs import (
    APPLICATIONS,
    SIGNALS,
    applications_of,
    part,
    signals_of,
)
from martlet.credit.batch.manifest import hash_of_file, put_in_place
from martlet.credit.batch.rows import APPLICATION, answer_row, lifted
from martlet.credit.decide import decide
from martlet.credit.defaults import policy_of, scorecard_of
from martlet.credit.limits import BATCH_ROWS_PROVEN
from martlet.kernel.errors import Corrupt

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from martlet.credit.policy import Policy
    from martlet.credit.scorecard import Scorecard

_NOBODY = pl.DataFrame(schema={"party_id": pl.String})


@dataclass(frozen=True, slots=True)
class ShardOrder:
    """What to decide: which shard of which parts, by what, and where the answers go."""

    shard: int
    parts: Path
    out: Path
    policy_text: str
    model_text: str
    as_of: datetime


def answers_name(shard: int) -> str:
    """Return the name of a shard's answers."""
    return f"decisions-{shard:04d}.parquet"


def aside_name(shard: int) -> str:
    """Return the name of the applications of a shard that were set aside."""
    return f"set-aside-{shard:04d}.parquet"


def inputs_of(order: ShardOrder) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, int]:
    """Return a shard's applications, those set aside, its signals, and the cells left out."""
    rows = part(order.parts / APPLICATIONS, order.shard)
    found = applications_of(pl.DataFrame(schema=APPLICATION) if rows is None else rows)
    known = part(order.parts / SIGNALS, order.shard)
    signals = signals_of(_NOBODY if known is None else known)
    return found.good, found.set_aside, signals.frame, signals.cells_left_out


def decide_shard(order: ShardOrder) -> dict[str, Any]:
    """Decide a shard and put its answers in place; return its figures."""
    policy, model = policy_of(order.policy_text), scorecard_of(order.model_text)
    applications, aside, signals, cells_left_out = inputs_of(order)
    answers = decide_columns(applications, signals, policy, model, order.as_of)
    proven = _prove(order, (applications, signals, answers), policy, model)
    files = {answers_name(order.shard): answers, aside_name(order.shard): aside}
    for name, frame in files.items():
        draft = order.out / f"{name}.draft"
        frame.write_parquet(draft, compression="zstd", compression_level=1)
        put_in_place(draft, order.out / name)
    approved = answers.filter(pl.col("outcome") == "approved")
    return {
        "files": {name: hash_of_file(order.out / name) for name in files},
        "applications": answers.height,
        "approved": approved.height,
        "refused": answers.height - approved.height,
        "limit_fen": int(approved["limit_fen"].sum()),
        "set_aside": aside.height,
        "cells_left_out": cells_left_out,
        "rows_proven": proven,
        "by_reason": dict(answers["reason"].value_counts().sort("reason").iter_rows()),
    }


def _prove(
    order: ShardOrder,
    frames: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
    policy: Policy,
    model: Scorecard,
) -> int:
    """Decide a sample one by one; the first that differs from its row stops everything."""
    applications, signals, answers = frames
    chance = np.random.default_rng(order.shard)
    size = min(BATCH_ROWS_PROVEN, applications.height)
    places = np.sort(chance.choice(max(applications.height, 1), size, replace=False))
    sample, said = applications[places], answers[places]
    for (asked, known), row in zip(
        lifted(sample, signals, order.as_of), said.iter_rows(named=True), strict=True
    ):
        alone = answer_row(decide(asked, known, policy, model, order.as_of), policy)
        for name, value in alone.items():
            if row[name] != value:
                raise Corrupt(
                    "credit.batch_differs",
                    application_id=row["application_id"],
                    column=name,
                    together=str(row[name]),
                    alone=str(value),
                )
    return size
