"""Jobs form a graph that an engine can run: names are unique, dependencies exist, and no job waits for itself.

The same holds across experiments, where an input reads another experiment's output.

``unknown-job``
    A dependency names a job that the file does not declare.
``duplicate-job``
    Two jobs have the same name, so a dependency on it has no meaning.
``self``
    A job depends on itself.
``cycle``
    Jobs wait for each other, so none of them ever starts. The finding shows the shortest cycle with the line of each
    dependency; remove any one of them.
``unknown-experiment``
    An input reads an experiment that the repository does not have.
``unknown-output``
    An input reads an output that its experiment does not declare.
``experiment-cycle``
    Experiments read each other's outputs in a cycle, so none of them can start its first run.

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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from bot.check import Context, Experiment, Level, Port, Problem, Route
from bot.document.faults import shown
from bot.document.nearest import finder, nearest
from bot.graph import cycles, shortest

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

MOST = 20  # cycles of one file; the rest shows when these are gone
SHOWN = 12  # nodes of a cycle that a message names


def check(experiment: Experiment, context: Context) -> Iterable[Problem]:
    """The graph of the file's jobs, then the experiments that it reads."""
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
    meant = finder(first)
    graph: dict[str, dict[str, Route]] = {name: {} for name in first}  # what each job waits for, and where it says so
    for i, job in enumerate(experiment.spec.jobs):
        for j, name in enumerate(job.dependencies):
            route: Route = ("jobs", i, "dependencies", j)
            if name == job.name:
                yield Problem("self", route, f"the job '{name}' depends on itself", "remove it here")
            elif name not in first:
                yield _unknown("unknown-job", route, f"there is no job {shown(name)}", meant(name))
            else:
                graph[job.name].setdefault(name, route)
    for cycle in islice(cycles(graph), MOST):
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
            yield _unknown("unknown-experiment", route, message, nearest(read.experiment, repository.by_name))
        elif writer is not None and read.output not in writer.spec.outputs:
            message = f"the experiment '{read.experiment}' has no output '{read.output}'"
            close = nearest(read.output, writer.spec.outputs)
            yield _unknown("unknown-output", ("inputs", name, "output"), message, close)
    ring = shortest(experiment.name, repository.readers)
    if ring:
        route = next(
            ("inputs", n, "experiment")
            for n, r in experiment.spec.inputs.items()
            if r.experiment == (*ring, ring[0])[1]
        )
        yield Problem(
            "experiment-cycle", route, _path("experiments read each other", ring), "one of them must read a table"
        )


def _unknown(rule: str, route: Route, message: str, close: str | None) -> Problem:
    return Problem(rule, route, message, f"did you mean '{close}'?" if close else "", replace=close)


def _path(what: str, cycle: Sequence[str]) -> str:
    names = [*cycle, cycle[0]]
    if len(names) > SHOWN:
        names = [*names[: SHOWN // 2], f"… {len(names) - SHOWN} more …", *names[-SHOWN // 2 :]]
    return f"{what}: {' -> '.join(names)}"
