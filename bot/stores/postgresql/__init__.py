"""A store in PostgreSQL: version tables filled by COPY, and a view per target that is swapped in a transaction."""

from bot.stores.postgresql.store import Postgresql

__all__ = ["Postgresql"]
