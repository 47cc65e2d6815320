"""Jobs form a graph that can be run: names are unique, dependencies exist, and nothing waits for itself.

The same holds across experiments, where an input reads another experiment's output.

``unknown-job``
    A dependency names a job that the file does not declare.
``duplicate-job``
    Two jobs have one name, so that a dependency on it has no meaning.
``self``
    A job depends on itself.
``cycle``
    Jobs wait for each other, so that none of them ever starts. The shortest such circle is shown, with the line of
    each dependency; taking out any one of them breaks it.
``unknown-experiment``
    An input reads an experiment that the repository does not have.
``unknown-output``
    An input reads an output that its experiment does not declare.
``experiment-cycle``
    Experiments read each other's outputs in a circle, so that the first run of none can start.

**Passes**::

    name: job-reco-als-v4
    jobs:
      - {name: extract, command: python -m reco.extract}
      - {name: infer, command: python -m reco.infer, dependencies: [extract]}

**Fails**::

    name: job-reco-als-v4
    jobs:
      - {name: extract, command: python -m reco.extract, dependencies: [infer]}  # <- dag.cycle
      - {name: infer, command: python -m reco.infer, dependencies: [extract]}
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.check import Context, Experiment, Level, Port, Problem, Route
from bot.document.faults import shown
from bot.document.nearest import nearest

ID = "dag"
RULES: Mapping[str, Level] = {
    "cycle": "error",
    "duplicate-job": "error",
    "experiment-cycle": "error",
    "self": "error",
    "unknown-experiment": "error",
    "unknown-job": "error",
    "unknown-output": "error",
}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset()

Graph = dict[str, dict[str, Route]]
"""Each node with those it waits for, and where the file says so."""
MOST = 20  # circles of one file; whoever has more sees the rest when these are gone
SHOWN = 12  # nodes of a cycle that a message names


def check(experiment: Experiment, context: Context) -> Iterable[Problem]:
    """The graph of the file's jobs, then the experiments it reads."""
    yield from _jobs(experiment)
    yield from _inputs(experiment, context)


def _jobs(experiment: Experiment) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for i, job in enumerate(experiment.spec.jobs):
        if job.name in first:
            related: tuple[tuple[str, Route], ...] = (("the first one", ("jobs", first[job.name], "name")),)
            message = f"the job name '{job.name}' is used twice"
            yield Problem("duplicate-job", ("jobs", i, "name"), message, "rename one of them", related=related)
        first.setdefault(job.name, i)
    graph: Graph = {name: {} for name in first}
    for i, job in enumerate(experiment.spec.jobs):
        for j, name in enumerate(job.dependencies):
            route: Route = ("jobs", i, "dependencies", j)
            if name == job.name:
                yield Problem("self", route, f"the job '{name}' depends on itself", "remove it here")
            elif name not in first:
                yield _unknown("unknown-job", route, f"there is no job {shown(name)}", name, first)
            else:
                graph[job.name].setdefault(name, route)
    for cycle in cycles(graph):
        edges = [(node, graph[node][after]) for node, after in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
        related = tuple((f"'{node}' waits here", route) for node, route in edges[1:])
        yield Problem(
            "cycle", edges[0][1], _path("jobs wait for each other", cycle), "remove one of them", related=related
        )


def _inputs(experiment: Experiment, context: Context) -> Iterator[Problem]:
    repository = context.repository
    for name, read in experiment.spec.inputs.items():
        if read.experiment is None or read.output is None:
            continue
        route: Route = ("inputs", name, "experiment")
        writer = repository.by_name.get(read.experiment)
        if writer is None and read.experiment not in repository.named:
            message = f"there is no experiment '{read.experiment}'"
            yield _unknown("unknown-experiment", route, message, read.experiment, repository.by_name)
        elif writer is not None and read.output not in writer.spec.outputs:
            message = f"the experiment '{read.experiment}' has no output '{read.output}'"
            yield _unknown("unknown-output", ("inputs", name, "output"), message, read.output, writer.spec.outputs)
    circle = shortest(experiment.name, repository.readers)
    if circle:
        route = next(
            ("inputs", n, "experiment")
            for n, r in experiment.spec.inputs.items()
            if r.experiment == (*circle, circle[0])[1]
        )
        yield Problem(
            "experiment-cycle", route, _path("experiments read each other", circle), "one of them must read a table"
        )


def _unknown(rule: str, route: Route, message: str, name: str, known: Iterable[str]) -> Problem:
    close = nearest(name, known)
    return Problem(rule, route, message, f"did you mean '{close}'?" if close else "", replace=close)


def _path(what: str, cycle: Sequence[str]) -> str:
    names = [*cycle, cycle[0]]
    if len(names) > SHOWN:
        names = [*names[: SHOWN // 2], f"… {len(names) - SHOWN} more …", *names[-SHOWN // 2 :]]
    return f"{what}: {' -> '.join(names)}"


def cycles(graph: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Circles of the graph that share no node; each is the shortest of the connected part it is found in."""
    todo, found = _parts(graph, graph), 0
    while todo and found < MOST:
        part = todo.pop()
        cycle = _shortest_of(graph, part)
        if cycle:
            found += 1
            yield cycle
            gone = set(cycle)
            todo += _parts(graph, [node for node in part if node not in gone])


def _parts(graph: Mapping[str, Iterable[str]], nodes: Iterable[str]) -> list[list[str]]:
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


def _shortest_of(graph: Mapping[str, Iterable[str]], nodes: Iterable[str]) -> list[str]:
    """The shortest circle among the nodes; a node that was started from is of no more use and taken away."""
    after, before = _links(graph, nodes)
    for node in list(after):
        if node in after and not (after[node] and before[node]):
            _remove(node, after, before)
    best: list[str] = []
    for start in list(after):
        if start in after and len(best) != 2:
            best = shortest(start, after, len(best) or None) or best
            _remove(start, after, before)
    return best


Links = dict[str, dict[str, None]]


def _links(graph: Mapping[str, Iterable[str]], nodes: Iterable[str]) -> tuple[Links, Links]:
    """Whom each of the nodes waits for, and who waits for it, among the nodes."""
    inside = dict.fromkeys(nodes)
    after: Links = {node: {n: None for n in graph[node] if n in inside} for node in inside}
    before: Links = {node: {} for node in inside}
    for node, names in after.items():
        for name in names:
            before[name][node] = None
    return after, before


def _remove(node: str, after: Links, before: Links) -> None:
    """Take the node away, and every node that then waits for nothing or that nothing waits for."""
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


def shortest(start: str, graph: Mapping[str, Iterable[str]], below: int | None = None) -> list[str]:
    """The shortest way from `start` back to it, as the nodes on it, or nothing; longer than `below` is not sought."""
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
