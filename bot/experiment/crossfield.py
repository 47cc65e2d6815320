"""Rules between fields of one file, read from its raw values so that they hold beside other faults.

Every rule sees whatever was written: a value of the wrong type is somebody else's problem and is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.document.faults import shown
from bot.experiment import serving
from bot.experiment.raw import mapping, repeated, sequence, unknown
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
    for name, output in mapping(data.get("outputs")).items():
        yield from _output(data, ("outputs", name), mapping(output))
    if isinstance(data.get("serving"), dict):
        yield from serving.problems(data, data["serving"])


def _jobs(data: dict[str, Any]) -> Iterator[Problem]:
    if data.get("jobs") == []:
        yield Problem("wrong-value", ("jobs",), "jobs is empty", "declare at least one job")
    for i, job in enumerate(sequence(data.get("jobs"))):
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
    for name, value in mapping(data.get("inputs")).items():
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
    named = [job.get("name") for job in sequence(data.get("jobs")) if isinstance(job, dict)]
    jobs = {name: None for name in named if isinstance(name, str)}
    if isinstance(output.get("job"), str) and output["job"] not in jobs:
        yield unknown((*route, "job"), "job", output["job"], jobs)
    columns = output.get("columns")
    if not isinstance(columns, dict):
        return
    key = sequence(output.get("key"))
    for i, column in enumerate(key):
        if isinstance(column, str) and column not in columns:
            yield unknown((*route, "key", i), "column", column, columns)
    for i in repeated(key):
        yield Problem("conflict", (*route, "key", i), f"the key names {shown(key[i])} twice", "keep one")
    partition = mapping(output.get("partition")).get("column")
    if isinstance(partition, str):
        if partition not in columns:
            yield unknown((*route, "partition", "column"), "column", partition, columns)
        elif str(columns[partition]).strip().upper() != "DATE":
            message = f"a partition by day needs a DATE column, '{partition}' is {columns[partition]}"
            yield Problem("conflict", (*route, "partition", "column"), message)
    days = mapping(output.get("sync")).get("days")
    if isinstance(days, int) and days > 1:
        yield from _days((*route, "sync", "days"), days, partition, key)
    for column in mapping(mapping(output.get("expect")).get("max_null_share")):
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
