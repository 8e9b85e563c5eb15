"""The same edge table in Spark: the same answers as from the arrays. Runs where Spark can."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import numpy as np
import polars as pl
import pytest

from martlet.supplychain.whole import Walk, around, build, components, page_rank, read_edges


@pytest.fixture
def session(tmp_path):
    if find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, and there is none on the path")
    from pyspark.sql import SparkSession

    settings = {
        "spark.sql.shuffle.partitions": 2,
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.warehouse.dir": str(tmp_path / "warehouse"),
    }
    builder = SparkSession.builder.master("local[2]").appName("martlet")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.mark.filterwarnings("ignore")
def test_spark_says_of_an_edge_table_what_the_arrays_say(session, tmp_path):
    from martlet.supplychain.whole.spark import SparkWhole

    rng = np.random.default_rng(6)
    ends = (rng.random((2, 300)) ** 2 * 200).astype(np.int64)
    pl.DataFrame({"src": ends[0], "dst": ends[1]}).write_parquet(tmp_path / "edges.parquet")
    pl.DataFrame({"id": np.arange(200)}).write_parquet(tmp_path / "vertices.parquet")
    table = read_edges(tmp_path)
    graph, _ = build(table.sources, table.targets, table.keys.count)
    spark = SparkWhole(session, tmp_path)

    def told(frame, name):
        by_id = {row["id"]: row[name] for row in frame.collect()}
        return [by_id[node] for node in range(200)]

    assert told(spark.components(), "component") == components(graph).tolist()
    assert told(spark.page_rank(5), "rank") == pytest.approx(page_rank(graph, rounds=5)[0])
    reached = around(graph, 0, Walk(3))
    expected = dict(zip(reached.nodes.tolist(), reached.tiers.tolist(), strict=True))
    assert {row["id"]: row["tier"] for row in spark.around(0, 3).collect()} == expected
