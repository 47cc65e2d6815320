"""What of an experiment needs a person: judged from the ledger, what is live, and what its places show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from bot.ports import Entry, Run, date_of
from bot.release.drift import Drifts
from bot.release.due import due
from bot.release.held import Held
from bot.release.state import State
from bot.release.steps import Order, Tools
from bot.settings import Limits

AlarmKind = Literal["changed", "failed", "gone", "held", "late", "over", "stuck", "unknown"]
FEW = 3  # failed jobs that are named


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong, a sentence without its end, and what a person can do."""

    kind: AlarmKind
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Live:
    """What is live as it is now."""

    order: Order
    since: datetime
    """When its release, or a rollback to it, was done."""
    drifts: Drifts
    made: date
    """The newest date that all its places show; of its runs where it makes no table."""
    runs: tuple[Run, ...]
    """The runs of the newest dates, the newest first."""
    held: Held | None = None
    """What was made and is not shown, since something of it is not as usual."""

    @property
    def run(self) -> Run | None:
        """The run of the newest date."""
        return next(iter(self.runs), None)


def newest(order: Order, glance: Tools, run: Run | None) -> date:
    """The newest date that all places of what is live show, or that its newest run made where it makes no table.

    A place that is gone, which is told by itself, counts as one of the release's date.
    """
    item, days = order.item, []
    for placed in order.placed(glance):
        inside = [one.date for one in placed.places.inside(placed.place) if one.spec == placed.place.spec]
        days.append(max(inside, default=item.date))
    if not days and run is not None and run.state == "succeeded":
        days.append(max(item.date, _date(run)))
    return min(days, default=item.date)


def of_release(state: State, limits: Limits, now: datetime) -> Iterator[Alarm]:
    """What the ledger alone says: a release or a rollback that failed, or that nothing goes on with."""
    last = state.entries[-1]
    at, what, again = f"{last.at:%Y-%m-%d %H:%M} UTC", _what(last), _again(last)
    if last.state == "failed":
        yield Alarm("failed", f"its {what} failed at {at}: {last.reason}", f"{again} tries again")
    elif last.state in ("started", "waiting") and now - last.at > limits.release:
        why = f": {last.reason}" if last.state == "waiting" and last.reason else ""
        yield Alarm("stuck", f"nothing goes on with its {what} since {at}{why}", f"{again} goes on with it")


def _what(last: Entry) -> str:
    words = {"rollback": "rollback", "off": "turning off", "on": "turning on"}
    return words.get(last.step, f"release, at {last.step},")


def _again(last: Entry) -> str:
    name = last.item.experiment
    if last.step in ("rollback", "off", "on"):
        return f"`sameday {last.step} {name}`, or Run workflow with `{last.step}`,"
    return f"`sameday release --experiment {name}`, or Run workflow with `release`,"


def of_live(live: Live, limits: Limits, now: datetime) -> Iterator[Alarm]:
    """What of a live release is gone, changed by another hand, late, failed or over."""
    name = live.order.item.experiment
    if live.drifts.gone:
        gone = "; ".join(map(str, live.drifts.gone))
        yield Alarm("gone", gone, "the next release puts it back: Run workflow with `release`, or `sameday release`")
    if live.drifts.differing:
        hint = f"`sameday release --experiment {name}`, or Run workflow with `release` and the name, puts it back"
        yield Alarm("changed", live.drifts.differing, hint)
    if live.held is not None:
        yield _held(live.held, name, live.made)
    if live.order.work.schedule is not None:
        yield from _behind(live, limits, now)
    yield from _over(live, now)


def _held(found: Held, name: str, made: date) -> Alarm:
    message = f"the data of {found.date} is held: {'; '.join(found.reasons)}; it shows {made}"
    run = f"`sameday run {name} --date {found.date}"
    if found.accepted:
        who = f"{found.accepted} wants it shown"
        return Alarm("held", message, f"{who}: {run}`, or Run workflow with `backfill`, does so")
    again = f"{run} --again` shows it all the same"
    return Alarm("held", message, f"correct what made it, and `sameday runs retry {name}`; if it is right, {again}")


def _behind(live: Live, limits: Limits, now: datetime) -> Iterator[Alarm]:
    """A scheduled run that failed, or that should have made its date by now; of what is held that is told."""
    schedule, name, run = live.order.work.schedule, live.order.item.experiment, live.run
    assert schedule is not None
    made = max(live.made, live.held.date) if live.held is not None else live.made
    if run is not None and run.state == "failed" and _date(run) > made:
        reasons = "; ".join(f"{node.name} {node.reason}" for node in run.failures[:FEW])
        message = f"its run {run.name} failed: {reasons or 'no job says why'}; it shows {live.made}"
        yield Alarm("failed", message, _makes(name, _date(run)))
        return
    wanted = due(schedule, live.since, now - limits.late)
    if wanted is None or made >= wanted.date:
        return
    since = f"due since {wanted.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    runs = f"its run {run.name} is still running" if run is not None and run.state == "running" else "no run makes it"
    yield Alarm("late", f"it shows {live.made} and not {wanted.date}, {since}: {runs}", _makes(name, wanted.date))


def _makes(name: str, day: date) -> str:
    return f"`sameday run {name} --date {day}`, or Run workflow with `backfill`, makes it"


def _over(live: Live, now: datetime) -> Iterator[Alarm]:
    serving = live.order.spec.serving if live.order.spec is not None else None
    period = serving.period if serving is not None else None
    if period is None or period.end is None or now.astimezone(ZoneInfo(period.timezone)).date() < period.end:
        return
    message = f"its test is over since {period.end}, and its jobs and tables are still there"
    yield Alarm("over", message, "delete its file, or serve the winner with `kind: all`")


def _date(run: Run) -> date:
    return date_of(run.name) or date.min
