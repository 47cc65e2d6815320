"""pydantic's errors as problems in sameday's words: which rule, where, what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.document import hints, meant
from bot.document.allowed import keys
from bot.document.fields import KIND
from bot.document.mend import mended
from bot.document.nearest import nearest
from bot.document.tree import Tree
from bot.finding import Problem, Route

_NOUNS = {
    "string_type": "text (put it in quotes)", "int_type": "a whole number", "float_type": "a number",
    "bool_type": "true or false", "tuple_type": "a list", "list_type": "a list",
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "a mapping of keys to values"),
}  # fmt: skip
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le"),
    "greater_than": ("more than", "gt"), "less_than": ("less than", "lt"),
}  # fmt: skip
_CHARACTERS = {
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$": "lower-case letters, digits and hyphens, and begin and end without a hyphen",
    r"^[a-z][a-z0-9_]*$": "lower-case letters, digits and _, and begin with a letter",
    r"^[a-zA-Z0-9][-a-zA-Z0-9]*$": "letters, digits and hyphens, and begin without a hyphen",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "letters, digits and _, and begin without a digit",
    r"^[a-z_][a-z0-9_]*$": "lower-case letters, digits and _, and begin without a digit",
    r"^[A-Za-z0-9_]+$": "letters, digits and _",
    r"^[A-Za-z0-9-]+$": "letters, digits and hyphens",
}
_PART = r"[A-Za-z0-9_][A-Za-z0-9_-]*"
_NAMED = rf"^(([a-z0-9][a-z0-9.-]*:)?{_PART}\.{_PART}\.{_PART}|{_PART}(\.{_PART})?)"  # projects of old have a domain
TABLE, DATED = rf"{_NAMED}$", rf"{_NAMED}(\{{date\}})?$"
PROJECT = r"^([a-z0-9][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$"
_FORMS = {
    r"^[A-Z]{2}$": "two capital letters such as JP",
    r"^@[A-Za-z0-9][-A-Za-z0-9]*(/[A-Za-z0-9][-_.A-Za-z0-9]*)?$": "a user or a team such as @acme/reco",
    TABLE: "a table such as reco.als_v4",
    r"^[A-Z][A-Z_]*$": "a capability such as CHOWN, without CAP_",
    r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[-._a-zA-Z0-9]+$": "a Secret and one of its keys, such as serving/dsn",
    DATED: "a table such as reco.als_v4",
    PROJECT: "a project's id such as acme-data (6 to 30 characters)",
    r"^[^@\s]+@[^@\s]+$": "a service account such as run@acme-data.iam.gserviceaccount.com",
    r"^https?://": "an address such as http://localhost:9050",
    r"^[^/\s]+:[0-9]+$": "host and port, such as localhost:9060",
    r"^[0-9]+(\.[0-9]+|m)?$": "an amount such as 2 or 500m",
    r"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti)?$": "an amount such as 512Mi or 4Gi",
}
CAPABILITY = r"^[A-Z][A-Z_]*$"
PLACE = r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[-._a-zA-Z0-9]+$"
VARIABLE = r"^[A-Z][A-Z0-9_]*$"
SITE = r"^https?://[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[-._~A-Za-z0-9]+)*/?$"
_UNSAID = {
    VARIABLE: "the name of an environment variable, such as SERVING_DSN",
    SITE: "an address such as https://argo.example.com, without login, query and fragment",
}  # what stands there instead may be the secret itself, or hold it, and is not repeated
M = TypeVar("M", bound=BaseModel)
SHOWN = 60  # characters of a wrong value that a message repeats


def shown(value: Any) -> str:
    """A value as a message repeats it: quoted if it is text, cut, on one line."""
    text = repr(value[: SHOWN + 1]) if isinstance(value, str) else str(value)
    if isinstance(value, dict | list):
        text = "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        text = {None: "nothing", True: "true", False: "false"}[value]
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def validate(tree: Tree, model: type[M], what: str) -> tuple[M | None, list[Problem]]:
    """The model the tree's values make, or None with every problem; text faults come first."""
    problems = list(tree.problems())
    if tree.data is None and not problems:
        problems.append(Problem("empty", (), "the file is empty", f"declare {what}"))
    if (problems and tree.root is None) or tree.data is None:
        return None, problems
    if not isinstance(tree.data, dict):
        kind = shown(tree.data)
        return None, [
            *problems,
            Problem("wrong-type", (), f"the file should be a mapping of keys to values, not {kind}"),
        ]
    parsed, wrong = _parsed(tree, tree.data, model)
    data, back = mended(tree.data, wrong)
    if data is not tree.data:
        keys = [problem for problem in wrong if problem.rule == "unknown-key" and problem.replace is not None]
        wrong = [*keys, *(replace(p, route=back(p.route)) for p in _parsed(tree, data, model)[1])]
        wrong = list(dict.fromkeys(wrong))
    told = {_place(tree, problem) for problem in problems}
    return parsed, [*problems, *(problem for problem in wrong if not told or _place(tree, problem) not in told)]


