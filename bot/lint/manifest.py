"""A manifest: one document of a file, or one that was compiled, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.document.read import read_all
from bot.document.tree import Tree
from bot.finding import Problem, Route
from bot.lint.scalars import MANIFESTS
from bot.lint.values import EMPTY, Data, part, text

KINDS = ("ClusterWorkflowTemplate", "CronWorkflow", "Workflow", "WorkflowTemplate")


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """One object; `tree` knows its lines, and a manifest that stands in no file has none."""

    path: str
    data: Data
    tree: Tree | None = None

    @property
    def kind(self) -> str:
        """What it says that it is."""
        return text(self.data, "kind")

    @property
    def name(self) -> str:
        """Its name; '' where the cluster makes one up."""
        return text(part(self.data, "metadata"), "name")

    @property
    def namespace(self) -> str:
        """Its namespace; '' where it does not say."""
        return text(part(self.data, "metadata"), "namespace")


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem and the manifest whose routes it speaks of."""

    manifest: Manifest
    problem: Problem


def read(path: str, content: bytes) -> tuple[list[Manifest], list[Fault]]:
    """The manifests of a file, and what is wrong with its text."""
    manifests, faults = list[Manifest](), list[Fault]()
    for tree in read_all(content, MANIFESTS):
        data: Any = tree.data
        manifest = Manifest(path, data if type(data) is dict else EMPTY, tree)
        faults += [Fault(manifest, _renamed(problem)) for problem in tree.problems()]
        if type(data) is dict:
            manifests.append(manifest)
        elif not tree.faults:
            message = "this is no manifest: a mapping with `apiVersion`, `kind`, `metadata` and `spec`"
            faults.append(Fault(manifest, Problem("wrong-type", (), message)))
    return manifests or ([] if faults else [Manifest(path, EMPTY, Tree())]), faults


def _renamed(problem: Problem) -> Problem:
    """A file of manifests is too large for another reason than an experiment is; the rule is that of its size."""
    if problem.rule != "too-large":
        return problem
    return Problem("size", problem.route, problem.message, "split the file")


def at(base: Route, *more: str | int) -> Route:
    """A route further down."""
    return (*base, *more)
