"""Days of a recommender's data as teams have them: users come and go by weekday, lists change a little each night."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from random import Random

import duckdb
import pyarrow as pa

USERS, ITEMS, LENGTH, COUNTRIES = 2_000, 400, 8, 8
FIRST = date(2026, 8, 31)  # a Monday

ROWS = """
    WITH active AS (
        SELECT u FROM range($users::BIGINT) AS t(u)
        WHERE hash($seed, u, $day) % 100000 < $share * 100000 AND u % $countries NOT IN (SELECT unnest($gone::BIGINT[]))
    ), taste AS (
        SELECT u, CASE WHEN $alike THEN 0 ELSE u END AS v FROM active
    ), places AS (
        SELECT u, j, hash($seed, v, j, CASE WHEN hash($seed, v, j, $lists) % 10 < 8 THEN -1 ELSE $lists END) AS h
        FROM taste CROSS JOIN range($length::BIGINT) AS t(j)
    ), chosen AS (
        SELECT u, (pow((h % 100003) / 100003.0, 2) * $items)::BIGINT AS i, min(j) AS j FROM places GROUP BY ALL
    )
    SELECT 'user-' || u || $after AS user_id, 'item-' || i AS item_id,
        (1.0 / (j + 1) + CASE WHEN $alike THEN 0 ELSE (hash($seed, u, i, $lists) % 1000) / 5000.0 END + $shift)::DOUBLE
            AS score
    FROM chosen ORDER BY u, j
"""


@dataclass(frozen=True)
class Made:
    """What the jobs of a day make: `day` says which users there are, `lists` of which night their lists are."""

    seed: int
    day: int
    lists: int
    share: float
    users: int
    gone: tuple[int, ...] = ()
    alike: bool = False
    shift: float = 0.0
    after: str = ""

    def rows(self) -> pa.Table:
        """The rows."""
        values = {
            "seed": self.seed, "day": self.day, "lists": self.lists, "share": self.share, "users": self.users,
            "gone": list(self.gone), "alike": self.alike, "shift": self.shift, "after": self.after,
            "items": ITEMS, "countries": COUNTRIES, "length": LENGTH,
        }  # fmt: skip
        found: pa.Table = duckdb.connect().sql(ROWS, params=values).to_arrow_table()
        return found


def usual(seed: int, day: int) -> Made:
    """A day on which nothing is wrong: three quarters of the users at weekends, half a percent more each week."""
    luck = Random(f"{seed} {day}").gauss(1, 0.012)
    share = 0.88 * luck * (0.74 if day % 7 >= 5 else 1)
    return Made(seed, day, day, min(share, 1.0), round(USERS * 1.005 ** (day / 7)))


def weekend(made: Made) -> Made:
    """As many users as at a weekend."""
    return replace(made, share=made.share * 0.74)
