"""A graph with more tasks than Argo takes in one template, in parts that run it all the same."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compile import argo
from bot.compile.argo.graph import graph
from tests.fuzz import drawn

MOST = 3


def task(name: str, *after: str) -> dict[str, Any]:
    """A task as the compiler makes it."""
    return {"name": name, "template": "job-1"} | ({"dependencies": list(after)} if after else {})


@st.composite
def graphs(draw: Any) -> list[dict[str, Any]]:
    """Tasks, each of which waits for some of those before it."""
    names = [f"t{i}" for i in range(draw(st.integers(1, 20)))]
    return [
        task(name, *draw(st.lists(st.sampled_from(names[:i]), unique=True, max_size=3)) if i else ())
        for i, name in enumerate(names)
    ]


def parts(made: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The tasks of each part, in the order of the entry's calls."""
    inside = {template["name"]: template["dag"]["tasks"] for template in made}
    return {call["name"]: inside[call["template"]] for call in inside[argo.ENTRY]}


@drawn(100)
@given(graphs())
def test_every_task_is_there_once_and_waits_for_what_it_did(tasks: list[dict[str, Any]]) -> None:
    made = graph(tasks, MOST)
    if len(tasks) <= MOST:
        assert made == [{"name": argo.ENTRY, "dag": {"tasks": tasks}}]
        return
    calls = {call["name"]: set(call.get("dependencies", ())) for call in made[0]["dag"]["tasks"]}
    assert list(TopologicalSorter(calls).static_order()), "parts wait for each other in no circle"
    where = {task["name"]: part for part, inside in parts(made).items() for task in inside}
    assert sorted(where) == sorted(task["name"] for task in tasks)
    assert all(1 <= len(inside) <= MOST for inside in parts(made).values())
    kept = {task["name"]: set(task.get("dependencies", ())) for inside in parts(made).values() for task in inside}
    for one in tasks:
        for other in one.get("dependencies", ()):
            here, there = where[one["name"]], where[other]
            assert other in kept[one["name"]] if here == there else there in calls[here]
    needed = {(where[one["name"]], where[o]) for one in tasks for o in one.get("dependencies", ())}
    assert {(here, there) for here, found in calls.items() for there in found} == {
        (here, there) for here, there in needed if here != there
    }, "and for nothing else"


@drawn(100)
@given(graphs())
def test_what_goes_first_decides_for_every_part(tasks: list[dict[str, Any]]) -> None:
    """What waits for a task that was skipped runs all the same, so each part has the condition, and waits for it."""
    entry, *rest = graph(tasks, MOST, [task("first")], "yes")
    first, *calls = entry["dag"]["tasks"]
    assert first == task("first")
    assert [call["when"] for call in calls] == ["yes"] * len(rest)
    plain = graph(tasks, MOST)
    if len(plain) > 1:
        before = [call.get("dependencies", ["first"]) for call in plain[0]["dag"]["tasks"]]
        assert ([call["dependencies"] for call in calls], rest) == (before, plain[1:])


def test_what_runs_side_by_side_still_does() -> None:
    wide = [task("first"), *(task(f"t{i}", "first") for i in range(8)), task("last", *(f"t{i}" for i in range(8)))]
    made = graph(wide, MOST)
    assert [len(inside) for inside in parts(made).values()] == [1, 3, 3, 2, 1]
    calls = [call.get("dependencies", []) for call in made[0]["dag"]["tasks"]]
    assert calls == [[], ["sameday-part-1"], ["sameday-part-1"], ["sameday-part-1"],
                     ["sameday-part-2", "sameday-part-3", "sameday-part-4"]]  # fmt: skip


def test_rows_stay_together() -> None:
    rows = [task(f"a{i}") for i in range(6)] + [task(f"b{i}", f"a{5 - i}") for i in range(6)]
    made = graph(rows, MOST)
    assert [call.get("dependencies", []) for call in made[0]["dag"]["tasks"]] == [
        [], [], ["sameday-part-1"], ["sameday-part-2"],
    ]  # fmt: skip


@pytest.mark.parametrize("length", [201, 2_000])
def test_a_long_row(length: int) -> None:
    made = graph([task(f"t{i}", *([f"t{i - 1}"] if i else [])) for i in range(length)])
    assert [len(inside) for inside in parts(made).values()] == [200] * (length // 200) + [length % 200] * bool(
        length % 200
    )


@pytest.mark.parametrize("broken", [[task("t1"), task("t1"), task("t2"), task("t3")],
                                    [task("t1", "t4"), *(task(f"t{i}", f"t{i - 1}") for i in range(2, 5))],
                                    [task("t1", "nobody"), *(task(f"t{i}") for i in range(2, 5))]])  # fmt: skip
def test_a_graph_that_is_none_stays_as_it_is(broken: list[dict[str, Any]]) -> None:
    """A plan is made of files in which the check of the graph finds faults."""
    assert graph(broken, MOST) == [{"name": argo.ENTRY, "dag": {"tasks": broken}}]
