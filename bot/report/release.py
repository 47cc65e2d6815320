"""What a release did, as lines and as the Markdown summary that is posted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from bot.ports import Entry, Item, Node, Run
from bot.release.summary import ReleaseOutcome, ReleaseSummary
from bot.report.escape import Markdown, code, count, fence, fill, join, name, prose, word
from bot.report.line import Kind, Line
from bot.report.log import LINES, ending

Progress = Callable[[str, Entry | Run], None]
"""Is told of every step and every change of a run as it happens."""

Logs = Literal["here", "summary", "none"]
"""Where the end of a failed job's log is shown: in this text, in the job's summary, or nowhere."""

NOTHING = Markdown("")
STANDINGS = {
    "live": (Markdown("✅"), Markdown("is live")),
    "retired": (Markdown("✅"), Markdown("is retired")),
    "failed": (Markdown("❌"), Markdown("failed")),
    "blocked": (Markdown("❌"), Markdown("was not released")),
    "held": (Markdown("⏸️"), Markdown("is on hold")),
    "running": (Markdown("⏳"), Markdown("is under way")),
    "unreachable": (Markdown("⚠️"), Markdown("could not go on")),
}
NEXT = {
    "failed": Markdown("correct its file, or try again as it is"),
    "blocked": Markdown("it follows by itself once that is put right"),
    "held": Markdown("change its file, or release it"),
    "running": Markdown("the next release goes on from here; `sameday status` shows it"),
    "unreachable": Markdown("run `sameday release` again when the backend is back"),
}
BY_NAME = ("failed", "held")  # what a release of the experiment by its name goes on with


def lines(summary: ReleaseSummary, logs: bool = True) -> Iterator[Line]:
    """The summary for a terminal; `logs`: with the end of the log of each failed job."""
    if summary.baseline:
        names = ", ".join(summary.baseline)
        yield Line(f"first release here: taken as live and not released: {names}", "head")
        yield Line(f"  next: `sameday release --experiment {summary.baseline[0]}` releases one of them all the same")
    for outcome in summary.outcomes:
        item = outcome.item
        kind: Kind = (
            "good" if outcome.state in ("live", "retired") else "plain" if outcome.state == "running" else "error"
        )
        where = f" at {outcome.step}" if outcome.step and outcome.state != "live" else ""
        reason = f": {outcome.reason}" if outcome.reason else ""
        yield Line(f"{item.experiment} {STANDINGS[outcome.state][1]}{where}{reason}", kind)
        for node in outcome.failures if logs else ():
            yield Line(f"  end of the log of {node.name}:", "faint")
            yield from (Line(f"  | {text}", "faint") for text in ending(node.log))
        yield Line(f"  serves {serving(outcome)}")
        if outcome.state in NEXT:
            by_name = f": `{_again(outcome)}`" if outcome.state in BY_NAME else ""
            yield Line(f"  next: {NEXT[outcome.state]}{by_name}")
    if not summary.outcomes and not summary.baseline:
        yield Line("nothing differs from what is released", "good")


def _again(outcome: ReleaseOutcome) -> str:
    return f"sameday release --experiment {outcome.item.experiment}"


def serving(outcome: ReleaseOutcome) -> str:
    """What serves now, as far as this release knows."""
    before, after = outcome.item.serves
    return (after if outcome.state in ("live", "retired") else before) or "nothing"


def fitted(
    summary: ReleaseSummary, limit: int, size: Callable[[str], int] = len, logs: Logs = "here"
) -> Markdown:  # fmt: skip
    """The summary in at most `limit` characters (or whatever `size` counts): runs go first, then logs, then steps.

    `logs` says where the end of the log of a failed job is shown.
    """
    for detail in LESS:
        text = markdown(summary, replace(detail, where=logs))
        if size(text) <= limit:
            return text
    return _headline(summary)


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is told of each experiment; its standing, what it serves and what to do next always are."""

    without: Markdown = NOTHING
    runs: bool = True
    logs: int = LINES
    """How many lines of the log of each failed job."""
    where: Logs = "here"
    """Where they are shown."""
    steps: bool = True
    reason: int = 2_000


LESS = (
    Detail(),
    Detail(Markdown("the runs"), runs=False),
    Detail(Markdown("the runs, most of the logs"), runs=False, logs=3, reason=500),
    Detail(Markdown("the runs, the logs, the steps"), runs=False, logs=0, steps=False, reason=200),
    Detail(Markdown("everything but the outcome"), runs=False, logs=0, steps=False, reason=0),
)


def markdown(summary: ReleaseSummary, detail: Detail = LESS[0]) -> Markdown:
    """The summary as it is posted on the merged pull request."""
    parts = [_headline(summary)]
    if detail.without:
        parts.append(fill("Left out here for its length: {}; the job's summary has it.", detail.without))
    for outcome in summary.outcomes:
        parts += _outcome(outcome, detail)
    parts.append(fill("<sub>of {}</sub>", code(summary.commit[:12])))
    return join(parts, "\n\n", "\n")


