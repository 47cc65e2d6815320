"""Every rule over some manifests, and findings with lines from their problems."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from bot.document.nearest import nearest
from bot.document.tree import Tree
from bot.finding import Finding, Level, Problem, Related
from bot.lint.fields.versions import VERSIONS
from bot.lint.parts.template import References, references
from bot.lint.rules import ARGO_RULES
from bot.lint.text.manifest import KINDS, Manifest, ManifestProblem, read
from bot.lint.walk import workflow

if TYPE_CHECKING:
    from bot.lint.fields.table import Fields

__all__ = ["ARGO_RULES", "KINDS", "VERSIONS", "Manifest", "ManifestProblem", "lint", "located", "read"]

LEVELS: tuple[Level, ...] = ("error", "warning", "notice")
LARGE = 350_000  # bytes of JSON; a larger object becomes slow to update
MAX_BYTES = 1_500_000  # etcd rejects a larger object


def lint(
    manifests: Sequence[Manifest], given: Sequence[Manifest] = (), fields: Fields | None = None, version: str = ""
) -> Iterator[ManifestProblem]:
    """Problems of the manifests; they may refer to each other, and to the `given` ones.

    Without `fields` their structure is not checked. With a version of Argo, a field of another one is an error.
    """
    noted = set[tuple[int, Problem]]()
    others, twice = references([*manifests, *given])
    for manifest in twice:
        message = f"a second {manifest.kind} is named '{manifest.name}'"
        hint = "remove one of them: a cluster keeps only the last one"
        yield ManifestProblem(manifest, Problem("duplicate-name", ("metadata", "name"), message, hint))
    structures = {id(m): _structure(m, fields, version) for m in (*manifests, *given) if m.kind in KINDS}
    for fault in _problems(manifests, others, structures):
        key = (id(fault.manifest), fault.problem)
        if key not in noted:  # several objects may call one template
            noted.add(key)
            yield fault


def _problems(
    manifests: Sequence[Manifest], others: References, structures: Mapping[int, Sequence[Problem]]
) -> Iterator[ManifestProblem]:
    rule: Literal["kind", "nothing"] = "kind" if any(m.kind in KINDS for m in manifests) else "nothing"
    for manifest in manifests:
        if manifest.kind not in KINDS:
            yield ManifestProblem(manifest, _other(manifest, rule))
            continue
        yield from (ManifestProblem(manifest, problem) for problem in (*_size(manifest), *structures[id(manifest)]))
        if all(ARGO_RULES[problem.rule] != "error" for problem in structures[id(manifest)]):
            for fault in workflow.check(manifest, others):
                if not _ignored(fault, structures.get(id(fault.manifest), ())):
                    yield fault


def _ignored(fault: ManifestProblem, structure: Sequence[Problem]) -> bool:
    """Whether Argo ignores the place of the problem."""
    return any(
        problem.rule == "ignored-key" and fault.problem.route[: len(problem.route)] == problem.route
        for problem in structure
    )


def _structure(manifest: Manifest, fields: Fields | None, version: str) -> list[Problem]:
    if fields is None:
        return []
    from bot.lint.fields import structure  # compiled manifests do not need it, and so start faster

    return structure.problems(manifest, fields, version)


def _other(manifest: Manifest, rule: str) -> Problem:
    close = nearest(manifest.kind, KINDS)
    hint = f"did you mean '{close}'?" if close else f"Argo's kinds are {', '.join(KINDS)}"
    if not manifest.data:
        return Problem(rule, (), "there is no manifest in the file", hint)
    message = f"the {manifest.kind} is not an Argo object; skipped" if manifest.kind else "the object has no `kind`"
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


def located(fault: ManifestProblem, check: str, levels: Mapping[str, str]) -> Finding | None:
    """The problem with its line and level; `levels` may change the level, or switch the rule off: then None."""
    problem, tree = fault.problem, fault.manifest.tree or Tree()
    rule = f"{check}.{problem.rule}"
    setting = levels.get(rule, ARGO_RULES[problem.rule])
    level: Level | None = next((level for level in LEVELS if level == setting), None)
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
