"""What a release did, as lines and as the Markdown summary that is posted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.ports import Entry, Item, Node, Run
from bot.report.escape import Markdown, code, console, cut, fence, fill, join, prose
from bot.report.line import Kind, Line
from bot.summary import Outcome, ReleaseSummary

Progress = Callable[[str, Entry | Run], None]
"""Is told of every step and every change of a run as it happens."""

STANDINGS = {
    "live": ("✅", "is live"),
    "retired": ("✅", "is retired"),
    "failed": ("❌", "failed"),
    "blocked": ("❌", "was not released"),
    "held": ("⏸️", "is on hold"),
    "running": ("⏳", "is under way"),
    "unreachable": ("⚠️", "could not go on"),
}
NEXT = {
    "failed": "correct its file, or try again as it is: `sameday release --experiment {name}`",
    "blocked": "it follows by itself once that is put right",
    "held": "change its file, or release it: `sameday release --experiment {name}`",
    "running": "the next release goes on from here; `sameday status` shows it",
    "unreachable": "run `sameday release` again when the backend is back",
}
LOG_LINES = 20  # of a failed job


def lines(summary: ReleaseSummary) -> Iterator[Line]:
    """The summary for a terminal."""
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
        reason = f": {console(outcome.reason)}" if outcome.reason else ""
        yield Line(f"{item.experiment} {STANDINGS[outcome.state][1]}{where}{reason}", kind)
        for node in outcome.failures:
            yield Line(f"  end of the log of {node.name}:", "faint")
            yield from (Line(f"  | {console(text)}", "faint") for text in tail(node))
        yield Line(f"  serves {serving(outcome)}")
        if outcome.state in NEXT:
            yield Line(f"  next: {NEXT[outcome.state].format(name=item.experiment)}")
    if not summary.outcomes and not summary.baseline:
        yield Line("nothing differs from what is released", "good")


def serving(outcome: Outcome) -> str:
    """What serves now, as far as this release knows."""
    before, after = outcome.item.serves
    return (after if outcome.state in ("live", "retired") else before) or "nothing"


def tail(node: Node) -> list[str]:
    """The last lines of a node's output."""
    return node.log.splitlines()[-LOG_LINES:]