def _headline(summary: ReleaseSummary) -> Markdown:
    bad = sum(outcome.state not in ("live", "retired", "running") for outcome in summary.outcomes)
    what = count(len(summary.outcomes), "experiment")
    if bad:
        return fill("**❌ sameday: {} of {} not released**", bad, what)
    if not summary.outcomes:
        return Markdown("**✅ sameday: nothing differs from what is released**")
    if any(outcome.state == "running" for outcome in summary.outcomes):
        return fill("**⏳ sameday: {} under way**", what)
    return fill("**🚀 sameday: {} released**", what)


def _outcome(outcome: ReleaseOutcome, detail: Detail) -> Iterator[Markdown]:
    mark, words = STANDINGS[outcome.state]
    where = fill(" at {}", name(outcome.step)) if outcome.step and outcome.state != "live" else NOTHING
    yield fill("### {} {} {}{}", mark, outcome.item.experiment, words, where)
    if outcome.reason and detail.reason:
        yield prose(outcome.reason, detail.reason)
    done = [e for e in outcome.entries if e.state == "done" and e.step != "announce"]  # which this text is
    if done and detail.steps:
        yield join([fill("- **{}** {}", word(entry.step), prose(entry.reason or "done")) for entry in done])
    if outcome.run is not None and detail.runs:
        yield _nodes(outcome.run)
    for node in outcome.failures if detail.logs else ():
        yield from _log(node, detail)
    yield fill("Serves {}.", serving(outcome))
    if outcome.state in NEXT:
        by_name = fill(": {}", name(_again(outcome))) if outcome.state in BY_NAME else NOTHING
        yield fill("Next: {}{}", NEXT[outcome.state], by_name)


def _log(node: Node, detail: Detail) -> Iterator[Markdown]:
    if detail.where == "here":
        yield fill("End of the log of {}:", node.name)
        yield fence("\n".join(ending(node.log, detail.logs, 500)) or "(it printed nothing)", "text")
    elif detail.where == "summary":
        yield fill("The end of the log of {} is in the job's summary.", node.name)


def _nodes(run: Run) -> Markdown:
    rows = [Markdown("| job | state | seconds |\n|---|---|---|")]
    for node in run.nodes:
        rows.append(fill("| {} | {} | {} |", node.name, word(node.state), word(seconds(node))))
    return fill("<details><summary>The run</summary>\n\n{}\n\n</details>", join(rows))


def seconds(node: Node) -> str:
    """How long a node took."""
    if node.started is None or node.finished is None:
        return ""
    return f"{(node.finished - node.started) / timedelta(seconds=1):.1f}"


def progress(experiment: str, what: Entry | Run, seen: set[tuple[str, str, str]]) -> Iterator[Line]:
    """Lines for what is new in a step or a run; `seen` remembers what was said."""
    if isinstance(what, Entry):
        kind: Kind = "error" if what.state == "failed" else "good" if what.state == "done" else "faint"
        said = f": {what.reason}" if what.reason else ""
        yield Line(f"{experiment} {what.step} {what.state}{said}", kind)
        return
    for node in what.nodes:
        key = (what.name, node.name, node.state)
        if key not in seen:
            seen.add(key)
            took = f" in {seconds(node)} s" if node.state == "succeeded" else ""
            why = f": {node.reason}" if node.reason else ""
            yield Line(
                f"{experiment}   {node.name} {node.state}{took}{why}", "error" if node.state == "failed" else "faint"
            )


def run_lines(run: Run, logs: bool = True) -> Iterator[Line]:
    """How one run ended; `logs`: with the end of the log of each failed job."""
    yield Line(f"{run.name} {run.state}", "good" if run.state == "succeeded" else "error")
    for node in run.failures:
        yield Line(f"  {node.name} {node.reason}{'; end of its log:' if logs else ''}", "faint")
        yield from (Line(f"  | {text}", "faint") for text in ending(node.log) if logs)


def rolled_back(name: str, now: Item, before: Item | None) -> Iterator[Line]:
    """What a rollback changed: `now` served until it, `before` serves again."""
    serves = f"serves {before.run} again" if before else "serves nothing again: there was no release before"
    yield Line(f"{name} {serves}", "good")
    yield Line(f"  {now.run} is on hold: change its file, or `sameday release --experiment {name}`")


def left(paths: Sequence[str]) -> Iterator[Line]:
    """The files that are no valid experiments, which a release left as they were."""
    for path in paths:
        yield Line(f"{path} is not valid and left as it was; `sameday check` says why", "warning")


def announcement(item: Item, entries: tuple[Entry, ...]) -> Markdown:
    """What is told of one experiment once it is live."""
    before, after = item.serves
    head = fill("**{}** is retired." if item.change == "retired" else "**{}** is live.", item.experiment)
    done = [fill("- **{}** {}", word(e.step), prose(e.reason or "done")) for e in entries if e.state == "done"]
    served = fill("Served before: {}, now: {}.", before or "nothing", after or "nothing")
    return join([head, join(done), served], "\n\n", "\n")
