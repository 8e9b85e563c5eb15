"""The loops over the arrays, in plain Python that `engine` compiles: no object, no allocation.

The invariant: each reads rows of neighbours as (offsets, nodes, marks) where the neighbours of u
are nodes[offsets[u]:offsets[u + 1]], sorted; marks are empty or one word an edge, as `marks` packs
them. Loops that take `low` and `high` write only what belongs to nodes in that range, so that
several may run at once.
"""
# ruff: noqa: PLR0913, PLR0917, FBT001 - a compiled loop takes arrays and numbers by their place

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def in_view(mark: int, day: int, relations: int, flags: int) -> bool:
    """Return whether an edge is known on a day, of a wanted relation and sure enough.

    `flags` holds the least confidence in its low seven bits, and 128 where inferred edges count.
    """
    if (mark >> 16) > day or (mark & 127) < (flags & 127):
        return False
    if ((relations >> ((mark >> 8) & 63)) & 1) == 0:
        return False
    return (mark & 128) == 0 or (flags & 128) != 0


def around_of(sizes: Array, other_sizes: Array, node: int) -> int:
    """Return how many edges a node has on both sides."""
    there: int = sizes[node + 1] - sizes[node] + other_sizes[node + 1] - other_sizes[node]
    return there


def root(parent: Array, node: int) -> int:
    """Return the label that a node's component has so far, and shorten the way to it."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def unite(parent: Array, one: int, other: int) -> None:
    """Give the components of two nodes one label: the smaller."""
    one = root(parent, one)
    other = root(parent, other)
    if one < other:
        parent[other] = one
    elif other < one:
        parent[one] = other


def lose(degree: Array, node: int, level: int, queue: Array, tail: int) -> int:
    """Take a neighbour from a node, which queues it where that brings it down to the level."""
    if degree[node] > level:
        degree[node] -= 1
        if degree[node] == level:
            queue[tail] = node
            tail += 1
    return tail


def still_alive(degree: Array, alive: Array, remain: int, level: int) -> tuple[int, int]:
    """Keep the nodes that have `level` neighbours or more; return how many, and their least."""
    kept = 0
    least = len(degree)
    for place in range(remain):
        node = alive[place]
        if degree[node] >= level:
            alive[kept] = node
            kept += 1
            least = min(least, degree[node])
    return kept, least


def count(keys: Array, low: int, high: int, counts: Array) -> None:
    """Count into `counts[1:]` how often each key of the range occurs."""
    for place in range(len(keys)):
        key = keys[place]
        if low <= key < high:
            counts[key + 1] += 1


def scatter(
    keys: Array,
    values: Array,
    marks: Array,
    low: int,
    high: int,
    cursor: Array,
    out: Array,
    out_marks: Array,
) -> None:
    """Lay each value into the row of its key; edges from a node to itself stay out.

    `cursor[key]` is where the row's next value goes.
    """
    marked = len(marks) > 0
    for place in range(len(keys)):
        key = keys[place]
        if low <= key < high:
            at = cursor[key]
            cursor[key] = at + 1
            out[at] = values[place]
            if marked:
                out_marks[at] = marks[place]


def transpose(
    offsets: Array,
    nodes: Array,
    marks: Array,
    low: int,
    high: int,
    cursor: Array,
    out: Array,
    out_marks: Array,
) -> None:
    """Lay rows the other way round; each row comes out sorted."""
    marked = len(marks) > 0
    for row in range(len(offsets) - 1):
        for place in range(offsets[row], offsets[row + 1]):
            key = nodes[place]
            if low <= key < high:
                at = cursor[key]
                cursor[key] = at + 1
                out[at] = row
                if marked:
                    out_marks[at] = marks[place]


def order_marks(offsets: Array, nodes: Array, marks: Array) -> None:
    """Sort the marks of the edges that join the same two nodes."""
    for row in range(len(offsets) - 1):
        first = offsets[row]
        end = offsets[row + 1]
        while first < end:
            after = first + 1
            while after < end and nodes[after] == nodes[first]:
                after += 1
            if after - first > 1:
                marks[first:after].sort()
            first = after


def drop_repeats(offsets: Array, nodes: Array, marks: Array) -> tuple[int, int]:
    """Move rows together without loops and repeats; return (self-loops, repeats) dropped.

    `offsets` are rewritten: what is past the last of them is left over.
    """
    marked = len(marks) > 0
    loops = 0
    repeats = 0
    written = 0
    first = offsets[0]
    for row in range(len(offsets) - 1):
        end = offsets[row + 1]
        begun = written
        for place in range(first, end):
            node = nodes[place]
            if node == row:
                loops += 1
                continue
            same = written > begun and nodes[written - 1] == node
            if same and (not marked or marks[written - 1] == marks[place]):
                repeats += 1
                continue
            nodes[written] = node
            if marked:
                marks[written] = marks[place]
            written += 1
        first = end
        offsets[row + 1] = written
    return loops, repeats


def select(
    offsets: Array,
    nodes: Array,
    marks: Array,
    day: int,
    relations: int,
    flags: int,
    out_offsets: Array,
    out: Array,
) -> None:
    """Copy the neighbours that an edge in view joins, each once."""
    marked = len(marks) > 0
    written = 0
    for row in range(len(offsets) - 1):
        begun = written
        for place in range(offsets[row], offsets[row + 1]):
            node = nodes[place]
            if written > begun and out[written - 1] == node:
                continue
            if marked and not in_view(marks[place], day, relations, flags):
                continue
            out[written] = node
            written += 1
        out_offsets[row + 1] = written


def spread(
    offsets: Array,
    nodes: Array,
    marks: Array,
    sizes: Array,
    other_sizes: Array,
    first: int,
    end: int,
    through_most: int,
    skip: bool,
    day: int,
    relations: int,
    flags: int,
    seen: Array,
    found: Array,
    came: Array,
    begun: int,
) -> tuple[int, int, int]:
    """Go one tier outwards along one direction; return (reached, left out, hubs).

    `found[first:end]` are gone through, what they reach is laid behind `found[:begun]`, and `came`
    tells from which place. A node whose two rows, of `sizes` and `other_sizes`, hold more than
    `through_most` is not gone through, and where `skip` is set not reached either; where one
    starts (place 0) is always gone through.
    """
    marked = len(marks) > 0
    reached = begun
    left_out = 0
    hubs = 0
    for place in range(first, end):
        node = found[place]
        if place > 0 and around_of(sizes, other_sizes, node) > through_most:
            hubs += 1
            continue
        for edge in range(offsets[node], offsets[node + 1]):
            other = nodes[edge]
            if seen[other] != 0:
                continue
            if marked and not in_view(marks[edge], day, relations, flags):
                continue
            seen[other] = 1
            if skip and around_of(sizes, other_sizes, other) > through_most:
                hubs += 1
            elif reached == len(found):
                left_out += 1
            else:
                found[reached] = other
                came[reached] = place
                reached += 1
    return reached, left_out, hubs


def join_some(offsets: Array, nodes: Array, place: int, parent: Array) -> None:
    """Unite each node with one of its neighbours: the one at `place` of its row."""
    for node in range(len(parent)):
        edge = offsets[node] + place
        if edge < offsets[node + 1]:
            unite(parent, node, nodes[edge])


def join_rest(
    offsets: Array,
    nodes: Array,
    other_offsets: Array,
    other_nodes: Array,
    giant: int,
    parent: Array,
) -> None:
    """Unite each node outside of the component of `giant` with all its neighbours; settle labels.

    An edge between two components has an end outside of the giant, where it is read.
    """
    for node in range(len(parent)):
        giant = root(parent, giant)
        if root(parent, node) == giant:
            continue
        for edge in range(offsets[node], offsets[node + 1]):
            unite(parent, node, nodes[edge])
        for edge in range(other_offsets[node], other_offsets[node + 1]):
            unite(parent, node, other_nodes[edge])
    for node in range(len(parent)):
        # A parent's number is never above its child's, so the parent is settled before.
        parent[node] = parent[parent[node]]


def rank_round(
    offsets: Array,
    nodes: Array,
    low: int,
    high: int,
    given: Array,
    sizes: Array,
    jump: Array,
    damping: float,
    restart: float,
    rank: Array,
    gives: Array,
) -> tuple[float, float]:
    """Renew the rank of a range of nodes; return (rank of those that give to none, change).

    `given` is what each node gave to each neighbour in the round before, `gives` what it gives
    now; `sizes` are the offsets of the rows it gives along. `restart` goes to all alike, or along
    `jump` where that is not empty.
    """
    idle = 0.0
    change = 0.0
    for node in range(low, high):
        came = 0.0
        for edge in range(offsets[node], offsets[node + 1]):
            came += given[nodes[edge]]
        fresh = damping * came + (restart * jump[node] if len(jump) > 0 else restart)
        change += abs(fresh - rank[node])
        rank[node] = fresh
        size = sizes[node + 1] - sizes[node]
        if size == 0:
            idle += fresh
            gives[node] = 0.0
        else:
            gives[node] = fresh / size
    return idle, change


def count_neighbours(
    offsets: Array,
    nodes: Array,
    other_offsets: Array,
    other_nodes: Array,
    low: int,
    high: int,
    degree: Array,
) -> None:
    """Count the different neighbours on both sides; a mutual one counts once."""
    for node in range(low, high):
        end = offsets[node + 1]
        mine = offsets[node]
        total = end - mine
        for edge in range(other_offsets[node], other_offsets[node + 1]):
            other = other_nodes[edge]
            while mine < end and nodes[mine] < other:
                mine += 1
            if mine == end or nodes[mine] != other:
                total += 1
        degree[node] = total


def peel(
    offsets: Array,
    nodes: Array,
    other_offsets: Array,
    other_nodes: Array,
    degree: Array,
    alive: Array,
    queue: Array,
) -> None:
    """Turn degrees into core numbers: peel level by level what has too few neighbours left."""
    remain = len(alive)
    level = 0
    while True:
        remain, level = still_alive(degree, alive, remain, level)
        if remain == 0:
            return
        tail = 0
        for place in range(remain):
            if degree[alive[place]] == level:
                queue[tail] = alive[place]
                tail += 1
        head = 0
        while head < tail:
            node = queue[head]
            head += 1
            mine = offsets[node]
            end = offsets[node + 1]
            for edge in range(mine, end):
                tail = lose(degree, nodes[edge], level, queue, tail)
            for edge in range(other_offsets[node], other_offsets[node + 1]):
                other = other_nodes[edge]
                while mine < end and nodes[mine] < other:
                    mine += 1
                if mine == end or nodes[mine] != other:
                    tail = lose(degree, other, level, queue, tail)
        level += 1
