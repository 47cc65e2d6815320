"""Rules between fields of one file, read from its raw values so that they hold beside other faults.

Every rule sees whatever was written: a value of the wrong type is somebody else's problem and is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from itertools import islice
from typing import Any

from bot.document.faults import shown
from bot.document.nearest import nearest
from bot.experiment.taken import taken
from bot.finding import Problem, Route


def problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Every fault that lies between two fields."""
    yield from _jobs(data)
    yield from _inputs(data)
    yield from taken(data)
    if isinstance(data.get("name"), str) and data.get("renamed_from") == data["name"]:
        message = "`renamed_from` is the name that the experiment has now"
        yield Problem("conflict", ("renamed_from",), message, "say the name that it had before")
    for name, output in _mapping(data.get("outputs")).items():
        yield from _output(data, ("outputs", name), _mapping(output))
    if isinstance(data.get("serving"), dict):
        yield from _serving(data, data["serving"])


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _repeated(values: Iterable[Any]) -> Iterator[int]:
    """Where a text stands that stood there before."""
    seen: set[str] = set()
    for i, value in enumerate(values):
        if isinstance(value, str):
            if value in seen:
                yield i
            seen.add(value)


def unknown(route: Route, what: str, value: str, names: Collection[str], on: Any = "value") -> Problem:
    """A reference to something that is not there, with the nearest thing that is."""
    message, close = f"there is no {what} {shown(value)}", nearest(value, names)
    if close:
        return Problem("unknown-reference", route, message, f"did you mean '{close}'?", on, replace=close)
    hint = f"known: {', '.join(islice(names, 10))}" if names else f"no {what} is declared"
    return Problem("unknown-reference", route, message, hint, on)


def _jobs(data: dict[str, Any]) -> Iterator[Problem]:
    if data.get("jobs") == []:
        yield Problem("wrong-value", ("jobs",), "jobs is empty", "declare at least one job")
    for i, job in enumerate(_list(data.get("jobs"))):
        if not isinstance(job, dict):
            continue
        has = [key for key in ("command", "commands") if key in job]
        if not has:
            yield Problem(
                "missing-key", ("jobs", i, "command"), "the job has no command", "add `command:` (or `commands:`)"
            )
        if len(has) == 2:
            yield Problem(
                "conflict", ("jobs", i, "commands"), "a job has either command or commands", "keep one", "key"
            )
        if job.get("commands") == []:
            yield Problem("wrong-value", ("jobs", i, "commands"), "commands is empty", "name the program first")
        if isinstance(job.get("name"), str) and job["name"].startswith("sameday-"):
            message = "job names that begin with 'sameday-' are the bot's own tasks"
            yield Problem("name", ("jobs", i, "name"), message, "choose another name")


def _inputs(data: dict[str, Any]) -> Iterator[Problem]:
    for name, value in _mapping(data.get("inputs")).items():
        route: Route = ("inputs", name)
        if not isinstance(value, dict):
            continue
        if "table" in value and ("experiment" in value or "output" in value):
            yield Problem(
                "conflict", route, "an input is either a table or another experiment's output", "keep one", "key"
            )
        elif "table" not in value and not ("experiment" in value and "output" in value):
            yield Problem("missing-key", route, "an input needs `table`, or `experiment` and `output`", "", "key")
        if "partition" in value and "table" not in value:
            message = "the other experiment's output says itself how it is partitioned"
            yield Problem("conflict", (*route, "partition"), message, "remove `partition`", "key")
        if value.get("experiment") == data.get("name") and "experiment" in value:
            message = "an experiment cannot read its own output as an input"
            yield Problem("conflict", (*route, "experiment"), message, "name its table")


def _output(data: dict[str, Any], route: Route, output: dict[str, Any]) -> Iterator[Problem]:
    named = [job.get("name") for job in _list(data.get("jobs")) if isinstance(job, dict)]
    jobs = {name: None for name in named if isinstance(name, str)}
    if isinstance(output.get("job"), str) and output["job"] not in jobs:
        yield unknown((*route, "job"), "job", output["job"], jobs)
    columns = output.get("columns")
    if not isinstance(columns, dict):
        return
    key = _list(output.get("key"))
    for i, column in enumerate(key):
        if isinstance(column, str) and column not in columns:
            yield unknown((*route, "key", i), "column", column, columns)
    for i in _repeated(key):
        yield Problem("conflict", (*route, "key", i), f"the key names {shown(key[i])} twice", "keep one")
    partition = _mapping(output.get("partition")).get("column")
    if isinstance(partition, str):
        if partition not in columns:
            yield unknown((*route, "partition", "column"), "column", partition, columns)
        elif str(columns[partition]).strip().upper() != "DATE":
            message = f"a partition by day needs a DATE column, '{partition}' is {columns[partition]}"
            yield Problem("conflict", (*route, "partition", "column"), message)
    days = _mapping(output.get("sync")).get("days")
    if isinstance(days, int) and days > 1:
        yield from _days((*route, "sync", "days"), days, partition, key)
    for column in _mapping(_mapping(output.get("expect")).get("max_null_share")):
        if column not in columns:
            yield unknown((*route, "expect", "max_null_share", column), "column", column, columns, "key")
    seen: dict[str, str] = {}
    for column in columns:
        if column.lower() in seen:
            message = f"the columns '{seen[column.lower()]}' and '{column}' differ in case only"
            yield Problem("conflict", (*route, "columns", column), message, "warehouses do not tell them apart", "key")
        seen.setdefault(column.lower(), column)


