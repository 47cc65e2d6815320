"""What only BigQuery can have wrong with an experiment's tables: every finding at its place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.check import Context
from bot.check.runner import run
from bot.commands.refused import refused
from bot.experiment.repository import Repository
from bot.finding import CheckResult
from bot.settings import Settings
from bot.settings.kinds import SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.warehouses.bigquery import BigQuery
from checks import CHECKS
from tests.checks.conftest import Memory
from tests.far.bigquery import Fake, Said
from tests.warehouses.conftest import settings
from tests.warehouses.kept import told

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
MS = {"now": str(int(NOW.timestamp() * 1000))}
UNKNOWN = "whether the runs may read and write these tables: the settings do not say which account the runs use"
IDS = "6 to 30 lower-case letters, digits and hyphens, beginning with a letter"
DENIED = Said(403, "Access Denied: Table x: no (or it may not exist).")


@dataclass(frozen=True)
class Bench:
    """The check, over one file and BigQuery."""

    fake: Fake

    def check(self, text: str, **more: Any) -> CheckResult:
        """The result for a file in which `jobs` is left out."""
        files = {"x.yaml": f"name: x\njobs: [{{name: j, command: x}}]\n{text}".encode()}
        warehouse = settings(self.fake, **more)
        context = Context(
            Settings(warehouse=warehouse), Repository.load(Memory(files), ["*.yaml"]), NOW, NOW,
            warehouse=BigQuery(warehouse, patience=1.0),
        )  # fmt: skip
        report = run(CHECKS, context.repository.experiments, context, only=frozenset({"tables"}))
        return report.experiments[0].checks[0]

    def found(self, text: str, **more: Any) -> list[str]:
        """What is found: line, rule, message and hint."""
        findings = self.check(text, **more).findings
        return [f"{f.span.line}: {f.rule.partition('.')[2]}: {f.message} ({f.hint})" for f in findings]


@pytest.fixture
def bench(fake: Fake) -> Bench:
    """With what most files here name."""
    fake.table("acme-data.logs.users", {"user_id": "STRING"}, lastModifiedTime=MS["now"])
    fake.dataset("acme-data.reco")
    return Bench(fake)


def output(table: str = "reco.v4", more: str = "", columns: str = "{user_id: STRING, dt: DATE}") -> str:
    """A file's only output, on the third line."""
    return f"outputs: {{o: {{table: {table}, job: j, columns: {columns}, adopt: true{more}}}}}\n"


DAY = ", partition: {column: dt}"
SERVED = "serving: {kind: all, arm: {name: n, output: o}%s}\n"
UNTIL = SERVED % ", period: {start: 2026-11-24, end: 2026-11-30}"


def test_a_type_that_no_file_may_name_is_no_fix(bench: Bench) -> None:
    days = {"type": "RANGE", "rangeElementType": {"type": "DATE"}}
    bench.fake.table("acme-data.logs.spans", {"days": days, "n": "INTEGER"}, lastModifiedTime=MS["now"])
    result = bench.check("inputs: {i: {table: logs.spans, columns: {days: STRING, n: STRING}}}\n")
    assert [(f.message, f.fix is None) for f in result.findings] == [
        ("the column 'days' of logs.spans is RANGE<DATE>, not STRING", True),
        ("the column 'n' of logs.spans is INT64, not STRING", False),
    ]


def test_sound(bench: Bench) -> None:
    result = bench.check(f"inputs: {{users: {{table: logs.users, columns: {{user_id: STRING}}}}}}\n{output()}")
    assert (result.outcome, result.findings, result.unproven) == ("passed", (), (UNKNOWN,))


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("my-logs.users", "'my-logs' is no dataset: letters, digits and _ only"),
        ("ACME.logs.users", f"'ACME' is no project: {IDS}"),
        ("acme.logs.users", f"'acme' is no project: {IDS}"),
    ],
)  # fmt: skip
def test_names(bench: Bench, table: str, why: str) -> None:
    assert bench.found(f"inputs: {{users: {{table: {table}}}}}\n") == [f"3: name: {why} ()"]
    assert bench.found(output(table)) == [f"3: name: {why} ()"]
    assert bench.fake.calls == [], "BigQuery is not asked for what it cannot have"


