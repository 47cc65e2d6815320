"""Entries as text, the same in every ledger; what is read is taken for nothing but an entry.

Whoever may write to the ledger's place is not thereby one who may speak in sameday's name: names are names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, TypeVar, get_args

from bot.experiment.traffic import SLOTS
from bot.ports import Change, Entry, EntryState, Item, StepName, Trial

NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")  # of an experiment or a run, as Kubernetes has them
WORD = re.compile(r"[A-Za-z0-9][-A-Za-z0-9]{0,127}")  # a key, a digest, or the run in its place
SERVED = re.compile(r"[A-Za-z0-9][- A-Za-z0-9]{0,127}")  # a run, or words of ours in its place
STORE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
TABLE = re.compile(r"[A-Za-z0-9_][-.:A-Za-z0-9_]{0,1023}")
COMMIT = re.compile(r"[0-9a-f]{6,64}")
T = TypeVar("T")
STEPS = (*get_args(StepName), "rollback", "baseline", "off", "on")


def written(entry: Entry) -> str:
    """The entry's JSON form, on one line."""
    return json.dumps(asdict(entry), default=str)


def read(text: str, experiment: str) -> Entry:
    """An entry of the experiment from its JSON form; raises KeyError, TypeError or ValueError if it is not an entry."""
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return Entry(
        version=_number(data, "version"),
        item=_item(data["item"], experiment),
        commit=word(data, "commit", COMMIT),
        step=_one(data, "step", STEPS),
        state=_one(data, "state", get_args(EntryState)),
        reason=_text(data, "reason"),
        at=_moment(data),
    )


def _item(data: Mapping[str, Any], experiment: str) -> Item:
    if word(data, "experiment", NAME) != experiment:
        raise ValueError("it is of another experiment")
    before, after = data["serves"]
    steps = [_one({"step": step}, "step", get_args(StepName)) for step in data["digests"]]
    return Item(
        experiment=experiment,
        change=_one(data, "change", get_args(Change)),
        run=word(data, "run", NAME),
        key=word(data, "key", WORD),
        date=parsed(data, "date", date.fromisoformat),
        attempt=_number(data, "attempt"),
        digests={step: word(data["digests"], step, WORD) for step in steps},
        serves=(_served(before), _served(after)),
        tables={_store(where): tuple(_table(name) for name in names) for where, names in data["tables"].items()},
        file=word(data, "file", WORD) if data["file"] else "",
        off=_one({"off": data.get("off", False)}, "off", (True, False)),
        trial=_trial(data["trial"]) if data.get("trial") else None,  # earlier entries say nothing of it
    )


def _trial(data: Mapping[str, Any]) -> Trial:
    start, end = data["slots"]
    if not all(type(slot) is int and 0 <= slot <= SLOTS for slot in (start, end)):
        raise ValueError("`slots` cannot be read")
    return Trial(
        phase=_number(data, "phase"),
        salt=word(data, "salt", WORD),
        layer=word(data, "layer", NAME),
        slots=(start, end),
        start=parsed(data, "start", date.fromisoformat),
        end=parsed(data, "end", date.fromisoformat),
    )


def _store(where: Any) -> str:
    return where if where == "" else word({"store": where}, "store", STORE)


def _table(name: Any) -> str:
    return word({"table": name}, "table", TABLE)


def parsed(data: Mapping[str, Any], key: str, parse: Callable[[str], T]) -> T:
    """What `parse` makes of a value; raises ValueError if it cannot."""
    try:
        return parse(data[key])
    except (TypeError, ValueError):
        raise ValueError(f"`{key}` cannot be read") from None


def _moment(data: Mapping[str, Any]) -> datetime:
    moment = parsed(data, "at", datetime.fromisoformat)
    if moment.tzinfo is None:
        raise ValueError("`at` has no time zone")
    return moment


def _served(run: Any) -> str | None:
    return None if run is None else word({"serves": run}, "serves", SERVED)


def _text(data: Mapping[str, Any], key: str) -> str:
    if not isinstance(data[key], str):
        raise ValueError(f"`{key}` should be text")
    return str(data[key])


def word(data: Mapping[str, Any], key: str, form: re.Pattern[str]) -> str:
    """A text of this form; raises ValueError for any other."""
    text = _text(data, key)
    if not form.fullmatch(text):
        raise ValueError(f"`{key}` has characters that do not belong there")  # not repeated: they may be anything
    return text


def _number(data: Mapping[str, Any], key: str) -> int:
    if type(data[key]) is not int or data[key] < 1:
        raise ValueError(f"`{key}` should be a number from 1 on")
    return int(data[key])


def _one(data: Mapping[str, Any], key: str, values: tuple[Any, ...]) -> Any:
    if data[key] not in values:
        raise ValueError(f"`{key}` should be one of {', '.join(values)}")
    return data[key]
