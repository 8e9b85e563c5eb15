"""One row of a finished batch, decided again alone, with everything that there is to say of it.

The columns keep a row's figures, not its sentences; those are the single decision's, from the same
inputs, and are made when somebody asks. The invariant: what is explained is what the row says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from martlet.credit.batch.manifest import read_manifest
from martlet.credit.batch.rows import answer_row, lifted
from martlet.credit.batch.run import MODEL, PARTS, POLICY
from martlet.credit.batch.shard import ShardOrder, answers_name, inputs_of
from martlet.credit.decide import decide
from martlet.credit.defaults import policy_of, scorecard_of
from martlet.kernel.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.credit.model import Application, Decision
    from martlet.signals import SignalSet


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """A row's decision with its inputs, and whether it is the one that the batch wrote."""

    application: Application
    signals: SignalSet
    decision: Decision
    identical: bool


def explain_row(out: Path, application_id: str) -> ExplainedRow:
    """Decide one application of a batch again, from the batch's own inputs."""
    manifest = read_manifest(out)
    for shard in range(0 if manifest is None else manifest.shards):
        answers = out / answers_name(shard)
        if manifest is None or not answers.exists():
            continue
        found = pl.scan_parquet(answers, glob=False).filter(
            pl.col("application_id") == application_id
        )
        row = found.collect()
        if not row.height:
            continue
        policy = policy_of((out / POLICY).read_text("utf-8"))
        model = scorecard_of((out / MODEL).read_text("utf-8"))
        order = ShardOrder(shard, out / PARTS, out, policy.text, "", manifest.as_of)
        applications, _, signals, _ = inputs_of(order)
        one = applications.filter(pl.col("application_id") == application_id)
        known = signals.filter(pl.col("party_id") == one["party_id"][0])
        ((asked, said),) = lifted(one, known, manifest.as_of)
        decision = decide(asked, said, policy, model, manifest.as_of)
        written = row.drop("application_id", "party_id").row(0, named=True)
        return ExplainedRow(asked, said, decision, answer_row(decision, policy) == written)
    raise NotFound("credit.batch_row_unknown", application_id=application_id[:80])
