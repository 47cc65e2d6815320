"""Two lists for each of 100 users: what is popular, and what is like what they have; other scores every day."""

import os
from datetime import date
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

USERS, ITEMS, LENGTH = 100, 40, 12
SCHEMA = pa.schema([("user_id", "string"), ("item_id", "string"), ("score", "float64"), ("dt", pa.date32())])


def ranked(name: str, spread: float) -> pa.Table:
    """The best items of each user: the more `spread`, the more users differ."""
    day, rows = date.fromisoformat(os.environ["SAMEDAY_DATA_DATE"]), []
    for user in range(USERS):
        random = Random(f"{name}-{user}-{day}")
        scores = {f"item{n}": 1 / (n + 1) + spread * random.random() for n in range(ITEMS)}
        best = sorted(scores, key=lambda item: -scores[item])[:LENGTH]
        rows += [{"user_id": f"user{user}", "item_id": item, "score": scores[item], "dt": day} for item in best]
    return pa.Table.from_pylist(rows, SCHEMA)


for name, spread in (("popular", 0.1), ("similar", 1.0)):
    pq.write_table(ranked(name, spread), os.environ[f"SAMEDAY_OUTPUT_{name.upper()}"])
