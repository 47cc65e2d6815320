"""Rate each language by how widely it is spoken: 1 for the first, less for the others."""

from tables import output, query, write

FEWEST = 3  # territories that speak a language before it is offered to another

POPULARITY = """
    SELECT item_id, round(sum(weight) / max(sum(weight)) OVER (), 9)::DOUBLE AS popularity
    FROM read_parquet($weights)
    GROUP BY item_id
    HAVING count(*) >= $fewest
    ORDER BY item_id
"""


def main() -> None:
    write(query(POPULARITY, weights=output("weights"), fewest=FEWEST), "popular")


if __name__ == "__main__":
    main()
