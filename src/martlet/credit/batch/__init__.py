"""Decisions by the million: the same policy and scorecard over columns, shard by shard.

For portfolios in files: nothing is recorded, nothing is emitted; what comes out is a table that
can be made again. The invariant is that every row says what `decide` says of it alone; a sample of
every shard is proven before it is written.
"""

from martlet.credit.batch.columns import decide_columns

__all__ = ["decide_columns"]
