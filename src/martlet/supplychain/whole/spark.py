"""The same edge tables beyond one machine: Spark, by GraphFrames where its library is loaded.

The invariant: it reads what `whole` reads (edges `src`, `dst`; nodes `id`) and gives what
`whole` gives: components by their smallest key, ranks that add up to one, tiers by fewest hops.
Where Spark was started without the GraphFrames library for its Java side, the same three answers
come from plain joins. Nothing here starts a cluster: a session is handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Corrupt, Invalid, Unavailable
from martlet.supplychain.whole.limits import ROUNDS_MAX, TIERS_MAX
from martlet.supplychain.whole.measures import DAMPING, ROUNDS

if TYPE_CHECKING:
    from pathlib import Path

_JAVA_SIDE = "org.graphframes.GraphFramePythonAPI"


class SparkWhole:
    """Whole-graph work of one edge table in a Spark session."""

    def __init__(self, session: Any, table: Path) -> None:  # noqa: ANN401 - pyspark has no types here
        try:
            from pyspark.sql import functions  # noqa: PLC0415 - an adapter's own library
        except ImportError as error:
            raise Unavailable("whole.no_spark", package="pyspark") from error
        self._do = functions
        self._session = session
        inner = [table / name for name in ("edges", "edges.parquet") if (table / name).exists()]
        edges = session.read.parquet(str(inner[0] if inner else table)).select("src", "dst")
        self.edges = edges.dropna().where("src != dst").distinct().localCheckpoint()
        ends = self.edges.select(self._do.col("src").alias("id"))
        ends = ends.union(self.edges.select(self._do.col("dst").alias("id")))
        for name in ("vertices", "vertices.parquet"):
            if (table / name).exists():
                ends = ends.union(session.read.parquet(str(table / name)).select("id").dropna())
        self.nodes = ends.distinct().localCheckpoint()

    @property
    def by_graphframes(self) -> bool:
        """Whether the Java side of GraphFrames is loaded in this session."""
        try:
            loader = self._session._jvm.Thread.currentThread().getContextClassLoader()  # noqa: SLF001 - GraphFrames' own way
            loader.loadClass(_JAVA_SIDE)
        except Exception:  # noqa: BLE001 - whatever Java says, it is not there
            return False
        return True

    def components(self) -> Any:  # noqa: ANN401 - a Spark frame
        """Return `id, component`: each node's weak component by the smallest key in it."""
        if self.by_graphframes:
            found = self._graph().connectedComponents()
            least = found.groupBy("component").agg(self._do.min("id").alias("least"))
            return found.join(least, "component").select(
                "id", self._do.col("least").alias("component")
            )
        return self._joined_components()

    def page_rank(self, rounds: int = ROUNDS) -> Any:  # noqa: ANN401
        """Return `id, rank`: ranks that flow along the edges and add up to one."""
        if not 1 <= rounds <= ROUNDS_MAX:
            raise Invalid("whole.rounds_out_of_range", rounds=rounds, most=ROUNDS_MAX)
        if self.by_graphframes:
            found = self._graph().pageRank(resetProbability=1 - DAMPING, maxIter=rounds).vertices
            whole = found.agg(self._do.sum("pagerank")).first()[0]
            return found.select("id", (self._do.col("pagerank") / whole).alias("rank"))
        return self._joined_ranks(rounds)

    def around(self, key: Any, tiers: int) -> Any:  # noqa: ANN401
        """Return `id, tier`: who supplies a firm, tier by tier, the firm itself at tier 0."""
        if not 1 <= tiers <= TIERS_MAX:
            raise Invalid("whole.tiers_out_of_range", tiers=tiers, most=TIERS_MAX)
        do = self._do
        reached = self.nodes.where(do.col("id") == key).select("id", do.lit(0).alias("tier"))
        for tier in range(tiers):
            last = reached.where(do.col("tier") == tier).select(do.col("id").alias("dst"))
            next_ = self.edges.join(last, "dst").select(do.col("src").alias("id")).distinct()
            fresh = next_.join(reached, "id", "left_anti")
            reached = reached.union(fresh.select("id", do.lit(tier + 1).alias("tier")))
            reached = reached.localCheckpoint()
        return reached

    def _graph(self) -> Any:  # noqa: ANN401
        try:
            from graphframes import GraphFrame  # noqa: PLC0415 - an adapter's own library
        except ImportError as error:
            raise Unavailable("whole.no_spark", package="graphframes-py") from error
        return GraphFrame(self.nodes, self.edges)

    def _joined_components(self) -> Any:  # noqa: ANN401
        """Let each node take the least label around it, and then its label's label, until none."""
        do = self._do
        both = self.edges.union(self.edges.select("dst", "src")).toDF("id", "other")
        both = both.distinct().localCheckpoint()
        labels = self.nodes.select("id", do.col("id").alias("component")).localCheckpoint()
        for _ in range(ROUNDS_MAX):
            near = labels.toDF("other", "component")
            seen = both.join(near, "other").select("id", "component").union(labels)
            least = seen.groupBy("id").agg(do.min("component").alias("component"))
            further = least.toDF("component", "least")
            short = least.join(further, "component").select(
                "id", do.col("least").alias("component")
            )
            short = short.localCheckpoint()
            changed = short.join(labels.toDF("id", "before"), "id").where("component != before")
            labels = short
            if changed.isEmpty():
                return labels
        raise Corrupt("whole.components_unsettled", rounds=ROUNDS_MAX)

    def _joined_ranks(self, rounds: int) -> Any:  # noqa: ANN401
        do = self._do
        size = self.nodes.count()
        gives = self.edges.groupBy("src").agg(do.count("dst").alias("size"))
        ranks = self.nodes.select("id", do.lit(1 / max(size, 1)).alias("rank"))
        ranks = ranks.join(gives.withColumnRenamed("src", "id"), "id", "left").localCheckpoint()
        for _ in range(rounds):
            idle = ranks.where("size is null").agg(do.sum("rank")).first()[0] or 0.0
            restart = (1 - DAMPING + DAMPING * idle) / max(size, 1)
            each = ranks.where("size is not null").select(
                do.col("id").alias("src"), (do.col("rank") / do.col("size")).alias("part")
            )
            came = self.edges.join(each, "src").groupBy("dst").agg(do.sum("part").alias("came"))
            met = ranks.join(came.withColumnRenamed("dst", "id"), "id", "left")
            fresh = do.lit(restart) + DAMPING * do.coalesce(do.col("came"), do.lit(0.0))
            ranks = met.select("id", fresh.alias("rank"), "size").localCheckpoint()
        return ranks.select("id", "rank")
