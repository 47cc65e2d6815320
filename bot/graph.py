"""Order and cycles of a graph: a mapping of each name to the names that it waits for.

Names that are no key of the mapping do not count. A cycle is the list of its nodes: each waits for the next one, and
the last one for the first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

Graph = Mapping[str, Iterable[str]]
Links = dict[str, dict[str, None]]


def order(graph: Graph) -> list[str]:
    """The nodes, each after those it waits for; those that a cycle holds up come last, as the graph lists them."""
    sorter = TopologicalSorter(_links(graph, graph)[0])
    with suppress(CycleError):  # after which the sorter still gives the nodes that no cycle holds up
        sorter.prepare()
    ordered: dict[str, None] = {}
    while ready := sorter.get_ready():
        ordered.update(dict.fromkeys(ready))
        sorter.done(*ready)
    return [*ordered, *(node for node in graph if node not in ordered)]


def ancestors(graph: Graph, node: str) -> set[str]:
    """Every name that `node` waits for, directly or through others, in the graph or not."""
    seen: set[str] = set()
    todo = list(graph.get(node, ()))
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += graph.get(name, ())
    return seen


def cycle(graph: Graph) -> list[str]:
    """One cycle, from the node on that the graph lists first; empty without a cycle.

    It takes linear time, where `cycles` looks for the shortest ones.
    """
    try:
        TopologicalSorter(_links(graph, graph)[0]).prepare()
    except CycleError as error:
        nodes = set(error.args[1])
        start = next(node for node in graph if node in nodes)
        ring: list[str] = error.args[1][:0:-1]  # graphlib lists a node before those that wait for it, one twice
        at = ring.index(start)
        return ring[at:] + ring[:at]
    return []


def cycles(graph: Graph) -> Iterator[list[str]]:
    """Cycles that share no node; each is the shortest of the connected part it is found in."""
    todo = _parts(graph, graph)
    while todo:
        part = todo.pop()
        ring = _shortest_of(graph, part)
        if ring:
            yield ring
            gone = set(ring)
            todo += _parts(graph, [node for node in part if node not in gone])


def shortest(start: str, graph: Graph, below: int | None = None) -> list[str]:
    """The shortest cycle through `start`, from there on; empty without one of fewer than `below` nodes."""
    came: dict[str, str] = {}
    depth = {start: 0}
    todo = deque([start])
    while todo:
        node = todo.popleft()
        if below is not None and depth[node] + 1 >= below:
            return []
        for name in graph.get(node, ()):
            if name == start:
                path = [node]
                while path[-1] != start:
                    path.append(came[path[-1]])
                return path[::-1]
            if name not in depth:
                depth[name] = depth[node] + 1
                came[name] = node
                todo.append(name)
    return []


def _parts(graph: Graph, nodes: Iterable[str]) -> list[list[str]]:
    """The nodes in lists, such that nothing leads from one list to another."""
    after, before = _links(graph, nodes)
    parts: list[list[str]] = []
    seen: set[str] = set()
    for start in after:
        if start not in seen:
            seen.add(start)
            parts.append([start])
            for node in parts[-1]:  # it grows while it is read
                near = [n for n in (*after[node], *before[node]) if n not in seen]
                seen.update(near)
                parts[-1] += dict.fromkeys(near)
    return parts


def _shortest_of(graph: Graph, nodes: Iterable[str]) -> list[str]:
    """The shortest cycle among the nodes; each node is removed once it has been the start of a search."""
    after, before = _links(graph, nodes)
    for node in list(after):
        if node in after and not (after[node] and before[node]):
            _remove(node, after, before)
    best: list[str] = []
    for start in list(after):
        if start in after and len(best) != 1:
            best = shortest(start, after, len(best) or None) or best
            _remove(start, after, before)
    return best


def _links(graph: Graph, nodes: Iterable[str]) -> tuple[Links, Links]:
    """Which names each of the nodes waits for, and which wait for it, among the nodes."""
    inside = dict.fromkeys(nodes)
    after: Links = {node: {n: None for n in graph[node] if n in inside} for node in inside}
    before: Links = {node: {} for node in inside}
    for node, names in after.items():
        for name in names:
            before[name][node] = None
    return after, before


def _remove(node: str, after: Links, before: Links) -> None:
    """Remove the node, and every node that then waits for none or that none waits for."""
    todo = [node]
    while todo:
        node = todo.pop()
        if node in after:
            for name in after.pop(node):
                del before[name][node]
                if not before[name]:
                    todo.append(name)
            for name in before.pop(node):
                del after[name][node]
                if not after[name]:
                    todo.append(name)
