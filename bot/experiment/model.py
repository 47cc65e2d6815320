"""What an experiment file may say. Types and shapes only: what spans two fields is in `crossfield`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from bot.document.fields import Duration, Name, Part, Resources, Text, Tuple, Word, with_meant
from bot.document.glob import MOST, Glob
from bot.experiment.arms import Contender, Serving
from bot.experiment.schedule import Schedule
from bot.experiment.types import ColumnName, DatedTableName, TableName, meant, normalise

JOB = r"^[a-zA-Z0-9][-a-zA-Z0-9]*$"  # Argo's rule for task names


def _column_type(value: str) -> str:
    try:
        return normalise(value)
    except ValueError:
        message = "should be a BigQuery type such as STRING, INT64 or ARRAY<STRING>"
        raise PydanticCustomError("column_type", message, with_meant(meant(value))) from None


ColumnType = Annotated[str, AfterValidator(_column_type)]
Options = Annotated[
    dict[Text, Text],
    Field(description="Free words for the platform team's settings, as in `{repo: reco-batch}`; values are raw text."),
]


class Partition(Part):
    """The column whose day a run reads or replaces."""

    column: ColumnName = Field(
        description="A DATE column that holds the data date, as in `dt`; an input's may be a DATETIME, or a TIMESTAMP "
        "whose days are UTC's."
    )
    by: Literal["day"] = Field("day", description="How much one value of the column covers; only `day` so far.")


class Input(Part):
    """A table the jobs read: one of the warehouse, or what another experiment puts out."""

    table: DatedTableName | None = Field(
        None, description="A table: name, dataset.name or project.dataset.name; a last `{date}` is the run's, YYYYMMDD."
    )
    experiment: Name | None = Field(None, description="The experiment whose output is read, as in `job-embeddings`.")
    output: Word | None = Field(None, description="Which output of that experiment, as in `vectors`.")
    columns: dict[ColumnName, ColumnType] = Field(
        default_factory=dict, description="Columns the jobs rely on, as in `{user_id: STRING}`."
    )
    fresh_within: Duration | None = Field(None, description="How old the table's last change may be, as in 26h.")
    partition: Partition | None = Field(None, description="A run waits until the table has rows of its day.")


class Job(Part):
    """One command of the run's graph."""

    name: str = Field(
        pattern=JOB, max_length=128, description="Unique in the file, as in `extract`; letters, digits and hyphens."
    )
    command: Annotated[Text, Field(min_length=1)] | None = Field(
        None, description="A line for the shell, as in `python -m reco.infer`."
    )
    commands: Tuple[Text] | None = Field(
        None, description="Program and arguments, without a shell, as in `[python, -m, reco.infer]`."
    )
    dependencies: Tuple[str] = Field((), description="Jobs that must have succeeded before, as in `[extract]`.")
    option: Options = Field(default_factory=dict)
    timeout: Duration | None = Field(None, description="The job is stopped after this long, as in `2h`.")
    resources: Resources = Field(
        default_factory=Resources, description="What the job asks of the cluster; absent: what its repo says."
    )

    @property
    def argv(self) -> tuple[str, ...]:
        """The program and its arguments; a `command` goes to the shell as dagg does it."""
        return self.commands if self.commands is not None else ("sh", "-c", self.command or "")


Then = Literal["off", "warn", "hold"]


class Expect(Part):
    """What must hold for a run's rows before anything else may see them.

    What is not as usual may be `off`, be told and shown all the same (`warn`), or be kept from readers (`hold`).
    """

    min_rows: int = Field(1, ge=0, description="The fewest rows; with `partition`, those of the run's day.")
    max_null_share: dict[ColumnName, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict, description="The largest share of NULL per column, from 0 to 1, as in `{score: 0.01}`."
    )
    fewer: Then = Field(
        "hold", description="What follows if rows, or those they are for, fall below 60% of a usual day, as in `warn`."
    )
    same_lists: Then = Field(
        "hold", description="What follows if nine in ten of those whom the rows are for get the same list, as in `off`."
    )
    same_rows: Then = Field(
        "hold", description="What follows if the rows are those of a date before, where they never were, as in `off`."
    )
    strangers: Then = Field(
        "hold",
        description="What follows if hardly any of those whom the rows are for were there the date before, as in "
        "`warn`.",
    )
    unusual: Then = Field(
        "warn",
        description="What follows if counts are not as on the same weekday of four weeks or more, as in `hold`; until "
        "then at most a warning.",
    )
    shifted: Then = Field(
        "off", description="The same for the mean of each FLOAT64 column, as in `warn`; rows are read for it."
    )


