"""Connection strings: what is wrong with one is said by an option's name; any part may hold a piece of a password."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.errors import UsageError

UNREADABLE = "a store's connection string cannot be read: postgresql://user:password@host/name, with %40 for an @ in it"
PORTS = re.compile(r"[0-9]{0,5}(,[0-9]{0,5})*")  # of several hosts, each may be left out
PLACES = frozenset({"host", "hostaddr", "port", "dbname", "user"})  # which an error may name
INVALID = ("invalid ", "could not parse network address", "definition of service")  # libpq's words for an option


def options(dsn: str) -> Mapping[str, str]:
    """Its options; raises UsageError for what is no connection string: libpq's own words for it repeat the password."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        found = {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    except (psycopg.Error, ValueError):
        raise UsageError(UNREADABLE) from None
    cut = any("@" in found.get(key, "") for key in ("host", "hostaddr", "dbname"))  # the rest of a password with an @
    if cut or not PORTS.fullmatch(found.get("port", "")):
        raise UsageError(UNREADABLE)
    return found


def blamed(text: str, found: Mapping[str, str]) -> UsageError | None:
    """The fault of an option that the client's library `text` tells of, if that is what it tells of."""
    if not any(word in text for word in INVALID):
        return None
    names = sorted(key for key, value in found.items() if f'"{value}"' in text)
    what = f"its {' or '.join(names)}" if names else "one of its options"
    return UsageError(f"a store's connection string cannot be used: PostgreSQL's client does not know {what} as it is")


def without(text: str, found: Mapping[str, str]) -> str:
    """What the client's library says, without what it repeats of the connection string."""
    for key, value in found.items():
        if key not in PLACES and value:
            text = text.replace(f'"{value}"', f"its {key}").replace(f"'{value}'", f"its {key}")
    password = found.get("password", "")
    return text.replace(password, "***") if len(password) > 3 else text
