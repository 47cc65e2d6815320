"""Order and cycles against a small model that tries everything, over seeded graphs; and in graphs of any size."""

from __future__ import annotations

import random
import time
from itertools import pairwise, permutations

import pytest

from bot.graph import ancestors, cycle, cycles, order, shortest
from tests.fuzz import count
from tests.graph.model import connected

COUNT = count(1_000)
Plain = dict[str, list[str]]


def made(seed: int) -> Plain:
    """A graph of at most six nodes; some wait for themselves, twice for one, or for a name that is not in it."""
    dice = random.Random(seed)
    nodes = dice.sample("abcdef", dice.randint(0, 6))
    return {node: dice.choices([*nodes, "missing"], k=dice.choice((0, 0, 1, 1, 2, 3))) for node in nodes}


def waited_for(graph: Plain) -> dict[str, set[str]]:
    """The model: what each node waits for in the end, by adding until nothing is new."""
    found = {node: set(names) for node, names in graph.items()}
    while True:
        more = {node: names.union(*(found.get(name, ()) for name in names)) for node, names in found.items()}
        if more == found:
            return found
        found = more


def every_cycle(graph: Plain) -> set[tuple[str, ...]]:
    """The model: each row of different nodes that is one, from each of its nodes on."""
    rows = (row for size in range(1, len(graph) + 1) for row in permutations(graph, size))
    return {row for row in rows if all(b in graph[a] for a, b in pairwise([*row, row[0]]))}


@pytest.mark.parametrize("part", range(10))
def test_a_model_that_tries_everything(part: int) -> None:
    for seed in range(part, COUNT, 10):
        graph = made(seed)
        before, all_cycles = waited_for(graph), every_cycle(graph)
        assert {node: ancestors(graph, node) for node in graph} == before, seed
        _hold_order(graph, before)
        one = cycle(graph)
        assert tuple(one) in all_cycles or (not one and not all_cycles), seed
        assert one == [] or one[0] == next(node for node in graph if node in one), seed
        _hold_shortest(graph, all_cycles)
        _hold_cycles(graph)


def _hold_order(graph: Plain, before: dict[str, set[str]]) -> None:
    ordered = order(graph)
    assert sorted(ordered) == sorted(graph)
    stuck = [node for node in graph if any(name in before.get(name, ()) for name in {node, *before[node]})]
    free = ordered[: len(ordered) - len(stuck)]
    assert ordered == [*free, *stuck], "what a cycle holds up comes last, as the graph lists it"
    for i, node in enumerate(free):
        assert set(graph[node]) & set(graph) <= set(free[:i]), "each comes after those it waits for"


def _hold_shortest(graph: Plain, all_cycles: set[tuple[str, ...]]) -> None:
    for start in graph:
        size = min((len(row) for row in all_cycles if row[0] == start), default=0)
        found = shortest(start, graph)
        assert len(found) == size
        assert not found or tuple(found) in all_cycles
        assert shortest(start, graph, size) == []
        assert shortest(start, graph, size + 1) == found


def _hold_cycles(graph: Plain) -> None:
    left = dict(graph)
    for found in cycles(graph):
        assert set(found) <= set(left), "it shares no node with an earlier one"
        near = every_cycle(connected(left, found[0]))
        assert tuple(found) in near
        assert len(found) == min(map(len, near)), "nothing shorter is left there"
        left = {node: names for node, names in left.items() if node not in found}
    assert not every_cycle(left), "none is left over"


def test_order_releases_all_that_are_ready_before_any_that_wait() -> None:
    assert order({"reader": ["a"], "a": [], "b": []}) == ["a", "b", "reader"]
    assert order({"b": ["b"], "a": ["x"], "x": [], "c": ["b"]}) == ["x", "a", "b", "c"]


def test_a_cycle_begins_where_the_graph_does_and_goes_the_way_of_waiting() -> None:
    assert cycle({"d": ["a"], "a": ["c"], "b": ["a"], "c": ["b"]}) == ["a", "c", "b"]
    assert cycle({"a": ["a"]}) == ["a"]


def test_a_large_graph_without_short_cycles_takes_no_time() -> None:
    """30,000 nodes, of which each waits for the next two: no cycle is shorter than 15,000."""
    size = 30_000
    graph = {str(i): [str((i + 1) % size), str((i + 2) % size)] for i in range(size)}
    started = time.process_time()
    assert len(cycle(graph)) >= size // 2
    assert order(graph) == list(graph)
    assert len(ancestors(graph, "0")) == size
    assert time.process_time() - started < 10


def test_a_long_chain_takes_no_time() -> None:
    size = 30_000
    graph = {str(i): [str(i + 1)] for i in range(size)}
    started = time.process_time()
    assert order(graph) == [str(i) for i in range(size - 1, -1, -1)]
    assert (cycle(graph), list(cycles(graph))) == ([], [])
    assert time.process_time() - started < 10
