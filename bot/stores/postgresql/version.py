"""One version: a table filled by COPY, its key built afterwards, read back as Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.errors import Conflict, Refused, SamedayError
from bot.ports import Batches, Digest, Place, Version
from bot.stores.postgresql.connect import connect, query, told
from bot.stores.postgresql.types import back, name, sent
from bot.sync.canonical import arrow
from bot.sync.digest import Passing, digest_canonical

if TYPE_CHECKING:
    from psycopg.sql import Composed

    from bot.stores.postgresql.connect import Connection

MEMORY = "512MB"  # for building keys
DROP = "200ms"  # that dropping a table waits for its readers: behind it new ones wait


@dataclass(frozen=True)
class Versions:
    """The tables of the versions, in the schema `state`."""

    dsn: str
    state: str

    def create(self, place: Place, number: int) -> None:
        """An empty table of this number, in the place of what a killed load left; raises Conflict while it is used."""
        with connect(self.dsn) as connection:
            if not self.drop(connection, number):
                raise Conflict(f"{place.name}: what an earlier sync of this version left is still in use; run again")
            self.make(connection, place, number)

    def make(self, connection: Connection, place: Place, number: int) -> None:
        """An empty table of this number."""
        head = query("CREATE TABLE {state}.{part} (", state=self.state, part=f"v{number}")
        connection.execute(head + columns(place) + query(")"))

    def drop(self, connection: Connection, number: int) -> bool:
        """Drop a table, and whether it is gone: it stays while somebody reads it, or has a view on it."""
        import psycopg

        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{DROP}'")
                connection.execute(query("DROP TABLE IF EXISTS {state}.{part}", state=self.state, part=f"v{number}"))
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DependentObjectsStillExist):
            return False
        return True

    def copy(self, place: Place, number: int, rows: Batches) -> Digest:
        """Fill the table, in one transaction and constant memory; the fingerprint of what was sent."""
        import adbc_driver_manager
        import adbc_driver_postgresql.dbapi as adbc
        import pyarrow as pa

        passing = Passing(place.columns)
        faults: list[SamedayError] = []  # what is raised while the driver draws batches reaches us as a text only

        def batches() -> Iterator[Any]:
            try:
                for batch in passing.through(rows):
                    yield sent(batch, place.columns)
            except SamedayError as fault:
                faults.append(fault)
                raise

        schema = pa.schema([(word, arrow(declared)) for word, declared in place.columns])
        reader = pa.RecordBatchReader.from_batches(schema, batches())
        try:
            with adbc.connect(self.dsn) as connection, connection.cursor() as cursor:
                cursor.adbc_ingest(f"v{number}", reader, mode="append", db_schema_name=self.state)
                connection.commit()
        except adbc_driver_manager.Error as error:
            if faults:
                raise faults[0] from None
            raise told(place.table, error) from None
        return passing.digest

    def finish(self, place: Place, version: Version, number: int) -> None:
        """Prove the key and the day, and gather the planner's statistics."""
        with connect(self.dsn) as connection, connection.transaction():
            self.prove(connection, place, version.date, number)
            connection.execute(query("ANALYZE {state}.{part}", state=self.state, part=f"v{number}"))

    def prove(self, connection: Connection, place: Place, day: date, number: int) -> None:
        """Build the key, and of a daily place the constraint that lets the table become its day without being read."""
        import psycopg
        from psycopg.sql import SQL, Identifier

        part = f"v{number}"
        connection.execute(f"SET LOCAL maintenance_work_mem = '{MEMORY}'")
        if place.key:
            key = SQL(", ").join(Identifier(word) for word in place.key)
            build = query("CREATE UNIQUE INDEX ON {state}.{part} (", state=self.state, part=part)
            try:
                with connection.transaction():
                    connection.execute(build + key + SQL(") ") + SQL("NULLS NOT DISTINCT"))
            except psycopg.errors.UniqueViolation:
                twice = self._twice(connection, part, key)
                raise Refused(f"{place.table}: {twice:,} keys ({', '.join(place.key)}) stand more than once") from None
        if place.daily and place.partition:
            head = query("ALTER TABLE {state}.{part} ADD CHECK ", state=self.state, part=part)
            try:
                with connection.transaction():
                    connection.execute(head + of_day(place.partition, day))
            except psycopg.errors.CheckViolation:
                raise Refused(f"{place.table}: rows have another {place.partition} than {day}, or none") from None

    def _twice(self, connection: Connection, part: str, key: Any) -> int:
        from psycopg.sql import SQL

        inner = query("SELECT 1 FROM {state}.{part} GROUP BY ", state=self.state, part=part)
        sql = SQL("SELECT count(*) FROM (") + inner + key + SQL(" HAVING count(*) > 1) AS t")
        row = connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def read_back(self, place: Place, number: int) -> Digest:
        """The fingerprint of what is there."""
        import adbc_driver_manager
        import adbc_driver_postgresql.dbapi as adbc

        chosen = ", ".join('"' + word.replace('"', '""') + '"' for word, _ in place.columns)
        try:
            with adbc.connect(self.dsn) as connection, connection.cursor() as cursor:
                cursor.execute(f'SELECT {chosen} FROM "{self.state}"."v{number}"')
                return digest_canonical(back(cursor.fetch_record_batch(), place.columns), place.columns)
        except adbc_driver_manager.Error as error:
            raise told(place.table, error) from None


def columns(place: Place) -> Composed:
    """The columns of the place's tables, with PostgreSQL's types."""
    from psycopg.sql import SQL, Identifier

    return SQL(", ").join(Identifier(word) + SQL(" " + name(declared)) for word, declared in place.columns)


def of_day(column: str, day: date) -> Composed:
    """The condition that all rows of a day's table meet."""
    from psycopg.sql import SQL, Identifier, Literal

    return SQL("({column} IS NOT NULL AND {column} = {day}::date)").format(
        column=Identifier(column), day=Literal(day.isoformat())
    )
