"""The whole graph as arrays: the same answers as by hand, whatever edges are thrown at it."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from martlet.kernel.errors import Invalid
from martlet.supplychain.model import Relation
from martlet.supplychain.whole import (
    Walk,
    around,
    build,
    components,
    core_numbers,
    load,
    pack,
    page_rank,
    save,
    view_of,
)
from martlet.supplychain.whole.keys import Keys
from martlet.supplychain.whole.marks import RELATION_CODES

SIZE = 30
EDGES = st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=120)
MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def graph_of(edges, size=SIZE, threads=1):
    ends = np.array(edges, np.int32).reshape(-1, 2)
    return build(ends[:, 0], ends[:, 1], size, threads=threads)


def pairs(graph):
    return {
        (node, int(other))
        for node in range(graph.nodes_count)
        for other in graph.customers.of(node)
    }


def beside(edges):
    """Return each node's different neighbours, whichever way the edge goes."""
    near = {node: set() for node in range(SIZE)}
    for one, other in edges:
        if one != other:
            near[one].add(other)
            near[other].add(one)
    return near


@settings(max_examples=60, deadline=None)
@given(EDGES, st.integers(1, 3))
def test_both_directions_hold_each_edge_once_whatever_was_given(edges, threads):
    graph, left_out = graph_of(edges, threads=threads)
    real = {pair for pair in edges if pair[0] != pair[1]}
    assert pairs(graph) == real == {(b, a) for a, b in pairs(graph.turned())}
    assert left_out.self_loops_count == sum(one == other for one, other in edges)
    assert graph.edges_count == len(real)
    assert left_out.repeats_count == len(edges) - len(real) - left_out.self_loops_count


@settings(max_examples=60, deadline=None)
@given(EDGES)
def test_components_are_those_of_scipy(edges):
    found = components(graph_of(edges)[0])
    ends = np.array(edges, np.int32).reshape(-1, 2)
    matrix = coo_matrix((np.ones(len(ends)), ends.T), (SIZE, SIZE))
    count, labels = connected_components(matrix, directed=False)
    assert len(set(found.tolist())) == count
    assert len(set(zip(found.tolist(), labels.tolist(), strict=True))) == count
    assert all(found[node] <= node for node in range(SIZE))


@settings(max_examples=60, deadline=None)
@given(EDGES, st.integers(1, 2))
def test_cores_are_what_is_left_when_the_poorest_are_peeled_off(edges, threads):
    near, expected, level = beside(edges), {}, 0
    while near:
        poorest = min(near, key=lambda node: len(near[node]))
        level = max(level, len(near[poorest]))
        expected[poorest] = level
        for other in near.pop(poorest):
            near[other].discard(poorest)
    assert dict(enumerate(core_numbers(graph_of(edges)[0], threads).tolist())) == expected


@settings(max_examples=40, deadline=None)
@given(EDGES, st.sets(st.integers(0, SIZE - 1), max_size=3), st.integers(1, 2))
def test_ranks_add_up_to_one_and_are_those_of_the_dense_iteration(edges, core, threads):
    graph, _ = graph_of(edges)
    ranks, _ = page_rank(graph, sorted(core), rounds=15, threads=threads)
    restart = np.full(SIZE, 1 / SIZE)
    if core:
        restart = np.isin(np.arange(SIZE), sorted(core)) / len(core)
    moves = np.tile(restart, (SIZE, 1))
    for node in range(SIZE):
        customers = graph.customers.of(node)
        if len(customers):
            moves[node] = np.isin(np.arange(SIZE), customers) / len(customers)
    expected = restart
    for _ in range(15):
        expected = 0.15 * restart + 0.85 * expected @ moves
    assert ranks.sum() == pytest.approx(1)
    assert ranks == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(EDGES, st.integers(0, SIZE - 1), st.integers(1, 5), st.booleans(), st.booleans())
def test_a_neighbourhood_is_what_a_walk_by_hand_reaches(edges, start, tiers, up, down):
    if not up and not down:
        up = True
    graph, _ = graph_of(edges)
    expected, queue = {start: 0}, deque([start])
    while queue:
        node = queue.popleft()
        if expected[node] == tiers:
            continue
        near = {a for a, b in edges if b == node and up} | {
            b for a, b in edges if a == node and down
        }
        for other in near - set(expected):
            expected[other] = expected[node] + 1
            queue.append(other)
    found = around(graph, start, Walk(tiers, upstream=up, downstream=down))
    assert dict(zip(found.nodes.tolist(), found.tiers.tolist(), strict=True)) == expected
    assert found.left_out == 0
    for place, came in enumerate(found.came_from.tolist()):
        assert found.tiers[came] == max(found.tiers[place] - 1, 0)