def _days(route: Route, days: int, partition: Any, key: list[Any]) -> Iterator[Problem]:
    """Several days are shown only where a reader can tell them apart."""
    if not isinstance(partition, str):
        yield Problem("conflict", route, f"{days} days need a partition to tell them apart", "add `partition:`", "key")
    elif key and partition not in key:
        message = f"with {days} days at once every key is there {days} times"
        yield Problem("conflict", route, message, f"add {partition} to the key", "key")


def _serving(data: dict[str, Any], serving: dict[str, Any]) -> Iterator[Problem]:
    kind = serving.get("kind")
    arms: list[tuple[Route, dict[str, Any]]] = [
        (("serving", "arms", i), arm) for i, arm in enumerate(_list(serving.get("arms"))) if isinstance(arm, dict)
    ]
    if kind == "all":
        if "arms" in serving:
            yield Problem("conflict", ("serving", "arms"), "kind 'all' serves one `arm`", "write `arm:`", "key")
        elif "arm" not in serving:
            yield Problem("missing-key", ("serving", "arm"), "kind 'all' needs its `arm`", "add `arm:` here")
    if kind == "ab":
        yield from _split(serving, arms)
    if isinstance(serving.get("arm"), dict):
        arms = [*arms, (("serving", "arm"), serving["arm"])]
    for route, arm in arms:
        yield from _arm(data, route, arm)
    slots = _mapping(serving.get("slots"))
    start, end = slots.get("start", 0), slots.get("end", 10_000)
    if isinstance(start, int) and isinstance(end, int) and start >= end:
        yield Problem(
            "conflict", ("serving", "slots"), f"the slots {start} to {end} hold nobody", "end must be larger", "key"
        )
    yield from _period(_mapping(serving.get("period")))


def _split(serving: dict[str, Any], arms: list[tuple[Route, dict[str, Any]]]) -> Iterator[Problem]:
    if "arm" in serving:
        yield Problem("conflict", ("serving", "arm"), "kind 'ab' splits between `arms`", "list them there", "key")
    if "period" not in serving:
        yield Problem(
            "missing-key", ("serving", "period"), "an A/B test needs its `period`", "add `period: {start, weeks}`"
        )
    elif isinstance(serving["period"], dict) and not {"end", "weeks"} & serving["period"].keys():
        hint = "add `end:` or `weeks:` here"
        yield Problem("missing-key", ("serving", "period", "end"), "an A/B test needs an end", hint)
    if "arms" not in serving or not isinstance(serving["arms"], list) or len(serving["arms"]) < 2:
        yield Problem("missing-key", ("serving", "arms"), "an A/B test needs at least two arms", "", "key")
        return
    controls = [route for route, arm in arms if arm.get("control") is True]
    if not controls:
        yield Problem("missing-key", ("serving", "arms"), "no arm is the control", "add `control: true` to one", "key")
    for route in controls[1:]:
        yield Problem("conflict", (*route, "control"), "more than one arm is the control", "keep one")
    for i in _repeated([arm.get("name") for _, arm in arms]):
        route, arm = arms[i]
        yield Problem("conflict", (*route, "name"), f"two arms are named {shown(arm['name'])}", "rename one")


def _arm(data: dict[str, Any], route: Route, arm: dict[str, Any]) -> Iterator[Problem]:
    outputs = _mapping(data.get("outputs"))
    if ("table" in arm) == ("output" in arm):
        rule, what = ("conflict", "either") if "table" in arm else ("missing-key", "one of")
        yield Problem(rule, (*route, "table"), f"an arm serves {what} `table` or `output`", "", "key")
    if isinstance(arm.get("output"), str) and arm["output"] not in outputs:
        yield unknown((*route, "output"), "output", arm["output"], outputs)
    if arm.get("name") == "none" or str(arm.get("name")).endswith("--fallback"):
        message = "the names 'none' and those that end in '--fallback' are the flag's own"
        yield Problem("name", (*route, "name"), message, "choose another name")


def _period(period: dict[str, Any]) -> Iterator[Problem]:
    if "end" in period and "weeks" in period:
        message = "a period has either an `end` or `weeks`"
        yield Problem("conflict", ("serving", "period", "weeks"), message, "keep one", "key")
    try:
        start, end = date.fromisoformat(period["start"]), date.fromisoformat(period["end"])
    except (KeyError, TypeError, ValueError):
        return
    if end <= start:
        yield Problem(
            "conflict", ("serving", "period", "end"), "the period ends before it has begun", "end is exclusive"
        )
