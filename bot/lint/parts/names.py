"""Names: their characters, their length, and that each is there once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.finding import Problem, Route
from bot.lint.text.values import Data, at, part, text

FIELD = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*\Z")  # of templates, tasks, steps, containers
WORD = re.compile(r"[-a-zA-Z0-9_]+\Z")  # of parameters and artifacts
MAX_FIELD = 128
MAX_OBJECT, MAX_CRON = 63, 52  # a label holds the name; a CronWorkflow's runs add `-<unix time>`


def object_name(kind: str, name: str) -> Iterator[Problem]:
    """The name of the object itself."""
    most = MAX_CRON if kind == "CronWorkflow" else MAX_OBJECT
    size = len(name.encode())
    if size > most:
        message = f"the name of a {kind} has at most {most} characters, not {size}"
        yield Problem("name", ("metadata", "name"), message)


def fields(items: Sequence[Data], route: Route, what: str) -> Iterator[Problem]:
    """The names of templates, tasks or containers."""
    yield from _all(items, route, what, FIELD, "letters, digits and hyphens, and begin without a hyphen")


def words(items: Sequence[Data], route: Route, what: str) -> Iterator[Problem]:
    """The names of parameters or artifacts."""
    yield from _all(items, route, what, WORD, "letters, digits, hyphens and _")


def exported(item: Data, route: Route, *, dynamic: bool) -> Iterator[Problem]:
    """The name that the whole workflow uses for an output; `dynamic`: a variable decides it."""
    name = text(item, "globalName")
    if name and not dynamic and not WORD.match(name):
        message = f"the global name '{name}' may hold only letters, digits, hyphens and _"
        yield Problem("name", at(route, "globalName"), message)


def _all(items: Sequence[Data], route: Route, what: str, form: re.Pattern[str], allowed: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for i, item in enumerate(items):
        name, where = text(item, "name"), at(route, i, "name")
        if not name:
            yield Problem("name", where, f"the {what} has no name", "add `name:`")
            continue
        if not form.match(name):
            yield Problem("name", where, f"the {what} '{name}' may hold only {allowed}")
        elif form is FIELD and len(name) > MAX_FIELD:
            yield Problem("name", where, f"the name of a {what} has at most {MAX_FIELD} characters, not {len(name)}")
        if name in first:
            related = (("the first one", at(route, first[name], "name")),)
            yield Problem("duplicate-name", where, f"a second {what} is named '{name}'", related=related)
        first.setdefault(name, i)


def labels(data: Data) -> tuple[Data, Data]:
    """Labels and annotations of an object's metadata."""
    meta = part(data, "metadata")
    return part(meta, "labels"), part(meta, "annotations")
