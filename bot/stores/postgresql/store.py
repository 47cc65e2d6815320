"""The store itself: versions loaded by COPY, proven by their key, read back, put into places, named, pruned."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from bot.errors import Refused
from bot.ports import Batches, Place, StorePlan, Version
from bot.settings.kinds import PostgresqlStore
from bot.stores.postgresql import declared
from bot.stores.postgresql.catalogue import CatalogueTables
from bot.stores.postgresql.connect import connect, query
from bot.stores.postgresql.contents import Contents
from bot.stores.postgresql.plan import plan
from bot.stores.postgresql.prune import prune, sweep
from bot.stores.postgresql.state import is_there, lease, prepare
from bot.stores.postgresql.there import there
from bot.stores.postgresql.tries import HELD, tried
from bot.stores.postgresql.version import Versions
from bot.sync.digest import same, word
from bot.sync.window import unlike

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

T = TypeVar("T")
SANDBOX = "sameday_sandbox_"
ABANDONED = 3600  # seconds after which a sandbox's owner is taken for dead


class Postgresql:
    """The tables of one schema of a database; `dsn` is its connection string.

    `held` is how many seconds a change waits for a reader that keeps a place or a name in its transaction.
    """

    def __init__(self, settings: PostgresqlStore, dsn: str, held: float = HELD) -> None:
        self.schema, self.state, self.dsn, self.held = settings.schema_name, settings.state_schema, dsn, held
        self.tables = Versions(dsn, settings.state_schema)

    def plan(self, place: Place) -> StorePlan:
        """What a sync to the place would do."""
        with connect(self.dsn) as connection:
            return plan(connection, place, self.schema, self.state)

    def glance(self) -> Self:
        """This one: a look costs little."""
        return self

    def begin(self, place: Place, version: Version) -> None:
        """Record that the version is being made."""
        with self._prepared() as catalogue:
            catalogue.begin(place, version)

    def keep(self, place: Place, version: Version, rows: Batches) -> Version:
        """Load the version, prove its key and day, and read it back."""
        with self._prepared() as catalogue:
            catalogue.claim(place)
            key = catalogue.key(place.name)
        with lease(self.dsn, self.state, key):
            with self._prepared() as catalogue:
                number, whole = self._open(catalogue, place, version)
            if whole is not None:
                return whole
            self.tables.create(place, number)
            sent = self.tables.copy(place, number, rows)
            self.tables.finish(place, version, number)
            got = same(place, sent, self.tables.read_back(place, number))
            with self._prepared() as catalogue:
                return catalogue.finish(place, number, version.whole, got.rows, word(got))

    def versions(self, place: Place) -> Sequence[Version]:
        """The catalogue of the place, newest first."""
        with self._catalogue() as catalogue:
            found = [version for _, version in catalogue.numbered(place.name)] if catalogue else []
            return [version for version in found if version.experiment == place.experiment]

    def put(self, place: Place, version: Version) -> bool:
        """Show a whole version, never backwards."""
        return self._change(place, lambda contents: contents.put(version))

    def inside(self, place: Place) -> tuple[Version, ...]:
        """The versions that the place shows."""
        with self._catalogue() as catalogue:
            return catalogue.inside(place.name) if catalogue else ()

    def take_out(self, place: Place, day: date) -> tuple[Version, ...]:
        """Show the day no longer."""
        return self._change(place, lambda contents: contents.take_out(day))

    def carry(self, place: Place, earlier: Place) -> tuple[Version, ...]:
        """Copy the days that a daily place lacks from an earlier one."""
        if reason := unlike(place, earlier):
            raise Refused(reason)
        return self._change(place, lambda contents: contents.carry(earlier))

    def shown(self, table: str) -> str | None:
        """What a declared name shows."""
        with connect(self.dsn) as connection:
            if is_there(connection, self.state):
                return declared.shown(CatalogueTables(connection, self.schema, self.state), table)
            return table if there(connection, self.schema, table) else None

    def owner(self, table: str) -> str | None:
        """The experiment whose place a declared name shows."""
        with self._catalogue() as catalogue:
            name = declared.shown(catalogue, table) if catalogue else None
            return catalogue.owner(name) if catalogue and name else None

    def point(self, places: Collection[Place]) -> None:
        """Make every declared name show its place, in one transaction, without holding readers up."""
        order = list(places)

        def change(connection: Connection, times: int) -> None:
            prepare(connection, self.state)
            # a reader that holds the last name and waits for the first one lets the other order through
            declared.point(CatalogueTables(connection, self.schema, self.state), order[:: -1 if times % 2 else 1])

        tried(self.dsn, self.held, ", ".join(place.table for place in order), change)

    def unname(self, tables: Collection[str]) -> None:
        """Take declared names away, in one transaction."""

        def change(connection: Connection, times: int) -> None:
            prepare(connection, self.state)
            for table in tables:
                declared.unname(CatalogueTables(connection, self.schema, self.state), table)

        tried(self.dsn, self.held, ", ".join(tables), change)

    def prune(self, experiment: str, table: str, keep: Collection[str], before: datetime) -> Collection[str]:
        """Remove what nobody needs or reads; raises Refused at the end for a place that somebody's view reads."""
        with self._catalogue() as catalogue:
            if catalogue is None:
                return []
            gone, stay = prune(catalogue, self.tables, experiment, table, keep, before)
        if stay:
            raise Refused("; ".join(stay))
        return gone

    @contextmanager
    def sandbox(self, owner: str) -> Iterator[Postgresql]:
        """A schema of its own, gone afterwards."""
        schema = SANDBOX + hashlib.sha256(owner.encode()).hexdigest()[:16]
        with connect(self.dsn) as connection:
            self._sweep(connection, schema)
            with connection.transaction():  # another sweep sees it with its age, or not at all
                connection.execute(query("CREATE SCHEMA {schema}", schema=schema))
                connection.execute(_comment(schema, int(time.time())))
        try:
            yield Postgresql(PostgresqlStore(kind="postgresql", schema_name=schema, state_schema=schema), self.dsn)
        finally:
            with connect(self.dsn) as connection:
                connection.execute(query("DROP SCHEMA IF EXISTS {schema} CASCADE", schema=schema))

    def _sweep(self, connection: Connection, mine: str) -> None:
        """Drop what killed owners left, and an earlier attempt of this one."""
        import psycopg

        sql = "SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE starts_with(nspname, %s)"
        for schema, since in connection.execute(sql, [SANDBOX]).fetchall():
            drop = query("DROP SCHEMA IF EXISTS {schema} CASCADE", schema=schema)
            if schema == mine:
                connection.execute(drop)
            elif time.time() - int(since or 0) > ABANDONED:
                with suppress(psycopg.Error):  # another sweep was quicker
                    connection.execute(drop)

    def _open(self, catalogue: CatalogueTables, place: Place, version: Version) -> tuple[int, Version | None]:
        """The number of the version's table, and the version if it is whole and there."""
        catalogue.begin(place, version)
        record = catalogue.recorded(place, version)
        assert record is not None
        number, known = record
        if known.whole and catalogue.has(number):
            return number, known
        catalogue.unfinish(number)  # else a load that is killed would be taken for what was lost
        return number, None

    def _change(self, place: Place, change: Callable[[Contents], T]) -> T:
        """Change what a place shows, and drop what it no longer does."""

        def once(connection: Connection, times: int) -> T:
            prepare(connection, self.state)
            return change(Contents(CatalogueTables(connection, self.schema, self.state), self.tables, place))

        result = tried(self.dsn, self.held, place.name, once)
        if place.daily:
            with self._prepared() as catalogue:
                sweep(catalogue, self.tables, place.name)
        return result

    @contextmanager
    def _prepared(self) -> Iterator[CatalogueTables]:
        """The catalogue, which is made if it is not there; every statement commits by itself."""
        with connect(self.dsn) as connection:
            prepare(connection, self.state)
            yield CatalogueTables(connection, self.schema, self.state)

    @contextmanager
    def _catalogue(self) -> Iterator[CatalogueTables | None]:
        """The catalogue, if it is there."""
        with connect(self.dsn) as connection:
            is_store = is_there(connection, self.state)
            yield CatalogueTables(connection, self.schema, self.state) if is_store else None


def _comment(schema: str, since: int) -> Any:
    from psycopg.sql import Literal

    return query("COMMENT ON SCHEMA {schema} IS ", schema=schema) + Literal(str(since))