def test_a_neighbourhood_is_cut_at_its_bound_and_says_so():
    graph, _ = graph_of([(node, 0) for node in range(1, SIZE)])
    found = around(graph, 0, Walk(1, most=10))
    assert (len(found.nodes), found.left_out) == (10, SIZE - 10)
    with pytest.raises(Invalid, match=r"whole\.no_such_node"):
        around(graph, SIZE, Walk(1))
    with pytest.raises(Invalid, match=r"whole\.tiers_out_of_range"):
        Walk(6)


def test_a_hub_is_reached_but_not_gone_through_or_not_reached_at_all():
    hub, mine, behind = 1, 0, range(2, SIZE)
    edges = [(hub, mine), *((node, hub) for node in behind)]
    graph, _ = graph_of(edges)
    whole = around(graph, mine, Walk(2))
    stopped = around(graph, mine, Walk(2, through_most=5))
    skipped = around(graph, mine, Walk(2, through_most=5, skip_hubs=True))
    assert len(whole.nodes) == SIZE
    assert (stopped.nodes.tolist(), stopped.hubs) == ([mine, hub], 1)
    assert (skipped.nodes.tolist(), skipped.hubs) == ([mine], 1)


def test_a_ring_of_ownership_ends():
    graph, _ = graph_of([(0, 1), (1, 2), (2, 0)])
    assert sorted(around(graph, 0, Walk(5)).nodes.tolist()) == [0, 1, 2]
    assert core_numbers(graph)[:3].tolist() == [2, 2, 2]


def test_ends_that_cannot_be_nodes_are_counted_and_an_empty_graph_is_a_graph():
    sources, targets = np.array([-1, 0, 5, 0, 2**40]), np.array([0, 1, 0, 99, 1])
    graph, left_out = build(sources, targets, 10)
    assert (pairs(graph), left_out.out_of_range_count) == ({(0, 1), (5, 0)}, 3)
    empty, _ = build(np.empty(0, np.int32), np.empty(0, np.int32))
    assert empty.nodes_count == 0
    assert len(components(empty)) == len(core_numbers(empty)) == len(page_rank(empty)[0]) == 0


def marked_graph():
    """Firm 1 supplies 0 since January, 2 by a guess, 3 from tomorrow on; 4 owns 0."""
    supplies, owns = RELATION_CODES[Relation.SUPPLIES], RELATION_CODES[Relation.PARENT_OF]
    today = int(MOMENT.timestamp() // 86_400)
    marks = pack(
        [today - 60, today - 30, today + 1, today - 90],
        [supplies, supplies, supplies, owns],
        [False, True, False, False],
        [1_000_000, 620_000, 1_000_000, 999_999],
    )
    return build(np.array([1, 2, 3, 4]), np.zeros(4, np.int32), 5, marks)[0]


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ({}, [1, 2, 3, 4]),
        ({"as_of": MOMENT}, [1, 2, 4]),
        ({"as_of": MOMENT - timedelta(days=45)}, [1, 4]),
        ({"as_of": MOMENT, "inferred": False}, [1, 4]),
        ({"relations": [Relation.SUPPLIES]}, [1, 2, 3]),
        ({"confidence_least_ppm": 620_001}, [1, 3, 4]),
        ({"confidence_least_ppm": 999_999}, [1, 3]),
    ],
)
def test_a_view_sees_neither_tomorrows_edges_nor_what_it_did_not_ask_for(asked, seen):
    graph, view = marked_graph(), view_of(**asked)
    assert sorted(around(graph, 0, Walk(1), view).nodes.tolist()) == [0, *seen]
    assert graph.seen(view).suppliers.of(0).tolist() == seen


def test_facts_of_two_relations_are_two_edges_and_one_neighbour():
    codes = [RELATION_CODES[name] for name in (Relation.PAYS, Relation.SUPPLIES, Relation.PAYS)]
    marks = pack([3, 2, 3], codes, inferred=False, confidence_ppm=1_000_000)
    graph, left_out = build(np.zeros(3, np.int32), np.ones(3, np.int32), 2, marks)
    assert (graph.edges_count, left_out.repeats_count) == (2, 1)
    assert graph.seen(view_of()).edges_count == 1


def test_a_graph_on_disk_is_mapped_and_answers_the_same(tmp_path):
    size = 200
    marks = pack([9, 9], [0, 0], inferred=[False, True], confidence_ppm=900_000)
    graph, _ = build(np.array([1, 2]), np.array([0, 0]), size, marks)
    save(tmp_path, graph, Keys(size))
    kept = load(tmp_path)
    assert isinstance(kept.graph.customers.offsets.base, np.memmap)
    certain = view_of(inferred=False)
    assert around(kept.graph, 0, Walk(2), certain).nodes.tolist() == [0, 1]
    assert kept.graph.seen(view_of()).edges_count == 2
    (tmp_path / "graph.json").write_text("{}")
    with pytest.raises(Invalid, match=r"whole\.not_a_graph"):
        load(tmp_path)
