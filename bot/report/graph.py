"""The graph of a run, as Mermaid or dot."""

from __future__ import annotations

from bot.experiment.model import Spec

SHOWN = 60  # nodes; a larger picture says nothing


def edges(spec: Spec) -> list[tuple[str, str]]:
    """From each input to the first jobs, between jobs, and from jobs to outputs."""
    pairs = [(f"input {name}", job.name) for name in spec.inputs for job in spec.jobs if not job.dependencies]
    pairs += [(name, job.name) for job in spec.jobs for name in job.dependencies]
    pairs += [(output.job, f"output {name}") for name, output in spec.outputs.items()]
    names = set(nodes(spec))  # what is named and not there is the checks' to tell
    return [(a, b) for a, b in pairs if a in names and b in names]


def nodes(spec: Spec) -> list[str]:
    """Every node, in the order of declaration."""
    jobs = [job.name for job in spec.jobs]
    return [*(f"input {name}" for name in spec.inputs), *jobs, *(f"output {name}" for name in spec.outputs)]


def mermaid(spec: Spec) -> str:
    """A flowchart; names are of letters, digits, hyphens and underscores, so that nothing needs escaping."""
    numbers = {name: f"n{i}" for i, name in enumerate(nodes(spec))}
    lines = ["flowchart LR"]
    for name, number in numbers.items():
        kind, _, bare = name.rpartition(" ")
        lines.append(f'  {number}[("{bare}")]' if kind else f'  {number}["{bare}"]')
    return "\n".join([*lines, *(f"  {numbers[a]} --> {numbers[b]}" for a, b in edges(spec))])


def dot(spec: Spec) -> str:
    """A graph for graphviz."""
    lines = ["digraph run {", "  rankdir=LR"]
    for name in nodes(spec):
        kind, _, bare = name.rpartition(" ")
        lines.append(f'  "{name}" [label="{bare}", shape={"cylinder" if kind else "box"}]')
    return "\n".join([*lines, *(f'  "{a}" -> "{b}"' for a, b in edges(spec)), "}"])
