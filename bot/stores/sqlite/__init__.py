"""A store in one SQLite file: a place for each spec, and views as declared names, switched in a transaction."""

from bot.ports import Store
from bot.ports.opening import Opening
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite.store import SqliteTables

__all__ = ["SqliteTables", "open_store"]


def open_store(settings: SqliteStore, opening: Opening) -> Store:
    """The store; its file need not be there."""
    return SqliteTables(settings)
