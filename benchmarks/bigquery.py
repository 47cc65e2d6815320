"""BigQuery: 200 tables at 100 ms a request, requests for 1,000 tables of 10 datasets, 5 million rows as Arrow.

Needs `google-api-python-client`, and for the rows the emulator that `.ci/bigquery` installs.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pyarrow as pa

from bot.settings.kinds import BigQueryWarehouse
from bot.warehouses.bigquery import BigQuery
from tests.far.bigquery import Fake
from tests.far.emulator import launched, put

TABLES, LATENCY, LIMIT = 200, 0.1, 3.0
ROWS = 5_000_000
RATIO = 0.7
RUNS = 5  # the emulator keeps every read in memory for good
READ = """
import pathlib, re, sys, time
sys.path.insert(0, sys.argv[1])
import pyarrow as pa
from google.cloud.bigquery_storage_v1 import types
from bot.settings.kinds import BigQueryWarehouse
from bot.warehouses.bigquery import BigQuery
settings = BigQueryWarehouse.model_validate_json(sys.argv[3])
warehouse = BigQuery(settings)
def peak():
    return int(re.search("VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024
def raw():
    name = settings.table(sys.argv[4]).split(".")
    wanted = types.ReadSession(table="projects/{}/datasets/{}/tables/{}".format(*name), data_format="ARROW")
    reader = warehouse.connection.reader
    session = reader.create_read_session(parent=f"projects/{name[0]}", read_session=wanted, max_stream_count=4)
    return sum(answer.row_count for stream in session.streams for answer in reader.read_rows(stream.name))
def ours(table):
    return sum(batch.num_rows for batch in pa.RecordBatchReader.from_stream(warehouse.read(table)))
ours("one")
before, start = peak(), time.perf_counter()
rows = raw() if sys.argv[2] == "raw" else ours(sys.argv[4])
print(rows, time.perf_counter() - start, peak() - before)
"""


def settings(fake: Fake) -> BigQueryWarehouse:
    """A project behind the fake."""
    return BigQueryWarehouse(kind="bigquery", project="acme-data", dataset="main", endpoint=fake.url)


def latency() -> None:
    """Everything about 200 tables, beyond importing Google's client."""
    found = []
    for _ in range(5):
        with Fake(latency=LATENCY) as fake:
            for i in range(TABLES):
                fake.table(f"acme-data.main.t{i}", {f"c{n}": "STRING" for n in range(20)})
            warehouse = BigQuery(settings(fake))
            assert warehouse.connection.client is not None  # imported, and logged in
            start = time.perf_counter()
            assert len(warehouse.describe([f"t{i}" for i in range(TABLES)])) == TABLES
            found.append(time.perf_counter() - start)
    said = f"{statistics.median(found):.2f} s (worst {max(found):.2f} s; at most {LIMIT:g} s)"
    print(f"{TABLES} tables at {LATENCY * 1000:.0f} ms a request: {said}")


def requests() -> None:
    """1,000 tables in 10 datasets, of which ten are not there."""
    with Fake() as fake:
        for i in range(990):
            fake.table(f"acme-data.d{i % 10}.t{i}")
        start = time.perf_counter()
        BigQuery(settings(fake)).describe([f"d{i % 10}.t{i}" for i in range(1_000)])
        took = time.perf_counter() - start
        said = f"{len(fake.calls):,} requests (at most 1,020), {took:.1f} s of the quota's 11 s"
        print(f"1,000 tables in 10 datasets: {said}")


def rows() -> None:
    """5 million rows as Arrow beside the raw stream of the same client, each in a process of its own."""
    with launched() as emulator:
        project = emulator.settings()
        client = emulator.client(project.project)
        sizes = {"one": 1, "many": ROWS, "more": 3 * ROWS}
        for name, count in sizes.items():
            items = pa.array(range(count))
            columns = {"user_id": items.cast(pa.string()), "item_id": items, "score": items.cast(pa.float64())}
            put(client, project.table(name), pa.table(columns))

        def read(how: str, name: str) -> tuple[float, float]:
            words = [sys.executable, "-c", READ, sys.path[0], how, project.model_dump_json(exclude_none=True), name]
            done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout.split()
            assert int(done[0]) == sizes[name]
            return float(done[1]), float(done[2])

        more = read("ours", "more")[1]
        pairs = [(read("raw", "many"), read("ours", "many")) for _ in range(RUNS)]
        ratios = sorted(raw[0] / ours[0] for raw, ours in pairs)
        raw, ours = (statistics.median(pair[i][0] for pair in pairs) for i in (0, 1))
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        speed = f"{statistics.median(ratios):.2f}x its rows a second ({spread}; at least {RATIO})"
        print(f"{ROWS:,} rows as Arrow: {ours:.2f} s against {raw:.2f} s of the raw stream, {speed}")
        many = statistics.median(ours[1] for _, ours in pairs)
        print(f"memory of its own that reading takes: {many:.0f} MB for {ROWS:,} rows, {more:.0f} MB for {3 * ROWS:,}")


if __name__ == "__main__":
    latency()
    requests()
    rows()
