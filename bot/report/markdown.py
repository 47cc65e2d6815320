"""The pull request's comment as Markdown: verdict first, then what to fix, then what merging will do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.compile.layers import Timeline
from bot.experiment.repository import Repository
from bot.finding import ExperimentReport, Finding, Report
from bot.report import graph
from bot.report.escape import Markdown, code, count, fence, fill, join, name, phrase, prose
from bot.report.layers import folded
from bot.report.merge_plan import counts, merge_plan
from bot.report.plan import Planned
from bot.report.proven import proven

MARKS = {
    "passed": Markdown("✅"), "failed": Markdown("❌"), "skipped": Markdown("⏭️"), "errored": Markdown("⚠️"),
}  # fmt: skip
LEVELS = {"error": Markdown("❌"), "warning": Markdown("⚠️"), "notice": Markdown("💡")}
NOTHING = Markdown("")
FEW = 5  # experiments whose runs are drawn
MOST = 50  # findings of one experiment; the rest is in the check's log

Link = Callable[[Finding], Markdown]
SUMMARY = Markdown("the job's summary")


@dataclass(frozen=True, slots=True)
class Detail:
    """How much the comment says; `without` names what it leaves out."""

    without: Markdown = NOTHING
    graphs: bool = True
    unproven: bool = True
    mild: bool = True
    """Warnings and notices too."""
    steps: bool = True
    findings: int = MOST
    experiments: bool = True


LESS = (
    Detail(),
    Detail(Markdown("graphs"), graphs=False),
    Detail(Markdown("graphs, what was not proven"), graphs=False, unproven=False),
    Detail(Markdown("graphs, what was not proven, warnings"), graphs=False, unproven=False, mild=False),
    Detail(Markdown("graphs, what was not proven, warnings, the plan's steps"), False, False, False, False),
    Detail(Markdown("most of the problems, the plan's steps"), False, False, False, False, 3),
    Detail(Markdown("the problems, the plan's steps"), False, False, False, False, 0),
    Detail(Markdown("everything but the verdict"), False, False, False, False, 0, experiments=False),
)
"""What goes first where there is no room; verdict, counts and the next step stay."""


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a comment speaks of. `planned` is None where nobody knows; `unknown` says why.

    `partly` says who makes the checks that were not made here, where that is why they were not.
    `link` makes a finding's place a link; `more` is where all of it can be read; `notes` stand below the verdict.
    """

    report: Report
    planned: Sequence[Planned] | None
    repository: Repository
    commit: str
    unknown: str = ""
    notes: tuple[str, ...] = ()
    partly: str = ""
    link: Link | None = None
    more: Markdown = SUMMARY
    first: str = ""
    """What has to be done before the checks can tell more."""
    traffic: tuple[Timeline, ...] = ()
    """The layers to which it adds something."""


def fitted(page: Page, limit: int, size: Callable[[str], int] = len) -> Markdown:
    """The comment in at most `limit` characters (or whatever `size` counts), with as much in it as there is room."""
    for detail in LESS:
        text = comment(page, detail)
        if size(text) <= limit:
            return text
    return headline(page.report, partly=bool(page.partly))


def comment(page: Page, detail: Detail = LESS[0]) -> Markdown:
    """The whole comment."""
    parts = [headline(page.report, partly=bool(page.partly)), _next(page)]
    parts += [prose(note, 1_000) for note in page.notes]
    if detail.without:
        parts.append(fill("Left out here for its length: {}; {} has it.", detail.without, page.more))
    if detail.experiments:
        parts += _experiments(page, detail)
    parts += _planned(page, detail)
    parts += folded(page.traffic) if detail.graphs else []
    parts.append(fill("<sub>of {}</sub>", code(page.commit[:12])))
    return join(parts, "\n\n", "\n")


def manifests(report: Report) -> Markdown:
    """The verdict on manifests, and what is wrong with each of them."""
    errors, what = sum(finding.blocks for finding in report.findings), count(len(report.experiments), "manifest")
    failed = fill("❌ sameday: {} to fix", count(errors, "problem"))
    parts = [fill("**{}** in {}", failed if errors else Markdown("✅ sameday: nothing to fix"), what)]
    for manifest in report.experiments:
        if manifest.findings:
            parts += [fill("### {}", manifest.name or manifest.path), _table(manifest.findings, _place, MOST)]
    unproven = list(_unproven(report.experiments, LESS[0]))
    parts += [fill("Not proven here:\n{}", join(unproven))] if unproven else []
    return join(parts, "\n\n", "\n")


def headline(report: Report, *, partly: bool = False, brief: bool = False) -> Markdown:
    """The verdict with its counts, in one line; how much was proven, too, unless it is `brief`."""
    errors = sum(finding.blocks for finding in report.findings)
    what = count(len(report.experiments), "experiment")
    if report.verdict == "failed":
        return fill("**❌ sameday: {} to fix** in {}", count(errors, "problem"), what)
    if report.verdict == "unknown":
        return fill("**⚠️ sameday: not every check could be made** of {}", what)
    if not report.experiments:
        return Markdown("**⚠️ sameday: no experiment, nothing was checked**")
    made = "" if brief else proven(report)
    how = fill(", {}", prose(made, 1_000)) if made else NOTHING
    if partly:
        return fill("**✅ sameday: nothing to fix so far** in {}{}", what, how)
    return fill("**✅ sameday: ready to merge**, {}{}", what, how)