@pytest.mark.parametrize(
    "table", ["logs.users$20261123", "logs.users_*", "logs.us`ers", "acme-data:logs.users", "a.b.c.d"]
)
def test_names_that_no_warehouse_has(bench: Bench, table: str) -> None:
    result = bench.check(f'inputs: {{users: {{table: "{table}"}}}}\n')
    assert (result.outcome, result.reason) == ("skipped", "`schema` did not pass")
    assert bench.fake.calls == []


def test_region(bench: Bench) -> None:
    bench.fake.table("acme-data.eu.users", location="EU")
    bench.fake.dataset("acme-data.tokyo", location="asia-northeast1")
    hint = "copy it, or use a warehouse of that region"
    assert bench.found("inputs: {users: {table: eu.users}}\n" + output("tokyo.v4")) == [
        f"3: region: the table eu.users is in EU, queries run in US ({hint})",
        f"4: region: the dataset of tokyo.v4 is in asia-northeast1, queries run in US ({hint})",
    ]
    assert bench.found("inputs: {users: {table: eu.users}}\n", location="eu") == []


def test_missing_dataset(bench: Bench) -> None:
    assert bench.found(output("recos.v4")) == [
        "3: missing-dataset: there is no dataset for the table recos.v4 (create the dataset first, or correct the name)"
    ]
    bench.fake.table("acme-data.reco.v4", {"user_id": "STRING", "dt": "DATE"})
    assert bench.found(output("recos.v4")) == [
        "3: missing-dataset: there is no dataset for the table recos.v4 (did you mean 'reco.v4'?)"
    ]


def test_view_that_cannot_be_resolved(bench: Bench) -> None:
    bench.fake.view("acme-data.logs.both", Said(404, "Not found: Table acme-data:logs.gone"))
    assert bench.found("inputs: {both: {table: logs.both}}\n") == [
        "3: broken-view: the warehouse cannot resolve the view logs.both: Not found: Table acme-data:logs.gone "
        "(repair the view, or read its source tables)"
    ]


def test_view_that_reads_what_we_may_not(bench: Bench) -> None:
    bench.fake.view("acme-data.logs.both", DENIED)
    result = bench.check("inputs: {both: {table: logs.both}}\n")
    assert result.outcome == "passed"
    assert result.unproven[0] == f"of logs.both, what it reads may not be looked at: {DENIED.message}"


def test_stale_view(bench: Bench) -> None:
    bench.fake.table("acme-data.logs.old", lastModifiedTime=str(int(MS["now"]) - 30 * 3_600_000))
    bench.fake.view("acme-data.logs.today", ["acme-data.logs.old"])
    assert bench.found("inputs: {both: {table: logs.today, fresh_within: 26h}}\n") == [
        "3: stale-table: the table logs.today was last changed 30 hours ago (a run would wait for newer data)"
    ]


NESTED = {"tags": {"type": "RECORD", "mode": "REPEATED", "fields": [{"name": "a", "type": "INTEGER"}]}}


@pytest.mark.parametrize(
    ("declared", "wanted"),
    [
        ("ARRAY<STRUCT<a INTEGER>>", []),
        ("ARRAY<STRUCT<a STRING>>",
         ["3: column-type: the column 'tags.a' of logs.deep is INT64, not STRING ()"]),
        ("ARRAY<STRUCT<a INT64, b STRING>>",
         ["3: missing-column: the column 'tags' of logs.deep has no field 'tags.b' (it is ARRAY<STRUCT<a INT64>>)"]),
        ("STRUCT<a INT64>",
         ["3: column-type: the column 'tags' of logs.deep is ARRAY<STRUCT<a INT64>>, not STRUCT<a INT64> ()"]),
    ],
)  # fmt: skip
def test_nested_columns(bench: Bench, declared: str, wanted: list[str]) -> None:
    bench.fake.table("acme-data.logs.deep", NESTED)
    columns = f'{{tags: "{declared}"}}'
    assert bench.found(f"inputs: {{deep: {{table: logs.deep, columns: {columns}}}}}\n") == wanted


