"""One version of a target: a table filled by COPY, its key built afterwards, read back as Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.errors import Conflict, Refused, SamedayError
from bot.ports import Batches, Digest, Target
from bot.stores.postgresql.connect import connect, query, told
from bot.stores.postgresql.types import back, name, sent
from bot.sync.canonical import arrow
from bot.sync.digest import Passing, digest_canonical

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

MEMORY = "512MB"  # for building keys


@dataclass(frozen=True)
class Versions:
    """The tables of the versions, in the schema `state`."""

    dsn: str
    state: str

    def begin(self, target: Target, whose: str, version: str) -> int:
        """A table for a version of the target `whose`, in the place of what killed loads of it have left.

        Raises Conflict while somebody uses what is left of this version; of another one that is for the next time.
        """
        with connect(self.dsn) as connection:
            left = query(
                "SELECT number, version FROM {state}.versions WHERE target = %s AND digest IS NULL", state=self.state
            )
            for number, left_by in connection.execute(left, [whose]).fetchall():
                if not self.drop(connection, number) and left_by == version:
                    raise Conflict(f"{whose}: what an earlier sync of {version} left is still in use; run again")
            new = query(
                "INSERT INTO {state}.versions (target, version) VALUES (%s, %s) RETURNING number", state=self.state
            )
            row = connection.execute(new, [whose, version]).fetchone()
            assert row is not None
            connection.execute(self._create(target, row[0]))
            return int(row[0])

    def _create(self, target: Target, number: int) -> Any:
        from psycopg.sql import SQL, Identifier

        columns = SQL(", ").join(
            Identifier(word) + SQL(" " + name(declared)) for word, declared in target.columns
        )  # fmt: skip
        return query("CREATE TABLE {state}.{part} (", state=self.state, part=f"v{number}") + columns + SQL(")")

    def drop(self, connection: Connection, number: int) -> bool:
        """Drop a version, and whether it is gone: it stays while somebody reads it, or has a view on it."""
        import psycopg

        try:
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '1s'")
                connection.execute(query("DROP TABLE IF EXISTS {state}.{part}", state=self.state, part=f"v{number}"))
                connection.execute(query("DELETE FROM {state}.versions WHERE number = %s", state=self.state), [number])
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DependentObjectsStillExist):
            return False
        return True

    def copy(self, target: Target, number: int, rows: Batches) -> Digest:
        """Fill the table, in one transaction and constant memory; the fingerprint of what was sent."""
        import adbc_driver_manager
        import adbc_driver_postgresql.dbapi as adbc
        import pyarrow as pa

        passing = Passing(target.columns)
        faults: list[SamedayError] = []  # what is raised while the driver draws batches reaches us as a text only

        def batches() -> Iterator[Any]:
            try:
                for batch in passing.through(rows):
                    yield sent(batch, target.columns)
            except SamedayError as fault:
                faults.append(fault)
                raise

        schema = pa.schema([(word, arrow(declared)) for word, declared in target.columns])
        reader = pa.RecordBatchReader.from_batches(schema, batches())
        try:
            with adbc.connect(self.dsn) as connection, connection.cursor() as cursor:
                cursor.adbc_ingest(f"v{number}", reader, mode="append", db_schema_name=self.state)
                connection.commit()
        except adbc_driver_manager.Error as error:
            if faults:
                raise faults[0] from None
            raise told(target.table, error) from None
        return passing.digest

    def finish(self, target: Target, number: int) -> None:
        """Prove the key, and gather the planner's statistics."""
        import psycopg
        from psycopg.sql import SQL, Identifier

        part = f"v{number}"
        with connect(self.dsn) as connection, connection.transaction():
            connection.execute(f"SET LOCAL maintenance_work_mem = '{MEMORY}'")
            if target.key:
                key = SQL(", ").join(Identifier(word) for word in target.key)
                build = query("CREATE UNIQUE INDEX ON {state}.{part} (", state=self.state, part=part)
                try:
                    with connection.transaction():
                        connection.execute(build + key + SQL(") ") + SQL("NULLS NOT DISTINCT"))
                except psycopg.errors.UniqueViolation:
                    twice = self._twice(connection, part, key)
                    raise Refused(
                        f"{target.table}: {twice:,} keys ({', '.join(target.key)}) stand more than once"
                    ) from None
            connection.execute(query("ANALYZE {state}.{part}", state=self.state, part=part))

    def keep(self, number: int, digest: Digest) -> None:
        """Say that the version is whole, and proven."""
        with connect(self.dsn) as connection:
            sql = query("UPDATE {state}.versions SET digest = %s WHERE number = %s", state=self.state)
            connection.execute(sql, [str(digest), number])

    def _twice(self, connection: Connection, part: str, key: Any) -> int:
        from psycopg.sql import SQL

        inner = query("SELECT 1 FROM {state}.{part} GROUP BY ", state=self.state, part=part)
        sql = SQL("SELECT count(*) FROM (") + inner + key + SQL(" HAVING count(*) > 1) AS t")
        row = connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def read_back(self, target: Target, number: int) -> Digest:
        """The fingerprint of what is there."""
        import adbc_driver_manager
        import adbc_driver_postgresql.dbapi as adbc

        columns = ", ".join('"' + word.replace('"', '""') + '"' for word, _ in target.columns)
        try:
            with adbc.connect(self.dsn) as connection, connection.cursor() as cursor:
                cursor.execute(f'SELECT {columns} FROM "{self.state}"."v{number}"')
                return digest_canonical(back(cursor.fetch_record_batch(), target.columns), target.columns)
        except adbc_driver_manager.Error as error:
            raise told(target.table, error) from None
