"""Every rule over some manifests, and where a fault stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from bot.document.nearest import nearest
from bot.document.tree import Tree
from bot.finding import Finding, Level, Problem, Related
from bot.lint.manifest import KINDS, Fault, Manifest, read
from bot.lint.rules import RULES
from bot.lint.template import References, references
from bot.lint.versions import VERSIONS
from bot.lint.workflow import prove

if TYPE_CHECKING:
    from bot.lint.fields import Fields

__all__ = ["KINDS", "RULES", "VERSIONS", "Fault", "Manifest", "lint", "located", "read"]

LEVELS: tuple[Level, ...] = ("error", "warning", "notice")
LARGE = 350_000  # bytes of JSON; above that, status updates become slow
MAX_BYTES = 1_500_000  # above that, etcd does not take the object


def lint(
    manifests: Sequence[Manifest], given: Sequence[Manifest] = (), known: Fields | None = None, version: str = ""
) -> Iterator[Fault]:
    """What is wrong with the manifests; they may refer to each other, and to those that are `given` beside them.

    Without `known` fields their structure is not looked at. With a version of Argo, its own fields are the known
    ones; without, those of any version.
    """
    said = set[tuple[int, Problem]]()
    others, twice = references([*manifests, *given])
    for manifest in twice:
        message = f"a second {manifest.kind} is named '{manifest.name}'"
        hint = "give one of them only: a cluster keeps the one that comes last"
        yield Fault(manifest, Problem("duplicate-name", ("metadata", "name"), message, hint))
    structures = {id(m): _structure(m, known, version) for m in (*manifests, *given) if m.kind in KINDS}
    for fault in _faults(manifests, others, structures):
        key = (id(fault.manifest), fault.problem)
        if key not in said:  # many may call one template
            said.add(key)
            yield fault


def _faults(
    manifests: Sequence[Manifest], others: References, structures: Mapping[int, Sequence[Problem]]
) -> Iterator[Fault]:
    rule: Literal["kind", "nothing"] = "kind" if any(m.kind in KINDS for m in manifests) else "nothing"
    for manifest in manifests:
        if manifest.kind not in KINDS:
            yield Fault(manifest, _other(manifest, rule))
            continue
        yield from (Fault(manifest, problem) for problem in (*_size(manifest), *structures[id(manifest)]))
        if all(RULES[problem.rule] != "error" for problem in structures[id(manifest)]):
            yield from (f for f in prove(manifest, others) if not _ignored(f, structures.get(id(f.manifest), ())))


def _ignored(fault: Fault, structure: Sequence[Problem]) -> bool:
    """Whether a fault is of something that Argo passes over."""
    return any(
        problem.rule == "ignored-key" and fault.problem.route[: len(problem.route)] == problem.route
        for problem in structure
    )


def _structure(manifest: Manifest, known: Fields | None, version: str) -> list[Problem]:
    if known is None:
        return []
    from bot.lint import structure  # compiled manifests do without, and start faster

    return structure.problems(manifest, known, version)


def _other(manifest: Manifest, rule: str) -> Problem:
    close = nearest(manifest.kind, KINDS)
    hint = f"did you mean '{close}'?" if close else f"looked at are {', '.join(KINDS)}"
    if not manifest.data:
        return Problem(rule, (), "there is no manifest in the file", hint)
    message = f"this is a {manifest.kind}, and not looked at" if manifest.kind else "this says no `kind`"
    return Problem(rule, ("kind",), message, hint)


def _size(manifest: Manifest) -> Iterator[Problem]:
    root = manifest.tree.root if manifest.tree else None
    if root is None or root.end.index - root.start.index <= LARGE:
        return  # JSON is hardly ever longer than the YAML it is made from
    size = len(json.dumps(manifest.data, separators=(",", ":"), default=str).encode())
    message = f"the {manifest.kind} has {size:,} bytes"
    if size > MAX_BYTES:
        yield Problem("size", ("spec",), message, f"at most {MAX_BYTES:,} fit into etcd; split it in two", "key")
    elif size > LARGE:
        yield Problem("large", ("spec",), message, f"above {LARGE:,} its status becomes slow to update", "key")


def located(fault: Fault, check: str, levels: Mapping[str, str]) -> Finding | None:
    """The fault with its line and its level, which `levels` may change or switch off; None for such a one."""
    problem, tree = fault.problem, fault.manifest.tree or Tree()
    rule = f"{check}.{problem.rule}"
    said = levels.get(rule, RULES[problem.rule])
    level: Level | None = next((level for level in LEVELS if level == said), None)
    if level is None:
        return None
    return Finding(
        rule,
        level,
        fault.manifest.path,
        tree.span(problem.route, problem.on),
        problem.message,
        problem.hint,
        tree.edit(problem.route, problem.replace, problem.on) if problem.replace is not None else None,
        tuple(Related(fault.manifest.path, tree.span(route), text) for text, route in problem.related),
    )
