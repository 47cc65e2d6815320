"""What each method of the API does to the server's state. Answers are Google's, as far as somebody reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
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
    del fake.tables[_named(tables_get(fake, call)["tableReference"])]


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


def policy_get(fake: Fake, call: Call) -> Resource:
    name = _policy_of(fake, call)
    return {"etag": "ACAB", **fake.policies.get(name, {})}


def policy_set(fake: Fake, call: Call) -> Resource:
    """One that was read before somebody else changed it is refused."""
    name, wanted = _policy_of(fake, call), call.body["policy"]
    if wanted.get("etag", "ACAB") != fake.policies.get(name, {}).get("etag", "ACAB"):
        raise Said(409, "There were concurrent policy changes. Please retry the whole read-modify-write", "aborted")
    fake.policies[name] = {**wanted, "etag": f"BwX{next(NUMBERS)}"}
    return fake.policies[name]


def _policy_of(fake: Fake, call: Call) -> str:
    return _named(tables_get(fake, call)["tableReference"])


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
    """A query is answered by what the test says of its words."""
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
        (source,) = (_named(one) for one in config["copy"]["sourceTables"])
        if source not in fake.tables:
            return Said(404, f"Not found: Table {source}")
        target = config["copy"]["destinationTable"]
        fake.tables[_named(target)] = {**fake.tables[source], "tableReference": target}
        return None
    found = _rows(fake, config["query"]["query"])
    return found if isinstance(found, Said) else None


def _named(reference: Resource) -> str:
    return f"{reference['projectId']}.{reference['datasetId']}.{reference['tableId']}"


def _rows(fake: Fake, sql: str) -> Any:
    return next((rows for words, rows in fake.rows.items() if words in sql), [])


def _statistics(fake: Fake, config: Resource) -> Resource:
    sql = config.get("query", {}).get("query", "")
    read = next((tables for words, tables in fake.reads.items() if words in sql), [])
    parts = [table.split(".") for table in read]
    tables = [{"projectId": p, "datasetId": d, "tableId": t} for p, d, t in parts]
    query = {"totalBytesBilled": str(fake.billed), "referencedTables": tables, "statementType": "SELECT"}
    times = {"creationTime": STARTED, "startTime": STARTED}
    return {**times, "query": query}


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
    fields = [{"name": name, "type": _type(row[name] for row in rows), "mode": "NULLABLE"} for name in dict(*rows[:1])]
    cells = [{"f": [{"v": _cell(value)} for value in row.values()]} for row in rows]
    done = found["left"] < 0 or not fake.pending
    answer = {"jobReference": found["jobReference"], "jobComplete": done}
    return answer | ({"schema": {"fields": fields}, "rows": cells, "totalRows": str(len(rows))} if done else {})


TYPES: dict[type, str] = {int: "INTEGER", str: "STRING", date: "DATE", datetime: "TIMESTAMP"}


def _type(values: Iterable[Any]) -> str:
    return next((TYPES[type(value)] for value in values if value is not None), "STRING")


def _cell(value: Any) -> str | None:
    if isinstance(value, datetime):
        return str((value - EPOCH) // timedelta(microseconds=1))
    return None if value is None else str(value)


METHODS: dict[str, Callable[[Fake, Call], Any]] = {
    "bigquery.datasets.get": datasets_get,
    "bigquery.datasets.list": datasets_list,
    "bigquery.jobs.get": jobs_get,
    "bigquery.jobs.getQueryResults": jobs_results,
    "bigquery.jobs.insert": jobs_insert,
    "bigquery.tables.delete": tables_delete,
    "bigquery.tables.get": tables_get,
    "bigquery.tables.getIamPolicy": policy_get,
    "bigquery.tables.insert": tables_insert,
    "bigquery.tables.list": tables_list,
    "bigquery.tables.setIamPolicy": policy_set,
    "bigquery.tables.testIamPermissions": tables_test,
}
