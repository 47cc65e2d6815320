"""What is live, running and failed, in a few lines per experiment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC

from bot.ports import Item, Run, Scheduled, Version, made_for
from bot.release.alarm import Alarm
from bot.release.due import Due
from bot.release.held import Counted
from bot.release.state import RETIRED, State
from bot.report.alarm import alarms
from bot.report.line import Line, Style
from bot.report.runs import run_list
from bot.report.watched import watched_lines

FEW = 3  # failed jobs that are named


@dataclass(frozen=True, slots=True)
class Row:
    """What the ledger, the engine, the flags and the stores say of one experiment."""

    name: str
    state: State
    item: Item
    flag: bool
    scheduled: Scheduled | None
    run: Run | None
    """The run of the last release."""
    recent: Sequence[Run]
    """The runs of the newest dates; the newest is shown where that is after the release's."""
    shown: Sequence[tuple[str, str | None, Sequence[Version]]]
    """Each declared name, the place that it shows, if any, and the versions in that, newest first."""
    alarms: Sequence[Alarm] = ()
    """What of it needs a person, beside what the ledger says."""
    next: Due | None = None
    """The next scheduled run."""
    counted: Sequence[Counted] = ()
    """What was counted of its data."""

    @property
    def latest(self) -> Run | None:
        """The run of the newest date."""
        return next(iter(self.recent), None)


def status_lines(rows: Sequence[Row], *, runs: bool = False) -> Iterator[Line]:
    """One block per experiment; `runs`: with a line for each of its newest runs, and with what was counted."""
    for row in rows:
        word, kind = headline(row)
        yield Line(f"{row.name} {word}", kind)
        shown = "on" if row.state.off is None else "turned off"
        yield Line(f"  flag     {shown if row.flag else 'off'}")
        yield _schedule(row)
        for name, place, versions in row.shown:
            if place is None:
                yield Line(f"  {name} shows nothing", "error")
                continue
            newest = f" at {versions[0].run}" if versions else ""
            more = f" and {len(versions) - 1} of the days before" if len(versions) > 1 else ""
            yield Line(f"  {name} shows {place}{newest}{more}")
        if row.run is not None:
            over = sum(node.state == "succeeded" for node in row.run.nodes)
            yield Line(f"  run      {row.run.name} {row.run.state}, {over} of {len(row.run.nodes)} done")
            yield from _link(row.run)
        if runs:
            yield from run_list(row.recent)
            yield from watched_lines(row.counted)
        elif row.latest is not None and (row.run is None or made_for(row.latest.name) > made_for(row.run.name)):
            why = "".join(f", {node.name} {node.reason}" for node in row.latest.failures[:FEW])
            style: Style = "error" if row.latest.state == "failed" else "plain"
            yield Line(f"  latest   {row.latest.name} {row.latest.state}{why}", style)
            yield from _link(row.latest)
        yield from alarms(row.alarms, "  ")
    if not rows:
        yield Line("nothing was released here yet")


def _link(run: Run) -> Iterator[Line]:
    if run.link:
        yield Line(f"           {run.link}")


def _schedule(row: Row) -> Line:
    scheduled = row.scheduled
    if scheduled is None or not scheduled.on:
        return Line("  schedule off")
    if scheduled.trouble:
        return Line(f"  schedule on, but it cannot start {scheduled.key}: {scheduled.trouble}", "error")
    at = f"{row.next.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC for {row.next.date}" if row.next is not None else ""
    return Line(f"  schedule on, starts {scheduled.key}{at and f'; next {at}'}")


def headline(row: Row) -> tuple[str, Style]:
    """How it is, in a few words, and how grave that is."""
    last = row.state.entries[-1]
    released = row.state.released
    live = released is not None and released.change != RETIRED
    since = f"since {last.at:%Y-%m-%d %H:%M} UTC"
    if last.step in ("off", "on") and last.state != "done":
        return f"is being turned {last.step} {since}; `sameday {last.step} {row.name}` finishes it", "warning"
    if row.state.off is not None:
        off = f"{row.state.off.at:%Y-%m-%d %H:%M} UTC"
        return f"is turned off since {off}, on hold; `sameday on {row.name}` turns it on", "warning"
    if last.step == "on":
        last = row.state.last or last
    if last.step == "rollback" and last.state == "started":
        return f"is being rolled back {since}; `sameday rollback {row.name}` finishes it", "warning"
    if last.step == "rollback" and last.state != "failed":
        to = f"{released.run} is live" if released is not None and live else "nothing is live"
        return f"was rolled back {since}, on hold; {to}", "warning"
    if last.state == "failed":
        serves = f"; {released.run} is live" if released is not None and live else ""
        what = "could not be rolled back" if last.step == "rollback" else f"failed at {last.step}"
        return f"{what} {since}: {last.reason}{serves}", "error"
    if last.step == "baseline":
        return "was there before the first release", "faint"
    if last.state in ("started", "waiting") or last.step != "announce":
        return f"is being released, at {last.step} {since}", "plain"
    return (f"is live {since}", "good") if live else (f"is retired {since}", "faint")
