"""pydantic's errors as problems in sameday's words: which rule, where, what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from bot.document.fields import KIND
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
_FORMS = {
    r"^[A-Z]{2}$": "two capital letters such as JP",
    r"^@[A-Za-z0-9][-A-Za-z0-9]*(/[A-Za-z0-9][-_.A-Za-z0-9]*)?$": "a user or a team such as @acme/reco",
    r"^[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_][A-Za-z0-9_-]*){0,2}$": "a table such as reco.als_v4",
    r"^[A-Z][A-Z_]*$": "a capability such as CHOWN, without CAP_",
    r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[-._a-zA-Z0-9]+$": "a Secret and one of its keys, such as serving/dsn",
    r"^[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_][A-Za-z0-9_-]*){0,2}(\{date\})?$": "a table such as reco.als_v4",
    r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$": "a project's id such as acme-data (6 to 30 characters)",
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
    try:
        return model.model_validate(tree.data), problems
    except ValidationError as error:
        return None, [*problems, *problems_of(error, model)]


def problems_of(error: ValidationError, model: type[BaseModel]) -> Iterator[Problem]:
    """One problem per error of pydantic's, in its order."""
    for fault in error.errors(include_url=False):
        if fault["type"] == "too_short" and fault["input"]:
            continue  # it has entries, and what is wrong with them is said by itself
        route = tuple(part for part in fault["loc"] if part != "[key]" and not str(part).startswith(KIND))
        yield _problem(fault, route, model)


def _problem(fault: Any, route: Route, model: type[BaseModel]) -> Problem:
    kind, value, context = fault["type"], fault["input"], fault.get("ctx", {})
    where = ".".join(str(part) for part in route) or "the file"
    on_key = "[key]" in fault["loc"]
    rule = "name" if on_key or (route and route[-1] in ("name", "table", "store")) else "wrong-value"
    if kind == "missing":
        return Problem("missing-key", route, f"the key '{route[-1]}' is missing", f"add `{route[-1]}:` here")
    if kind == "extra_forbidden":
        kinds = [str(part).removeprefix(KIND) for part in fault["loc"] if str(part).startswith(KIND)]
        return _unknown(route, fields(model, route[:-1], kinds[-1] if kinds else ""))
    if kind == "union_tag_invalid":
        expected = context["expected_tags"].replace(KIND, "").replace(", ", " or ")
        return _choice((*route, "kind"), f"{where}.kind", context["tag"].removeprefix(KIND), expected)
    if kind in _NOUNS:
        return Problem("wrong-type", route, f"{where} should be {_NOUNS[kind]}, not {shown(value)}")
    if kind in ("int_from_float", "int_parsing_size"):
        return Problem("wrong-type", route, f"{where} should be a whole number, not {shown(value)}")
    if kind == "literal_error":
        return _choice(route, where, value, context["expected"])
    if kind == "string_pattern_mismatch" and context["pattern"] in _UNSAID:
        return Problem(rule, route, f"{where} should be {_UNSAID[context['pattern']]}")
    if kind == "string_pattern_mismatch":
        message = f"{where} is {shown(value)}, but {_wanted(context['pattern'])}"
        return Problem(rule, route, message, on="key" if on_key else "value")
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return Problem("wrong-value", route, f"{where} is {shown(value)}, but should be {words} {context[bound]}")
    if kind in ("string_too_long", "string_too_short", "too_short", "too_long"):
        most = context.get("max_length")
        long = f"be at most {most} characters long" if kind == "string_too_long" else f"have at most {most} entries"
        words = long if "long" in kind else "not be empty"
        return Problem(rule, route, f"{where} should {words}", on="key" if on_key else "value")
    return Problem("wrong-value", route, f"{where} {fault['msg'][:1].lower()}{fault['msg'][1:]}, not {shown(value)}")


def _wanted(pattern: str) -> str:
    if pattern in _CHARACTERS:
        return f"may hold only {_CHARACTERS[pattern]}"
    return f"should be {_FORMS[pattern]}" if pattern in _FORMS else f"should match {pattern}"


def _unknown(route: Route, allowed: Sequence[str]) -> Problem:
    key = str(route[-1])
    close = nearest(key, allowed)
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


def fields(model: type[BaseModel], route: Route, kind: str = "") -> list[str]:
    """The keys allowed in the mapping at `route` (of this `kind`), read from the model's own annotations."""
    here: Any = model
    for step in route:
        models = [part for part in _parts(here) if isinstance(part, type) and issubclass(part, BaseModel)]
        named = [m.model_fields[step].annotation for m in models if isinstance(step, str) and step in m.model_fields]
        here = named[0] if named else here  # an element: its model is found in the whole's annotation
    candidates = [part for part in _parts(here) if isinstance(part, type) and issubclass(part, BaseModel)]
    meant = [part for part in candidates if kind and kind in get_args(part.model_fields["kind"].annotation)]
    return sorted({key for part in meant or candidates for key in part.model_fields})


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        if not isinstance(part, str):
            yield from _parts(part) if get_args(part) else [part]
