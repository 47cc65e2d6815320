"""Recommend each territory ten new languages: neighbours of its own, then what is popular."""

import os

from tables import output, query, write

TOP = 10
POPULARITY_SHARE = 0.1  # of the score: small, so that it fills gaps and breaks ties

SCORES = """
    WITH users AS (
        SELECT DISTINCT user_id FROM read_parquet($weights)
    ), candidates AS (  -- what the territory does not speak yet
        SELECT user_id, item_id, popularity
        FROM users CROSS JOIN read_parquet($popular)
        WHERE (user_id, item_id) NOT IN (SELECT user_id, item_id FROM read_parquet($weights))
    ), votes AS (  -- each language spoken votes for its neighbours
        SELECT w.user_id, n.neighbour AS item_id, sum(w.weight * n.similarity) AS votes
        FROM read_parquet($weights) w JOIN read_parquet($neighbours) n USING (item_id)
        GROUP BY ALL
    ), scored AS (
        SELECT user_id, item_id,
            coalesce(votes / max(votes) OVER (PARTITION BY user_id), 0) AS liked, popularity
        FROM candidates LEFT JOIN votes USING (user_id, item_id)
    )
    SELECT user_id, item_id,
        round((1 - $share) * liked + $share * popularity, 6)::DOUBLE AS score,
        row_number() OVER (PARTITION BY user_id ORDER BY score DESC, item_id) AS rank,
        $date::DATE AS dt
    FROM scored
    QUALIFY rank <= $top
    ORDER BY user_id, rank
"""


def main() -> None:
    values = {name: output(name) for name in ("weights", "neighbours", "popular")}
    day = os.environ["SAMEDAY_DATA_DATE"]
    write(query(SCORES, **values, date=day, share=POPULARITY_SHARE, top=TOP), "scores")


if __name__ == "__main__":
    main()
