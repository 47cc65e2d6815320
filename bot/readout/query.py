"""The queries over exposures and events. One text serves BigQuery and DuckDB: only how tables are quoted differs.

Sums leave the warehouse, and no row of a user does. Names in the text are those of files and settings, whose patterns
allow nothing that a query could mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.settings.events import Event
from bot.settings.query import inner


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an interleaving test; `exposures` is the settings' query, `events` the quoted table."""

    experiment: str
    control: str
    since: datetime
    exposures: str
    events: str
    event: Event
    within: timedelta


def interleaving(asked: Question) -> str:
    """A row for each phase and ranker beside the control, with the sums that `bot.readout.judge` reads.

    Lines that are written twice count once. An event is credited once, to what its item was shown in last before it,
    and only within the credit's window; a ranker of a list takes as many items as had an event.
    """
    return f"""\
{_exposures(asked.exposures)},
{_logs(asked)}{_lists(asked.control)}{_compared()}\
SELECT seen.phase AS of_phase, seen.units, seen.impressions, compared.*
FROM seen LEFT JOIN compared ON compared.phase = seen.phase
ORDER BY seen.phase, compared.ranker
"""


def arms(experiment: str, since: datetime, exposures: str) -> str:
    """How many units saw each arm of an A/B test, by phase."""
    return f"""\
{_exposures(exposures)},
saw AS (
  SELECT DISTINCT e.phase, e.arm, CAST(e.unit AS STRING) AS unit
  FROM exposures AS e
  WHERE {_counted(experiment, since)} AND e.arm <> ''
)
SELECT saw.phase AS of_phase, saw.arm, COUNT(*) AS units
FROM saw
GROUP BY saw.phase, saw.arm
ORDER BY saw.phase, saw.arm
"""


def arrivals(exposures: str, since: datetime, day: datetime) -> str:
    """For each experiment when its last exposure was, in microseconds, and how many there were since `day`."""
    return f"""\
{_exposures(exposures)}
SELECT e.experiment, MAX(UNIX_MICROS(e.shown_at)) AS last,
  SUM(CASE WHEN e.shown_at >= {_moment(day)} THEN 1 ELSE 0 END) AS recent
FROM exposures AS e
WHERE e.shown_at >= {_moment(since)}
GROUP BY e.experiment
"""


def _logs(asked: Question) -> str:
    """What was shown, what was done, and what of it an event is credited to."""
    window = int(asked.within / timedelta(microseconds=1))
    return f"""\
shown AS (
  SELECT DISTINCT e.phase, CAST(e.unit AS STRING) AS unit, e.ranking, CAST(e.item AS STRING) AS item,
    COALESCE(e.ranker, '') AS ranker, e.position, UNIX_MICROS(e.shown_at) AS shown_at
  FROM exposures AS e
  WHERE {_counted(asked.experiment, asked.since)}
    AND e.ranking IS NOT NULL AND e.item IS NOT NULL
),
done AS (
  SELECT DISTINCT CAST(d.{asked.event.unit} AS STRING) AS unit, CAST(d.{asked.event.item} AS STRING) AS item,
    UNIX_MICROS(d.{asked.event.at}) AS done_at
  FROM {asked.events} AS d
  WHERE d.{asked.event.at} >= {_moment(asked.since)}
),
taken AS (
  SELECT latest.phase, latest.unit, latest.ranking, latest.item, latest.ranker
  FROM (
    SELECT s.phase, s.unit, s.ranking, s.item, s.ranker, ROW_NUMBER() OVER (
      PARTITION BY s.unit, s.item, d.done_at ORDER BY s.shown_at DESC, s.phase DESC, s.ranking, s.ranker) AS nth
    FROM shown AS s JOIN done AS d ON d.unit = s.unit AND d.item = s.item
    WHERE d.done_at BETWEEN s.shown_at AND s.shown_at + {window}
  ) AS latest
  WHERE latest.nth = 1
),
"""


def _lists(control: str) -> str:
    """What each ranker has in each list, how many there were, and each ranker beside the control by unit."""
    return f"""\
sides AS (
  SELECT s.phase, s.unit, s.ranking, s.ranker, MIN(s.position) AS best, COUNT(DISTINCT t.item) AS taken
  FROM shown AS s LEFT JOIN taken AS t
    ON t.phase = s.phase AND t.unit = s.unit AND t.ranking = s.ranking AND t.item = s.item AND t.ranker = s.ranker
  WHERE s.ranker <> ''
  GROUP BY s.phase, s.unit, s.ranking, s.ranker
),
seen AS (
  SELECT lists.phase, COUNT(DISTINCT lists.unit) AS units, COUNT(*) AS impressions
  FROM (SELECT DISTINCT phase, unit, ranking FROM sides) AS lists
  GROUP BY lists.phase
),
pairs AS (
  SELECT o.phase, o.ranker, o.unit, COUNT(*) AS competitive,
    SUM(CASE WHEN o.best <> c.best THEN 1 ELSE 0 END) AS started,
    SUM(CASE WHEN o.best < c.best THEN 1 ELSE 0 END) AS began,
    SUM(CASE WHEN o.taken > c.taken THEN 1 ELSE 0 END) AS won,
    SUM(CASE WHEN o.taken < c.taken THEN 1 ELSE 0 END) AS lost
  FROM sides AS c JOIN sides AS o ON o.phase = c.phase AND o.unit = c.unit AND o.ranking = c.ranking
  WHERE c.ranker = '{control}' AND o.ranker <> '{control}'
  GROUP BY o.phase, o.ranker, o.unit
),
"""


def _compared() -> str:
    """The sums over units."""
    return f"""\
cases AS (
  SELECT p.phase, p.ranker, p.competitive, p.won, p.lost, p.began AS began_x, p.started AS began_n,
    p.won - p.lost AS taken_x, p.won + p.lost AS taken_n
  FROM pairs AS p
),
compared AS (
  SELECT u.phase, u.ranker, SUM(u.competitive) AS competitive, SUM(u.won) AS won, SUM(u.lost) AS lost,
    SUM(CASE WHEN u.won > u.lost THEN 1 ELSE 0 END) AS units_won,
    SUM(CASE WHEN u.won < u.lost THEN 1 ELSE 0 END) AS units_lost,
    SUM(CASE WHEN u.taken_n > 0 THEN 1 ELSE 0 END) AS units_decided,
    {_sums("began")},
    {_sums("taken")}
  FROM cases AS u
  GROUP BY u.phase, u.ranker
)
"""


def _exposures(text: str) -> str:
    return f"WITH exposures AS (\n{inner(text)}\n)"  # its last line may be a comment


def _counted(experiment: str, since: datetime) -> str:
    """No tester's, no other test's, and from its beginning on, so that a partitioned log is read from there."""
    return (
        f"e.experiment = '{experiment}' AND e.shown_at >= {_moment(since)} AND NOT COALESCE(e.forced, FALSE)\n"
        "    AND e.phase IS NOT NULL AND e.unit IS NOT NULL"
    )


def _moment(moment: datetime) -> str:
    return f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}+00'"


def _sums(of: str) -> str:
    """Those of `bot.readout.statistics.Sums`; high powers would not fit into a whole number."""
    x, n = f"u.{of}_x", f"u.{of}_n"
    sums = {"x": x, "n": n, "xx": f"{x} * {x}", "xn": f"{x} * {n}", "nn": f"{n} * {n}"}
    sums |= {"nnn": f"POWER({n}, 3)", "nnnn": f"POWER({n}, 4)"}
    return ", ".join(f"SUM({sum}) AS {of}_{name}" for name, sum in sums.items())
