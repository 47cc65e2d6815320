"""Find each language's neighbours: the cosine of the columns of territories that speak it."""

from tables import output, query, write

KEPT = 20  # neighbours of one language
DOUBT = 2  # shared territories at which a similarity counts half: one meeting proves nothing

NEIGHBOURS = """
    WITH lengths AS (
        SELECT item_id, sqrt(sum(weight * weight)) AS length
        FROM read_parquet($weights) GROUP BY ALL
    ), pairs AS (
        SELECT a.item_id, b.item_id AS neighbour, sum(a.weight * b.weight) AS product,
            count(*) / (count(*) + $doubt) AS trust
        FROM read_parquet($weights) a
        JOIN read_parquet($weights) b ON a.user_id = b.user_id AND a.item_id <> b.item_id
        GROUP BY ALL
    )
    SELECT item_id, neighbour,
        round(trust * product / (l.length * r.length), 9)::DOUBLE AS similarity
    FROM pairs
    JOIN lengths l USING (item_id)
    JOIN lengths r ON r.item_id = neighbour
    QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY similarity DESC, neighbour) <= $kept
    ORDER BY ALL
"""


def main() -> None:
    write(query(NEIGHBOURS, weights=output("weights"), doubt=DOUBT, kept=KEPT), "neighbours")


if __name__ == "__main__":
    main()
