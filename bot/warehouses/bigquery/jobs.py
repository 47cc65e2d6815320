"""Jobs: labelled, bounded in what they may read, and named so that a rerun finds what an earlier one started."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from bot.compile.names import digest
from bot.errors import Refused, Unreachable
from bot.warehouses.bigquery.connect import Connection
from bot.warehouses.bigquery.faults import told

JOB_SECONDS = 3600.0  # how long a job of ours may take
POLL = (0.2, 3.0)  # seconds between two looks at it: at first, and at most
TRIES = 20  # of one job: a failed one keeps its name for ever, the next try gets a number
UNLABELLED = re.compile(r"[^a-z0-9_-]")


class Jobs:
    """Runs jobs for one identity; `labels` say on whose behalf, for the bill."""

    def __init__(self, connection: Connection, labels: Mapping[str, str]) -> None:
        self.connection = connection
        self.labels = labels

    def query(self, sql: str, about: str, task: str, day: date | None = None, seen: str = "") -> Any:
        """The finished job of a query of @day; `seen` names the state of what it reads, if reruns share the job."""
        config = self._query_config(task, day)

        def start(job_id: str) -> Any:
            return self.connection.client.query(
                sql, job_config=config, job_id=job_id, job_retry=None, **self.connection.waits
            )

        return self._finished(_named(task, about, [sql, str(day), seen] if seen else uuid.uuid4().hex), start, about)

    def rows(self, job: Any, about: str) -> list[dict[str, Any]]:
        """The few rows of a finished query."""
        with told(about):
            return [dict(row) for row in job.result(job_retry=None, **self.connection.waits)]

    def dry(self, sql: str) -> Any:
        """The job of a query that is only looked at; raises what Google's client raises."""
        config = self._query_config("check", None)
        config.dry_run = True
        config.use_query_cache = False
        return self.connection.client.query(sql, job_config=config, job_retry=None, **self.connection.waits)

    def copy(self, source: str, target: str, seen: str) -> None:
        """Put a copy of a table in another one's place, whole and at once; nothing is read, so nothing is billed."""
        from google.cloud import bigquery

        config = bigquery.CopyJobConfig(
            write_disposition="WRITE_TRUNCATE", create_disposition="CREATE_IF_NEEDED", labels=self._labels("promote")
        )

        def start(job_id: str) -> Any:
            return self.connection.client.copy_table(
                source, target, job_id=job_id, job_config=config, **self.connection.waits
            )

        self._finished(_named("promote", source, [target, seen]), start, target)

    def _query_config(self, task: str, day: date | None) -> Any:
        from google.cloud import bigquery

        days = [] if day is None else [bigquery.ScalarQueryParameter("day", "DATE", day)]
        return bigquery.QueryJobConfig(
            labels=self._labels(task), query_parameters=days,
            maximum_bytes_billed=self.connection.settings.max_gigabytes * 2**30,
        )  # fmt: skip

    def _labels(self, task: str) -> dict[str, str]:
        found = {"sameday": task, **{f"sameday_{key}": value for key, value in self.labels.items()}}
        return {key: UNLABELLED.sub("_", value.lower())[:63] for key, value in found.items()}

    def _finished(self, name: str, start: Callable[[str], Any], about: str) -> Any:
        """The job of this name when it is done: started here, or found from an earlier try that was cut off."""
        for number in range(1, TRIES + 1):
            with told(about):
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


def _named(task: str, about: str, made_of: Any) -> str:
    """A job's name: its task, the table (whose name holds the run's date and attempt), and what it was made of."""
    return f"sameday-{task}-{re.sub(r'[^A-Za-z0-9_-]', '-', about)[-200:]}-{digest(made_of, 16)}"
