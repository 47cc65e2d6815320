"""An experiment from check to day 2 with its tables in BigQuery: real jobs, the real client, the emulator behind it."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bot.settings.kinds import BigQueryWarehouse
from tests.clock import steady_date
from tests.conftest import Repo
from tests.far.emulator import Emulator, put
from tests.far.emulator.proxy import Proxy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # each is a dozen processes, one after the other
A_TEST = timedelta(minutes=2)  # is how long one of these takes at most
SETTINGS = """\
engine: {{kind: local, path: {root}/engine}}
warehouse: {warehouse}
stores: {{serving: {{kind: sqlite, path: {root}/serving.sqlite}}}}
flags: {{kind: folder, path: {root}/flags}}
ledger: {{kind: sqlite, path: {root}/ledger.sqlite}}
repos: {{default: {{environment: {{ENDPOINT: "{url}"}}}}}}
limits: {{inputs: 1s}}
"""
EXPERIMENT = """\
name: reco
schedule: {cron: "0 4 * * *"}
inputs:
  applications: {table: logs.applications, columns: {user_id: STRING}, fresh_within: 26h}
  events: {table: "logs.events_{date}", columns: {user_id: STRING, score: FLOAT64}}
jobs:
  - {name: score, command: python score.py}
  - {name: count, command: python count.py, dependencies: [score]}
outputs:
  scores:
    table: reco.scores
    job: score
    partition: {column: dt}
    columns: {user_id: STRING, score: FLOAT64, dt: DATE}
    key: [user_id]
    expect: {min_rows: 2, max_null_share: {score: 0}}
    sync: {store: serving, table: scores}
  totals:
    table: reco.totals
    job: count
    columns: {n: INT64}
serving: {kind: all, arm: {name: new, output: scores}}
"""
CLIENT = """\
import os
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
out = os.environ["SAMEDAY_OUTPUT_SCORES"]
options = {"api_endpoint": os.environ["ENDPOINT"]}
client = bigquery.Client(out.split(".")[0], AnonymousCredentials(), location="US", client_options=options)
"""
SCORE = (
    CLIENT
    + """
import datetime, io
import pyarrow as pa, pyarrow.parquet as pq
events = os.environ["SAMEDAY_INPUT_EVENTS"]
rows = [dict(row) for row in client.query(f"SELECT user_id, score FROM `{events}`").result()]
day = datetime.date.fromisoformat(os.environ["SAMEDAY_DATA_DATE"])
columns = {"user_id": [r["user_id"] for r in rows], "score": [r["score"] for r in rows], "dt": [day] * len(rows)}
content = io.BytesIO()
pq.write_table(pa.table(columns), content)
content.seek(0)
schema = [bigquery.SchemaField("user_id", "STRING"), bigquery.SchemaField("score", "FLOAT"),
          bigquery.SchemaField("dt", "DATE")]
client.create_table(bigquery.Table(out, schema=schema), exists_ok=True)
config = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")
client.load_table_from_file(content, out, job_config=config).result()
"""
)
COUNT = (
    CLIENT
    + """
total = os.environ["SAMEDAY_OUTPUT_TOTALS"]
client.query(f"CREATE OR REPLACE TABLE `{total}` AS SELECT COUNT(*) AS n FROM `{out}`").result()
"""
)


@dataclass(frozen=True)
class Site:
    """A repository whose tables are in a project of the emulator's."""

    repo: Any
    warehouse: BigQueryWarehouse
    client: Any
    proxy: Proxy
    today: date

    @property
    def yesterday(self) -> date:
        """The day before the first run's."""
        return self.today - timedelta(days=1)

    def put(self, table: str, **columns: list[Any]) -> None:
        """What others write."""
        put(self.client, self.warehouse.table(table), pa.table(columns))

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """What a table holds."""
        found = self.client.query(f"SELECT * FROM `{self.warehouse.table(table)}`").result()
        return sorted(tuple(row.values()) for row in found)

    def tables(self, dataset: str) -> list[str]:
        """The tables of a dataset."""
        return sorted(item.table_id for item in self.client.list_tables(f"{self.warehouse.project}.{dataset}"))

    def served(self) -> list[tuple[Any, ...]]:
        """What an application reads."""
        with closing(sqlite3.connect(self.repo.root / ".sameday" / "serving.sqlite")) as connection:
            return sorted(connection.execute("SELECT user_id, score, dt FROM scores"))