def _next(page: Page) -> Markdown:
    fixes = len({(f.path, f.fix) for f in page.report.findings if f.fix is not None and f.ignored is None})
    if page.report.verdict == "failed":
        how = fill(" `sameday check --fix` makes {} of the corrections.", fixes) if fixes else NOTHING
        return fill("Next: fix what is marked ❌ and push; every push is checked again.{}", how)
    if page.first:
        return fill("Next: {}", prose(page.first))
    if page.report.verdict == "unknown":
        return Markdown("Next: run the job again once what did not answer is back.")
    if page.partly:
        return fill("Next: {}", prose(page.partly))
    if page.planned:
        return Markdown("Next: review and merge; the merge releases it by itself.")
    return Markdown("Next: merge.")


def is_loud(experiment: ExperimentReport) -> bool:
    """Whether there is something to look at: a finding, or a check that could not be made."""
    return bool(experiment.findings) or any(result.outcome == "errored" for result in experiment.checks)


def _experiments(page: Page, detail: Detail) -> Iterator[Markdown]:
    """What fails first, then what is to be remarked, then all others in a line; what was not proven is said once."""
    experiments = page.report.experiments
    loud = sorted(filter(is_loud, experiments), key=lambda one: not any(finding.blocks for finding in one.findings))
    for experiment in loud:
        yield from _experiment(experiment, page, detail)
    quiet = [one for one in experiments if not is_loud(one)]
    if quiet:
        names = join([code(one.name or one.path) for one in quiet], ", ")
        number = fill(" ({} experiments)", len(quiet)) if len(quiet) > 1 else NOTHING
        yield fill("✅ nothing to remark: {}{}", names, number)
    unproven = list(_unproven(experiments, detail))
    if unproven:
        yield fill("Not proven here:\n{}", join(unproven))
    if detail.graphs and len(experiments) <= FEW:
        yield from filter(None, (_graph(one, page) for one in experiments))


def _experiment(experiment: ExperimentReport, page: Page, detail: Detail) -> Iterator[Markdown]:
    yield fill("### {}", experiment.name or experiment.path)
    marks = [fill("{} {}", MARKS[result.outcome], prose(result.id)) for result in experiment.checks]
    yield join(marks, " · ")
    findings = [finding for finding in experiment.findings if detail.mild or finding.blocks]
    if findings and detail.findings:
        yield _table(findings, page.link or _place, detail.findings)


def _graph(experiment: ExperimentReport, page: Page) -> Markdown | None:
    """What a run does, as a picture, where the file that was checked can be run."""
    sound = page.repository.by_name.get(experiment.name)
    if sound is None or sound.path != experiment.path or len(graph.nodes(sound.spec)) > graph.SHOWN:
        return None
    picture = fence(graph.mermaid(sound.spec), "mermaid")
    return fill("<details><summary>What a run of {} does</summary>\n\n{}\n\n</details>", code(sound.spec.name), picture)


def _unproven(experiments: Sequence[ExperimentReport], detail: Detail) -> Iterator[Markdown]:
    """Each reason once, with how often it holds. What errored is the last to be left out: it may be the verdict's."""
    errored, rest = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for result in (result for experiment in experiments for result in experiment.checks):
        if result.outcome == "errored":
            errored[result.id, "errored", result.reason] += 1
        elif result.outcome == "skipped":
            rest[result.id, "skipped", result.reason] += 1
        for text in result.unproven:
            rest[result.id, "passed, unproven", text] += 1
    shown = [*(errored.items() if detail.findings else ()), *(rest.items() if detail.unproven else ())]
    for (check, how, why), number in shown:
        often = fill(" ({} experiments)", number) if number > 1 else NOTHING
        yield fill("- {} {}: {}{}", name(check), prose(how), phrase(why), often)


def _table(findings: Sequence[Finding], link: Link, most: int) -> Markdown:
    rows = [Markdown("| | where | what | how to fix |\n|---|---|---|---|")]
    ranked = sorted(findings, key=lambda f: (f.ignored is not None, list(LEVELS).index(f.severity)))
    for finding in ranked[:most]:
        mark = Markdown("🔕") if finding.ignored is not None else LEVELS[finding.severity]
        hint = f"ignored: {finding.ignored}" if finding.ignored is not None else finding.hint
        what = fill("{}<br><sub>{}</sub>", phrase(finding.message), prose(finding.rule))
        rows.append(fill("| {} | {} | {} | {} |", mark, link(finding), what, phrase(hint)))
    if len(findings) > most:
        rows.append(fill("| | | and {} more | |", len(findings) - most))
    return join(rows)


def _place(finding: Finding) -> Markdown:
    return code(f"{finding.path}:{finding.span.line}")


def _planned(page: Page, detail: Detail) -> Iterator[Markdown]:
    if page.planned is None:
        yield fill("### What merging will do is not known here\n\n{}", prose(page.unknown, 1_000))
    elif not page.planned and page.report.verdict == "failed":
        yield Markdown("### What merging will do is shown once it is fixed")
    elif not page.planned:
        yield Markdown("### Merging this changes nothing that is released")
    else:
        failed = page.report.verdict == "failed"
        yield Markdown("### Once fixed, merging this will") if failed else Markdown("### Merging this will")
        if detail.experiments:
            yield merge_plan(page.planned, page.repository, steps=detail.steps)
        else:
            yield prose(counts(page.planned))


def collapsed(commit: str) -> Markdown:
    """What is left of a comment when the pull request changes no experiment any more."""
    return fill("**sameday**: this pull request changes no experiment any more. <sub>of {}</sub>\n", code(commit[:12]))
