"""Rules of an interleaving test, read from raw values as in `crossfield`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from bot.experiment.contenders import compared, listed, served
from bot.experiment.interleaving import Credit
from bot.experiment.raw import mapping, sequence, unknown
from bot.experiment.traffic import Period
from bot.experiment.types import normalise
from bot.finding import Problem, Route

OWN = ("rankers", "draft", "credit")
NUMBERS = ("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC")
ITEMS = ("STRING", "INT64")


def problems(data: dict[str, Any], serving: dict[str, Any]) -> Iterator[Problem]:
    """Every fault of rankers, draft and credit; of any other kind, that they are there."""
    kind = serving.get("kind")
    if kind != "interleaving":
        for key in OWN if isinstance(kind, str) else ():
            if key in serving:
                message = f"kind '{kind}' has no `{key}`"
                yield Problem("conflict", ("serving", key), message, "remove it, or write `kind: interleaving`", "key")
        return
    for key in ("arm", "arms"):
        if key in serving:
            message = "kind 'interleaving' shows the lists of `rankers`"
            yield Problem("conflict", ("serving", key), message, "list them there", "key")
    yield from _rankers(data, serving)
    yield from _surfaces(serving)
    if "credit" not in serving:
        message = "an interleaving test needs its `credit`"
        yield Problem("missing-key", ("serving", "credit"), message, "add `credit: {event, within}`")
    yield from _window(serving)


def _rankers(data: dict[str, Any], serving: dict[str, Any]) -> Iterator[Problem]:
    rankers, number = listed(serving, "rankers"), len(sequence(serving.get("rankers")))
    if number < 2:
        message = "an interleaving test needs at least two rankers"
        yield Problem("missing-key", ("serving", "rankers"), message, "", "key")
        return
    yield from compared("ranker", "rankers", rankers)
    draft = mapping(serving.get("draft"))
    if draft.get("method") == "balanced" and number > 2:
        message = f"a balanced draft is between two rankers, and here are {number}"
        yield Problem("conflict", ("serving", "draft", "method"), message, "write `team`")
    item, rank = draft.get("item", "item_id"), draft.get("rank", "score")
    if item == rank:
        message = f"the column '{item}' cannot be both `item` and `rank`"
        yield Problem("conflict", ("serving", "draft", "rank"), message, "name the column that sorts")
    for route, ranker in rankers:
        yield from served("a ranker", data, route, ranker)
        if isinstance(name := ranker.get("output"), str):
            output = mapping(mapping(data.get("outputs")).get(name))
            yield from _columns(name, mapping(output.get("columns")), item, rank)


def _columns(output: str, columns: dict[str, Any], item: Any, rank: Any) -> Iterator[Problem]:
    """What the draft reads of a ranker's output is there, and can be told apart, or sorted by."""
    for key, column, kinds in (("item", item, ITEMS), ("rank", rank, NUMBERS)):
        route: Route = ("serving", "draft", key)
        if not columns or not isinstance(column, str):
            continue
        if column not in columns:
            message = f"the output '{output}' has no column '{column}'"
            yield replace(unknown(route, "column", column, columns), message=message)
        elif (kind := _kind(columns[column])) and kind not in kinds:
            message = f"the column '{column}' of the output '{output}' is {kind}"
            yield Problem("conflict", route, message, f"name one of {', '.join(kinds)}")


def _kind(declared: Any) -> str:
    """The type without its size; '' for what is none."""
    try:
        return normalise(declared).partition("(")[0]
    except (ValueError, AttributeError, TypeError):
        return ""


def _surfaces(serving: dict[str, Any]) -> Iterator[Problem]:
    """A push or a mail shows one thing: there is no list to pick in."""
    if "surfaces" not in serving:
        message = "an interleaving test needs its `surfaces`: a list is shown in an application only"
        yield Problem("missing-key", ("serving", "surfaces"), message, "add `surfaces: [{channel: api}]`")
    for i, surface in enumerate(sequence(serving.get("surfaces"))):
        channel = mapping(surface).get("channel")
        if channel in ("push", "mail"):
            message = f"a {channel} has no list that rankers could pick for in turn"
            hint = "interleave on `api`, and split what is sent with `kind: ab`"
            yield Problem("conflict", ("serving", "surfaces", i, "channel"), message, hint)


def _window(serving: dict[str, Any]) -> Iterator[Problem]:
    """Credit comes while the test lasts."""
    try:
        credit = Credit.model_validate(serving.get("credit"))
        period = Period.model_validate(serving.get("period"))
    except ValidationError:  # which says so itself
        return
    if period.end is not None and timedelta() < period.end - period.start < credit.within:
        days = (period.end - period.start).days
        message = f"the credit's window of {serving['credit']['within']} is longer than the test of {days} days"
        yield Problem("conflict", ("serving", "credit", "within"), message, "shorten it, as in `24h`")
