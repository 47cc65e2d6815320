"""What a release did, as the Markdown that is posted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bot.ports import Entry, Item, Node, Run
from bot.release.summary import Course, ReleaseOutcome, ReleaseSummary, Standing
from bot.report.escape import Markdown, code, fence, fill, join, link, name, prose, word
from bot.report.language import Say, english, number
from bot.report.log import LINES, ending
from bot.report.standing import BY_NAME, NEXT, STANDINGS, WELL, again, long, seconds, serving

Logs = Literal["here", "summary", "none"]
"""Where the end of a failed job's log is shown: in this text, in the job's summary, or nowhere."""

NOTHING = Markdown("")
MARKS: Mapping[Standing, Markdown] = {
    "live": Markdown("✅"), "repaired": Markdown("✅"), "retired": Markdown("✅"), "failed": Markdown("❌"),
    "blocked": Markdown("❌"), "held": Markdown("⏸️"), "running": Markdown("⏳"), "unreachable": Markdown("⚠️"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proven:
    """How many rows of an output were proven; `store` is where they were synced to, or ''."""

    output: str
    rows: int
    store: str


@dataclass(frozen=True, slots=True)
class Background:
    """What else is told of a release: who sees what, by experiment, the rows, and the way of the pull request."""

    whom: Mapping[str, str] = field(default_factory=dict)
    proven: Mapping[str, Sequence[Proven]] = field(default_factory=dict)
    course: Course | None = None
    say: Say = english
    """The language of all but reasons, notes and logs."""


ALONE = Background()


def fitted_release(
    summary: ReleaseSummary, limit: int, size: Callable[[str], int] = len, logs: Logs = "here",
    about: Background = ALONE,
) -> Markdown:  # fmt: skip
    """The summary in at most `limit` characters (or whatever `size` counts): runs go first, then logs, then steps.

    `logs` says where the end of the log of a failed job is shown.
    """
    for detail in LESS:
        text = release_markdown(summary, replace(detail, where=logs), about)
        if size(text) <= limit:
            return text
    return _headline(summary, about.say)


@dataclass(frozen=True, slots=True)
class ReleaseDetail:
    """How much the summary says of each experiment: always its standing, what it serves and what to do next."""

    without: Markdown = NOTHING
    runs: bool = True
    logs: int = LINES
    """How many lines of the log of each failed job."""
    where: Logs = "here"
    """Where they are shown."""
    steps: bool = True
    reason: int = 2_000


LESS = (
    ReleaseDetail(),
    ReleaseDetail(Markdown("the runs"), runs=False),
    ReleaseDetail(Markdown("the runs, most of the logs"), runs=False, logs=3, reason=500),
    ReleaseDetail(Markdown("the runs, the logs, the steps"), runs=False, logs=0, steps=False, reason=200),
    ReleaseDetail(Markdown("everything but the outcome"), runs=False, logs=0, steps=False, reason=0),
)


def release_markdown(summary: ReleaseSummary, detail: ReleaseDetail = LESS[0], about: Background = ALONE) -> Markdown:
    """The summary as it is posted on the merged pull request."""
    say = about.say
    parts = [_headline(summary, say)]
    if detail.without:
        parts.append(fill(say("Left out here for its length: {}; the job's summary has it."), detail.without))
    for outcome in summary.outcomes:
        parts += _outcome(outcome, detail, about)
    took = _took(summary, about.course, say) if about.course is not None else NOTHING
    parts.append(fill(say("<sub>of {}{}</sub>"), code(summary.commit[:12]), took))
    return join(parts, "\n\n", "\n")


def _headline(summary: ReleaseSummary, say: Say) -> Markdown:
    bad = sum(outcome.state not in (*WELL, "running") for outcome in summary.outcomes)
    what = number(say, len(summary.outcomes), "{} experiment", "{} experiments")
    if bad:
        return fill(say("**❌ sameday: {} of {} not released**"), bad, what)
    if not summary.outcomes:
        return fill(say("**✅ sameday: nothing differs from what is released**"))
    if any(outcome.state == "running" for outcome in summary.outcomes):
        return fill(say("**⏳ sameday: {} under way**"), what)
    if all(outcome.state == "repaired" for outcome in summary.outcomes):
        return fill(say("**✅ sameday: {} put back as released**"), what)
    return fill(say("**🚀 sameday: {} released**"), what)


def _took(summary: ReleaseSummary, course: Course, say: Say) -> Markdown:
    """How long it took from the first commit on, where all of it is live."""
    ends = [entry.at for outcome in summary.outcomes for entry in outcome.entries if entry.step == "switch"]
    if not ends or any(outcome.state not in WELL for outcome in summary.outcomes):
        return NOTHING
    first, end = min(course.first, course.opened), max(ends)
    if not first <= course.opened <= course.merged <= end:  # whose clock is it, then?
        return NOTHING
    review = word(long(course.merged - course.opened))
    return fill(say(" · first commit to live: {}; review {}"), word(long(end - first)), review)


def _outcome(outcome: ReleaseOutcome, detail: ReleaseDetail, about: Background) -> Iterator[Markdown]:
    say, mark = about.say, MARKS[outcome.state]
    seen = about.whom.get(outcome.item.experiment, "")
    where = fill(say(" at {}"), name(outcome.step)) if outcome.step and outcome.state != "live" else NOTHING
    yield fill("### {} {} {}{}", mark, outcome.item.experiment, fill(say(STANDINGS[outcome.state])), where)
    if outcome.reason and detail.reason:
        yield prose(outcome.reason, detail.reason)
    if seen:
        yield prose(seen, 1_000)
    proven = about.proven.get(outcome.item.experiment, ())
    if proven and detail.steps:
        yield join([_rows(one, say) for one in proven], " · ")
    done = [e for e in outcome.entries if e.state == "done" and e.step != "announce"]  # which this text is
    if done and detail.steps:
        yield join([fill("- **{}** {}", word(entry.step), prose(entry.reason or "done")) for entry in done])
    if outcome.run is not None and outcome.run.link:
        yield fill(say("Run: {}"), link(name(outcome.run.name), outcome.run.link))
    if outcome.run is not None and detail.runs:
        yield _nodes(outcome.run, say)
    for node in outcome.failures if detail.logs else ():
        yield from _log(node, detail, say)
    yield fill(say("Serves {}."), serving(outcome))
    if outcome.state in NEXT:
        by_name = NOTHING
        if outcome.state in BY_NAME:
            by_name = fill(say(": {}, or Run workflow with `release` and its name"), name(again(outcome)))
        yield fill(say("Next: {}{}"), fill(say(NEXT[outcome.state])), by_name)


def _rows(one: Proven, say: Say) -> Markdown:
    rows = word(f"{one.rows:,}")
    if one.store:
        return fill(say("{}: {} rows verified, and synced to {}"), one.output, rows, one.store)
    return fill(say("{}: {} rows verified"), one.output, rows)


def _log(node: Node, detail: ReleaseDetail, say: Say) -> Iterator[Markdown]:
    if detail.where == "here":
        yield fill(say("End of the log of {}:"), node.name)
        yield fence("\n".join(ending(node.log, detail.logs, 500)) or "(it printed nothing)", "text")
    elif detail.where == "summary":
        yield fill(say("The end of the log of {} is in the job's summary."), node.name)


def _nodes(run: Run, say: Say) -> Markdown:
    rows = [fill(say("| job | state | seconds |\n|---|---|---|"))]
    for node in run.nodes:
        rows.append(fill("| {} | {} | {} |", node.name, word(node.state), word(seconds(node))))
    return fill(say("<details><summary>The run</summary>\n\n{}\n\n</details>"), join(rows))


def announcement(item: Item, entries: tuple[Entry, ...]) -> Markdown:
    """What the comment says of one experiment once it is live."""
    before, after = item.serves
    head = fill("**{}** is retired." if item.change == "retired" else "**{}** is live.", item.experiment)
    done = [fill("- **{}** {}", word(e.step), prose(e.reason or "done")) for e in entries if e.state == "done"]
    served = fill("Served before: {}, now: {}.", before or "nothing", after or "nothing")
    return join([head, join(done), served], "\n\n", "\n")
