"""Hints beside what is wrong with a value: what was meant, as a certain fix where nothing else could be."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.document import meant
from bot.document.slip import COLONS, QUOTES
from bot.finding import Problem

LONGEST = 60  # characters of a value that a hint repeats
WEIGHTS = "weights are in proportion to each other: 345 and 655 are 34.5% and 65.5%"
_TIGHT = re.compile(rf"([\w-]+)([{COLONS}])\S")


def did_you_mean(problem: Problem, what: str | float | None) -> Problem:
    """The problem with what was certainly meant as its hint and fix; without that it stays as it is."""
    if what is None:
        return problem
    words = repr(what) if isinstance(what, str) else str(what).lower()
    return replace(problem, hint=f"did you mean {words}?", replace=what)


def typed(problem: Problem, noun: str, value: Any) -> Problem:
    """A value of another type than the `noun` that its key takes."""
    key = problem.route[-1] if problem.route else ""
    if noun.startswith("text") and key == "command" and isinstance(value, list):
        return replace(problem, hint="did you mean 'commands'?", on="key", replace="commands")
    if noun == "a list" and isinstance(value, str):
        if key == "commands":
            return replace(problem, hint="did you mean 'command'?", on="key", replace="command")
        return replace(problem, hint=f"write a list: [{value}]" if len(value) <= LONGEST else "write a list")
    if noun == "true or false":
        return did_you_mean(problem, meant.truth(value))
    if noun in ("a whole number", "a number"):
        number = meant.number(value, whole=noun == "a whole number", percent=key == "weight")
        if number is None and key == "weight" and isinstance(value, float):
            return replace(problem, hint=WEIGHTS)
        return did_you_mean(problem, number)
    tight = _TIGHT.match(value) if isinstance(value, str) and noun.startswith("a mapping") else None
    if tight:
        what = "write a space after the colon" if tight[2] == ":" else "type a plain `:` and a space"
        return replace(problem, hint=f"{what}: `{tight[1]}: ...`")
    return problem


def formed(problem: Problem, value: str, pattern: str) -> Problem:
    """A text that has not the form its key takes."""
    if value[:1] and value[:1] in QUOTES:
        return replace(problem, hint="the quotes are typographic: type plain ones")
    if pattern.startswith("^@") and re.search(pattern, f"@{value}"):
        return did_you_mean(problem, f"@{value}")
    dated = re.sub(r"\{\{?[ \w]+\}?\}\Z", "{date}", value)
    if dated != value and r"\{date\}" in pattern and re.search(pattern, dated):
        return did_you_mean(problem, dated)
    if pattern.endswith("Ti)?$"):
        return did_you_mean(problem, meant.memory(value))
    spelling = meant.name(value, pattern) if len(value) <= LONGEST else None
    if spelling is None or spelling == value:
        return problem
    if problem.route == ("name",):
        return did_you_mean(problem, spelling)
    return replace(problem, hint=f"did you mean '{spelling}'?")  # what refers to it still says the old name
