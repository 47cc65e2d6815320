"""A plan in sentences: what merging will do, what serves now and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, LiteralString

from bot.compile.names import moment, staged, template_name
from bot.compile.work import store_places
from bot.experiment.load import Experiment
from bot.experiment.model import Spec
from bot.experiment.repository import Repository
from bot.ports import Entry, Item, Naming, StepName, place_name
from bot.release.drift import Drifts
from bot.release.history import Days, Shown
from bot.release.plan import Hold, Plan, due
from bot.release.state import RETIRED, State
from bot.report.traffic import may_leave, served
from bot.settings import Settings

PlannedChange = Literal["new", "changed", "repaired", "retired", "held"]
COUNTED: Mapping[PlannedChange, LiteralString] = {
    "retired": "{} retired", "new": "{} new", "changed": "{} changed", "repaired": "{} put back", "held": "{} on hold",
}  # fmt: skip
"""How one counts them, in the order in which a reviewer looks."""
FIRST, ANEW, RETIRING = "is released for the first time", "is released anew", "is retired"


@dataclass(frozen=True, slots=True)
class Planned:
    """One item in words: a headline, what will be done in order, and what serves before and after."""

    experiment: str
    change: PlannedChange
    headline: str
    steps: tuple[str, ...]
    now: str
    after: str
    seen: str = ""
    """Who will see what and when, or ''."""
    changes: tuple[str, ...] = ()
    """What is otherwise than in what is live."""


def describe(
    plan: Plan,
    holds: tuple[Hold, ...],
    repository: Repository,
    settings: Settings,
    ledger: Mapping[str, Sequence[Entry]],
    drifts: Mapping[str, Drifts],
    shown: Mapping[str, Shown],
    changes: Mapping[str, tuple[str, ...]],
) -> tuple[Planned, ...]:
    """Every item of the plan, then the items on hold; `drifts` say what of a live release is not as it was.

    `shown` are what readers get of each that is released, and `changes` what differs from what is live, as far as those
    are known.
    """
    words = [
        _repaired(item, drifts[item.experiment])
        if item.change == "repaired"
        else _item(
            item,
            repository.by_name.get(item.experiment),
            settings,
            State(ledger.get(item.experiment, ())),
            shown.get(item.experiment, Shown()),
            changes.get(item.experiment, ()),
        )
        for item in plan
    ]
    for hold in holds:
        name = hold.item.experiment
        headline = f"stays as it is: {hold.reason}"
        how = f"release it with `sameday release --experiment {name}`, or change its file"
        if hold.stuck:
            how = "put that right first; it is released by itself then"
        words.append(
            Planned(name, "held", headline, (how,), hold.item.serves[0] or "nothing", hold.item.serves[0] or "nothing")
        )
    return tuple(words)


def _repaired(item: Item, look: Drifts) -> Planned:
    steps = tuple(f"put back {part.name}" for part in look.gone)
    if item.serves[0] is None:
        steps = (f"run its jobs again as {item.run}, or a later attempt", *steps)
    headline = f"is put back as it was released: {'; '.join(str(part) for part in look.gone)}"
    return Planned(item.experiment, "repaired", headline, steps, item.serves[0] or "not all of its data", item.run)


def _item(
    item: Item, experiment: Experiment | None, settings: Settings, state: State, shown: Shown, changes: tuple[str, ...]
) -> Planned:
    now = item.serves[0] or "nothing"
    if item.change == RETIRED or experiment is None:
        if item.serves[0] is None:
            early = ("end its run, if that is at work", "keep the data that it made")
            return Planned(item.experiment, "retired", "is retired before it went live", early, now, "nothing")
        steps = ("switch its schedule off", "take its flag out of the flag set", "keep its data as it is")
        return Planned(item.experiment, "retired", RETIRING, steps, now, "nothing")
    spec = experiment.spec
    due_steps = due(item, state.done)
    headline = {"new": FIRST, "changed": ANEW}[item.change]
    lines = _steps(item, spec, settings, due_steps)
    if "settle" in due_steps:
        lines += [*map(_days, shown.days), *(line for name, naming in shown.names for line in _naming(name, naming))]
    seen = served(spec.serving, settings) if spec.serving is not None else ""
    return Planned(
        item.experiment, item.change, headline, tuple(lines), now, item.serves[1] or "nothing", seen, changes
    )


def _naming(name: str, naming: Naming) -> Iterator[str]:
    """What is to be said of the form that a name has in the warehouse."""
    if naming.form == "table":
        read = f", for which {naming.repeats / 1e9:,.1f} GB are read" if naming.repeats else ""
        yield f"keep {name} a table: each row of the release is repeated there{read}"
    yield from naming.loses


def _days(days: Days) -> str:
    """How many days there are to read, and whose."""
    parts = [f"{count} of {spec}" for spec, count in days.earlier]
    whose = ", ".join(parts) or f"none of before ({days.why or 'all are made anew'})"
    return f"show {days.after} day{'s' if days.after != 1 else ''} in {days.table}, {whose}; {days.now} are shown now"


def _steps(item: Item, spec: Spec, settings: Settings, due_steps: tuple[StepName, ...]) -> list[str]:
    if due_steps == ("announce",):
        return ["say that it is live, which could not be said yet"]
    lines = []
    if "apply" in due_steps:
        lines.append(f"register the template {template_name(item.experiment, item.key)}")
    if "generate" in due_steps:
        jobs = f"{len(spec.jobs):,} job{'s' if len(spec.jobs) != 1 else ''}"
        lines.append(f"run {jobs} for {item.date} as {item.run}")
        lines += _data(item, spec)
    elif due_steps:
        lines.append(f"make no new data: {item.run} is what it would make")
    if "switch" in due_steps and spec.serving is not None:
        lines.append(f"turn the flag {spec.name} on: {served(spec.serving, settings)}")
        if what := may_leave(spec.serving):
            lines.append(f"let users leave again when this of them changes: {what}")
    if "settle" in due_steps:
        lines += [f"make {name} show {place}" for name, place in _names(item)]
        if spec.schedule is not None:
            lines.append(f"run again at {spec.schedule.cron} ({spec.schedule.timezone})")
    return lines


def _names(item: Item) -> Iterator[tuple[str, str]]:
    """The declared names and the places that they will show, the warehouse's first."""
    for where, tables in item.tables.items():
        for table in tables:
            yield (f"{where}.{table}" if where else table), place_name(table, item.key)


def _data(item: Item, spec: Spec) -> list[str]:
    lines = []
    when = moment(item.run, item.date, item.attempt)
    for output in spec.outputs.values():
        day = f", day {item.date}" if output.partition else ""
        into = place_name(output.table, item.key)
        rows = f" ({output.expect.min_rows:,}+ rows)" if output.expect.min_rows > 1 else ""
        lines.append(f"verify {staged(output.table, item.key, when)}{rows} and put it into {into}{day}")
    for name, store, place in store_places(spec.name, item.key, spec.outputs):
        lines.append(f"sync {name} to {store}.{place.name}")
    return lines
