"""A store in one SQLite file: version tables, and a view per target that is swapped in a transaction."""

from bot.ports import Store
from bot.ports.opening import Opening
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite.store import SqliteTables

__all__ = ["SqliteTables", "open_store"]


def open_store(settings: SqliteStore, opening: Opening) -> Store:
    """The store; its file need not be there."""
    return SqliteTables(settings)
