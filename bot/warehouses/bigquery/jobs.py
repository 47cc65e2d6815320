"""Jobs: labelled, bounded in what they may read, and named so that a rerun finds what an earlier one started."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from bot.compile.names import digest
from bot.errors import Refused, Unreachable
from bot.warehouses.bigquery import sql
from bot.warehouses.bigquery.connect import Connection
from bot.warehouses.bigquery.faults import Busy, told

JOB_SECONDS = 3600.0  # how long a job of ours may take
POLL = (0.2, 3.0)  # seconds between two looks at it: at first, and at most
TRIES = 20  # of one job: a failed one keeps its name for ever, the next try gets a number
BUSY = (1.0, 30.0)  # seconds between two tries of a change that others stand in the way of: at first, and at most
BUSY_TIMES = 15  # as long as a request is tried again, so long are they waited for
UNLABELLED = re.compile(r"[^a-z0-9_-]")
KINDS: Mapping[type, str] = {str: "STRING", int: "INT64", date: "DATE", datetime: "TIMESTAMP"}
Value = str | int | date | datetime


class Jobs:
    """Runs jobs for one identity; `labels` say on whose behalf, for the bill."""

    def __init__(self, connection: Connection, labels: Mapping[str, str]) -> None:
        self.connection = connection
        self.labels = labels

    def query(
        self, statement: str, about: str, task: str, values: Mapping[str, Value] | None = None, seen: str = "",
        right: str = "", dataset: str = "",
    ) -> Any:  # fmt: skip
        """The finished job of a query with these @values; `right` is what one needs for it, if that is known.

        `seen` names the state of what it reads, if reruns share the job. `dataset` has the tables that it names alone.
        """
        config = self._query_config(task, values or {}, dataset)

        def start(job_id: str) -> Any:
            return self.connection.client.query(
                statement, job_config=config, job_id=job_id, job_retry=None, **self.connection.waits
            )

        made_of = [statement, str(values), seen] if seen else uuid.uuid4().hex
        return self._finished(_named(task, about, made_of), start, about, right)

    def change(
        self, statement: str, about: str, task: str, values: Mapping[str, Value] | None = None, right: str = ""
    ) -> Any:
        """The same for what changes something: where others are at it, it is tried again for a while."""
        pause, end = BUSY[0], time.monotonic() + BUSY_TIMES * self.connection.patience
        while True:
            try:
                return self.query(statement, about, task, values, right=right)
            except Busy:
                pause *= 1 + secrets.randbelow(1000) / 1000  # else those who met once meet again
                if time.monotonic() + pause > end:
                    raise
            time.sleep(pause)
            pause = min(BUSY[1], pause)

    def copy(self, source: str, target: str, task: str) -> None:
        """Copy a table in the place of another one, or to where none is; a copy is not billed."""
        from google.cloud import bigquery

        config = bigquery.CopyJobConfig(labels=labels(task, self.labels), write_disposition="WRITE_TRUNCATE")

        def start(job_id: str) -> Any:
            return self.connection.client.copy_table(
                source, target, job_id=job_id, job_config=config, **self.connection.waits
            )

        self._finished(_named(task, target, uuid.uuid4().hex), start, source, "bigquery.tables.create")

    def now(self, about: str) -> datetime:
        """BigQuery's own clock: ours may be wrong."""
        (row,) = self.rows(self.query(sql.now(), about, "read"), about)
        now: datetime = row["now"]
        return now

    def rows(self, job: Any, about: str) -> list[dict[str, Any]]:
        """The few rows of a finished query."""
        with told(about):
            return [dict(row) for row in job.result(job_retry=None, **self.connection.waits)]

    def dry(self, statement: str, dataset: str = "") -> Any:
        """The job of a query that is only looked at; raises what Google's client raises."""
        config = self._query_config("check", {}, dataset)
        config.dry_run = True
        config.use_query_cache = False
        return self.connection.client.query(statement, job_config=config, job_retry=None, **self.connection.waits)

    def _query_config(self, task: str, values: Mapping[str, Value], dataset: str) -> Any:
        from google.cloud import bigquery

        config = bigquery.QueryJobConfig(
            labels=labels(task, self.labels),
            query_parameters=[bigquery.ScalarQueryParameter(k, KINDS[type(v)], v) for k, v in values.items()],
            maximum_bytes_billed=self.connection.settings.max_gigabytes * 2**30,
        )  # fmt: skip
        if dataset:
            config.default_dataset = dataset
        return config

    def _finished(self, name: str, start: Callable[[str], Any], about: str, right: str = "") -> Any:
        """The job of this name when it is done: started here, or found from an earlier try that was cut off."""
        for number in range(1, TRIES + 1):
            with told(about, right):
                job, mine = self._begun(f"{name}-{number}" if number > 1 else name, start)
                self._wait(job, about)
                if mine and job.error_result:
                    raise job.exception()
                if mine or not (job.error_result or self._is_forgotten(job)):
                    return job
        raise Refused(f"{about}: {TRIES} jobs named {name} have failed or are forgotten, so that it is not tried again")

    def _is_forgotten(self, job: Any) -> bool:
        """Whether a finished query's rows are gone, which are kept for a day; the job itself is known for months."""
        from google.api_core.exceptions import NotFound

        try:
            if job.job_type == "query":
                job.result(job_retry=None, **self.connection.waits)
        except NotFound:
            return True
        return False

    def _begun(self, job_id: str, start: Callable[[str], Any]) -> tuple[Any, bool]:
        from google.api_core.exceptions import Conflict

        try:
            return start(job_id), True
        except Conflict:
            return self.connection.client.get_job(job_id, **self.connection.waits), False

    def _wait(self, job: Any, about: str) -> None:
        pause, end = POLL[0], time.monotonic() + JOB_SECONDS
        while not job.done(**self.connection.waits):
            if time.monotonic() > end:
                raise Unreachable(f"{about}: BigQuery's job {job.job_id} was still running after {JOB_SECONDS:g} s")
            time.sleep(pause)
            pause = min(POLL[1], pause * 1.5)


def labels(what: str, about: Mapping[str, str]) -> dict[str, str]:
    """Labels in the letters that BigQuery takes."""
    pairs = {"sameday": what, **{f"sameday_{key}": value for key, value in about.items()}}
    return {key: UNLABELLED.sub("_", value.lower())[:63] for key, value in pairs.items()}


def _named(task: str, about: str, made_of: Any) -> str:
    """A job's name: its task, the table (whose name holds the run's date and attempt), and what it was made of."""
    return f"sameday-{task}-{re.sub(r'[^A-Za-z0-9_-]', '-', about)[-200:]}-{digest(made_of, 16)}"