def test_day_of_a_partition(bench: Bench) -> None:
    bench.fake.table("acme-data.logs.daily", {"dt": "DATE"})
    text = "inputs: {daily: {table: logs.daily, partition: {column: dt}}}\n"
    wanted = "3: missing-day: the table logs.daily has no rows of 2026-11-23 yet (a run would wait for them)"
    assert bench.found(text) == [wanted]
    bench.fake.rows["SELECT 1 AS found"] = [{"found": 1}]
    assert bench.found(text) == []
    bench.fake.rows["SELECT 1 AS found"] = DENIED
    result = bench.check(text)
    assert (result.outcome, result.findings) == ("passed", ())
    assert result.unproven[0].startswith(
        "whether logs.daily has rows of 2026-11-23: acme-data.logs.daily: Access Denied"
    )


def test_day_of_a_table_partitioned_as_it_was_loaded(bench: Bench) -> None:
    bench.fake.table("acme-data.logs.loaded", {"a": "STRING"}, timePartitioning={"type": "DAY"})
    bench.fake.rows["WHERE `_PARTITIONDATE` = @day"] = [{"found": 1}]
    assert bench.found("inputs: {l: {table: logs.loaded, partition: {column: _PARTITIONDATE}}}\n") == []
    (wrong,) = bench.found("inputs: {l: {table: logs.users, partition: {column: _PARTITIONDATE}}}\n")
    assert wrong.startswith("3: missing-column: the table logs.users has no column '_PARTITIONDATE'")


DAYS = {"timePartitioning": {"type": "DAY", "field": "dt"}}
COLUMNS = {"user_id": "STRING", "dt": "DATE"}


def test_what_is_there_already(bench: Bench) -> None:
    bench.fake.table("acme-data.reco.v4", COLUMNS)
    bench.fake.table("acme-data.reco.daily", COLUMNS, **DAYS)
    assert bench.found(output("reco.daily", DAY)) == []
    assert bench.found(output("reco.v4")) == [], "its rows go aside, and its readers get the same columns"
    other = "{user_id: INT64, rank: INT64}"
    assert bench.found(output("reco.v4", columns=other)) == [
        "3: misfit-output: reco.v4 cannot be filled: its column 'user_id' is STRING, and not INT64 (declare the "
        "columns as they are there, or write to a new table)",
        "3: changed-output: readers of reco.v4 would get other columns: 'dt' stays, and is NULL (change its readers "
        "first, or write to a new table)",
    ]
    unread = (
        "reco.v4 becomes a view, which the Storage Read API, Spark, Dataflow, `list_rows`, copies and extracts do not "
        "read, and is not there for a moment while it becomes another kind: `form: table` keeps it"
    )
    assert bench.found(output("reco.v4", ", form: view", other)) == [
        f"3: changed-form: {unread} (tell its readers first, or leave it as it is)",
        "3: changed-output: readers of reco.v4 would get other columns: 'dt' goes; 'user_id' becomes INT64 "
        "(STRING now) (change its readers first, or write to a new table)",
    ]


def test_a_table_that_has_to_have_more_than_is_made(bench: Bench) -> None:
    bench.fake.table("acme-data.reco.v4", {"user_id": "STRING", "n": {"type": "INTEGER", "mode": "REQUIRED"}})
    assert bench.found(output())[0] == (
        "3: misfit-output: reco.v4 cannot be filled: its column 'n' may not be NULL, and is not made here (declare the "
        "columns as they are there, or write to a new table)"
    )


def test_text_that_carries_json(bench: Bench) -> None:
    bench.fake.table("acme-data.reco.said", {"said": "STRING", "dt": "DATE"}, **DAYS)
    columns = "{said: JSON, dt: DATE}"
    assert bench.found(output("reco.said", DAY, columns)) == [], "a run that wrote it so was found sound"


GONE = "the table reco.v4 is deleted on 2026-11-25 04:00 UTC"
LATER = "let it expire later, or never"


