"""What the store remembers in the database itself, and the right to load into a place, which expires with its owner."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, LiteralString

from bot.errors import Conflict
from bot.stores.postgresql.connect import connect, query

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

TABLES: LiteralString = """
    CREATE SCHEMA IF NOT EXISTS {state};
    CREATE TABLE IF NOT EXISTS {state}.versions (
        number bigserial PRIMARY KEY, place text NOT NULL, declared text NOT NULL, experiment text NOT NULL,
        spec text NOT NULL, date date NOT NULL, attempt integer NOT NULL, begun timestamptz NOT NULL,
        whole timestamptz, row_count bigint NOT NULL DEFAULT 0, digest text NOT NULL DEFAULT '',
        UNIQUE (place, date, attempt));
    CREATE TABLE IF NOT EXISTS {state}.places (
        place text PRIMARY KEY, declared text NOT NULL, experiment text NOT NULL, spec text NOT NULL);
    CREATE TABLE IF NOT EXISTS {state}.inside (
        place text NOT NULL, part bigint NOT NULL, experiment text NOT NULL, spec text NOT NULL, date date NOT NULL,
        attempt integer NOT NULL, begun timestamptz NOT NULL, whole timestamptz NOT NULL, row_count bigint NOT NULL,
        digest text NOT NULL, PRIMARY KEY (place, date));
    CREATE TABLE IF NOT EXISTS {state}.taken_out (
        place text NOT NULL, date date NOT NULL, attempt integer NOT NULL, PRIMARY KEY (place, date));
    CREATE TABLE IF NOT EXISTS {state}.aside (declared text PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS {state}.rubbish (part bigint PRIMARY KEY, place text NOT NULL);
    CREATE TABLE IF NOT EXISTS {state}.leases (
        target text PRIMARY KEY, owner text NOT NULL, until timestamptz NOT NULL);
"""
TAKE: LiteralString = """
    INSERT INTO {state}.leases AS l VALUES (%(target)s, %(owner)s, now() + make_interval(secs => %(term)s))
    ON CONFLICT (target) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE l.until < now()
    RETURNING owner
"""
RENEW: LiteralString = """
    UPDATE {state}.leases SET until = now() + make_interval(secs => %(term)s)
    WHERE target = %(target)s AND owner = %(owner)s
"""
ONE_AT_A_TIME = 7_263_325  # of the advisory lock under which the tables are made: CREATE IF NOT EXISTS alone races
TERM = 60  # seconds a lease holds unless it is renewed
RENEWAL = 15.0  # seconds between two renewals
PATIENCE = 120.0  # seconds to wait for another sync of the same place


def prepare(connection: Connection, state: str) -> None:
    """Make the tables, once."""
    if is_there(connection, state):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        connection.execute(query(TABLES, state=state))


def is_there(connection: Connection, state: str) -> bool:
    """Whether a store was ever kept in this schema."""
    sql = "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'leases'"
    return connection.execute(sql, [state]).fetchone() is not None


@contextmanager
def lease(dsn: str, state: str, target: str, patience: float = PATIENCE) -> Iterator[None]:
    """The right to load into one place: a row with owner and expiry, so that it also works behind a pooler.

    Raises Conflict if another sync keeps it for `patience` seconds.
    """
    values = {"target": target, "owner": secrets.token_hex(8), "term": TERM}
    _take(dsn, state, values, patience)
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(dsn, state, values, over), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()
        with suppress(Exception), connect(dsn) as connection:  # else it ends by itself
            sql = query("DELETE FROM {state}.leases WHERE target = %(target)s AND owner = %(owner)s", state=state)
            connection.execute(sql, values)


def _take(dsn: str, state: str, values: dict[str, Any], patience: float) -> None:
    end = time.monotonic() + patience
    while True:
        with connect(dsn) as connection:
            if connection.execute(query(TAKE, state=state), values).fetchone():
                return
        if time.monotonic() > end:
            raise Conflict(f"another sync of {values['target']} is at work; run again when it is done")
        time.sleep(0.2)


def _renew(dsn: str, state: str, values: dict[str, Any], over: threading.Event) -> None:
    while not over.wait(RENEWAL):
        with suppress(Exception), connect(dsn) as connection:  # the next renewal is in time, too
            connection.execute(query(RENEW, state=state), values)
