"""State for checking one composite template (dag or steps), and what holds for every step or task in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.finding import Problem, Route
from bot.lint.parts import arguments, loops
from bot.lint.parts.arguments import Arguments
from bot.lint.parts.template import Template
from bot.lint.text.manifest import tagged
from bot.lint.text.values import Data, at, part, parts, text
from bot.lint.text.variables import Scope, fill
from bot.lint.walk.walk_state import Callee, WalkState

KINDS = ("parameters", "artifacts")
Call = Callable[..., Callee]


@dataclass(slots=True)
class Composite:
    """A template and its variables: `put` has the values of some, `scope` the names of those that get one later.

    `call` checks the template that a step or a task calls.
    """

    state: WalkState
    template: Template
    scope: Scope
    put: Mapping[str, str]
    call: Call

    def add(self, problems: Iterable[Problem]) -> None:
        """Note problems of the template's own manifest."""
        self.state.add(self.template.manifest, problems)

    def say(self, rule: str, route: Route, message: str, hint: str = "", replace: str | None = None) -> None:
        """Note one of them."""
        self.add((Problem(rule, route, message, hint, replace=replace),))

    def follow(self, holder: Data, route: Route, supplied: Arguments | None = None) -> Callee:
        """Check the template that the step or task calls, with these arguments or with any."""
        site = (self.template.manifest, route)
        return self.call(self.state, holder, site, self.template.base, supplied, self.put)

    def look(self, holder: Data, route: Route, scope: Scope, also: Callable[[str], bool] | None = None) -> None:
        """Check every variable of a step or task; the inputs of its inline template are in scope, too."""
        inputs = part(part(holder, "inline"), "inputs")
        named = {f"inputs.parameters.{text(parameter, 'name')}" for parameter in parts(inputs, "parameters")}
        scope = Scope(scope.names | named, scope.open) if named else scope
        self.state.look(tagged(self.template.manifest, holder, route), self.put, scope, also)

    def check(self, holder: Data, route: Route) -> None:
        """Check the arguments of a step or task, and its loop."""
        self.add(loops.problems(holder, route))
        self.add(arguments.problems(self.given(holder), at(route, "arguments"), may_be_empty=False))

    def given(self, holder: Data) -> Data:
        """The arguments of a step or task, with values put in for the variables of their names."""
        given = part(holder, "arguments")
        if not any("{{" in text(item, "name") for key in KINDS for item in parts(given, key)):
            return given
        named = {key: [{**i, "name": fill(text(i, "name"), self.put)} for i in parts(given, key)] for key in KINDS}
        return {**given, **named}

    def supply(self, holder: Data, route: Route, callee: Callee) -> None:
        """Check the called template once more, with the arguments that it really gets."""
        if isinstance(callee, Template):
            site = (self.template.manifest, route)
            own = (self.given(holder), self.template.manifest, at(route, "arguments"))
            self.follow(holder, route, _filled(arguments.given([own], site), self.put))

    def misplaced(self) -> None:
        """Note fields that mean nothing in a template that only calls others."""
        if self.template.data.get("activeDeadlineSeconds") is not None:
            message = f"`activeDeadlineSeconds` means nothing in a template of type {self.template.kind}"
            where = at(self.template.route, "activeDeadlineSeconds")
            self.say("misplaced", where, message, "put it on the templates that it calls")


def _filled(supplied: Arguments, put: Mapping[str, str]) -> Arguments:
    """The arguments, with values put in for the variables of theirs."""
    parameters = {
        name: ({**item, "value": fill(item["value"], put)}, manifest, route)
        if type(item.get("value")) is str and "{{" in item["value"]
        else (item, manifest, route)
        for name, (item, manifest, route) in supplied.parameters.items()
    }
    return Arguments(parameters, supplied.artifacts, supplied.site)