@pytest.mark.parametrize(
    ("there", "text", "wanted"),
    [
        ({"expirationTime": str(int(MS["now"]) + 2 * 86_400_000)}, output() + SERVED % "",
         f"{GONE}; the test has no end ({LATER})"),
        ({"expirationTime": str(int(MS["now"]) + 2 * 86_400_000)}, output() + UNTIL,
         f"{GONE}; the test ends on 2026-11-30 ({LATER})"),
        ({"expirationTime": str(int(MS["now"]) + 8 * 86_400_000)}, output() + UNTIL, ""),
        ({"expirationTime": str(int(MS["now"]) + 2 * 86_400_000)}, output(), ""),
        ({"timePartitioning": {**DAYS["timePartitioning"], "expirationMs": "86400000"}},
         output(more=DAY) + SERVED % "" + "schedule: {cron: 0 4 * * *}\n",
         "reco.v4 keeps a day for 24 hours: a late run would leave nothing to serve (let the table keep its days for "
         "longer)"),
        ({"timePartitioning": {**DAYS["timePartitioning"], "expirationMs": str(2 * 86_400_000)}},
         output(more=DAY) + UNTIL, f"the table reco.v4 of one day is deleted on 2026-11-25 04:00 UTC; the test ends on "
         f"2026-11-30 ({LATER})"),
    ],
)  # fmt: skip
def test_what_serving_reads_must_stay(bench: Bench, there: dict[str, Any], text: str, wanted: str) -> None:
    bench.fake.table("acme-data.reco.v4", COLUMNS, **there)
    assert bench.found(text) == ([f"3: expires: {wanted}"] if wanted else [])


def test_a_dataset_in_which_tables_do_not_last(bench: Bench) -> None:
    bench.fake.dataset("acme-data.tmp", defaultTableExpirationMs=str(2 * 86_400_000))
    wanted = "3: expires: the table tmp.v4 is deleted on 2026-11-25 04:00 UTC; the test ends on 2026-11-30"
    assert bench.found(output("tmp.v4") + UNTIL) == [f"{wanted} ({LATER})"]
    assert bench.found(output("tmp.v4")) == []


def test_a_served_table_that_does_not_last(bench: Bench) -> None:
    bench.fake.table("acme-data.reco.v3", expirationTime=str(int(MS["now"]) + 2 * 86_400_000))
    assert bench.found("serving: {kind: all, arm: {name: n, table: reco.v3}}\n") == [
        f"3: expires: the table reco.v3 is deleted on 2026-11-25 04:00 UTC; the test has no end ({LATER})"
    ]


def test_what_the_runs_may_do(bench: Bench) -> None:
    """With `run_as`, the account of the runs is asked about: what it lacks stands at its place."""
    bench.fake.table("acme-data.reco.v3", COLUMNS)
    bench.fake.table("acme-data.reco.sameday_versions")
    text = "inputs: {users: {table: logs.users}}\n" + output("reco.v3")
    account = "run@acme-data.iam.gserviceaccount.com"
    result = bench.check(text, run_as=account)
    assert (result.outcome, result.findings, result.unproven) == ("passed", (), ())
    bench.fake.rights.clear()
    assert bench.found(text, run_as=account) == [
        "3: unreadable-table: the runs may not read logs.users: it lacks bigquery.tables.getData "
        "(let the runs' account read it)",
        "4: unwritable-output: the runs may not write reco.v3: it lacks bigquery.tables.updateData "
        "(let the runs' account make and change tables there)",
    ]
    del bench.fake.tables["acme-data.reco.sameday_versions"]
    assert len(bench.found(text, run_as=account)) == 1, "no run writes the declared table itself"
    bench.fake.refuse("jobs.insert", Said(403, "Access Denied: Dataset reco: tables.create denied"))
    (found,) = bench.found(output("reco.new"), run_as=account)
    assert found.startswith(
        "3: unwritable-output: the runs may not write reco.new: acme-data.reco.new__00000000_00000000:"
    )
    statements = {call.body["configuration"]["query"]["query"] for call in bench.fake.asked("jobs.insert")}
    made = "CREATE TABLE `acme-data.reco.v3__00000000_00000000` (`user_id` STRING, `dt` DATE)"
    assert made in statements
    assert told(bench.fake) == [], "nothing is made"


