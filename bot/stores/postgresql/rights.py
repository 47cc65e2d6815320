"""Readers' rights: whoever may read a declared name, or the place it shows, may read a new place before it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Refused
from bot.ports import Place
from bot.stores.postgresql.around import Grant, grants
from bot.stores.postgresql.catalogue import CatalogueTables
from bot.stores.postgresql.there import There, source, there

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

READ = "SELECT"


def give(catalogue: CatalogueTables, place: Place) -> None:
    """Grant what readers lack on the place, which is there; raises Refused with what a person must run instead."""
    import psycopg

    connection, missing = catalogue.connection, lacks(catalogue, place)
    try:
        with connection.transaction():
            for grant in missing:
                connection.execute(grant.sql(catalogue.schema, place.name))
    except psycopg.errors.InsufficientPrivilege:
        pass  # what is still missing is told
    if missing and (missing := lacks(catalogue, place)):
        words = "; ".join(grant.sql(catalogue.schema, place.name).as_string(connection) for grant in missing)
        raise Refused(f"readers of {place.table} may not read {place.name} yet, and sameday may not let them: {words}")


def lacks(catalogue: CatalogueTables, place: Place) -> list[Grant]:
    """What is granted to readers of the declared name or of the place it shows, and not on this place."""
    connection, schema = catalogue.connection, catalogue.schema
    mine, name = there(connection, schema, place.name), there(connection, schema, place.table)
    if mine is None or name is None:
        return []
    shown = source(connection, schema, name)
    sources = [name, there(connection, schema, shown) if shown else None]
    wanted = {grant for one in sources if one is not None for grant in _readers(connection, one)}
    whole = {grant.whom for grant in _readers(connection, mine) if grant.column is None}
    parts = {(grant.column, grant.whom) for grant in _readers(connection, mine)}
    columns = {column for column, _ in place.columns}
    return sorted(
        (
            grant
            for grant in wanted
            if grant.whom not in whole
            and None not in whole
            and (grant.column, grant.whom) not in parts
            and (grant.column is None or grant.column in columns)
        ),
        key=str,
    )


def _readers(connection: Connection, one: There) -> list[Grant]:
    """Who may read it, its owner too."""
    plain = [Grant(grant.column, READ, grant.whom) for grant in grants(connection, one.oid) if grant.privilege == READ]
    return [*plain, Grant(None, READ, one.owner)]
