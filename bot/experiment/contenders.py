"""Rules that arms and rankers share, read from raw values as in `crossfield`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.document.faults import shown
from bot.experiment.raw import mapping, repeated, sequence, unknown
from bot.finding import Problem, Route

Contenders = list[tuple[Route, dict[str, Any]]]
OWN = ("none", "off", "interleaving")  # variants of every flag
ENDS = ("--fallback", "--tester")  # of other variants


def listed(serving: dict[str, Any], key: str) -> Contenders:
    """The arms or rankers, each with its route."""
    found = enumerate(sequence(serving.get(key)))
    return [(("serving", key, i), one) for i, one in found if isinstance(one, dict)]


def compared(noun: str, key: str, contenders: Contenders) -> Iterator[Problem]:
    """One of them is the control, and each has a name of its own."""
    controls = [route for route, one in contenders if one.get("control") is True]
    if not controls:
        message = f"no {noun} is the control"
        yield Problem("missing-key", ("serving", key), message, "add `control: true` to one", "key")
    for route in controls[1:]:
        yield Problem("conflict", (*route, "control"), f"more than one {noun} is the control", "keep one")
    for i in repeated([one.get("name") for _, one in contenders]):
        route, one = contenders[i]
        yield Problem("conflict", (*route, "name"), f"two {key} are named {shown(one['name'])}", "rename one")


def served(what: str, data: dict[str, Any], route: Route, one: dict[str, Any]) -> Iterator[Problem]:
    """It serves one thing, which is there, under a name that the flag has not for something else."""
    outputs = mapping(data.get("outputs"))
    if ("table" in one) == ("output" in one):
        rule, number = ("conflict", "either") if "table" in one else ("missing-key", "one of")
        yield Problem(rule, (*route, "table"), f"{what} serves {number} `table` or `output`", "", "key")
    if isinstance(one.get("output"), str) and one["output"] not in outputs:
        yield unknown((*route, "output"), "output", one["output"], outputs)
    if one.get("name") in OWN or str(one.get("name")).endswith(ENDS):
        message = f"{', '.join(map(repr, OWN))} and names that end in '--fallback' or '--tester' are the flag's own"
        yield Problem("name", (*route, "name"), message, "choose another name")
