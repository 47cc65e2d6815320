"""What a sync to a place would do, found out without changing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.experiment.types import scalars
from bot.ports import ASIDE, Place, StorePlan
from bot.stores.drift import breaks
from bot.stores.postgresql.catalogue import CatalogueTables
from bot.stores.postgresql.contents import ddl
from bot.stores.postgresql.declared import changed, shown, taken, wanted
from bot.stores.postgresql.state import is_there
from bot.stores.postgresql.there import There, dependents, there
from bot.stores.postgresql.types import CONVERTED
from bot.sync.canonical import REFUSED

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

RESERVED = ("pg_", "sameday_")
LONGEST = 63  # bytes of a name; PostgreSQL cuts what is longer, silently


def plan(connection: Connection, place: Place, schema: str, state: str) -> StorePlan:
    """As `Store.plan`."""
    refused = _never(place)
    action: Any = "create"
    missed: tuple[str, ...] = ()
    now = None if refused else there(connection, schema, place.table)
    if now is not None:
        catalogue = CatalogueTables(connection, schema, state)
        ours = is_there(connection, state) and shown(catalogue, place.table) != place.table
        action = "replace" if ours else "adopt"
        if reason := taken(catalogue, place) if is_there(connection, state) else _stranger(place):
            refused.append(("", reason))
        readers = dependents(connection, now.oid)
        missed, broken = _missed(connection, place, now, readers, ours=ours)
        refused += [("", reason) for reason in broken]
    text = ddl(place, schema).as_string(connection) if not refused else ""
    return StorePlan(action, text, tuple(refused), missed, _conversions(place))


def _never(place: Place) -> list[tuple[str, str]]:
    """What is refused whatever is there."""
    refused = [(word, f"PostgreSQL keeps no {kind} here") for word, kind in place.columns if scalars(kind) & REFUSED]
    if place.table.startswith(RESERVED):
        refused.append(("", f"names that begin with {' or '.join(RESERVED)} are taken; choose another one"))
    if max(len((place.table + ASIDE).encode()), len(place.name.encode())) > LONGEST:
        refused.append(("", f"{place.table} is too long a name"))
    return refused


def _stranger(place: Place) -> str:
    said = f"a plain table {place.table} is already there; `adopt: true` takes it over"
    return "" if place.adopt else said


def _missed(
    connection: Connection, place: Place, now: There, readers: list[str], *, ours: bool
) -> tuple[tuple[str, ...], list[str]]:
    """What readers of the name would miss, and what keeps it from being changed at all."""
    after = wanted(connection, place)
    missed = breaks(now.columns, after)
    if not ours:
        return (*missed, *(f"{reader} would go on reading what is there now" for reader in readers)), []
    if not readers:
        return missed, []
    kept = {column for column, _ in after}
    empty = tuple(f"the column {column} would be NULL" for column, _ in now.columns if column not in kept)
    wrong = changed(now, after)
    broken = [f"{', '.join(readers)} read {place.table}, and {'; '.join(wrong)}"] if wrong else []
    return (*empty, *wrong), broken


def _conversions(place: Place) -> tuple[tuple[str, str], ...]:
    forms = {kind: "json" if kind.startswith(CONVERTED) else "text" for _, kind in place.columns}
    return tuple((word, forms[kind]) for word, kind in place.columns if kind.startswith((*CONVERTED, "GEOGRAPHY")))
