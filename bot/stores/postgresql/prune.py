"""Removing places and versions that nobody needs; what somebody reads now is left for the next time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from bot.stores.postgresql.catalogue import CatalogueTables
from bot.stores.postgresql.connect import query
from bot.stores.postgresql.declared import shown
from bot.stores.postgresql.there import dependents, there
from bot.stores.postgresql.tries import alone
from bot.stores.postgresql.version import DROP, Versions
from bot.sync.window import earlier, is_shown

KINDS = {"v": "VIEW", "p": "TABLE"}


def prune(
    catalogue: CatalogueTables, versions: Versions, experiment: str, table: str, keep: Collection[str], before: datetime
) -> tuple[list[str], list[str]]:
    """Remove as `Places.prune` does: the names of the places that are gone, and why others had to stay."""
    gone, stay = list[str](), list[str]()
    for name, spec in catalogue.places(experiment, table):
        sweep(catalogue, versions, name)
        if spec in keep or shown(catalogue, table) == name:
            _remove_versions(catalogue, versions, name, before)
            continue
        reason = _remove_place(catalogue, name)
        if reason is None:
            gone.append(name)
        elif reason:
            stay.append(reason)
    return gone, stay


def sweep(catalogue: CatalogueTables, versions: Versions, name: str) -> None:
    """Drop the parts that the place of this name no longer has."""
    import psycopg

    connection, state = catalogue.connection, catalogue.state
    with suppress(psycopg.errors.LockNotAvailable), _briefly(catalogue, name):
        sql = query("SELECT part FROM {state}.rubbish WHERE place = %s", state=state)
        for (part,) in connection.execute(sql, [catalogue.key(name)]).fetchall():
            if versions.drop(connection, part):
                connection.execute(query("DELETE FROM {state}.rubbish WHERE part = %s", state=state), [part])


@contextmanager
def _briefly(catalogue: CatalogueTables, name: str) -> Iterator[None]:
    """A transaction in which nobody else changes the place; what waits in it for a lock gives up soon."""
    with catalogue.connection.transaction():
        catalogue.connection.execute(f"SET LOCAL lock_timeout = '{DROP}'")
        alone(catalogue.connection, catalogue.key(name))
        yield


def _remove_place(catalogue: CatalogueTables, name: str) -> str | None:
    """Why the place is still there: '' while somebody reads it just now. None if it is gone."""
    import psycopg

    connection, schema, state = catalogue.connection, catalogue.schema, catalogue.state
    try:
        with _briefly(catalogue, name):
            place = there(connection, schema, name)
            if place is not None and (readers := dependents(connection, place.oid)):
                return f"{name} stays while {', '.join(readers)} read it"
            parts = {number for number, _ in (*catalogue.numbered(name), *catalogue.parts(name))}
            if place is not None and catalogue.owner(name) is not None and place.kind in KINDS:
                head = "DROP VIEW {s}.{name}" if place.kind == "v" else "DROP TABLE {s}.{name}"
                connection.execute(query(head, s=schema, name=name))
            for part in sorted(parts):
                connection.execute(query("DROP TABLE IF EXISTS {state}.{part}", state=state, part=f"v{part}"))
            catalogue.forget(name)
    except psycopg.errors.LockNotAvailable:
        return ""
    except psycopg.errors.DependentObjectsStillExist as error:
        return f"{name} stays: {error.diag.message_detail or error.diag.message_primary}"
    return None


def _remove_versions(catalogue: CatalogueTables, versions: Versions, name: str, before: datetime) -> None:
    """Remove those of a place that stays; where it is a view, the version that may be shown again stays too."""
    import psycopg

    with suppress(psycopg.errors.LockNotAvailable), _briefly(catalogue, name):
        place, numbered = there(catalogue.connection, catalogue.schema, name), catalogue.numbered(name)
        inside = catalogue.inside(name)
        stay = list(inside)
        if inside and place is not None and place.kind == "v":
            last = earlier(inside[0], [one for _, one in numbered], catalogue.taken_out(name))
            stay += [last] if last else []
        for number, version in numbered:
            if version.begun < before and not is_shown(version, stay) and versions.drop(catalogue.connection, number):
                sql = query("DELETE FROM {state}.versions WHERE number = %s", state=catalogue.state)
                catalogue.connection.execute(sql, [number])
