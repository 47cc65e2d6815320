"""Changes of what is being read: a transaction that waits for a lock for a moment only, and is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from bot.errors import Unreachable
from bot.stores.postgresql.connect import connect

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

T = TypeVar("T")
HELD = 60.0  # seconds that a change waits for readers of long transactions
TRY = "50ms"  # and as long at once: behind a waiting change every reader waits
BETWEEN = 0.1  # seconds in which those readers get through
MINE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7263325))"


def tried(dsn: str, held: float, what: str, change: Callable[[Connection, int], T]) -> T:
    """What `change` returns, in one transaction; it is told how often it was tried before.

    Raises Unreachable if readers of `what` leave no gap for `held` seconds: nothing failed, and it is due again.
    """
    import psycopg

    end, times = time.monotonic() + held, 0
    while True:
        try:
            with connect(dsn) as connection, connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{TRY}'")
                return change(connection, times)
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() > end:
                raise Unreachable(f"a reader keeps {what} in a transaction for too long") from None
            times += 1
            time.sleep(BETWEEN)


def alone(connection: Connection, key: str) -> None:
    """Let nobody else change the place of this key until the transaction ends: what is read of it now stays true."""
    connection.execute(MINE, [key])