class Sync(Part):
    """Where serving reads the output."""

    store: Word = Field(description="A store of the settings, as in `serving`.")
    table: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=40)] = Field(
        description="The name that serving reads in the store, as in `als_v4`."
    )
    adopt: bool = Field(False, description="Take over an existing plain table of this name.")
    days: int = Field(
        1, ge=1, le=400,
        description="How many of the newest days readers see at once; with `partition`, and its column in the key.",
    )  # fmt: skip


class Output(Part):
    """A table the jobs make."""

    table: TableName = Field(
        description="The name that others read: name, dataset.name or project.dataset.name, as in `reco.als_v4`."
    )
    job: str = Field(description="The job that writes it, as in `infer`.")
    columns: dict[ColumnName, ColumnType] = Field(
        min_length=1, description="Every column that the job writes, with its BigQuery type, as in `{user_id: STRING}`."
    )
    partition: Partition | None = Field(None, description="Absent, a run replaces the whole table.")
    key: Tuple[ColumnName] = Field(
        (), description="Columns that together are unique and never NULL, as in `[user_id, item_id]`."
    )
    expect: Expect = Field(default_factory=Expect, description="What must hold before anything else sees the rows.")
    sync: Sync | None = Field(None, description="Absent: the output stays in the warehouse.")
    adopt: bool = Field(
        False, description="Take over a table that has this name already; it is kept, and a rollback shows it again."
    )
    form: Literal["view", "table"] | None = Field(
        None,
        description="What has the name in BigQuery: a `view` of the release's own table, or a `table` that repeats it, "
        "for readers that cannot read a view (Storage Read API, Dataflow, Spark, extracts). Absent: a table where one "
        "is taken over, else a view; and as it is from then on.",
    )
    history: Literal["keep", "fresh"] = Field(
        "keep",
        description="With `partition`: after a change, `keep` shows the days of the release before until new runs "
        "make them, where the columns allow it; `fresh` begins without them.",
    )


class Spec(Part):
    """One experiment, as its file declares it. A plain dagg file is one."""

    model_config = ConfigDict(title="sameday experiment")

    name: Name = Field(description="Unique in the repository, as in `job-reco-als-v4`.")
    renamed_from: Name | None = Field(
        None,
        description="The name it had, as in `job-reco-als-v3`: its flag's split stays, and the old name is served "
        "until this one is live.",
    )
    owner: str | None = Field(
        None,
        pattern=r"^@[A-Za-z0-9][-A-Za-z0-9]*(/[A-Za-z0-9][-_.A-Za-z0-9]*)?$",
        description="The user or team that answers for it, as in @acme/reco.",
    )
    option: Options = Field(default_factory=dict)
    sources: Tuple[Glob] = Field(
        (),
        max_length=MOST,
        description="Globs of code whose change makes this experiment changed too, as in `reco/**/*.py`.",
    )
    schedule: Schedule | None = Field(None, description="When it runs again; absent: a first run only.")
    inputs: dict[Word, Input] = Field(
        default_factory=dict, description="Tables that the jobs read; `x` is `SAMEDAY_INPUT_X` in a job."
    )
    jobs: Tuple[Job] = Field(description="What a run does: a graph of commands.")
    outputs: dict[Word, Output] = Field(
        default_factory=dict, description="Tables that the jobs write; `x` is `SAMEDAY_OUTPUT_X` in a job."
    )
    serving: Serving | None = Field(None, description="Who sees the result; absent: nobody, data only.")
    ignore: dict[Text, Text] = Field(
        default_factory=dict,
        description="Rules not applied here, each with the reason, as in `flags.small-arm: a slow start`.",
    )

    @property
    def arms(self) -> Iterable[Contender]:
        """The arms or rankers served, whatever the kind."""
        if self.serving is None:
            return ()
        return self.serving.rankers or (self.serving.arms if self.serving.arm is None else (self.serving.arm,))
