"""Decisions by the million: the same policy and scorecard over columns, shard by shard.

For portfolios in files: nothing is recorded, nothing is emitted; what comes out is a table that
can be made again. The invariant is that every row says what `decide` says of it alone; a sample of
every shard is proven before it is written.
"""

from martlet.credit.batch.columns import decide_columns
from martlet.credit.batch.explain import ExplainedRow, explain_row
from martlet.credit.batch.manifest import read_manifest
from martlet.credit.batch.run import BatchOrder, BatchReport, run_batch

__all__ = [
    "BatchOrder",
    "BatchReport",
    "ExplainedRow",
    "decide_columns",
    "explain_row",
    "read_manifest",
    "run_batch",
]
