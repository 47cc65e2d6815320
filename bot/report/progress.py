"""A release and a run as lines: each step as it happens, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bot.finding import Finding
from bot.ports import Entry, Run
from bot.release.rollback import Rollback
from bot.release.summary import ReleaseSummary
from bot.report.line import Line, Style
from bot.report.log import ending
from bot.report.standing import BY_NAME, NEXT, STANDINGS, WELL, again, seconds, serving

Progress = Callable[[str, Entry | Run], None]
"""Called for every step and every change of a run as it happens."""


def release_lines(summary: ReleaseSummary, *, logs: bool = True) -> Iterator[Line]:
    """The summary for a terminal; `logs`: with the end of the log of each failed job."""
    if summary.baseline:
        names = ", ".join(summary.baseline)
        yield Line(f"first release here: taken as live and not released: {names}", "head")
        yield Line(f"  next: `sameday release --experiment {summary.baseline[0]}` releases one of them all the same")
    for outcome in summary.outcomes:
        item = outcome.item
        kind: Style = "good" if outcome.state in WELL else "plain" if outcome.state == "running" else "error"
        where = f" at {outcome.step}" if outcome.step and outcome.state != "live" else ""
        reason = f": {outcome.reason}" if outcome.reason else ""
        yield Line(f"{item.experiment} {STANDINGS[outcome.state]}{where}{reason}", kind)
        for node in outcome.failures if logs else ():
            yield Line(f"  end of the log of {node.name}:", "faint")
            yield from (Line(f"  | {text}", "faint") for text in ending(node.log))
        if outcome.run is not None and outcome.run.link:
            yield Line(f"  run: {outcome.run.link}")
        yield Line(f"  serves {serving(outcome)}")
        if outcome.state in NEXT:
            by_name = f": `{again(outcome)}`" if outcome.state in BY_NAME else ""
            yield Line(f"  next: {NEXT[outcome.state]}{by_name}")
    if not summary.outcomes and not summary.baseline and not summary.faults:
        yield Line("nothing differs from what is released", "good")


def progress_lines(experiment: str, what: Entry | Run, seen: set[tuple[str, str, str]]) -> Iterator[Line]:
    """Lines for what is new in a step or a run; `seen` remembers what was shown."""
    if isinstance(what, Entry):
        kind: Style = "error" if what.state == "failed" else "good" if what.state == "done" else "faint"
        reason = f": {what.reason}" if what.reason else ""
        yield Line(f"{experiment} {what.step} {what.state}{reason}", kind)
        return
    for node in what.nodes:
        key = (what.name, node.name, f"{node.state} {node.reason}")
        if key not in seen:
            seen.add(key)
            took = f" in {seconds(node)} s" if node.state == "succeeded" else ""
            why = f": {node.reason}" if node.reason else ""
            yield Line(
                f"{experiment}   {node.name} {node.state}{took}{why}", "error" if node.state == "failed" else "faint"
            )


def run_lines(run: Run, notes: Sequence[str] = (), *, logs: bool = True) -> Iterator[Line]:
    """How one run ended, and what is to be said of its data; `logs`: with the end of the log of each failed job."""
    yield Line(f"{run.name} {run.state}", "good" if run.state == "succeeded" else "error")
    if run.link:
        yield Line(f"  {run.link}")
    for node in run.failures:
        yield Line(f"  {node.name} {node.reason}{'; end of its log:' if logs else ''}", "faint")
        yield from (Line(f"  | {text}", "faint") for text in ending(node.log) if logs)
    yield from (Line(f"  {note}") for note in notes)


def rollback_lines(name: str, rollback: Rollback, crossed: str = "") -> Iterator[Line]:
    """What a rollback changed; `crossed` says what it did to the users of a test."""
    before = rollback.before
    serves = f"serves {before.run} again" if before else "serves nothing again: there was no release before"
    yield Line(f"{name} {serves}", "good")
    if rollback.given_back:
        yield Line("  the schedule that was there before sameday's is back, as it was")
    if crossed:
        yield Line(f"  {crossed}", "warning")
    yield Line(f"  {rollback.now.run} is on hold: change its file, or `sameday release --experiment {name}`")


def turned_lines(entry: Entry) -> Iterator[Line]:
    """What turning a flag off or on has changed."""
    name = entry.item.experiment
    if not entry.item.off:
        yield Line(f"{name} is turned on: {entry.item.run} is seen again", "good")
        return
    what = "who was in the test sees the control" if entry.item.trial is not None else "nobody sees it"
    yield Line(f"{name} is turned off: {what}", "good")
    yield Line(f"  it is on hold, and its data is kept fresh; `sameday on {name}` turns it on")


def fault_lines(faults: Sequence[Finding]) -> Iterator[Line]:
    """What check refuses, a line each; the experiments that have it stayed as they were."""
    for fault in faults:
        hint = f" ({fault.hint})" if fault.hint else ""
        where = f"{fault.path}:{fault.span.line}:{fault.span.column}"
        yield Line(f"{where}: {fault.rule}: {fault.message}{hint}; left as it was", "error")
