"""Connections, and what goes wrong with them in our words: away, or a no. No connection string is ever printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, LiteralString

from bot.errors import Refused, Unreachable
from bot.stores.postgresql.dsn import blamed, options, without

if TYPE_CHECKING:
    import psycopg
    from psycopg.sql import Composed

    Connection = psycopg.Connection[tuple[Any, ...]]

PATIENCE = 10  # seconds for the server to answer
CUSTOM = "P0"  # the class of what people's own triggers say
ENCODING = "22021"  # of text that is none; what is said of it repeats bytes
VALUES = ("22", "23", CUSTOM)  # classes of faults whose text may quote rows: data, constraints, triggers
QUOTED = re.compile(r'"(.*"|.*\Z)')  # from the first mark to the last: a value may hold marks itself
LIMITS = "54"  # the class of what goes beyond PostgreSQL's own limits, such as 1,600 columns: asking again is no use
AWAY = ("could not connect", "connection refused", "server closed", "terminat", "starting up", "shutting down",
        "could not receive", "could not send", "connection reset", "no connection", "eof detected", "timed out",
        "timeout expired", "could not translate", "no route")  # fmt: skip
SHUT = "57P"  # the class of what a server says that stops, or does not take connections yet


@contextmanager
def connect(dsn: str) -> Iterator[Connection]:
    """A connection in which every statement commits by itself; a lock that was not had in time is told as it is."""
    import psycopg

    found = options(dsn)
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=PATIENCE) as connection:
            yield connection
    except psycopg.errors.LockNotAvailable:
        raise
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if (error.sqlstate or "").startswith(LIMITS):
            raise Refused(f"PostgreSQL refused it: {line(error)}") from None
        if not error.sqlstate and (fault := blamed(line(error), found)):
            raise fault from None
        raise Unreachable(f"PostgreSQL did not answer: {without(line(error), found)}") from None
    except psycopg.Error as error:
        raise Refused(f"PostgreSQL refused it: {line(error)}") from None


def told(table: str, error: Any) -> Refused | Unreachable:
    """A fault of the driver that moves Arrow; what the server says has a code, a lost connection has words only."""
    code, lines = error.sqlstate or "", [text.strip() for text in str(error).splitlines()]
    away = next((text for text in lines if any(word in text.lower() for word in AWAY)), "")
    if code.startswith(SHUT) or (away and not code):
        return Unreachable(f"PostgreSQL did not answer: {away or line(error)}")
    return Refused(f"{table}: PostgreSQL does not take the rows: {line(error)}")


def line(error: Any) -> str:
    """The first line of what was said; of what it may quote of a row nothing, but the column where that is known."""
    said = next((text.strip() for text in str(error).splitlines() if text.strip()), type(error).__name__)
    code = str(getattr(error, "sqlstate", None) or "")
    if not code.startswith(VALUES):
        return said
    column = getattr(getattr(error, "diag", None), "column_name", None)
    words = "it is refused there" if code.startswith(CUSTOM) else QUOTED.sub("…", said)
    if code == ENCODING:
        words = f"{words.partition(': 0x')[0]}: 0x00, or no UTF-8"
    return f"{words} (the column {column})" if column else words


def query(text: LiteralString, **names: str) -> Composed:
    """A statement with names in it, quoted."""
    from psycopg.sql import SQL, Identifier

    return SQL(text).format(**{key: Identifier(name) for key, name in names.items()})