def fitted(summary: ReleaseSummary, limit: int, size: Callable[[str], int] = len) -> Markdown:
    """The summary in at most `limit` characters (or whatever `size` counts): runs go first, then logs, then steps."""
    for detail in LESS:
        text = markdown(summary, detail)
        if size(text) <= limit:
            return text
    return _headline(summary)


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is told of each experiment; its standing, what it serves and what to do next always are."""

    without: str = ""
    runs: bool = True
    logs: int = LOG_LINES
    steps: bool = True
    reason: int = 2_000


LESS = (
    Detail(),
    Detail("the runs", runs=False),
    Detail("the runs, most of the logs", runs=False, logs=3, reason=500),
    Detail("the runs, the logs, the steps", runs=False, logs=0, steps=False, reason=200),
    Detail("everything but the outcome", runs=False, logs=0, steps=False, reason=0),
)


def markdown(summary: ReleaseSummary, detail: Detail = LESS[0]) -> Markdown:
    """The summary as it is posted on the merged pull request."""
    parts = [_headline(summary)]
    if detail.without:
        parts.append(fill("Left out here for its length: {}; the job's summary has it.", Markdown(detail.without)))
    for outcome in summary.outcomes:
        parts += _outcome(outcome, detail)
    parts.append(fill("<sub>of {}</sub>", code(summary.commit[:12])))
    return Markdown(join(parts, "\n\n") + "\n")


def _headline(summary: ReleaseSummary) -> Markdown:
    bad = sum(outcome.state not in ("live", "retired", "running") for outcome in summary.outcomes)
    count = len(summary.outcomes)
    what = Markdown(f"{count} experiment{'s' if count != 1 else ''}")
    if bad:
        return fill("**❌ sameday: {} of {} not released**", bad, what)
    if not count:
        return Markdown("**✅ sameday: nothing differs from what is released**")
    if any(outcome.state == "running" for outcome in summary.outcomes):
        return fill("**⏳ sameday: {} under way**", what)
    return fill("**🚀 sameday: {} released**", what)


def _outcome(outcome: Outcome, detail: Detail) -> Iterator[Markdown]:
    mark, words = STANDINGS[outcome.state]
    where = Markdown(f" at `{outcome.step}`" if outcome.step and outcome.state != "live" else "")
    yield fill("### {} {} {}{}", Markdown(mark), outcome.item.experiment, Markdown(words), where)
    if outcome.reason and detail.reason:
        yield prose(outcome.reason, detail.reason)
    done = [e for e in outcome.entries if e.state == "done" and e.step != "announce"]  # which this text is
    if done and detail.steps:
        yield join([fill("- **{}** {}", Markdown(entry.step), prose(entry.reason or "done")) for entry in done])
    if outcome.run is not None and detail.runs:
        yield _nodes(outcome.run)
    for node in outcome.failures if detail.logs else ():
        yield fill("End of the log of {}:", node.name)
        yield fence("\n".join(cut(line, 500) for line in tail(node)[-detail.logs :]) or "(it printed nothing)", "text")
    yield fill("Serves {}.", serving(outcome))
    if outcome.state in NEXT:
        yield Markdown(f"Next: {NEXT[outcome.state].format(name=outcome.item.experiment)}")


def _nodes(run: Run) -> Markdown:
    rows = [Markdown("| job | state | seconds |\n|---|---|---|")]
    for node in run.nodes:
        rows.append(fill("| {} | {} | {} |", node.name, Markdown(node.state), Markdown(seconds(node))))
    return Markdown(f"<details><summary>The run</summary>\n\n{join(rows)}\n\n</details>")


def seconds(node: Node) -> str:
    """How long a node took."""
    if node.started is None or node.finished is None:
        return ""
    return f"{(node.finished - node.started) / timedelta(seconds=1):.1f}"


def progress(experiment: str, what: Entry | Run, seen: set[tuple[str, str, str]]) -> Iterator[Line]:
    """Lines for what is new in a step or a run; `seen` remembers what was said."""
    if isinstance(what, Entry):
        kind: Kind = "error" if what.state == "failed" else "good" if what.state == "done" else "faint"
        said = f": {console(what.reason)}" if what.reason else ""
        yield Line(f"{experiment} {what.step} {what.state}{said}", kind)
        return
    for node in what.nodes:
        key = (what.name, node.name, node.state)
        if key not in seen:
            seen.add(key)
            took = f" in {seconds(node)} s" if node.state == "succeeded" else ""
            why = f": {console(node.reason)}" if node.reason else ""
            yield Line(
                f"{experiment}   {node.name} {node.state}{took}{why}", "error" if node.state == "failed" else "faint"
            )


def run_lines(run: Run) -> Iterator[Line]:
    """How one run ended."""
    yield Line(f"{run.name} {run.state}", "good" if run.state == "succeeded" else "error")
    for node in run.failures:
        yield Line(f"  {node.name} {console(node.reason)}; end of its log:", "faint")
        yield from (Line(f"  | {console(text)}", "faint") for text in tail(node))


def announcement(item: Item, entries: tuple[Entry, ...]) -> Markdown:
    """What is told of one experiment once it is live."""
    before, after = item.serves
    head = fill("**{}** is retired." if item.change == "retired" else "**{}** is live.", item.experiment)
    done = [fill("- **{}** {}", Markdown(e.step), prose(e.reason or "done")) for e in entries if e.state == "done"]
    served = fill("Served before: {}, now: {}.", before or "nothing", after or "nothing")
    return Markdown(join([head, join(done), served], "\n\n") + "\n")
