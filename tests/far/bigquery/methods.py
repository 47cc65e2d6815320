"""What each method of the API does to the server's state. Answers are Google's, as far as somebody reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.far.bigquery.server import MOST, Call, Fake, Resource, Said

NUMBERS = count(1)
STARTED = "1763856000123"  # of every job, in milliseconds
EPOCH = datetime.fromtimestamp(0, UTC)


def tables_get(fake: Fake, call: Call) -> Resource:
    project, _, dataset, _, table = call.parts[:5]
    name = f"{project}.{dataset}.{table}"
    if name not in fake.tables:
        raise Said(404, f"Not found: Table {project}:{dataset}.{table}")
    return fake.tables[name]


def tables_delete(fake: Fake, call: Call) -> None:
    found = tables_get(fake, call)["tableReference"]
    del fake.tables[f"{found['projectId']}.{found['datasetId']}.{found['tableId']}"]


def tables_insert(fake: Fake, call: Call) -> Resource:
    project, _, dataset, _ = call.parts[:4]
    table = f"{project}.{dataset}.{call.body['tableReference']['tableId']}"
    if f"{project}.{dataset}" not in fake.datasets:
        raise Said(404, f"Not found: Dataset {project}:{dataset}")
    if table in fake.tables:
        raise Said(409, f"Already Exists: Table {table}")
    fake.table(table, **{key: value for key, value in call.body.items() if key not in ("tableReference", "labels")})
    return fake.tables[table]


def tables_test(fake: Fake, call: Call) -> Resource:
    asked = [permission for permission in call.body["permissions"] if permission in fake.rights]
    return {"permissions": asked} if asked else {}


def tables_list(fake: Fake, call: Call) -> Resource:
    project, _, dataset, _ = call.parts[:4]
    if f"{project}.{dataset}" not in fake.datasets:
        raise Said(404, f"Not found: Dataset {project}:{dataset}")
    names = sorted(name for name in fake.tables if name.startswith(f"{project}.{dataset}."))
    chosen, more = _page(names, call)
    keys = ("tableReference", "type", "creationTime")
    return {"kind": "bigquery#tableList", "tables": [{k: fake.tables[n][k] for k in keys} for n in chosen], **more}


def datasets_get(fake: Fake, call: Call) -> Resource:
    name = f"{call.parts[0]}.{call.parts[2]}"
    if name not in fake.datasets:
        raise Said(404, f"Not found: Dataset {name.replace('.', ':')}")
    return fake.datasets[name]


def datasets_list(fake: Fake, call: Call) -> Resource:
    names = sorted(name for name in fake.datasets if name.startswith(f"{call.parts[0]}."))
    chosen, more = _page(names, call)
    listed = [{"datasetReference": fake.datasets[name]["datasetReference"]} for name in chosen]
    return {"kind": "bigquery#datasetList", "datasets": listed, **more}


def _page(names: list[str], call: Call) -> tuple[list[str], Resource]:
    size, start = min(int(call.query.get("maxResults", 50)), MOST), int(call.query.get("pageToken", 0))
    more = {"nextPageToken": str(start + size)} if start + size < len(names) else {}
    return names[start : start + size], more


def jobs_insert(fake: Fake, call: Call) -> Resource:
    """A query is answered by what the test says of its words; a copy puts a table in another one's place."""
    config, reference = call.body["configuration"], dict(call.body.get("jobReference") or {})
    error = _error(fake, config)
    dry = config.get("dryRun", False)
    if dry and error is not None:
        raise error
    if "query" in config and not config["query"].get("query"):
        raise Said(400, "Required parameter is missing: query", "required")
    ident = reference.setdefault("jobId", f"job-{next(NUMBERS)}")
    reference |= {"projectId": call.parts[0], "location": reference.get("location", "US")}
    if ident in fake.jobs and not dry:
        raise Said(409, f"Already Exists: Job {call.parts[0]}:{reference['location']}.{ident}")
    status: Resource = {"state": "DONE" if dry or not fake.pending else "RUNNING"}
    if error is not None:
        status |= {"errorResult": error.proto, "errors": [error.proto]}
    elif "copy" in config and not dry:
        _copy(fake, config["copy"])
    job = {
        "configuration": config,
        "jobReference": reference,
        "status": status,
        "statistics": _statistics(fake, config),
    }
    if not dry:
        fake.jobs[ident] = {**job, "left": fake.pending}
    return job


