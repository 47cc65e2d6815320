"""The production store."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from bot.document import faults
from bot.document.fields import Word
from bot.settings.kinds.backend import Backend, Needs


class PostgresqlStore(Backend):
    """A database that serving reads."""

    opener: ClassVar[str] = "bot.stores.postgresql:open_store"
    needs: ClassVar[Needs | None] = Needs(
        "a store in PostgreSQL", ("adbc_driver_postgresql", "duckdb", "psycopg", "pyarrow"), "postgresql"
    )

    kind: Literal["postgresql"]
    dsn: str = Field(
        "SAMEDAY_POSTGRESQL_DSN", pattern=faults.VARIABLE,
        description="The environment variable that holds the connection string, as in `SERVING_DSN`.",
    )  # fmt: skip
    schema_name: Word = Field("public", description="The schema where serving reads, as in `public`.")
    state_schema: Word = Field(
        "sameday", description="The schema where versions are kept, as in `sameday`; made if it is not there."
    )

    @property
    def whereabouts(self) -> str:
        """What no two stores may share, in words."""
        return f"the schema {self.schema_name} of the database at {self.dsn}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The connection string may hold a password."""
        return (self.dsn,)