@pytest.fixture
def site(repo: Repo, emulator: Emulator) -> Any:
    """The experiment, what it reads for two days, and its jobs."""
    with Proxy(emulator.url) as proxy:
        warehouse = emulator.settings(proxy.url)
        words = json.dumps(warehouse.model_dump(exclude_none=True))
        repo.write("sameday.yaml", SETTINGS.format(warehouse=words, url=emulator.url, root=".sameday"))
        repo.write("score.py", SCORE)
        repo.write("count.py", COUNT)
        repo.commit()
        assert repo.sameday("release").code == 0, "what is there at the first release is taken as live"
        repo.write("experiments/reco.yaml", EXPERIMENT)
        repo.commit()
        made = Site(repo, warehouse, emulator.client(warehouse.project), proxy, steady_date(A_TEST))
        made.put("logs.applications", user_id=["ada", "bob"])
        made.put(f"logs.events_{made.today:%Y%m%d}", user_id=["ada", "bob"], score=[0.5, 0.25])
        yield made


def test_from_check_to_day_2(site: Site) -> None:
    said = site.repo.sameday("check")
    assert (said.code, said.err) == (0, ""), said.out
    assert "the settings do not say which account the runs use" in said.out
    said = site.repo.sameday("release")
    assert said.code == 0, said.out + said.err
    first = [("ada", 0.5, site.today), ("bob", 0.25, site.today)]
    assert site.rows("reco.scores") == first
    assert site.rows("reco.totals") == [(2,)]
    assert site.served() == [(user, score, str(day)) for user, score, day in first]
    (place,) = (name for name in site.tables("reco") if re.fullmatch("scores__[0-9a-f]{8}", name))
    table = site.client.get_table(site.warehouse.table(f"reco.{place}"))
    assert (table.time_partitioning.type_, table.time_partitioning.field) == ("DAY", "dt")
    assert site.repo.sameday("check").code == 0, "what is there now fits what is declared"

    site.put(f"logs.events_{site.yesterday:%Y%m%d}", user_id=["ada", "cyd", "dan"], score=[0.75, 0.5, 0.125])
    said = site.repo.sameday("run", "reco", "--date", str(site.yesterday))
    assert said.code == 0, said.out + said.err
    second = [("ada", 0.75, site.yesterday), ("cyd", 0.5, site.yesterday), ("dan", 0.125, site.yesterday)]
    assert site.rows("reco.scores") == sorted(first + second)
    assert site.rows("reco.totals") == [(2,)], "which is one table, of the newest day"
    assert site.served() == [(user, score, str(day)) for user, score, day in first], "an older day changes no newer one"
    assert len(site.tables("reco")) == 2 + 2 + 4 + 1, "names, places, each run's own tables, and the catalogue"


def test_rows_that_are_not_as_promised_go_nowhere(site: Site) -> None:
    assert site.repo.sameday("release").code == 0
    site.put(f"logs.events_{site.yesterday:%Y%m%d}", user_id=["ada", "ada", None], score=[0.75, None, 0.125])
    said = site.repo.sameday("run", "reco", "--date", str(site.yesterday))
    assert said.code == 1
    assert "scores: 1 rows repeat a key (user_id): (ada) is in 2 rows; " in said.out
    assert "scores: 1 rows have no user_id, which is part of the key" in said.out
    assert "scores: 33.3% of score is NULL, at most 0.0% is expected" in said.out
    assert site.rows("reco.scores") == [("ada", 0.5, site.today), ("bob", 0.25, site.today)]
    assert [day for _, _, day in site.served()] == [str(site.today)] * 2


def test_a_run_waits_for_the_table_of_its_day(site: Site) -> None:
    assert site.repo.sameday("release").code == 0
    said = site.repo.sameday("run", "reco", "--date", str(site.yesterday))
    assert said.code == 1
    assert (
        f"events: logs.events_{site.yesterday:%Y%m%d} is not there".replace("logs.", f"{site.warehouse.project}.logs.")
        in said.out
    )


def test_an_outage_is_no_failure_of_the_experiment(site: Site) -> None:
    site.proxy.down = True
    said = site.repo.sameday("check", "--only", "tables")
    assert said.code == 3
    assert "BigQuery did not answer: down" in said.out


def test_rehearsal_in_bigquery(site: Site, tmp_path: Path) -> None:
    """With settings of its own, a rehearsal plays the story with its tables in BigQuery, day 2 included."""
    tomorrow = site.today + timedelta(days=1)
    site.put(f"logs.events_{tomorrow:%Y%m%d}", user_id=["ada", "cyd"], score=[0.75, 0.5])
    words = json.dumps(site.warehouse.model_dump(exclude_none=True))
    settings = tmp_path / "sameday.yaml"
    settings.write_text(SETTINGS.format(warehouse=words, url=site.warehouse.endpoint, root=tmp_path))
    said = site.repo.sameday("rehearse", "--settings", str(settings))
    assert said.code == 0, said.out + said.err
    assert site.rows("reco.scores") == [
        ("ada", 0.5, site.today), ("ada", 0.75, tomorrow), ("bob", 0.25, site.today), ("cyd", 0.5, tomorrow)
    ]  # fmt: skip
