"""Read the speakers and weigh them: the millionth speaker says less than the first."""

import os

import pyarrow.parquet as pq
from tables import query, write

WEIGHTS = """
    SELECT user_id, item_id, ln(1 + sum(speakers))::DOUBLE AS weight
    FROM read_parquet($speakers)
    WHERE speakers > 0
    GROUP BY ALL
    ORDER BY ALL
"""


def main() -> None:
    speakers = os.environ["SAMEDAY_INPUT_SPEAKERS"]
    print(f"{pq.read_metadata(speakers).num_rows} rows read of speakers", flush=True)
    write(query(WEIGHTS, speakers=speakers), "weights")


if __name__ == "__main__":
    main()