def _error(fake: Fake, config: Resource) -> Said | None:
    if "copy" in config:
        table = _name(_source(config["copy"])).partition("@")[0]  # of a moment
        return None if table in fake.tables else Said(404, f"Not found: Table {table}")
    found = _rows(fake, config["query"]["query"])
    return found if isinstance(found, Said) else None


def _rows(fake: Fake, sql: str) -> Any:
    return next((rows for words, rows in fake.rows.items() if words in sql), [])


def _name(reference: Resource) -> str:
    return f"{reference['projectId']}.{reference['datasetId']}.{reference['tableId']}"


def _source(copy: Resource) -> Resource:
    source: Resource = copy["sourceTable"] if "sourceTable" in copy else copy["sourceTables"][0]
    return source


def _copy(fake: Fake, copy: Resource) -> None:
    source, target = _name(_source(copy)).partition("@")[0], _name(copy["destinationTable"])
    fake.table(target, schema=fake.tables[source]["schema"], etag=f"copy-{next(NUMBERS)}")


def _statistics(fake: Fake, config: Resource) -> Resource:
    sql = config.get("query", {}).get("query", "")
    read = next((tables for words, tables in fake.reads.items() if words in sql), [])
    parts = [table.split(".") for table in read]
    tables = [{"projectId": p, "datasetId": d, "tableId": t} for p, d, t in parts]
    query = {"totalBytesBilled": str(fake.billed), "referencedTables": tables, "statementType": "SELECT"}
    times = {"creationTime": STARTED, "startTime": STARTED}
    return {**times, "query": query} if "query" in config else times


def jobs_get(fake: Fake, call: Call) -> Resource:
    found = fake.jobs.get(call.parts[2])
    if found is None:
        raise Said(404, f"Not found: Job {call.parts[2]}")
    found["left"] -= 1
    if found["left"] < 0:
        found["status"]["state"] = "DONE"
    return {key: value for key, value in found.items() if key != "left"}


def jobs_results(fake: Fake, call: Call) -> Resource:
    found = fake.jobs[call.parts[2]]
    rows = _rows(fake, found["configuration"]["query"]["query"])
    if isinstance(rows, Said):
        raise rows
    fields = [
        {"name": name, "type": _type(value), "mode": "NULLABLE"} for name, value in (rows[0] if rows else {}).items()
    ]
    cells = [{"f": [{"v": _cell(value)} for value in row.values()]} for row in rows]
    done = found["left"] < 0 or not fake.pending
    answer = {"jobReference": found["jobReference"], "jobComplete": done}
    return answer | ({"schema": {"fields": fields}, "rows": cells, "totalRows": str(len(rows))} if done else {})


def _type(value: Any) -> str:
    return "INTEGER" if isinstance(value, int) else "TIMESTAMP"


def _cell(value: Any) -> str:
    return str(value) if isinstance(value, int) else str((value - EPOCH) // timedelta(microseconds=1))


METHODS: dict[str, Callable[[Fake, Call], Any]] = {
    "bigquery.datasets.get": datasets_get,
    "bigquery.datasets.list": datasets_list,
    "bigquery.jobs.get": jobs_get,
    "bigquery.jobs.getQueryResults": jobs_results,
    "bigquery.jobs.insert": jobs_insert,
    "bigquery.tables.delete": tables_delete,
    "bigquery.tables.get": tables_get,
    "bigquery.tables.insert": tables_insert,
    "bigquery.tables.list": tables_list,
    "bigquery.tables.testIamPermissions": tables_test,
}
