"""A store in PostgreSQL: versions filled by COPY, a place for each spec, and views as declared names."""

from bot.errors import UsageError
from bot.ports import Store
from bot.ports.opening import Opening
from bot.settings.kinds import PostgresqlStore
from bot.stores.postgresql.store import Postgresql

__all__ = ["Postgresql", "open_store"]


def open_store(settings: PostgresqlStore, opening: Opening) -> Store:
    """The store, which is not asked yet; raises UsageError if nothing says where it is."""
    dsn = opening.environment.get(settings.dsn)
    if not dsn:
        raise UsageError(f"{settings.dsn} is not set: it holds the connection string of a store of the settings")
    return Postgresql(settings, dsn)
