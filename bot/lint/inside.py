"""One template on the way, and what holds for every step or task in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.finding import Problem, Route
from bot.lint import arguments, loops
from bot.lint.arguments import Arguments
from bot.lint.manifest import at
from bot.lint.proof import Found, Proof, Scope
from bot.lint.template import Template
from bot.lint.values import Data, part, parts, text
from bot.lint.variables import fill, tagged

KINDS = ("parameters", "artifacts")
Call = Callable[..., Found]


@dataclass(slots=True)
class Inside:
    """A template's variables: `put` has what is put in for them, `scope` which others mean something.

    `call` follows a step or a task to its template.
    """

    proof: Proof
    template: Template
    scope: Scope
    put: Mapping[str, str]
    call: Call

    def add(self, problems: Iterable[Problem]) -> None:
        """Note problems of the template's own manifest."""
        self.proof.add(self.template.manifest, problems)

    def say(self, rule: str, route: Route, message: str, hint: str = "", replace: str | None = None) -> None:
        """Note one of them."""
        self.add((Problem(rule, route, message, hint, replace=replace),))

    def follow(self, holder: Data, route: Route, supplied: Arguments | None = None) -> Found:
        """What the step or task calls, with the arguments given, or any."""
        place = (self.template.manifest, route)
        return self.call(self.proof, holder, place, self.template.base, supplied, self.put)

    def look(self, holder: Data, route: Route, scope: Scope, also: Callable[[str], bool] | None = None) -> None:
        """Look at every variable of a step or task; those of its inline template's own inputs are known."""
        inputs = part(part(holder, "inline"), "inputs")
        named = {f"inputs.parameters.{text(parameter, 'name')}" for parameter in parts(inputs, "parameters")}
        scope = Scope(scope.names | named, scope.open) if named else scope
        self.proof.look(tagged(self.template.manifest, holder, route), self.put, scope, also)

    def checked(self, holder: Data, route: Route) -> None:
        """The arguments of a step or task, and its loop."""
        self.add(loops.problems(holder, route))
        self.add(arguments.problems(self.given(holder), at(route, "arguments"), may_be_empty=False))

    def given(self, holder: Data) -> Data:
        """The arguments of a step or task, with what is known put into their names."""
        found = part(holder, "arguments")
        if not any("{{" in text(item, "name") for key in KINDS for item in parts(found, key)):
            return found
        named = {key: [{**i, "name": fill(text(i, "name"), self.put)} for i in parts(found, key)] for key in KINDS}
        return {**found, **named}

    def supply(self, holder: Data, route: Route, found: Found) -> None:
        """Look at the called template once more, with what it is really given."""
        if isinstance(found, Template):
            place = (self.template.manifest, route)
            own = (self.given(holder), self.template.manifest, at(route, "arguments"))
            self.follow(holder, route, _filled(arguments.given([own], place), self.put))

    def nonleaf(self) -> None:
        """What has no meaning in a template that only calls others."""
        if self.template.data.get("activeDeadlineSeconds") is not None:
            message = f"`activeDeadlineSeconds` means nothing in a template of type {self.template.kind}"
            where = at(self.template.route, "activeDeadlineSeconds")
            self.say("misplaced", where, message, "put it on the templates that it calls")


def _filled(supplied: Arguments, put: Mapping[str, str]) -> Arguments:
    """The arguments with what is known put into their values."""
    parameters = {
        name: ({**item, "value": fill(item["value"], put)}, manifest, route)
        if type(item.get("value")) is str and "{{" in item["value"]
        else (item, manifest, route)
        for name, (item, manifest, route) in supplied.parameters.items()
    }
    return Arguments(parameters, supplied.artifacts, supplied.place)
