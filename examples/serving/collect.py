"""What a team's log pipeline does: the application's exposure lines become a table of the warehouse, a row for an item.

    python collect.py rehearsal/exposures.jsonl rehearsal/warehouse

Nobody looks at a rehearsal's lists, so it also makes up what users opened: one item of each list, drawn by its name.
"""

import json
import sys
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SAME = ("experiment", "phase", "arm", "forced", "flag", "ranking", "data")  # columns that are called as in the line
SHOWN = pa.schema([
    ("user_id", "string"), ("item_id", "string"), ("ranker", "string"), ("position", "int64"),
    ("shown_at", pa.timestamp("us", "UTC")), ("experiment", "string"), ("phase", "int64"), ("arm", "string"),
    ("forced", "bool"), ("flag", "string"), ("ranking", "string"), ("data", "string"),
])  # fmt: skip
OPENED = pa.schema([("user_id", "string"), ("item_id", "string"), ("opened_at", pa.timestamp("us", "UTC"))])

log, warehouse = map(Path, sys.argv[1:])
lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
shown, opened = [], []
for line in lines:
    at = datetime.fromisoformat(line["at"])
    same = {name: line.get(name, "") for name in SAME}
    items = [{"item_id": str(o["item"]), "ranker": o["ranker"], "position": o["position"]} for o in line["items"]]
    shown += [{"user_id": line["id"], "shown_at": at, **same, **one} for one in items]
    drawn = items[sha256(f"{line['id']} {line.get('ranking')}".encode()).digest()[0] % len(items)]
    opened.append({"user_id": line["id"], "item_id": drawn["item_id"], "opened_at": at + timedelta(minutes=5)})
pq.write_table(pa.Table.from_pylist(shown, SHOWN), warehouse / "logs.shown.parquet")
pq.write_table(pa.Table.from_pylist(opened, OPENED), warehouse / "logs.opened.parquet")
print(f"{len(shown)} items were shown in {len(lines)} lists")
