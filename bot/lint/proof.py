"""The way through one object's templates: every call is followed, every variable looked up where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.document.nearest import nearest
from bot.finding import Problem, Route
from bot.lint.manifest import Fault, Manifest
from bot.lint.template import References, Template
from bot.lint.values import Data, part, parts, text
from bot.lint.variables import ANY_ARTIFACT, ANY_ITEM, ANY_PARAMETER, LATER, Tagged, Unknown, dynamic, unresolved

DEEPEST = 100  # levels, where the controller gives up
HINTED = 50  # faults of one object whose variables are compared with all that are known


@dataclass(slots=True)
class Scope:
    """The variables that mean something at one place; `open` are prefixes of which everything does."""

    names: set[str]
    open: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Absent:
    """A template that a call leads to, but that nobody can look at: `given` is False where its file was not given."""

    given: bool = True


Found = Template | Absent | None


@dataclass(slots=True)
class Proof:
    """What is known on the way. `reusable` says that others will give the parameters: the object is a template."""

    references: References
    reusable: bool
    namespace: str = ""
    values: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)
    unknown: Unknown = field(default_factory=Unknown)
    depth: int = 0
    _said: set[tuple[int, Route, str, str]] = field(default_factory=set)

    def add(self, manifest: Manifest, problems: Iterable[Problem]) -> None:
        """Note problems, each of them once, however many ways lead to it."""
        for problem in problems:
            key = (id(manifest), problem.route, problem.rule, problem.message)
            if key not in self._said:
                self._said.add(key)
                self.faults.append(Fault(manifest, problem))

    def say(self, manifest: Manifest, rule: str, route: Route, message: str, hint: str = "") -> None:
        """Note one problem."""
        self.add(manifest, (Problem(rule, route, message, hint),))

    def look(
        self,
        found: Iterable[Tagged],
        values: Mapping[str, str],
        scope: Scope,
        also: Callable[[str], bool] | None = None,
    ) -> None:
        """Note every variable that nothing can be put in for; `also` knows more names."""
        for manifest, route, written in found:
            for name in unresolved(written, values):
                if not self.known(name, scope) and not (also and also(name)):
                    message = f"the variable '{{{{{name}}}}}' means nothing here"
                    hint = _hint(name, scope, values) if len(self.faults) < HINTED else ""
                    self.say(manifest, "variable", route, message, hint)

    def known(self, name: str, scope: Scope) -> bool:
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

    def outputs(self, found: Found, prefix: str, scope: Scope, many: bool = False) -> None:
        """Put what a step or a task gives into the scope; `many` says that it runs once per item."""
        scope.names.update((f"{prefix}.id", f"{prefix}.startedAt", f"{prefix}.finishedAt", f"{prefix}.hostNodeName"))
        if isinstance(found, Absent) and not found.given:
            scope.open.update((f"{prefix}.", "workflow.outputs."))
        if not isinstance(found, Template):
            return
        data, outputs = found.data, part(found.data, "outputs")
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
            if found.kind in ("script", "containerSet"):
                scope.names.update(results)


def gives_result(data: Data) -> bool:
    """Whether a template's output is caught: what its main container prints."""
    if any(data.get(kind) is not None for kind in ("container", "script", "data", "http", "plugin")):
        return True
    return any(text(c, "name") == "main" for c in parts(part(data, "containerSet"), "containers"))


def _hint(name: str, scope: Scope, values: Mapping[str, str]) -> str:
    start = name.partition(".")[0]
    near = sorted(known for known in {*scope.names, *values} if known.startswith(start))
    close = nearest(name, near)
    if close:
        return f"did you mean '{close}'?"
    if start in ("inputs", "item", "steps", "tasks", "workflow"):
        return f"known here: {', '.join(near[:8])}{', …' if len(near) > 8 else ''}" if near else ""
    return ""
