"""Connections, and what goes wrong with them in our words: away, or a no. No connection string is ever printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, LiteralString

from bot.errors import Refused, Unreachable, UsageError

if TYPE_CHECKING:
    import psycopg
    from psycopg.sql import Composed

    Connection = psycopg.Connection[tuple[Any, ...]]

PATIENCE = 10  # seconds for the server to answer
UNREADABLE = "a store's connection string cannot be read: postgresql://user:password@host/name, with %40 for an @ in it"
LIMITS = "54"  # the class of what goes beyond PostgreSQL's own limits, such as 1,600 columns: asking again is no use
AWAY = ("could not connect", "connection refused", "server closed", "terminat", "starting up", "shutting down",
        "could not receive", "could not send", "connection reset", "no connection", "eof detected", "timed out",
        "timeout expired", "could not translate", "no route")  # fmt: skip
SHUT = "57P"  # the class of what a server says that stops, or does not take connections yet


@contextmanager
def connect(dsn: str) -> Iterator[Connection]:
    """A connection in which every statement commits by itself; a lock that was not had in time is told as it is."""
    import psycopg

    _readable(dsn)
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=PATIENCE) as connection:
            yield connection
    except psycopg.errors.LockNotAvailable:
        raise
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if (error.sqlstate or "").startswith(LIMITS):
            raise Refused(f"PostgreSQL refused it: {line(error)}") from None
        raise Unreachable(f"PostgreSQL did not answer: {line(error)}") from None
    except psycopg.Error as error:
        raise Refused(f"PostgreSQL refused it: {line(error)}") from None


def _readable(dsn: str) -> None:
    """Raise UsageError for what is no connection string: libpq's own words for it repeat the password."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        found = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise UsageError(UNREADABLE) from None
    if "@" in str(found.get("host") or ""):  # the rest of a password with an @ in it
        raise UsageError(UNREADABLE)


def told(table: str, error: Any) -> Refused | Unreachable:
    """A fault of the driver that moves Arrow; what the server says has a code, a lost connection has words only."""
    code, lines = error.sqlstate or "", [text.strip() for text in str(error).splitlines()]
    away = next((text for text in lines if any(word in text.lower() for word in AWAY)), "")
    if code.startswith(SHUT) or (away and not code):
        return Unreachable(f"PostgreSQL did not answer: {away or line(error)}")
    return Refused(f"{table}: PostgreSQL does not take the rows: {line(error)}")


def line(error: Exception) -> str:
    """The first line of what was said."""
    return next((text.strip() for text in str(error).splitlines() if text.strip()), type(error).__name__)


def query(text: LiteralString, **names: str) -> Composed:
    """A statement with names in it, quoted."""
    from psycopg.sql import SQL, Identifier

    return SQL(text).format(**{key: Identifier(name) for key, name in names.items()})
