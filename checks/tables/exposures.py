"""Whether a test can be read out: the settings' query of exposures and the table of its event are fit for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.errors import Refused
from bot.experiment.arms import Serving
from bot.ports import Denied, Table, Warehouse
from bot.readout import contract, query
from bot.settings.events import Exposures
from bot.settings.query import inner

DAY = timedelta(days=1)
BACK = timedelta(days=7)  # how far the last exposure is looked for: who has none for so long has to look at the log
KIND: Route = ("serving", "kind")
HINT = "no readout is possible before the platform team has put it right"


def check(experiment: Experiment, context: Context) -> Iterator[Problem | Unproven]:
    """What is wrong with the log and the event; of a live test, whether its exposures arrive."""
    serving, exposures, warehouse = experiment.spec.serving, context.settings.exposures, context.warehouse
    if serving is None or not serving.is_test or exposures is None or warehouse is None:
        return
    faults = context.once("tables.exposures", lambda: _faults(warehouse, exposures, context.exposures))
    if isinstance(faults, Denied):
        yield Unproven(f"the tables of {exposures.query} may not be read here: {faults.reason}")
        return
    for fault in faults:
        yield Problem("no-readout", KIND, f"{exposures.query} is not fit for a readout: {fault}", HINT)
    yield from _event(serving, warehouse, context)
    if not faults and _is_live(experiment, serving, context):
        yield from _arriving(experiment, exposures, warehouse, context)


def _faults(warehouse: Warehouse, exposures: Exposures, text: str) -> tuple[str, ...] | Denied:
    try:
        found = warehouse.columns(inner(text), exposures.max_gigabytes)
        return found if isinstance(found, Denied) else tuple(contract.faults(found))
    except Refused as error:
        return (str(error),)


def _event(serving: Serving, warehouse: Warehouse, context: Context) -> Iterator[Problem]:
    event = context.settings.events.get(serving.credit.event) if serving.credit is not None else None
    if event is None:
        return
    table = context.once(f"tables.event.{event.table}", lambda: warehouse.describe([event.table])[event.table])
    faults = (
        contract.unfit(event, table.columns)
        if isinstance(table, Table)
        else [f"the table {event.table} does not exist, or may not be looked at"]
    )
    for fault in faults:
        yield Problem("no-readout", ("serving", "credit", "event"), f"of this event, {fault}", HINT)


def _is_live(experiment: Experiment, serving: Serving, context: Context) -> bool:
    today = context.now.date()
    trials = context.trials.get(experiment.name, ())
    return any(one.phase == serving.phase and one.start <= today < one.end for one in trials)


def _arriving(
    experiment: Experiment, exposures: Exposures, warehouse: Warehouse, context: Context
) -> Iterator[Problem | Unproven]:
    text = query.arrivals(context.exposures, context.now - BACK, context.now - DAY)

    def asked() -> Mapping[str, Mapping[str, Any]] | str:
        try:
            return {row["experiment"]: row for row in warehouse.select(text, exposures.max_gigabytes)}
        except Refused as error:
            return str(error)

    rows = context.once("tables.arrivals", asked)
    if isinstance(rows, str):
        yield Unproven(f"whether exposures arrive: {rows}")
    elif (row := rows.get(experiment.name)) is None:
        message = f"no exposure of this test has arrived for {BACK.days} days"
        yield Problem("exposures", KIND, message, "see whether the application logs what it shows")
    else:
        last = datetime.fromtimestamp(int(row["last"]) / 1e6, UTC)
        message = (
            f"the last exposure was at {last:%Y-%m-%d %H:%M} UTC; in the last day there were {int(row['recent']):,}"
        )
        yield Problem("exposures", KIND, message)
