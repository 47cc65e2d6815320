"""What users are shown and do, as the team logs it: experiments name these events."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.document.fields import Part

TABLE = r"^[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_][A-Za-z0-9_-]*){0,2}$"
SQL = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\.sql$"  # below the settings' folder
Column = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=300)]


class Exposures(Part):
    """The log of what users were shown, mapped by a query of the team's to the columns of the exposure log."""

    query: Annotated[str, Field(pattern=SQL, max_length=300)] = Field(
        description="The file with one SELECT that gives these columns, as in `sql/exposures.sql`."
    )
    max_gigabytes: int = Field(
        5, ge=1, description="A query of exposures that would read more gigabytes is refused, as in `5`."
    )


class Event(Part):
    """One kind of thing that users do with an item, and the table that has a row for each time."""

    table: Annotated[str, Field(pattern=TABLE, max_length=1024)] = Field(
        description="The warehouse's table of them, as in `logs.applications`."
    )
    unit: Column = Field(description="The column that says who did it, as in `user_id`.")
    item: Column = Field(description="The column that says with which item, as in `job_id`.")
    at: Column = Field(description="The column that says when, as in `applied_at`.")
