"""Circles: what is shown is real, as short as can be, and found in files of any size."""

from __future__ import annotations

import time
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.graph import cycles
from checks.dag import MOST
from tests.checks.conftest import Examine
from tests.fuzz import drawn
from tests.graph.model import connected

NODES = "abcdefgh"
GRAPHS = st.dictionaries(st.sampled_from(NODES), st.lists(st.sampled_from(NODES), max_size=4), max_size=8)


def shortest(graph: Mapping[str, list[str]]) -> int:
    """The length of the shortest circle, by growing every path; 0 if there is none."""
    paths = [[node] for node in graph]
    for length in range(1, len(graph) + 1):
        if any(path[0] in graph.get(path[-1], ()) for path in paths):
            return length
        paths = [[*p, n] for p in paths for n in set(graph.get(p[-1], ())) if n in graph and n not in p]
    return 0


def sorts(graph: Mapping[str, list[str]]) -> bool:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        return False
    return True


@given(GRAPHS)
@drawn(300)
def test_circles(graph: dict[str, list[str]]) -> None:
    graph = {node: [after for after in names if after != node] for node, names in graph.items()}
    left = dict(graph)
    for cycle in cycles(graph):
        assert all(after in graph[node] for node, after in pairwise([*cycle, cycle[0]])), "it is real"
        assert len(set(cycle)) == len(cycle), "it visits nobody twice"
        assert set(cycle) <= set(left), "it shares no node with an earlier one"
        assert len(cycle) == shortest(connected(left, cycle[0])), "nothing shorter is left there"
        left = {n: [a for a in after if a not in cycle] for n, after in left.items() if n not in cycle}
    assert sorts(left), "none is left over"


def experiment(dependencies: Mapping[int, list[int]]) -> bytes:
    """A file with a job per key."""
    jobs = [f"  - {{name: j{i}, command: x, dependencies: {[f'j{k}' for k in ks]}}}" for i, ks in dependencies.items()]
    return "\n".join(["name: large", "jobs:", *jobs]).encode()


def timed(examine: Any, content: bytes) -> tuple[Any, float]:
    started = time.process_time()
    (result,) = examine({"x.yaml": content}, "dag").experiments[0].checks
    return result, time.process_time() - started


def test_a_chain_of_5_000_jobs(examine: Examine) -> None:
    result, seconds = timed(examine, experiment({i: [i - 1] if i else [] for i in range(5_000)}))
    assert (result.outcome, result.findings) == ("passed", ())
    assert seconds < 10


def test_a_ring_of_5_000_jobs(examine: Examine) -> None:
    result, seconds = timed(examine, experiment({i: [(i - 1) % 5_000] for i in range(5_000)}))
    (finding,) = result.findings
    assert (finding.rule, finding.span.line, len(finding.related)) == ("dag.cycle", 3, 4_999)
    assert finding.message.startswith("jobs wait for each other: j0 -> j4999 -> j4998 -> ")
    assert finding.message.endswith(" -> j1 -> j0")
    assert len(finding.message) < 300
    assert seconds < 10


def test_a_thousand_circles_of_five(examine: Examine) -> None:
    ring = {i: [i - i % 5 + (i + 1) % 5] for i in range(5_000)}
    result, seconds = timed(examine, experiment(ring))
    assert {finding.rule for finding in result.findings} == {"dag.cycle"}
    assert len(result.findings) == MOST
    assert seconds < 20


def test_everybody_waits_for_everybody(examine: Examine) -> None:
    result, seconds = timed(examine, experiment({i: [k for k in range(150) if k != i] for i in range(150)}))
    assert len(result.findings) == MOST
    assert seconds < 20


def test_a_cycle_shows_each_of_its_edges(examine: Examine) -> None:
    content = (
        b"name: a\njobs:\n- {name: x, command: c, dependencies: [z]}\n- name: y\n  command: c\n  dependencies:\n  - x\n"
    )
    content += b"- {name: z, command: c, dependencies: [y]}\n"
    (finding,) = examine({"x.yaml": content}, "dag").findings
    assert finding.message == "jobs wait for each other: x -> z -> y -> x"
    assert (finding.span.line, finding.span.column) == (3, 40)
    related = [(r.span.line, r.span.column, r.message) for r in finding.related]
    assert related == [(8, 40, "'z' waits here"), (7, 5, "'y' waits here")]
