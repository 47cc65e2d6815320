"""Who sees what: the arms or rankers of an experiment, and the test that they are of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.document.fields import Name, Part, Text, Tuple, Unit, Word
from bot.experiment.interleaving import Credit, Draft
from bot.experiment.metrics import Metrics
from bot.experiment.traffic import SLOTS, Conditions, Period, Slots, Surface, Testers
from bot.experiment.types import TableName

MOST_ARMS = 20  # or rankers of one test; with more, none of them ever has enough users


class Contender(Part):
    """What is compared with others, and the table that serves it."""

    name: Name = Field(description="Unique in the experiment, as in `als-v4`; the flag has it under this name.")
    control: bool = Field(False, description="Whether this is what the others are compared with.")
    table: TableName | None = Field(None, description="A table that is already served; or `output`.")
    output: Word | None = Field(None, description="An output of this file that has `sync`; or `table`.")


class Arm(Contender):
    """One variant of the test and the table that serves it."""

    weight: int = Field(
        1,
        ge=1,
        le=SLOTS,
        description="The arm's share of the traffic, in proportion to the others: `1` and `1` are half each.",
    )


class Ranker(Contender):
    """One of the lists that are interleaved, and the table that it is read from."""


class Fallback(Part):
    """What an arm serves when its own table cannot: chosen inside the arm, so the split stays as asked."""

    table: TableName = Field(description="A table that is already served, as in `reco.popular`.")
    on: Tuple[Literal["missing", "stale", "exhausted", "error"]] = Field(
        ("missing", "stale", "exhausted", "error"), description="When the application takes the fallback."
    )


class Serving(Part):
    """Who sees what: one arm for everyone, traffic that is split between arms, or lists that are interleaved."""

    kind: Literal["all", "ab", "aa", "interleaving"] = Field(
        description="`all`: one arm for everyone. `ab`: traffic is split. `aa`: it is split between arms that serve "
        "one table, to see that the split itself changes nothing. `interleaving`: every user sees one list that "
        "several rankers pick in turn."
    )
    arm: Arm | None = Field(None, description="With kind `all`: the one arm.")
    arms: Tuple[Arm] = Field(
        (), max_length=MOST_ARMS, description="With kinds `ab` and `aa`: two or more, one of them the control."
    )
    rankers: Tuple[Ranker] = Field(
        (), max_length=MOST_ARMS, description="With kind `interleaving`: two or more, one of them the control."
    )
    draft: Draft | None = Field(None, description="With kind `interleaving`: how the lists become one.")
    credit: Credit | None = Field(None, description="With kind `interleaving`: what counts for a ranker.")
    period: Period | None = Field(None, description="The days of the test; all kinds but `all` need them.")
    phase: int = Field(
        1, ge=1, le=99,
        description="Counts the tests under this name, as in `2`. A new phase changes a running test: all users are "
        "split anew, from a start of its own.",
    )  # fmt: skip
    unit: Unit = Field("user_id", description="Who is assigned to an arm.")
    surfaces: Tuple[Surface] = Field((), min_length=1, description="Where it is shown; absent: everywhere.")
    conditions: Conditions = Field(default_factory=Conditions, description="Which users may see it; absent: all.")
    testers: Testers | None = Field(None, description="Who sees the test before its start; absent: nobody.")
    layer: Name | None = Field(
        None,
        description="Tests of one layer, as in `home`, never overlap in their slots. Absent: the layer that the "
        "settings have for the surfaces, else `default`.",
    )
    slots: Slots = Field(default_factory=Slots, description="The part of the layer; absent: all of it.")
    salt: Annotated[Text, Field(min_length=1, max_length=100)] | None = Field(
        None, description="What draws the split between arms, as in `second-try`; absent: name and phase."
    )
    fallback: Fallback | None = Field(None, description="What an arm serves when its own table cannot.")
    fix: Annotated[Text, Field(min_length=1)] | None = Field(
        None,
        description="Why what a running test serves is put right without a new phase, as in `a column was wrong`; it "
        "holds for the one change that brings it.",
    )
    metrics: Metrics | None = Field(None, description="What the test is read by; absent: the check says nothing of it.")
    hypothesis: Text | None = Field(
        None, description="What the test should show, for people, as in `ALS lifts applications by 2%`."
    )

    @property
    def surface_names(self) -> frozenset[str]:
        """What the settings may call the places where it is shown; empty where it is shown everywhere."""
        return frozenset[str]().union(*(surface.names for surface in self.surfaces))

    @property
    def is_test(self) -> bool:
        """Whether users are split, for a time."""
        return self.kind != "all"
