"""Many ids at once: a flag's targeting with everything but the id worked out beforehand.

What does not depend on the id is worked out by the client's own evaluator, once. What does is one hash and a few
comparisons, which this module knows; of any other operator it says that it does not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

KEY = "targetingKey"
Value = Callable[[str], Any]
"""What a part of a targeting is for an id."""


class UnknownOperator(Exception):
    """A part of a targeting depends on the id in a way that is not known here."""


def form(targeting: Any, shared: Mapping[str, Any], constant: Callable[[Any, Mapping[str, Any]], Any]) -> Value:
    """The targeting as a function of the id, for contexts that have `shared` in common; raises UnknownOperator.

    `constant` is the client's evaluator, which works out a part for a context.
    """
    return _form(targeting, lambda part: constant(part, shared))


def _form(part: Any, constant: Callable[[Any], Any]) -> Value:
    if not _depends(part):
        value = constant(part) if isinstance(part, Mapping) else part
        return lambda _: value
    if isinstance(part, Mapping) and len(part) == 1:
        ((operator, arguments),) = part.items()
        if operator in OPERATORS and isinstance(arguments, list):
            return OPERATORS[operator](arguments, lambda inner: _form(inner, constant))
        if operator == "!" and isinstance(arguments, Mapping):
            return _not([arguments], lambda inner: _form(inner, constant))
        if operator == "var" and arguments == KEY:
            return lambda key: key
    raise UnknownOperator(str(part)[:80])


def _depends(part: Any) -> bool:
    """Whether a part may be another one for another id."""
    if isinstance(part, Mapping):
        return "fractional" in part or part.get("var") in (KEY, "") or any(map(_depends, part.values()))
    return any(map(_depends, part)) if isinstance(part, list) else part == KEY


Inner = Callable[[Any], Value]


def _cat(arguments: list[Any], inner: Inner) -> Value:
    parts = [inner(argument) for argument in arguments]
    return lambda key: "".join(str(part(key)) for part in parts)


def _fractional(arguments: list[Any], inner: Inner) -> Value:
    import mmh3  # the client's own hash

    seed, *fractions = arguments
    if not isinstance(seed, Mapping) or not all(_plain(fraction) for fraction in fractions):
        raise UnknownOperator("fractional")
    bucket, ends = inner(seed), list(accumulate(weight for _, weight in fractions))
    names, total = [name for name, _ in fractions], ends[-1]
    return lambda key: names[bisect_right(ends, (mmh3.hash(bucket(key), signed=False) * total) >> 32)]


def _plain(fraction: Any) -> bool:
    """A variant and a weight of at least 1, as the compiler writes them."""
    match fraction:
        case [str(), int(weight)]:
            return weight > 0 and not isinstance(weight, bool)
    return False


def _equal(arguments: list[Any], inner: Inner) -> Value:
    one, two = (inner(argument) for argument in arguments)

    def equal(key: str) -> bool:
        a, b = one(key), two(key)
        if not isinstance(a, str) or not isinstance(b, str):
            raise UnknownOperator("== of what is no text")
        return a == b

    return equal


def _not(arguments: list[Any], inner: Inner) -> Value:
    (part,) = map(inner, arguments)
    return lambda key: not part(key)


def _missing(arguments: list[Any], inner: Inner) -> Value:
    if arguments != [KEY]:
        raise UnknownOperator("missing")
    return lambda key: [] if key else [KEY]


def _first(arguments: list[Any], inner: Inner, *, stops: bool) -> Value:
    """The first part that is as true as `stops` says, else the last one."""
    parts = [inner(argument) for argument in arguments]

    def found(key: str) -> Any:
        value: Any = not stops
        for part in parts:
            value = part(key)
            if bool(value) is stops:
                break
        return value

    return found


def _if(arguments: list[Any], inner: Inner) -> Value:
    parts = [inner(argument) for argument in arguments]
    if len(parts) % 2 == 0:
        raise UnknownOperator("if without an else")

    def chosen(key: str) -> Any:
        for i in range(0, len(parts) - 1, 2):
            if parts[i](key):
                return parts[i + 1](key)
        return parts[-1](key)

    return chosen


OPERATORS: Mapping[str, Callable[[list[Any], Inner], Value]] = {
    "cat": _cat, "fractional": _fractional, "==": _equal, "===": _equal, "!": _not, "missing": _missing, "if": _if,
    "and": partial(_first, stops=False), "or": partial(_first, stops=True),
}  # fmt: skip


def agree(form: Value, keys: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the form gives what the client gave."""
    return all(form(key) == variant for key, variant in zip(keys, wanted, strict=True))