def _place(tree: Tree, problem: Problem) -> tuple[int, int]:
    span = tree.span(problem.route, problem.on)
    return span.line, span.column


def _parsed(tree: Tree, data: Any, model: type[M]) -> tuple[M | None, list[Problem]]:
    """The model, or one problem per error of pydantic's, in its order."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        problems = []
        for fault in error.errors(include_url=False):
            if fault["type"] == "too_short" and fault["input"]:
                continue  # it has entries, and what is wrong with them is said by itself
            route = tuple(part for part in fault["loc"] if part != "[key]" and not str(part).startswith(KIND))
            problem = _problem(fault, route, model)
            if fault["type"] == "string_type" and type(fault["input"]) in (int, float, bool):
                problem = replace(problem, replace=tree.written_as(route))
            problems.append(problem)
        return None, problems


def _problem(fault: Any, route: Route, model: type[BaseModel]) -> Problem:
    kind, value, context = fault["type"], fault["input"], fault.get("ctx", {})
    where = ".".join(str(part) for part in route) or "the file"
    on_key = "[key]" in fault["loc"]
    rule = "name" if on_key or (route and route[-1] in ("name", "table", "store")) else "wrong-value"
    if kind == "missing":
        return Problem("missing-key", route, f"the key '{route[-1]}' is missing", f"add `{route[-1]}:` here")
    if kind == "extra_forbidden":
        kinds = [str(part).removeprefix(KIND) for part in fault["loc"] if str(part).startswith(KIND)]
        return _unknown(route, keys(model, route[:-1], kinds[-1] if kinds else ""))
    if kind == "union_tag_invalid":
        expected = context["expected_tags"].replace(KIND, "").replace(", ", " or ")
        return _choice((*route, "kind"), f"{where}.kind", context["tag"].removeprefix(KIND), expected)
    if kind in _NOUNS or kind in ("int_from_float", "int_parsing_size"):
        noun = _NOUNS.get(kind, "a whole number")
        problem = Problem("wrong-type", route, f"{where} should be {noun}, not {shown(value)}")
        return hints.typed(problem, noun, value)
    if kind == "literal_error":
        return _choice(route, where, value, context["expected"])
    if kind == "string_pattern_mismatch" and context["pattern"] in _UNSAID:
        return Problem(rule, route, f"{where} should be {_UNSAID[context['pattern']]}")
    if kind == "string_pattern_mismatch":
        message = f"{where} is {shown(value)}, but {_wanted(context['pattern'])}"
        problem = Problem(rule, route, message, on="key" if on_key else "value")
        return hints.formed(problem, value, context["pattern"])
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return Problem("wrong-value", route, f"{where} is {shown(value)}, but should be {words} {context[bound]}")
    if kind in ("string_too_long", "string_too_short", "too_short", "too_long"):
        most = context.get("max_length")
        long = f"be at most {most} characters long" if kind == "string_too_long" else f"have at most {most} entries"
        words = long if "long" in kind else "not be empty"
        return Problem(rule, route, f"{where} should {words}", on="key" if on_key else "value")
    message = f"{where} {fault['msg'][:1].lower()}{fault['msg'][1:]}, not {shown(value)}"
    return hints.did_you_mean(Problem("wrong-value", route, message, context.get("hint", "")), context.get("meant"))


def _wanted(pattern: str) -> str:
    if pattern in _CHARACTERS:
        return f"may hold only {_CHARACTERS[pattern]}"
    return f"should be {_FORMS[pattern]}" if pattern in _FORMS else f"should match {pattern}"


def _unknown(route: Route, allowed: Sequence[str]) -> Problem:
    key = str(route[-1])
    close = nearest(key, allowed) or meant.key(key, list(allowed))
    message = f"unknown key {shown(key)}"
    if close:
        return Problem("unknown-key", route, message, f"did you mean '{close}'?", on="key", replace=close)
    return Problem("unknown-key", route, message, f"known here: {', '.join(allowed)}" if allowed else "", on="key")


def _choice(route: Route, where: str, value: Any, expected: str) -> Problem:
    choices = [choice.strip("'") for choice in expected.replace(" or ", ", ").split(", ")]
    close = nearest(value, choices) if isinstance(value, str) else None
    message = f"{where} should be {expected}, not {shown(value)}"
    if close:
        return Problem("wrong-value", route, message, f"did you mean '{close}'?", replace=close)
    return Problem("wrong-value", route, message)
