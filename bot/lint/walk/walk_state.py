"""State for checking one object: the values of its variables, the templates met so far, the problems noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.lint.parts.template import References, Template
from bot.lint.text.manifest import Manifest, ManifestProblem, Tagged
from bot.lint.text.values import Data, part, parts, text
from bot.lint.text.variables import (
    ANY_ARTIFACT,
    ANY_ITEM,
    ANY_PARAMETER,
    LATER,
    Scope,
    Unknown,
    dynamic,
    unresolved,
)  # fmt: skip

DEEPEST = 100  # levels; Argo's controller gives up there
HINTED = 50  # problems of one object whose variables are compared with all names in scope


@dataclass(slots=True)
class Unresolved:
    """The callee cannot be read: a variable names it, or its file is missing, in which case `given` is False."""

    given: bool = True


Callee = Template | Unresolved | None
"""The template that a call leads to; None where the call is wrong, which is noted as a problem."""


@dataclass(slots=True)
class WalkState:
    """One walk through an object; `reusable`: it is a template, whose users supply the workflow's parameters."""

    references: References
    namespace: str
    reusable: bool = field(kw_only=True)
    values: dict[str, str] = field(default_factory=dict)
    problems: list[ManifestProblem] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)
    unknown: Unknown = field(default_factory=Unknown)
    depth: int = 0
    _noted: set[tuple[int, Route, str, str]] = field(default_factory=set)

    def add(self, manifest: Manifest, problems: Iterable[Problem]) -> None:
        """Note problems, each of them once, however many calls lead to it."""
        for problem in problems:
            key = (id(manifest), problem.route, problem.rule, problem.message)
            if key not in self._noted:
                self._noted.add(key)
                self.problems.append(ManifestProblem(manifest, problem))

    def say(self, manifest: Manifest, rule: str, route: Route, message: str, hint: str = "") -> None:
        """Note one problem."""
        self.add(manifest, (Problem(rule, route, message, hint),))

    def look(
        self,
        texts: Iterable[Tagged],
        values: Mapping[str, str],
        scope: Scope,
        also: Callable[[str], bool] | None = None,
    ) -> None:
        """Note every variable that has no value and is not in scope; `also` accepts more names."""
        for manifest, route, written in texts:
            for name in unresolved(written, values):
                if not self.has(name, scope) and not (also and also(name)):
                    message = f"the variable '{{{{{name}}}}}' means nothing here"
                    hint = _hint(name, scope, values) if len(self.problems) < HINTED else ""
                    self.say(manifest, "variable", route, message, hint)

    def has(self, name: str, scope: Scope) -> bool:
        """Whether a variable has, or may get, a value."""
        if name in scope.names or name in self.values or name.startswith(LATER):
            return True
        if ANY_ITEM in scope.names and (name == "item" or name.startswith("item.")):
            return True
        if name.startswith("workflow.outputs.parameters.") and ANY_PARAMETER in scope.names:
            return True
        if name.startswith("workflow.outputs.artifacts.") and (
            ANY_ARTIFACT in scope.names or ANY_ARTIFACT in self.values
        ):
            return True
        if self.reusable and name.startswith("workflow.parameters"):
            return True
        return any(name.startswith(prefix) for prefix in scope.open)

    def outputs(self, callee: Callee, prefix: str, scope: Scope, *, many: bool = False) -> None:
        """Put the outputs of a step or a task into the scope; `many`: it runs once per item."""
        scope.names.update((f"{prefix}.id", f"{prefix}.startedAt", f"{prefix}.finishedAt", f"{prefix}.hostNodeName"))
        if isinstance(callee, Unresolved) and not callee.given:
            scope.open.update((f"{prefix}.", "workflow.outputs."))
        if not isinstance(callee, Template):
            return
        data, outputs = callee.data, part(callee.data, "outputs")
        if data.get("daemon") is True:
            scope.names.add(f"{prefix}.ip")
        results = (f"{prefix}.outputs.result", f"{prefix}.exitCode")
        if gives_result(data):
            scope.names.update(results)
        for key, anything in (("parameters", ANY_PARAMETER), ("artifacts", ANY_ARTIFACT)):
            for output in parts(outputs, key):
                scope.names.add(f"{prefix}.outputs.{key}.{text(output, 'name')}")
                exported = text(output, "globalName")
                if exported and dynamic(exported):
                    scope.names.add(anything)
                elif exported:
                    variable = f"workflow.outputs.{key}.{exported}"
                    scope.names.add(variable)
                    self.values[variable] = self.unknown(variable)
        if many:
            scope.names.add(f"{prefix}.outputs.parameters")
            if callee.kind in ("script", "containerSet"):
                scope.names.update(results)


GIVEN = "`metadata.{0}`, or `spec.workflowMetadata.{0}`"


def gives_result(data: Data) -> bool:
    """Whether Argo catches what the template's main container prints."""
    if any(data.get(kind) is not None for kind in ("container", "script", "data", "http", "plugin")):
        return True
    return any(text(c, "name") == "main" for c in parts(part(data, "containerSet"), "containers"))


def _hint(name: str, scope: Scope, values: Mapping[str, str]) -> str:
    start = name.partition(".")[0]
    near = sorted(other for other in {*scope.names, *values} if other.startswith(start))
    close = nearest(name, near)
    if close:
        return f"did you mean '{close}'?"
    if name.startswith(("workflow.labels.", "workflow.annotations.")):
        return f"one that comes when it is submitted, or from Argo, needs a default: {GIVEN.format(name.split('.')[1])}"
    if start in ("inputs", "item", "steps", "tasks", "workflow"):
        return f"known here: {', '.join(near[:8])}{', …' if len(near) > 8 else ''}" if near else ""
    return ""
