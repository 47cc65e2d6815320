"""A store in one SQLite file: version tables, and a view per target that is swapped in a transaction."""

from bot.stores.sqlite.store import Sqlite

__all__ = ["Sqlite"]
