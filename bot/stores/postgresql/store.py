"""The store itself: versions loaded by COPY, proven by their key, read back, shown, pruned."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from bot.errors import Refused, Unreachable
from bot.experiment.types import scalars
from bot.ports import Batches, Digest, StorePlan, Target
from bot.settings.kinds import PostgresqlStore
from bot.stores.drift import breaks
from bot.stores.names import versions
from bot.stores.postgresql.connect import connect, query
from bot.stores.postgresql.state import is_there, lease, prepare
from bot.stores.postgresql.types import CONVERTED, name
from bot.stores.postgresql.version import Versions
from bot.stores.postgresql.view import ASIDE, dependents, point, replaceable, taken, there, wanted
from bot.sync.canonical import REFUSED
from bot.sync.digest import same

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

SANDBOX = "sameday_sandbox_"
RESERVED = ("pg_", "sameday_")
LONGEST = 63  # bytes of a name; PostgreSQL cuts what is longer, silently
ABANDONED = 3600  # seconds after which a sandbox's owner is taken for dead
HELD = 60.0  # seconds that a swap waits for readers of long transactions
TRY = "50ms"  # and as long at once: behind a waiting swap every reader waits


class Postgresql:
    """The tables of one schema of a database; `dsn` is its connection string.

    `held` is how many seconds a swap waits for a reader that keeps the view in its transaction.
    """

    def __init__(self, settings: PostgresqlStore, dsn: str, held: float = HELD) -> None:
        self.schema, self.state, self.dsn, self.held = settings.schema_name, settings.state_schema, dsn, held
        self.parts = Versions(dsn, settings.state_schema)

    def plan(self, target: Target) -> StorePlan:
        """What a sync to the target would do."""
        refused = [
            (word, f"PostgreSQL keeps no {kind} here") for word, kind in target.columns if scalars(kind) & REFUSED
        ]
        if target.table.startswith(RESERVED):
            refused.append(("", f"names that begin with {' or '.join(RESERVED)} are taken; choose another one"))
        if len((target.table + ASIDE).encode()) > LONGEST:
            refused.append(("", f"{target.table} is too long a name"))
        action: Any = "create"
        missed: tuple[str, ...] = ()
        with connect(self.dsn) as connection:
            found = None if refused else there(connection, self.schema, target.table)
            if found is not None:
                action = "replace" if self._ours(connection, target) else "adopt"
                after = wanted(connection, target)
                missed = breaks(found.columns, after)
                if action == "adopt" and not target.adopt:
                    refused.append(("", taken(target)))
                readers = dependents(connection, found)
                if action == "adopt":
                    missed += tuple(f"{reader} would go on reading what is there now" for reader in readers)
                elif readers and not replaceable(found, after):
                    what = "; ".join(missed) or "its columns would change their order"
                    refused.append(("", f"{', '.join(readers)} read {target.table}, and {what}"))
        ddl = self._ddl(target) if not refused else ""
        return StorePlan(action, ddl, tuple(refused), missed, _conversions(target))

    def load(self, target: Target, version: str, rows: Batches) -> Digest:
        """Load a version, prove its key, and read it back."""
        self._prepare()
        with lease(self.dsn, self.state, self._name(target)):
            kept = self._ask(
                "SELECT digest FROM {state}.versions WHERE target = %s AND version = %s AND digest IS NOT NULL",
                target, version,
            )  # fmt: skip
            if kept:
                return Digest.parse(kept[0])
            number = self.parts.begin(target, self._name(target), version)
            sent = self.parts.copy(target, number, rows)
            self.parts.finish(target, number)
            got = same(target, sent, self.parts.read_back(target, number))
            self.parts.keep(number, got)
            return got

    def active(self, target: Target) -> tuple[str, ...]:
        """The versions that readers see."""
        found = self._ask("SELECT version FROM {state}.versions WHERE target = %s AND active", target)
        return tuple(versions(found, target.table))

    def versions(self, target: Target) -> Sequence[str]:
        """The versions that are kept whole, newest first."""
        sql = "SELECT version FROM {state}.versions WHERE target = %s AND digest IS NOT NULL ORDER BY number DESC"
        return versions(self._ask(sql, target), target.table)

    def activate(self, versions: Mapping[Target, Sequence[str]]) -> None:
        """Point every target's view at its versions, in one transaction, without holding readers up."""
        import psycopg

        end = time.monotonic() + self.held
        order = list(versions)
        while True:
            try:
                with connect(self.dsn) as connection, connection.transaction():
                    connection.execute(f"SET LOCAL lock_timeout = '{TRY}'")
                    for target in order:
                        self._show(connection, target, versions[target])
                return
            except psycopg.errors.LockNotAvailable:
                if time.monotonic() > end:
                    raise Unreachable(
                        f"a reader keeps {', '.join(t.table for t in versions)} in a transaction for too long"
                    ) from None
                order.reverse()  # a reader that holds the last view and waits for the first one lets this order through
                time.sleep(0.1)

    def prune(self, target: Target, keep: Collection[str]) -> None:
        """Drop every version but these and the active ones; one that is still read is dropped the next time."""
        with connect(self.dsn) as connection:
            if not is_there(connection, self.state):
                return
            sql = query(
                "SELECT number, version FROM {state}.versions WHERE target = %s AND NOT active "
                "AND digest IS NOT NULL", state=self.state,
            )  # fmt: skip
            for number, version in connection.execute(sql, [self._name(target)]).fetchall():
                if version not in keep:
                    self.parts.drop(connection, number)

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

    def _prepare(self) -> None:
        with connect(self.dsn) as connection:
            prepare(connection, self.state)

    def _name(self, target: Target) -> str:
        return f"{self.schema}.{target.table}"

    def _ddl(self, target: Target) -> str:
        columns = ", ".join(f'"{word}" {name(declared)}' for word, declared in target.columns)
        return f'CREATE TABLE "{self.schema}"."{target.table}" ({columns})'

    def _show(self, connection: Connection, target: Target, shown: Sequence[str]) -> None:
        known: dict[str, int] = {}
        if is_there(connection, self.state):
            sql = query(
                "SELECT version, number FROM {state}.versions WHERE target = %s AND digest IS NOT NULL FOR UPDATE",
                state=self.state,
            )
            known = dict(connection.execute(sql, [self._name(target)]).fetchall())
        for version in shown:
            if version not in known:
                raise Refused(f"{target.table} has no version {version}")
        numbers = [known[version] for version in shown]
        point(connection, self.schema, self.state, target, numbers, ours=self._ours(connection, target))
        sql = query("UPDATE {state}.versions SET active = (number = ANY(%s)) WHERE target = %s", state=self.state)
        connection.execute(sql, [numbers, self._name(target)])

    def _ours(self, connection: Connection, target: Target) -> bool:
        """Whether a version of ours is what readers see."""
        if not is_there(connection, self.state):
            return False
        sql = query("SELECT 1 FROM {state}.versions WHERE target = %s AND active", state=self.state)
        return connection.execute(sql, [self._name(target)]).fetchone() is not None

    def _ask(self, sql: Any, target: Target, *more: str) -> list[str]:
        with connect(self.dsn) as connection:
            if not is_there(connection, self.state):
                return []
            rows = connection.execute(query(sql, state=self.state), [self._name(target), *more]).fetchall()
            return [str(row[0]) for row in rows]


def _conversions(target: Target) -> tuple[tuple[str, str], ...]:
    forms = {kind: "json" if kind.startswith(CONVERTED) else "text" for _, kind in target.columns}
    return tuple((word, forms[kind]) for word, kind in target.columns if kind.startswith((*CONVERTED, "GEOGRAPHY")))


def _comment(schema: str, since: int) -> Any:
    from psycopg.sql import Literal

    return query("COMMENT ON SCHEMA {schema} IS ", schema=schema) + Literal(str(since))
