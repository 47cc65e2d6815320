"""What is live as JSON, format 1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.ports import Run
from bot.release.held import CountedDay
from bot.report.json import FORMAT
from bot.report.mask import masked
from bot.report.runs import times
from bot.report.status import Row, headline
from bot.report.watched import DAYS


def status_json(rows: Sequence[Row]) -> str:
    """The experiments, one a line."""
    experiments = ",\n".join(masked(json.dumps(_row(row), ensure_ascii=False)) for row in rows)
    return f'{{"format": {FORMAT}, "experiments": [\n{experiments}\n]}}\n'


def runs_json(found: Sequence[Run]) -> str:
    """Runs, one a line."""
    lines = ",\n".join(masked(json.dumps(run(one), ensure_ascii=False)) for one in found)
    return f'{{"format": {FORMAT}, "runs": [\n{lines}\n]}}\n'


def _row(row: Row) -> dict[str, Any]:
    live, off = row.state.live, row.state.off
    words, _ = headline(row)
    return {
        "name": row.name,
        "says": words,
        "live": None if live is None else {"run": live.item.run, "commit": live.commit, "since": _at(live.at)},
        "off": None if off is None else _at(off.at),
        "flag": row.flag,
        "schedule": None if row.scheduled is None else asdict(row.scheduled),
        "next": None if row.next is None else {"at": _at(row.next.since), "date": row.next.date.isoformat()},
        "shows": [
            {"name": name, "place": place, "dates": [one.date.isoformat() for one in versions]}
            for name, place, versions in row.shown
        ],
        "runs": [run(one) for one in row.recent],
        "counted": {one.name: [_counts(day) for day in one.days[:DAYS]] for one in row.counted},
        "alarms": [asdict(alarm) for alarm in row.alarms],
    }


def _counts(one: CountedDay) -> dict[str, Any]:
    """What was counted of a date, and what of it is not as usual."""
    warned, held = ([remark.model_dump() for remark in remarks] for remarks in (one.warned, one.held))
    return {
        "date": one.day.date.isoformat(), "shown": one.shown, "counts": dict(one.day.counts), "warned": warned,
        "held": held,
    }  # fmt: skip


def run(found: Run) -> dict[str, Any]:
    """A run: its state, when it began and ended, and its jobs with theirs."""
    began, ended = times(found)
    jobs = [
        {"name": node.name, "state": node.state, "began": _at(node.started), "ended": _at(node.finished),
         "reason": node.reason}
        for node in found.nodes
    ]  # fmt: skip
    return {"name": found.name, "state": found.state, "began": _at(began), "ended": _at(ended), "link": found.link,
            "jobs": jobs}  # fmt: skip


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None
