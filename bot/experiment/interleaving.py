"""What an interleaving test says beside its rankers: how their lists become one, and what counts for a ranker."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bot.document.fields import Duration, Part, Word
from bot.experiment.types import ColumnName

MOST_ITEMS = 1_000  # of a list; nobody scrolls further


class Draft(Part):
    """How the lists of the rankers become one, in the application: `examples/serving/draft.py` does it."""

    method: Literal["team", "balanced", "probabilistic"] = Field(
        "team",
        description="`team`: in each round every ranker picks once, in a drawn order. `balanced`: two rankers take "
        "turns; it favours one of two lists that are shifted. `probabilistic`: for each place a ranker is drawn, which "
        "picks any of its items, a higher one more often.",
    )
    length: int = Field(20, ge=1, le=MOST_ITEMS, description="How many items a list has at most, as in `20`.")
    item: ColumnName = Field(
        "item_id", description="The column of the rankers' tables that holds the item, as in `job_id`."
    )
    rank: ColumnName = Field(
        "score", description="The column by which a ranker sorts, as in `score`; the highest first."
    )
    per: Literal["ranking", "unit_day"] = Field(
        "ranking",
        description="When coins are thrown anew: for each `ranking` that a user asks for, or once a day for each user "
        "(`unit_day`), who then sees the same list all day.",
    )


class Credit(Part):
    """What counts for the ranker whose item it is about."""

    event: Word = Field(description="An event of the settings' `events`, as in `apply`.")
    within: Duration = Field(description="How long after the item was shown it counts, as in `24h`.")
