"""The graph of a run as templates: in one, or in parts where that would hold more tasks than Argo's definitions take.

A part is a graph of its own, and waits for every part that one of its tasks needs something of. Parts are cut between
levels of the graph, or within one: tasks of one level never wait for each other, so that what ran side by side
still does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from bot.compile.argo.objects import Manifest

ENTRY = "run"  # the template that holds the graph
PART = "sameday-part-"  # begins the names of its parts; no job's name begins so
MOST = 200  # tasks of a graph, and templates of a workflow, in Argo's definitions since 4.0


def graph(
    tasks: Sequence[Manifest], most: int = MOST, first: Sequence[Manifest] = (), when: str = ""
) -> list[Manifest]:
    """The templates that hold the tasks, the entry first, none with more than `most` of them.

    `first` goes before all of them, which run only if `when` is true then: so they are parts of their own, each with
    the condition, for what waits for a task that was skipped runs all the same.

    An invalid graph (tasks of one name, or that wait in a circle or for nobody) is left unchanged; `dag` reports it.
    """
    named = {task["name"]: task for task in tasks}
    whole = len(tasks) <= most or len(named) < len(tasks) or not _is_sound(named)
    if whole and not first:
        return [{"name": ENTRY, "dag": {"tasks": list(tasks)}}]
    parts = [list(tasks)] if whole else list(_parts(named, most))
    at = {task["name"]: f"{PART}{number}" for number, part in enumerate(parts, 1) for task in part}
    calls, templates = [], []
    for number, part in enumerate(parts, 1):
        name = f"{PART}{number}"
        others = [other for task in part for other in task.get("dependencies", ())]
        before = dict.fromkeys(at.get(other, name) for other in others)
        needs = [part for part in before if part != name] or [task["name"] for task in first]
        call: Manifest = {"name": name, "template": name}
        calls.append(call | ({"dependencies": needs} if needs else {}) | ({"when": when} if first else {}))
        templates.append({"name": name, "dag": {"tasks": [_within(task, at) for task in part]}})
    return [{"name": ENTRY, "dag": {"tasks": [*first, *calls]}}, *templates]


def _is_sound(tasks: Mapping[str, Manifest]) -> bool:
    before = {name: task.get("dependencies", ()) for name, task in tasks.items()}
    try:
        return set(TopologicalSorter(before).static_order()) == set(tasks)
    except CycleError:
        return False


def _within(task: Manifest, at: Mapping[str, str]) -> Manifest:
    """The task as its part has it: what it needs of other parts, the part waits for."""
    inner = [other for other in task.get("dependencies", ()) if at.get(other) in (at[task["name"]], None)]
    plain = {key: value for key, value in task.items() if key != "dependencies"}
    return plain | ({"dependencies": inner} if inner else {})


def _parts(tasks: Mapping[str, Manifest], most: int) -> Iterator[list[Manifest]]:
    """Levels one after the other, as many as fit into one part; one that fits into none, in pieces."""
    part: list[Manifest] = []
    for level in _levels(tasks):
        if part and len(part) + len(level) > most:
            yield part
            part = []
        if len(level) > most:
            yield from (level[start : start + most] for start in range(0, len(level), most))
        else:
            part = part + level
    if part:
        yield part


def _levels(tasks: Mapping[str, Manifest]) -> Iterator[list[Manifest]]:
    """Tasks that wait only for those of earlier levels, beside those that wait for the same."""
    order: dict[str, int] = {}
    ready = TopologicalSorter({name: task.get("dependencies", ()) for name, task in tasks.items()})
    ready.prepare()
    while names := ready.get_ready():
        level = sorted(names, key=lambda name: min((order[o] for o in tasks[name].get("dependencies", ())), default=0))
        order.update((name, len(order)) for name in level)
        yield [tasks[name] for name in level]
        ready.done(*names)
