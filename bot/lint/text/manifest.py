"""A manifest: one document of a file, or one that we compiled, and its problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.document.read import read_all
from bot.document.tree import Tree
from bot.finding import Problem, Route
from bot.lint.text.scalars import MANIFESTS
from bot.lint.text.values import EMPTY, Data, part, text

KINDS = ("ClusterWorkflowTemplate", "CronWorkflow", "Workflow", "WorkflowTemplate")


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """One object; `tree` knows its lines, and is None where we compiled it."""

    path: str
    data: Data
    tree: Tree | None = None

    @property
    def kind(self) -> str:
        """Its kind; '' without one."""
        return text(self.data, "kind")

    @property
    def name(self) -> str:
        """Its name; '' without one, such as where the cluster generates it."""
        return text(part(self.data, "metadata"), "name")

    @property
    def namespace(self) -> str:
        """Its namespace; '' without one."""
        return text(part(self.data, "metadata"), "namespace")


Tagged = tuple[Manifest, Route, str]
"""A text with a variable in it, and where it is."""


@dataclass(frozen=True, slots=True)
class ManifestProblem:
    """A problem and the manifest that its routes lead into."""

    manifest: Manifest
    problem: Problem


def read(path: str, content: bytes) -> tuple[list[Manifest], list[ManifestProblem]]:
    """The manifests of a file, and the problems of its text."""
    manifests, problems = list[Manifest](), list[ManifestProblem]()
    for tree in read_all(content, MANIFESTS):
        data: Any = tree.data
        manifest = Manifest(path, data if type(data) is dict else EMPTY, tree)
        problems += [ManifestProblem(manifest, _renamed(problem)) for problem in tree.problems()]
        if type(data) is dict:
            manifests.append(manifest)
        elif not tree.faults:
            message = "this is not a manifest, which is a mapping with `apiVersion`, `kind`, `metadata` and `spec`"
            problems.append(ManifestProblem(manifest, Problem("wrong-type", (), message)))
    return manifests or ([] if problems else [Manifest(path, EMPTY, Tree())]), problems


def _renamed(problem: Problem) -> Problem:
    """The problem, where a file that is too large breaks the rule `size`, as an object does that etcd does not take."""
    if problem.rule != "too-large":
        return problem
    return Problem("size", problem.route, problem.message, "split the file")


def tagged(manifest: Manifest, value: Any, route: Route) -> list[Tagged]:
    """Every text below `value` that has a variable, keys of mappings included."""
    texts: list[Tagged] = []
    _collect(manifest, value, list(route), texts)
    return texts


def _collect(manifest: Manifest, value: Any, path: list[str | int], texts: list[Tagged]) -> None:
    kind = type(value)
    if kind is str:
        if "{{" in value:
            texts.append((manifest, tuple(path), value))
    elif kind is dict:
        for key, child in value.items():
            kind = type(child)
            if "{{" in key:
                texts.append((manifest, (*path, key), key))
            if kind is str:
                if "{{" in child:
                    texts.append((manifest, (*path, key), child))
            elif kind is dict or kind is list:
                path.append(key)
                _collect(manifest, child, path, texts)
                path.pop()
    elif kind is list:
        for i, child in enumerate(value):
            path.append(i)
            _collect(manifest, child, path, texts)
            path.pop()