def test_outage(bench: Bench) -> None:
    bench.fake.refuse("tables.get", Said(503, "Try later"))
    result = bench.check("inputs: {users: {table: logs.users}}\n")
    assert (result.outcome, result.reason) == ("errored", "BigQuery did not answer: Try later")


@pytest.mark.slow
def test_a_thousand_inputs(bench: Bench) -> None:
    """In good time, and with no request too many: one for each table."""
    for i in range(1_000):
        bench.fake.table(f"acme-data.d{i % 10}.t{i}", {"a": "STRING"})
    inputs = "".join(f"  i{i}: {{table: d{i % 10}.t{i}, columns: {{a: STRING}}}}\n" for i in range(1_000))
    began = datetime.now(UTC)
    result = bench.check(f"inputs:\n{inputs}")
    assert (result.outcome, result.findings) == ("passed", ())
    assert len(bench.fake.calls) == 1_000
    assert datetime.now(UTC) - began > timedelta(seconds=10), "the quota is 100 requests a second"


def test_a_sample_that_may_not_be_read_is_made_instead(bench: Bench, tmp_path: Path) -> None:
    """Who checks a pull request may well see tables and not their rows."""
    bench.fake.table("acme-data.reco.v4", {"user_id": "STRING", "dt": "DATE"}, numRows="7")
    bench.fake.refuse("jobs.insert", DENIED)
    text = f"name: x\njobs: [{{name: j, command: x}}]\n{output(more=', sync: {store: serving, table: v4}')}"
    warehouse, store = settings(bench.fake), SqliteStore(path=str(tmp_path / "serving.sqlite"))
    context = Context(
        Settings(warehouse=warehouse, stores={"serving": store}),
        Repository.load(Memory({"x.yaml": text.encode()}), ["*.yaml"]), NOW, NOW,
        warehouse=BigQuery(warehouse, patience=1.0), stores={"serving": SqliteTables(store)},
    )  # fmt: skip
    (result,) = run(CHECKS, context.repository.experiments, context, only=frozenset({"sync"})).experiments[0].checks
    assert (result.outcome, [finding.rule for finding in result.findings]) == ("passed", ["sync.converted"])
    (unproven,) = result.unproven
    assert unproven.startswith(
        "the sync of o was tried with rows made from its columns, since acme-data.reco.v4: Access"
    )


@pytest.mark.parametrize(
    ("datasets", "table", "wanted"),
    [
        (("reco",), "reco.v4", ""),
        (("acme-data.reco",), "reco.v4", ""),
        (("reco",), "acme-data.reco.v4", ""),
        ((), "finance.salaries", ""),
        (("reco", "acme-lab.reco"), "finance.salaries",
         "finance.salaries is in acme-data.finance, and the settings let outputs be in reco, acme-lab.reco only"),
        (("reco",), "acme-prod.reco.v4",
         "acme-prod.reco.v4 is in acme-prod.reco, and the settings let outputs be in reco only"),
        (("reco",), "v4", "v4 is in acme-data.main, and the settings let outputs be in reco only"),
    ],
)  # fmt: skip
def test_where_outputs_may_be(bench: Bench, datasets: tuple[str, ...], table: str, wanted: str) -> None:
    """A release refuses it, too, without asking BigQuery."""
    for dataset in ("acme-data.finance", "acme-data.main", "acme-prod.reco"):
        bench.fake.dataset(dataset)
    found = bench.found(output(table), datasets=datasets)
    assert found == ([f"3: outside: {wanted} (declare a table in one of these)"] if wanted else [])
    files = {"x.yaml": f"name: x\njobs: [{{name: j, command: x}}]\n{output(table)}".encode()}
    whole = Settings(warehouse=settings(bench.fake, datasets=datasets))
    refusals = refused(Repository.load(Memory(files), ["*.yaml"]), whole, {}, NOW)
    assert [one.rule for one in refusals.get("x", ())] == (["tables.outside"] if wanted else [])
