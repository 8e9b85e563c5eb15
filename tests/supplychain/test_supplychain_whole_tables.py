"""Edge tables in Parquet: read in whatever form they come, measured, written, looked around in."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from martlet.cli.supplychain import app
from martlet.kernel.errors import Invalid, NotFound
from martlet.supplychain.whole import Walk, around, build, read_edges, view_of


def table(folder, frame, name="edges.parquet"):
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(frame).write_parquet(folder / name)
    return folder


def as_pairs(read):
    keys = read.keys.of(np.arange(read.keys.count)).to_list()
    return sorted((keys[a], keys[b]) for a, b in zip(read.sources, read.targets, strict=True))


def test_whole_numbers_without_gaps_are_their_own_keys(tmp_path):
    read = read_edges(table(tmp_path, {"SRC ": [0, 2, 1], "dst": [1, 0, 1]}))
    assert read.keys.series is None
    assert as_pairs(read) == [(0, 1), (1, 1), (2, 0)]
    assert read.keys.number_of("2") == 2


@pytest.mark.parametrize("far", [9_000, 7_000_000_000])
def test_numbers_with_gaps_and_negative_ones_are_told_apart(tmp_path, far):
    frame = {"supplier": [5, far, -3, None], "customer": [far, 70, 5, 5]}
    read = read_edges(table(tmp_path, frame))
    assert as_pairs(read) == [(5, far), (far, 70)]
    assert read.told.ends_missing_count == 2
    assert read.keys.number_of(str(far)) == 2
    with pytest.raises(NotFound):
        read.keys.number_of("6")


def test_one_key_in_several_encodings_is_one_node(tmp_path):
    table(tmp_path / "edges", {"src": ["firm:甲", " firm:甲", "firm:乙�"], "dst": ["firm:9"] * 3})
    raw = {"src": ["firm:甲".encode("gb18030"), "firm:甲".encode(), b"\xff\xff"]}
    table(tmp_path / "edges", raw | {"dst": ["firm:９"] * 3}, "other.parquet")
    read = read_edges(tmp_path)
    assert as_pairs(read) == [("firm:甲", "firm:9")] * 4
    assert read.told.ends_missing_count == 2
    assert read.told.keys_rewritten_count == 5
    graph, left_out = build(read.sources, read.targets, read.keys.count)
    assert (graph.edges_count, left_out.repeats_count) == (1, 3)


def test_firms_without_edges_come_from_the_table_of_nodes(tmp_path):
    table(tmp_path, {"src": [0], "dst": [2]})
    table(tmp_path, {"id": [0, 1, 2, 3]}, "vertices.parquet")
    assert read_edges(tmp_path).keys.count == 4


def test_marks_are_read_and_what_has_none_is_left_out(tmp_path):
    frame = pl.DataFrame(
        {
            "src": ["a", "b", "c", "d", "e"],
            "dst": ["z"] * 5,
            "relation": ["supplies", "pays", "Supplies", "befriends", "supplies"],
            "known_at": [
                datetime(2026, 3, 2, tzinfo=UTC),
                datetime(2026, 3, 3, 9, tzinfo=UTC),
                datetime(2026, 3, 9, tzinfo=UTC),
                datetime(2026, 3, 2, tzinfo=UTC),
                None,
            ],
            "source": ["invoice", "transfer", "inferred", "text", "text"],
        }
    )
    read = read_edges(table(tmp_path, frame))
    assert (read.told.relations_unknown_count, read.told.undated_count) == (1, 1)
    graph, _ = build(read.sources, read.targets, read.keys.count, read.marks)

    def seen(**asked):
        start = read.keys.number_of("z")
        return read.keys.of(around(graph, start, Walk(1), view_of(**asked)).nodes).to_list()[1:]

    assert seen() == ["a", "b", "c"]
    assert seen(as_of=datetime(2026, 3, 3, 12, tzinfo=UTC)) == ["a"]
    assert seen(as_of=datetime(2026, 3, 5, tzinfo=UTC)) == ["a", "b"]
    assert seen(inferred=False) == ["a", "b"]


@pytest.mark.parametrize("text", [False, True])
def test_a_day_counts_as_known_when_it_is_over(tmp_path, text):
    days = [date(2026, 3, 2), date(2026, 3, 3)]
    known = [day.isoformat() for day in days] if text else days
    read = read_edges(table(tmp_path, {"src": [1, 2], "dst": [0, 0], "known_at": known}))
    graph, _ = build(read.sources, read.targets, 3, read.marks)
    morning = datetime(2026, 3, 2, 16, tzinfo=UTC)  # The third of March begins in Shanghai.
    assert graph.seen(view_of(morning)).suppliers.of(0).tolist() == [1]


def test_what_is_no_edge_table_is_refused(tmp_path):
    with pytest.raises(Invalid, match=r"whole\.no_parquet"):
        read_edges(tmp_path)
    with pytest.raises(Invalid, match=r"whole\.column_missing"):
        read_edges(table(tmp_path / "a", {"src": [1], "weight": [2]}))
    (tmp_path / "b.parquet").write_text("src,dst")
    with pytest.raises(Invalid, match=r"whole\.unreadable"):
        read_edges(tmp_path / "b.parquet")


def command(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_table_is_measured_and_then_looked_around_in(tmp_path):
    edges = {"src": ["resin", "nylon", "parts", "parts", "far"], "dst": ["nylon", "parts", "car"]}
    edges["dst"] += ["car", "far"]
    table(tmp_path / "given", edges)
    told = command(
        "whole", "--edges", tmp_path / "given", "--out", tmp_path / "out", "--core", "car"
    )
    assert told["left_out"]["repeats_count"] == told["left_out"]["self_loops_count"] == 1
    assert (told["nodes_count"], told["edges_count"], told["weak_components_count"]) == (5, 3, 2)
    nodes = pl.read_parquet(tmp_path / "out" / "nodes.parquet").to_dicts()
    by_key = {row["id"]: row for row in nodes}
    assert by_key["car"]["rank"] > by_key["parts"]["rank"] > by_key["resin"]["rank"]
    assert by_key["parts"]["rank_from_core"] > by_key["resin"]["rank_from_core"] > 0
    assert by_key["far"]["rank_from_core"] == by_key["far"]["core"] == 0
    assert by_key["nylon"]["component"] == "car"
    found = command("reach", "car", "--graph", tmp_path / "out", "--tiers", 2)
    assert [(row["id"], row["through"]) for row in found["nodes"]] == [
        ("car", "car"),
        ("parts", "car"),
        ("nylon", "parts"),
    ]


def test_an_empty_table_is_measured_too(tmp_path):
    empty = pl.DataFrame(schema={"src": pl.String, "dst": pl.String})
    told = command(
        "whole", "--edges", table(tmp_path, empty), "--out", tmp_path / "out", "--threads", 2
    )
    assert (told["nodes_count"], told["edges_count"]) == (0, 0)
